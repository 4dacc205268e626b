//! Paths to values deeper in the attributes of an item: JSON pointers (RFC 6901) without places of lists, for of a
//! list any value counts. Pure. Invariant: what begins with `/` is a path, also of a key that begins so itself, so that
//! a path and a key are never one text.

use crate::text::ATTRIBUTES_DEPTH_MAX;
use domain::{Code, Problem};

/// The longest path, in bytes: with a text beside it, it fits into a page of an index. Longer than the path of any key
/// that stands on top.
pub const ATTRIBUTE_PATH_BYTES_MAX: usize = 1_600;

/// The path of what stands under a key below a path; the empty one is the top.
pub(crate) fn below(above: &str, key: &str) -> String {
    format!("{above}/{}", escaped(key))
}

/// By what a key that stands on top is found: itself, and only one that begins as a path by its path.
pub(crate) fn top(key: &str) -> String {
    if key.starts_with('/') { below("", key) } else { key.to_owned() }
}

/// A key as a step of a JSON pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// By what is found what somebody asks for: a key, or a path.
pub(crate) fn read(asked: &str, pointer: &str) -> Result<String, Problem> {
    let Some(steps) = asked.strip_prefix('/') else { return Ok(asked.to_owned()) };
    if asked.len() > ATTRIBUTE_PATH_BYTES_MAX {
        let detail = format!(
            "a path is at most {ATTRIBUTE_PATH_BYTES_MAX} bytes long, this one has `{}`",
            asked.len()
        );
        return Err(Problem::at(Code::LimitExceeded, pointer, detail));
    }
    let steps: Vec<&str> = steps.split('/').collect();
    if steps.iter().any(|step| !is_step(step)) {
        let detail = format!(
            "`{}` is no path such as `/size/height`: a `/` stands before each key, and in a key `~1` for `/` and `~0` for `~`",
            domain::word::echo(asked)
        );
        return Err(Problem::at(Code::MalformedParameter, pointer, detail));
    }
    if steps.len() > ATTRIBUTES_DEPTH_MAX {
        let detail = format!(
            "attributes nest at most {ATTRIBUTES_DEPTH_MAX} deep, and this path has {} keys",
            steps.len()
        );
        return Err(Problem::at(Code::LimitExceeded, pointer, detail));
    }
    match steps.as_slice() {
        [step] => Ok(top(&step.replace("~1", "/").replace("~0", "~"))),
        _ => Ok(asked.to_owned()),
    }
}

/// Whether it is a key, with every `~` before a `0` or a `1`.
fn is_step(step: &str) -> bool {
    !step.is_empty() && step.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_keys_are_told_apart() {
        for (asked, found) in [
            ("voltage", "voltage"),
            ("a/b", "a/b"),
            ("a.b", "a.b"),
            ("/voltage", "voltage"),
            ("/size/height", "/size/height"),
            ("/a~1b", "a/b"),
            ("/~0a", "~a"),
            ("/~01", "~1"),
            ("/~1a", "/~1a"),
            ("/a~1b/c~0", "/a~1b/c~0"),
        ] {
            assert_eq!(read(asked, "?attributes"), Ok(found.to_owned()), "{asked}");
        }
        for (key, found) in [("voltage", "voltage"), ("a/b", "a/b"), ("/a", "/~1a"), ("/~", "/~1~0")] {
            assert_eq!(top(key), found);
            assert_eq!(read(&below("", key), "").unwrap(), found, "asked for by its path, it is the same");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for asked in ["/", "//", "//a", "/a/", "/a//b", "/a~", "/a~2", "/~", "/a/~x/b"] {
            let refused = read(asked, "?attributes").unwrap_err();
            assert_eq!(
                (refused.code, refused.errors[0].pointer.as_str()),
                (Code::MalformedParameter, "?attributes")
            );
            assert!(
                refused.detail.starts_with(&format!("`{asked}` is no path such as")),
                "{}",
                refused.detail
            );
        }
    }

    #[test]
    fn paths_have_limits() {
        let deep = |steps: usize| "/a".repeat(steps);
        assert!(read(&deep(ATTRIBUTES_DEPTH_MAX), "").is_ok());
        let refused = read(&deep(ATTRIBUTES_DEPTH_MAX + 1), "").unwrap_err();
        assert_eq!(refused.code, Code::LimitExceeded);
        assert_eq!(refused.detail, "attributes nest at most 8 deep, and this path has 9 keys");
        let long = |bytes: usize| format!("/{}", "x".repeat(bytes - 1));
        assert!(read(&long(ATTRIBUTE_PATH_BYTES_MAX), "").is_ok());
        let refused = read(&long(ATTRIBUTE_PATH_BYTES_MAX + 1), "").unwrap_err();
        assert_eq!(refused.detail, "a path is at most 1600 bytes long, this one has `1601`");
        for key in ["/", "~", "𝄞"] {
            let longest = top(&format!("/{}", key.repeat(crate::text::ATTRIBUTE_FREE_KEY_CHARS_MAX - 1)));
            assert!(longest.len() <= ATTRIBUTE_PATH_BYTES_MAX, "{key}");
        }
    }
}
