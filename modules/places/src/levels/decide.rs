//! What levels are accepted. Pure.

use domain::{AsProblem, Code, LocationKind, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Of each kind, the kinds directly below which it may stand, in order.
pub(crate) type Below = BTreeMap<LocationKind, Vec<LocationKind>>;

/// What is to be said of the levels.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LevelsBody {
    /// Of each kind that is named (`zone`, `aisle`, `rack`, `shelf`, `bin`), the kinds directly below which it may
    /// stand; an empty list means that there is none. A kind that is not named may stand wherever the product
    /// allows it. Null or left out takes back what was said.
    #[serde(default)]
    pub(crate) below: Option<BTreeMap<String, Vec<String>>>,
}

/// Reads the rules; each refusal names its field.
pub(crate) fn read(below: &BTreeMap<String, Vec<String>>) -> Result<Below, Problem> {
    let mut read = Below::new();
    for (word, above) in below {
        let pointer = format!("/below/{}", word.replace('~', "~0").replace('/', "~1"));
        let kind = ruled(word, &pointer)?;
        let mut kinds = Vec::with_capacity(above.len());
        for (at, word) in above.iter().enumerate() {
            let pointer = format!("{pointer}/{at}");
            let parent = LocationKind::parse(word).map_err(|error| error.problem(&pointer))?;
            kind.stands_below(Some(parent)).map_err(|error| error.problem(&pointer))?;
            if kinds.contains(&parent) {
                let detail = format!("`{parent}` stands in the list twice");
                return Err(Problem::at(Code::InvalidValue, pointer, detail));
            }
            kinds.push(parent);
        }
        kinds.sort_unstable();
        read.insert(kind, kinds);
    }
    Ok(read)
}

/// A kind that a rule can be about.
fn ruled(word: &str, pointer: &str) -> Result<LocationKind, Problem> {
    let kind = LocationKind::parse(word).map_err(|error| error.problem(pointer))?;
    if kind.is_real() && !matches!(kind, LocationKind::Site | LocationKind::HandlingUnit) {
        return Ok(kind);
    }
    let detail = format!("levels are of `zone`, `aisle`, `rack`, `shelf` and `bin`, not of `{kind}`");
    Err(Problem::at(Code::WrongLocationKind, pointer, detail))
}
