//! Reading location codes and texts, so that each refusal names its field. A text that is no code
//! names nothing: looking it up finds nothing.

use domain::{AsProblem, LocationCode, Name, Problem};

/// The key that a location is found by; `None` for a text that no location can have.
pub(crate) fn key(text: &str) -> Option<String> {
    LocationCode::parse(text).ok().map(|code| code.folded())
}

/// A location code as written.
pub(crate) fn location(text: &str, pointer: &str) -> Result<String, Problem> {
    LocationCode::parse(text).map(|code| code.as_str().to_owned()).map_err(|error| error.problem(pointer))
}

/// A name or a reason on one line; blanks around it are dropped.
pub(crate) fn name(text: &str, pointer: &str) -> Result<String, Problem> {
    Name::parse(text).map(|name| name.as_str().to_owned()).map_err(|error| error.problem(pointer))
}
