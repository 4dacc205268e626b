//! How the Rust files hang together: which are declared by a `mod`, and which only tests see.

use super::{manifest, words};
use crate::tree::{File, Tree};
use std::collections::BTreeMap;

/// The files reached from the roots of all crates; the value says whether only tests reach them.
#[derive(Debug)]
pub(crate) struct Modules {
    reached: BTreeMap<String, bool>,
}

impl Modules {
    /// Walks the `mod` declarations of every crate.
    pub(crate) fn of(tree: &Tree) -> Modules {
        let mut modules = Modules { reached: BTreeMap::new() };
        for manifest in manifest::all(tree) {
            for file in tree.with_extension("rs") {
                let inside = file.path.strip_prefix(&format!("{}/", manifest.folder));
                let named = |path: &str| manifest.target_paths.iter().any(|target| target == path);
                match inside.and_then(|path| root_kind(path).or(named(path).then_some(Root::Product))) {
                    Some(Root::Product) => modules.walk(tree, file, manifest.name == "testkit"),
                    Some(Root::Tests) => modules.walk(tree, file, true),
                    None => {}
                }
            }
        }
        modules
    }

    /// Whether a `mod` declaration leads to the file.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        self.reached.contains_key(path)
    }

    /// Whether the file is compiled for tests alone.
    pub(crate) fn only_for_tests(&self, path: &str) -> bool {
        self.reached.get(path).copied().unwrap_or(false)
    }

    fn walk(&mut self, tree: &Tree, file: &File, for_tests: bool) {
        // a file that both sides reach belongs to the product
        match self.reached.get(&file.path) {
            Some(known) if !known || for_tests => return,
            _ => self.reached.insert(file.path.clone(), for_tests),
        };
        for declared in declarations(file) {
            let found = declared.candidates.iter().find_map(|path| tree.file(path));
            if let Some(child) = found {
                self.walk(tree, child, for_tests || declared.for_tests);
            }
        }
    }
}

enum Root {
    Product,
    Tests,
}

/// Whether a path inside a crate is the root of a target that cargo finds by itself.
fn root_kind(inside: &str) -> Option<Root> {
    let parts: Vec<&str> = inside.split('/').collect();
    match parts.as_slice() {
        ["src", "lib.rs" | "main.rs"] | ["build.rs"] | ["src", "bin", _] | ["src", "bin", _, "main.rs"] => {
            Some(Root::Product)
        }
        ["tests" | "benches" | "examples", _] | ["tests" | "benches" | "examples", _, "main.rs"] => {
            Some(Root::Tests)
        }
        _ => None,
    }
}

struct Declaration {
    candidates: Vec<String>,
    for_tests: bool,
}

/// The `mod name;` lines of a file, `#[path]` and `include!` among them.
fn declarations(file: &File) -> Vec<Declaration> {
    let rust = file.rust();
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found: Vec<Declaration> = rust
        .literals
        .iter()
        .filter_map(|literal| Some((literal.line, literal.text.strip_suffix(".rs")?)))
        .map(|(line, name)| Declaration {
            candidates: vec![format!("{folder}/{name}.rs")],
            for_tests: rust.in_test(line),
        })
        .collect();
    // the inline modules that are open, each with the depth of its brace
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut last = ["", ""];
    for (line, token) in words::tokens(&rust.code) {
        match (last, token) {
            (["mod", name], ";") => {
                let inline = open.iter().map(|(name, _)| name.as_str());
                let base: Vec<&str> =
                    [children_of(&file.path)].into_iter().chain(inline).chain([name]).collect();
                let base = base.join("/");
                found.push(Declaration {
                    candidates: vec![format!("{base}.rs"), format!("{base}/mod.rs")],
                    for_tests: rust.in_test(line),
                });
            }
            (["mod", name], "{") => {
                depth += 1;
                open.push((name.to_owned(), depth));
            }
            (_, "{") => depth += 1,
            (_, "}") => {
                open.retain(|(_, opened)| *opened < depth);
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        let [_, before] = last;
        last = [before, token];
    }
    found
}

/// The folder in which the modules declared by a file lie.
fn children_of(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let inside_tests = folder.ends_with("/tests") || folder.ends_with("/benches");
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder,
        _ if inside_tests && !folder.contains("/src/") => folder,
        _ => path.strip_suffix(".rs").unwrap_or(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[(&str, &str)]) -> Modules {
        let manifest = ("a/Cargo.toml", "[package]\nname = \"stockwell-a\"\n");
        Modules::of(&Tree::of(&[&[manifest], files].concat()))
    }

    #[test]
    fn declarations_are_followed_through_every_layout() {
        let found = modules(&[
            (
                "a/src/lib.rs",
                "mod b;\npub mod c;\n#[path = \"odd/name.rs\"]\nmod d;\nmod x { mod y; } mod z;",
            ),
            ("a/src/b.rs", "mod e;"),
            ("a/src/b/e.rs", ""),
            ("a/src/c/mod.rs", "mod f;"),
            ("a/src/c/f.rs", ""),
            ("a/src/odd/name.rs", ""),
            ("a/src/x/y.rs", ""),
            ("a/src/z.rs", ""),
            ("a/src/dead.rs", "mod e;"),
            ("a/tests/it.rs", "mod common;"),
            ("a/tests/common/mod.rs", ""),
        ]);
        assert!(!found.reaches("a/src/dead.rs"));
        assert_eq!(found.reached.len(), 10);
        assert!(found.only_for_tests("a/tests/common/mod.rs") && !found.only_for_tests("a/src/b/e.rs"));
    }

    #[test]
    fn what_stands_below_a_test_module_is_for_tests() {
        let found = modules(&[
            ("a/src/lib.rs", "#[cfg(test)]\nmod tests;\nmod shared;"),
            ("a/src/tests.rs", "mod deep;"),
            ("a/src/tests/deep.rs", ""),
            ("a/src/shared.rs", ""),
        ]);
        assert!(found.only_for_tests("a/src/tests.rs") && found.only_for_tests("a/src/tests/deep.rs"));
        assert!(!found.only_for_tests("a/src/shared.rs"));
    }
}
