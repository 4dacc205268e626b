//! Each capability (a folder with a `mod.rs` in a module) has its line in the module's `lib.rs`.

use super::{Violation, at, words};
use crate::tree::Tree;

/// Names every capability that its module does not declare.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.with_extension("rs")
        .filter_map(|file| {
            let parts: Vec<&str> = file.path.split('/').collect();
            let ["modules", module, "src", capability, "mod.rs"] = parts.as_slice() else { return None };
            let registry = format!("modules/{module}/src/lib.rs");
            let line = format!("mod {capability}");
            let code = tree.file(&registry).map_or("", |lib| lib.rust().code.as_str());
            (!words::stands_in(code, &line))
                .then(|| at(&file.path, 1, format!("`{registry}` has no line `{line};` for this capability")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_without_a_line_is_found() {
        let tree = Tree::of(&[
            ("modules/stock/src/lib.rs", "// mod receive;\nmod receive_all;"),
            ("modules/stock/src/receive/mod.rs", ""),
        ]);
        assert_eq!(check(&tree)[0].path, "modules/stock/src/receive/mod.rs");
    }

    #[test]
    fn a_declared_capability_passes() {
        let tree = Tree::of(&[
            ("modules/stock/src/lib.rs", "pub mod receive;"),
            ("modules/stock/src/receive/mod.rs", "mod decide;"),
            ("modules/stock/src/receive/decide/mod.rs", ""),
        ]);
        assert_eq!(check(&tree), []);
    }
}
