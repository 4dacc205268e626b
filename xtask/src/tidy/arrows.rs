//! Which crate may depend on which: the arrows of the architecture.

use super::layers::{self, GROUND};
use super::manifest::{self, Manifest, Use};
use super::{Violation, at};
use crate::tree::Tree;
use std::collections::BTreeSet;

/// Packages that bring I/O, a clock, a random source or a database into the pure ground floor.
const IMPURE: [&str; 24] = [
    "axum",
    "deadpool",
    "fastrand",
    "getrandom",
    "hyper",
    "mio",
    "notify",
    "postgres",
    "r2d2",
    "rand",
    "reqwest",
    "rusqlite",
    "socket2",
    "sqlx",
    "tempfile",
    "time",
    "chrono",
    "tokio",
    "tokio-postgres",
    "tracing-subscriber",
    "ureq",
    "walkdir",
    "memmap2",
    "rand_core",
];

/// Names every arrow that the architecture does not have.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let manifests = manifest::all(tree);
    let ours: BTreeSet<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let mut found = Vec::new();
    for manifest in &manifests {
        if manifest.folder.starts_with("modules/") && layers::row(&manifest.name).is_none() {
            let message =
                format!("module `{}` stands in no row of `tidy/layers.rs`; give it one", manifest.name);
            found.push(at(&manifest.path(), 1, message));
        }
        for dependency in &manifest.dependencies {
            let name = dependency.name.as_str();
            let refusal = if ours.contains(name) {
                inside(manifest, name, dependency.purpose)
            } else {
                outside(manifest, name, dependency.purpose)
            };
            found.extend(refusal.map(|message| at(&manifest.path(), manifest.line_of(name), message)));
        }
    }
    found
}

/// What is wrong with an arrow between two crates of ours.
fn inside(from: &Manifest, to: &str, purpose: Use) -> Option<String> {
    let name = from.name.as_str();
    let allowed = match (name, purpose) {
        ("testkit", _) | ("stockwell", Use::Tests) => true,
        (_, Use::Tests) if to == "testkit" => true,
        (_, Use::Product) if to == "testkit" => false,
        (ground, _) if GROUND.contains(&ground) => ground != "domain" && to == "domain",
        ("db" | "outbound", _) => false,
        ("web" | "xtask", _) => ["domain", "db"].contains(&to),
        // a page knows what the doors answer, and no module
        ("pages", Use::Product) => ["domain", "web"].contains(&to),
        ("stockwell", Use::Product) => true,
        (module, Use::Product) => is_below_modules(to) || layers::may_use(module, to),
        // a test may look sideways, never up
        (module, Use::Tests) => is_below_modules(to) || layers::row(to) <= layers::row(module),
    };
    (!allowed).then(|| match (to, purpose) {
        ("testkit", _) => {
            format!("`{name}` takes `testkit` into the product; it belongs to dev-dependencies")
        }
        _ => format!("`{name}` must not depend on `{to}`; the rows are in `tidy/layers.rs`"),
    })
}

fn is_below_modules(name: &str) -> bool {
    GROUND.contains(&name) || ["db", "web", "outbound"].contains(&name)
}

/// What is wrong with a package from outside.
fn outside(from: &Manifest, package: &str, purpose: Use) -> Option<String> {
    let refused =
        GROUND.contains(&from.name.as_str()) && purpose == Use::Product && IMPURE.contains(&package);
    refused.then(|| {
        format!("`{}` is pure and must not depend on `{package}`; hand the value in instead", from.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATES: [&str; 10] = [
        "crates/domain",
        "crates/db",
        "crates/outbound",
        "crates/web",
        "crates/testkit",
        "crates/stockwell",
        "modules/access",
        "modules/catalog",
        "modules/stock",
        "modules/insight",
    ];

    /// A workspace with no arrow but those given as (crate, table, dependency).
    fn messages(arrows: &[(&str, &str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> = CRATES
            .iter()
            .map(|folder| {
                let name = folder.rsplit('/').next().unwrap();
                let package = if name == "stockwell" { name.to_owned() } else { format!("stockwell-{name}") };
                let lines = arrows.iter().filter(|(from, _, _)| *from == name);
                let tables = lines.map(|(_, table, other)| format!("[{table}]\n{other}.workspace = true\n"));
                let text = format!("[package]\nname = \"{package}\"\n{}", tables.collect::<String>());
                (format!("{folder}/Cargo.toml"), text)
            })
            .collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        check(&Tree::of(&files)).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn the_arrows_of_the_architecture_pass() {
        let arrows = [
            ("web", "dependencies", "domain"),
            ("access", "dependencies", "outbound"),
            ("stock", "dependencies", "catalog"),
            ("insight", "dependencies", "stock"),
            ("stockwell", "dependencies", "insight"),
            ("catalog", "dev-dependencies", "access"),
            ("domain", "dev-dependencies", "tempfile"),
            ("db", "dev-dependencies", "testkit"),
            ("db", "dependencies", "rusqlite"),
        ];
        assert_eq!(messages(&arrows), [""; 0]);
    }

    #[test]
    fn every_arrow_that_points_up_or_sideways_is_found() {
        for arrow in [
            ("domain", "dependencies", "db"),
            ("domain", "dependencies", "tokio"),
            ("domain", "build-dependencies", "getrandom"),
            ("db", "dependencies", "domain"),
            ("outbound", "dependencies", "db"),
            ("web", "dependencies", "outbound"),
            ("web", "dependencies", "access"),
            ("access", "dependencies", "catalog"),
            ("access", "dependencies", "stock"),
            ("catalog", "dev-dependencies", "stock"),
            ("stock", "dependencies", "testkit"),
            ("stock", "dependencies", "stockwell"),
        ] {
            let found = messages(&[arrow]);
            assert_eq!(found.len(), 1, "{arrow:?}: {found:?}");
            assert!(found[0].contains(&format!("{}/Cargo.toml:4", arrow.0)), "{found:?}");
        }
    }

    #[test]
    fn a_module_without_a_row_is_found() {
        let tree = Tree::of(&[("modules/magic/Cargo.toml", "[package]\nname = \"stockwell-magic\"\n")]);
        assert!(check(&tree)[0].message.contains("stands in no row"));
    }
}
