//! The rows of the building: who may use whom.

/// The business modules in rows, from the bottom. A module uses rows below its own, never its own.
pub(crate) const ROWS: [&[&str]; 5] = [
    &["access", "catalog", "places"],
    &["stock", "files"],
    &["purchasing", "sales"],
    &["fulfilment", "counting", "making"],
    &["insight", "exchange", "devices", "planning", "books"],
];

/// The crates without I/O, below everything.
pub(crate) const GROUND: [&str; 3] = ["domain", "forecast", "formats"];

/// The row of a module, from 0 at the bottom.
pub(crate) fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Whether a module may use another one.
pub(crate) fn may_use(module: &str, other: &str) -> bool {
    matches!((row(module), row(other)), (Some(own), Some(below)) if below < own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_uses_what_lies_below_it_and_nothing_else() {
        assert!(may_use("stock", "catalog") && may_use("insight", "stock"));
        assert!(!may_use("catalog", "stock") && !may_use("sales", "purchasing") && !may_use("stock", "db"));
    }
}
