//! The files of the workspace, read once and handed to every rule.
//!
//! A [`Tree`] is plain memory: a rule never touches the disk, so its tests plant their faults in a
//! tree of two or three made-up files.

use crate::tidy::licences::Package;
use crate::tidy::modules::Modules;
use crate::tidy::rust_text::RustText;
use anyhow::{Context, Result};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the root, with forward slashes.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
    rust: OnceCell<RustText>,
}

impl File {
    /// The file seen as Rust: code apart from comments and literals.
    pub(crate) fn rust(&self) -> &RustText {
        self.rust.get_or_init(|| RustText::scan(&self.text))
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        numbered(&self.text)
    }

    /// What follows the last dot of the name.
    pub(crate) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// The files of the workspace that are tracked, or would be by `git add --all`.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
    paths: BTreeSet<String>,
    packages: Vec<Package>,
    modules: OnceCell<Modules>,
}

impl Tree {
    /// Reads the workspace at `root`.
    pub(crate) fn read(root: &Path) -> Result<Tree> {
        let mut tree = Tree::default();
        for path in paths_from_git(root).map_or_else(|| paths_from_disk(root), Ok)? {
            let bytes = std::fs::read(root.join(&path)).with_context(|| format!("cannot read `{path}`"))?;
            // what is not text (an image, a compressed fixture) has a path but no lines
            if let Ok(text) = String::from_utf8(bytes) {
                tree.add(&path, text);
            } else {
                tree.paths.insert(path);
            }
        }
        Ok(tree)
    }

    /// A tree of made-up files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.add(path, (*text).to_owned());
        }
        tree
    }

    fn add(&mut self, path: &str, text: String) {
        self.paths.insert(path.to_owned());
        self.files.push(File { path: path.to_owned(), text, rust: OnceCell::new() });
    }

    /// All text files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// All files of one extension.
    pub(crate) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.extension() == extension)
    }

    /// One text file.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether there is a file or a folder of this name.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder))
    }

    /// The tree with the packages that the build takes in.
    pub(crate) fn with_packages(self, packages: Vec<Package>) -> Tree {
        Tree { packages, ..self }
    }

    /// The packages that the build takes in.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// How the Rust files hang together.
    pub(crate) fn modules(&self) -> &Modules {
        self.modules.get_or_init(|| Modules::of(self))
    }

    /// The Rust files of the product itself: not those that only tests see.
    pub(crate) fn product_rust(&self) -> impl Iterator<Item = &File> {
        self.with_extension("rs").filter(|file| !self.modules().only_for_tests(&file.path))
    }
}

/// The lines of a text with their numbers, from 1.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

/// The root of the workspace this program was built from.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Tracked and untracked files that are not ignored and still exist; `None` without git.
fn paths_from_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let listed = String::from_utf8(output.stdout).ok()?;
    let paths: BTreeSet<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    Some(paths.into_iter().collect())
}

/// The same from the folders themselves, for a copy of the workspace without its history.
fn paths_from_disk(root: &Path) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let inside = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            let ignored = inside == ".git" || inside.starts_with("target");
            if path.is_dir() && !ignored {
                folders.push(path);
            } else if path.is_file() {
                found.insert(inside);
            }
        }
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_when_a_file_lies_in_it() {
        let tree = Tree::of(&[("docs/guide/start.md", "# Start\n"), ("docs.md", "")]);
        assert!(tree.has("docs") && tree.has("docs/guide") && tree.has("docs.md"));
        assert!(!tree.has("doc") && !tree.has("docs/guide/star"));
    }

    #[test]
    fn the_workspace_itself_can_be_read_with_and_without_git() {
        let root = root();
        let tree = Tree::read(&root).unwrap();
        assert!(tree.file("xtask/src/tree.rs").is_some());
        assert!(tree.has("xtask/src") && !tree.has("target"));
        assert!(paths_from_disk(&root).unwrap().contains(&"xtask/src/tree.rs".to_owned()));
    }
}
