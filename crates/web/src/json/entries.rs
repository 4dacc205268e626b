//! Bodies with a list whose entries are read each for itself: one that cannot be read is refused alone.
//!
//! Only a body that was refused as a whole is read in this way; one that is right is never read twice.

use super::{check, explain, parse, text};
use domain::Problem;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// The entries of a list, unread, the first `MOST` of them. All are counted.
#[derive(Debug)]
pub struct Entries<'t, const MOST: usize> {
    /// The texts of the first.
    pub first: Vec<&'t RawValue>,
    /// How many there are.
    pub count: usize,
}

impl<'de: 't, 't, const MOST: usize> Deserialize<'de> for Entries<'t, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<const MOST: usize>;
        impl<'de, const MOST: usize> Visitor<'de> for List<MOST> {
            type Value = Entries<'de, MOST>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut first = Vec::new();
                while first.len() < MOST
                    && let Some(entry) = list.next_element()?
                {
                    first.push(entry);
                }
                let mut count = first.len();
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Entries { first, count })
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// Reads a body whose entries are read later, by [`read_entry`], which judges them.
///
/// # Errors
/// `malformed_body` when it is no JSON, or not of the type.
pub fn read_loosely<'t, T: Deserialize<'t>>(bytes: &'t [u8]) -> Result<T, Problem> {
    let text = text(bytes)?;
    parse(text).map_err(|_| explain::<T>(text))
}

/// Reads an entry that stands `outer` deep in its body, as strictly as a body. Pointers begin at the entry.
///
/// # Errors
/// `malformed_body` with the pointer of what is wrong.
pub fn read_entry<'t, T: Deserialize<'t>>(entry: &'t RawValue, outer: usize) -> Result<T, Problem> {
    let text = entry.get();
    check(text, outer)?;
    parse(text).map_err(|_| explain::<T>(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body<'t> {
        #[serde(borrow)]
        list: Entries<'t, 3>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        #[serde(rename = "n")]
        _n: i64,
    }

    fn pointer(problem: &Problem) -> Option<&str> {
        problem.errors.first().map(|error| error.pointer.as_str())
    }

    #[test]
    fn each_entry_is_read_for_itself() {
        let text = br#"{"list": [{"n":1}, {"n":"x"}, {"n":1,"n":2}, 7, [[]]]}"#;
        let Body { list } = read_loosely(text).unwrap();
        assert_eq!((list.first.len(), list.count), (3, 5));
        let read: Vec<_> = list.first.iter().map(|entry| read_entry::<Entry>(entry, 2)).collect();
        assert!(read[0].is_ok());
        assert_eq!(pointer(read[1].as_ref().unwrap_err()), Some("/n"));
        assert_eq!(pointer(read[2].as_ref().unwrap_err()), Some("/n"));
    }

    #[test]
    fn what_is_no_body_is_refused_as_a_whole() {
        for (text, expected) in [
            (&b"{\"list\":[1,}"[..], Some("/list/1")),
            (b"{\"list\":[]} x", None),
            (b"{\"list\":7}", Some("/list")),
            (b"{\"list\":[],\"list\":[]}", Some("/list")),
            (b"{\"list\":[],\"more\":1}", Some("/more")),
            (b"[[]]", None),
            (b"{}", Some("/list")),
            (b"{\"list\":[\"\xff\"]}", Some("/list/0")),
        ] {
            let Err(problem) = read_loosely::<Body<'_>>(text) else { panic!("{text:?}") };
            assert_eq!(pointer(&problem), expected, "{}", problem.detail);
        }
    }

    #[test]
    fn an_entry_stands_as_deep_as_it_does_in_its_body() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, fits) in [(62, true), (63, false)] {
            let raw = RawValue::from_string(nested(depth)).unwrap();
            assert_eq!(read_entry::<serde_json::Value>(&raw, 2).is_ok(), fits, "{depth}");
        }
    }
}
