//! `new`: the folder of a new capability, with the questions to answer, and its registry line.

use crate::tree;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// The files of a capability; `{capability}` is filled in.
const FILES: [(&str, &str); 4] = [
    ("mod.rs", include_str!("scaffold/mod.txt")),
    ("decide.rs", include_str!("scaffold/decide.txt")),
    ("api.rs", include_str!("scaffold/api.txt")),
    ("tests.rs", include_str!("scaffold/tests.txt")),
];

/// Names that every module uses for something else.
const RESERVED: [&str; 5] = ["lib", "main", "migrations", "store", "tests"];

/// Makes `modules/MODULE/src/CAPABILITY/` and declares it in the module's `lib.rs`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let [wanted] = args else { bail!("say `cargo xtask new MODULE/CAPABILITY`, such as `stock/put_away`") };
    let (module, capability) = split(wanted)?;
    make(&tree::root(), module, capability)?;
    println!("made modules/{module}/src/{capability}/ and its line in modules/{module}/src/lib.rs");
    println!("answer the questions that begin with `//?`; `cargo xtask tidy` counts those left");
    Ok(())
}

/// The two halves of `module/capability`, when they are names.
fn split(wanted: &str) -> Result<(&str, &str)> {
    let (module, capability) =
        wanted.split_once('/').with_context(|| format!("`{wanted}` is not of the form MODULE/CAPABILITY"))?;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    for name in [module, capability] {
        ensure!(is_name(name), "`{name}` is not a name: small letters, digits and `_`, a letter first");
    }
    ensure!(!RESERVED.contains(&capability), "`{capability}` names a part of every module already");
    Ok((module, capability))
}

fn make(root: &Path, module: &str, capability: &str) -> Result<()> {
    let source = root.join("modules").join(module).join("src");
    let registry = source.join("lib.rs");
    let lib = std::fs::read_to_string(&registry).with_context(|| format!("there is no module `{module}`"))?;
    let folder = source.join(capability);
    ensure!(!folder.exists(), "`{module}/{capability}` exists already");
    std::fs::create_dir(&folder)?;
    for (name, template) in FILES {
        let text = template.replace("{capability}", capability);
        std::fs::write(folder.join(name), text)?;
    }
    std::fs::write(&registry, registered(&lib, capability))?;
    Ok(())
}

/// The registry with one more line: in order among the other declarations, else below the opening
/// comment.
fn registered(lib: &str, capability: &str) -> String {
    let line = format!("mod {capability};");
    let name_of = |line: &str| {
        let declared = line.strip_prefix("pub ").unwrap_or(line);
        declared.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')).map(str::to_owned)
    };
    let mut lines: Vec<&str> = lib.lines().collect();
    let declared: Vec<(usize, String)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((at, name_of(line)?))).collect();
    let after = declared.iter().rfind(|(_, name)| name.as_str() < capability).map(|(at, _)| at + 1);
    if let Some(at) = after.or_else(|| declared.first().map(|(at, _)| *at)) {
        lines.insert(at, &line);
    } else {
        let head = lines.iter().take_while(|line| line.starts_with("//!") || line.starts_with("#!")).count();
        let blank = if head > 0 { Some("") } else { None };
        lines.splice(head..head, blank.into_iter().chain([line.as_str()]));
    }
    format!("{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_line_stands_in_order() {
        assert_eq!(registered("//! A.\n", "b"), "//! A.\n\nmod b;\n");
        assert_eq!(
            registered("//! A.\n\nmod a;\npub mod c;\n", "b"),
            "//! A.\n\nmod a;\nmod b;\npub mod c;\n"
        );
        assert_eq!(registered("mod c;\n\nfn f() {}\n", "b"), "mod b;\nmod c;\n\nfn f() {}\n");
        assert_eq!(registered("mod a;\n\nfn f() {}\n", "b"), "mod a;\nmod b;\n\nfn f() {}\n");
    }

    #[test]
    fn only_names_are_taken() {
        assert_eq!(split("stock/put_away").unwrap(), ("stock", "put_away"));
        for wrong in ["stock", "stock/", "stock/PutAway", "../x", "stock/a/b", "stock/store", "stock/1a"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_capability_is_made_once() {
        let root = std::env::temp_dir().join(format!("stockwell-scaffold-{}", std::process::id()));
        let source = root.join("modules/stock/src");
        std::fs::create_dir_all(&source).unwrap();
        std::fs::write(source.join("lib.rs"), "//! Stock.\n").unwrap();
        make(&root, "stock", "put_away").unwrap();
        let made = std::fs::read_to_string(source.join("put_away/mod.rs")).unwrap();
        assert!(made.contains("put_away") && !made.contains('{'), "{made}");
        assert_eq!(std::fs::read_to_string(source.join("lib.rs")).unwrap(), "//! Stock.\n\nmod put_away;\n");
        assert!(make(&root, "stock", "put_away").is_err() && make(&root, "sales", "quote").is_err());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
