//! Nothing in the workspace tells on which machine it was written, or where packages came from.

use super::{Violation, at, words};
use crate::tree::{File, Tree};

/// Folders of a machine; put together here so that this file does not hold them.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];

/// Hosts of package registries.
const HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("deb.debian", ".org"),
    concat!("rubygems", ".org"),
];

/// First labels of hosts that stand in for a registry.
const STAND_INS: [&str; 4] = ["registry", "mirror", "artifactory", "nexus"];

/// Names every such word outside of the lock files.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let is_lock = |file: &&File| file.extension() == "lock" || file.path.ends_with("package-lock.json");
    tree.files().filter(|file| !is_lock(file)).flat_map(leaks).collect()
}

fn leaks(file: &File) -> Vec<Violation> {
    let mut found = Vec::new();
    for (number, line) in file.lines() {
        let folders = FOLDERS.iter().filter(|folder| begins_a_path(line, folder));
        found
            .extend(folders.map(|folder| at(&file.path, number, format!("a path of a machine: `{folder}`"))));
        let hosts = HOSTS.iter().filter(|host| words::stands_in(line, host));
        found.extend(hosts.map(|host| at(&file.path, number, format!("a package registry: `{host}`"))));
        let stand_ins = STAND_INS.iter().filter(|label| line.contains(&format!("://{label}.")));
        found.extend(
            stand_ins.map(|label| at(&file.path, number, format!("a package registry: `{label}.…`"))),
        );
    }
    found
}

/// Whether a folder stands in a line as the beginning of a path, not inside a longer one.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| words::is_part(c) || "./-}~".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_and_registries_are_found() {
        for text in FOLDERS
            .map(|folder| format!("see {folder}x"))
            .iter()
            .chain(&HOSTS.map(|host| format!("https://{host}/a")))
        {
            assert_eq!(check(&Tree::of(&[("docs/a.md", text)])).len(), 1, "{text}");
        }
        let stand_in = format!("https{}registry.example/x", "://");
        assert_eq!(check(&Tree::of(&[("a.toml", &stand_in)])).len(), 1);
    }

    #[test]
    fn relative_paths_other_hosts_and_lock_files_pass() {
        let lock = format!("source = \"https://{}\"", HOSTS[0]);
        let inside = format!("docs{}a.md and https://example.com{}", FOLDERS[0], FOLDERS[1]);
        let tree = Tree::of(&[("Cargo.lock", &lock), ("docs/a.md", &inside)]);
        assert_eq!(check(&tree), []);
    }
}
