//! The crates of the workspace as their manifests state them.

use crate::tree::Tree;
use toml::{Table, Value};

/// What a dependency is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// The crate itself, or its build script.
    Product,
    /// Only its tests.
    Tests,
}

/// One line of a dependency table.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The short name of a crate of ours, or the name of a package.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) purpose: Use,
}

/// One crate of ours.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// Its name without `stockwell-`: `stock`, `db`; the binary is `stockwell`.
    pub(crate) name: String,
    /// The folder of the manifest, relative to the root.
    pub(crate) folder: String,
    /// Everything that it depends on.
    pub(crate) dependencies: Vec<Dependency>,
    /// Source files named by `path = "…"` of a target.
    pub(crate) target_paths: Vec<String>,
    text: String,
}

impl Manifest {
    /// The path of the manifest.
    pub(crate) fn path(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// The line on which a dependency stands, or the first.
    pub(crate) fn line_of(&self, name: &str) -> usize {
        crate::tree::numbered(&self.text)
            .find(|(_, line)| {
                let key = line.trim_start().split(['.', ' ', '=']).next().unwrap_or_default();
                short(key) == name
            })
            .map_or(1, |(line, _)| line)
    }
}

/// The manifests of all crates, in the order of their folders.
pub(crate) fn all(tree: &Tree) -> Vec<Manifest> {
    tree.files()
        .filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let table: Table = file.text.parse().ok()?;
            let name = table.get("package")?.get("name")?.as_str()?;
            Some(Manifest {
                name: short(name).to_owned(),
                folder: folder.to_owned(),
                dependencies: dependencies(&table),
                target_paths: target_paths(&table),
                text: file.text.clone(),
            })
        })
        .collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("stockwell-").unwrap_or(name)
}

fn dependencies(table: &Table) -> Vec<Dependency> {
    const TABLES: [(&str, Use); 3] = [
        ("dependencies", Use::Product),
        ("build-dependencies", Use::Product),
        ("dev-dependencies", Use::Tests),
    ];
    let targets = table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let places: Vec<&Table> = targets.filter_map(Value::as_table).chain([table]).collect();
    let mut found = Vec::new();
    for place in places {
        for (key, purpose) in TABLES {
            let entries = place.get(key).and_then(Value::as_table).into_iter().flat_map(Table::iter);
            found.extend(entries.map(|(name, value)| {
                let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
                Dependency { name: short(package).to_owned(), purpose }
            }));
        }
    }
    found
}

fn target_paths(table: &Table) -> Vec<String> {
    let one = table.get("lib").into_iter();
    let many = ["bin", "test", "bench", "example"]
        .into_iter()
        .filter_map(|kind| table.get(kind).and_then(Value::as_array))
        .flatten();
    one.chain(many).filter_map(|target| target.get("path")?.as_str()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_with_every_kind_of_dependency() {
        let tree = Tree::of(&[(
            "modules/stock/Cargo.toml",
            "[package]\nname = \"stockwell-stock\"\n[dependencies]\ndomain.workspace = true\n\
             data = { package = \"stockwell-db\", path = \"..\" }\n[target.'cfg(unix)'.dependencies]\n\
             libc = \"1\"\n[dev-dependencies]\ntestkit.workspace = true\n[[bin]]\nname = \"x\"\npath = \"a/b.rs\"\n",
        )]);
        let manifests = all(&tree);
        let stock = &manifests[0];
        assert_eq!((stock.name.as_str(), stock.path().as_str()), ("stock", "modules/stock/Cargo.toml"));
        let mut names: Vec<_> = stock.dependencies.iter().map(|d| (d.name.as_str(), d.purpose)).collect();
        names.sort_by_key(|(name, _)| *name);
        assert_eq!(
            names,
            [("db", Use::Product), ("domain", Use::Product), ("libc", Use::Product), ("testkit", Use::Tests)]
        );
        assert_eq!(stock.target_paths, ["a/b.rs"]);
        assert_eq!(stock.line_of("testkit"), 9);
    }
}
