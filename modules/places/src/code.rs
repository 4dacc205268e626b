//! Reading location codes and texts, so that each refusal names its field. A text that is no code
//! names nothing: looking it up finds nothing.

use domain::{AsProblem, Code, LocationCode, Name, Problem};

/// The key that a location is found by; `None` for a text that no location can have.
pub(crate) fn key(text: &str) -> Option<String> {
    LocationCode::parse(text).ok().map(|code| code.folded())
}

/// What the codes of places that the product makes for itself begin with: the world outside, what
/// is in transit. Nobody else takes one, or a document would one day find its place taken.
const OURS: char = '~';

/// The code of a place that somebody makes.
pub(crate) fn chosen(text: &str, pointer: &str) -> Result<String, Problem> {
    if text.starts_with(OURS) {
        let detail = format!("codes that begin with `{OURS}` are given by the product; choose another one");
        return Err(Problem::at(Code::InvalidValue, pointer, detail));
    }
    location(text, pointer)
}

/// A location code as written.
pub(crate) fn location(text: &str, pointer: &str) -> Result<String, Problem> {
    LocationCode::parse(text).map(|code| code.as_str().to_owned()).map_err(|error| error.problem(pointer))
}

/// A name or a reason on one line; blanks around it are dropped.
pub(crate) fn name(text: &str, pointer: &str) -> Result<String, Problem> {
    Name::parse(text).map(|name| name.as_str().to_owned()).map_err(|error| error.problem(pointer))
}
