//! Relative links in Markdown lead to a file of the workspace, and to a heading that is there.

use super::{Violation, at};
use crate::tree::{File, Tree};

/// Names every relative link that leads nowhere.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.with_extension("md")
        .flat_map(|file| {
            let broken = links(file).into_iter().filter(|(_, target)| !leads_somewhere(tree, file, target));
            broken.map(|(line, target)| at(&file.path, line, format!("the link `{target}` leads nowhere")))
        })
        .collect()
}

/// The lines of a page that are not inside a fence.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    file.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The targets of `[text](target)` and `[name]: target` with their lines.
fn links(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(file) {
        // what stands between backticks is code
        let text: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        found.extend(inline.map(|target| (number, target.to_owned())));
        let definition = text.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        found.extend(definition.map(|(_, target)| (number, target.trim().to_owned())));
    }
    found
}

fn leads_somewhere(tree: &Tree, from: &File, target: &str) -> bool {
    let elsewhere = target.contains("://") || target.starts_with("mailto:");
    if elsewhere {
        return true;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let page = if path.is_empty() { Some(from.path.clone()) } else { resolve(&from.path, path) };
    let Some(page) = page.filter(|page| tree.has(page)) else { return false };
    heading.is_empty()
        || tree.file(&page).is_none_or(|file| {
            file.extension() != "md"
                || prose(file).filter_map(|(_, line)| slug(line)).any(|slug| slug == heading)
        })
}

/// A path relative to a file, from the root; `None` when it leaves the workspace.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            // a link from the root means another thing on every host
            "" => return None,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What a link calls a heading: small letters, digits and dashes.
fn slug(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = heading.trim().to_lowercase();
    Some(
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(page: &str) -> Vec<usize> {
        let tree = Tree::of(&[
            ("docs/a.md", page),
            ("docs/b.md", "# The `b` page, twice\n```\n# not one\n```\n"),
            ("README.md", ""),
        ]);
        check(&tree).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        for page in [
            "[x](c.md)",
            "[x](../../b.md)",
            "[x](b.md#nope)",
            "[x](#nope)",
            "[x](b.md#not-one)",
            "[x](/README.md)",
        ] {
            assert_eq!(broken(page), [1], "{page}");
        }
        assert_eq!(broken("\n[x][y]\n\n[y]: c.md"), [4]);
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let page = "# Here\n[x](b.md) [y](../README.md), [z](b.md#the-b-page-twice) ![p](../docs)\n[h](#here)\n\
                    [w](https://example.com/c.md) `[no](c.md)`\n```\n[no](c.md)\n```\n[y]: ../docs/b.md";
        assert_eq!(broken(page), [0; 0]);
    }
}
