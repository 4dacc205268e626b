//! Fields of a change: left out, null and a value are three different things.

use crate::problem::{Code, Problem};
use serde::{Deserialize, Deserializer};

/// Tells a null from a field that was left out: for `#[serde(default, deserialize_with = "given")]` on a
/// field of the type `Option<Option<T>>`.
///
/// # Errors
/// What the inner value refuses.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A field that cannot be empty.
///
/// # Errors
/// `invalid_value` for a null.
pub fn not_null<'c, T>(given: Option<&'c Option<T>>, pointer: &str) -> Result<Option<&'c T>, Problem> {
    match given {
        Some(None) => Err(Problem::at(
            Code::InvalidValue,
            pointer,
            "this field cannot be null; leave it out to keep it as it is",
        )),
        Some(Some(value)) => Ok(Some(value)),
        None => Ok(None),
    }
}
