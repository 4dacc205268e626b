//! How long the texts of this module are. One past it is refused by its limit, whatever else is wrong with it.

use domain::{Code, Problem};

/// Refuses a text of more than so many characters; `what` names it with its article, as in `a login`.
pub(crate) fn check_length(pointer: &str, what: &str, text: &str, max: usize) -> Result<(), Problem> {
    match text.chars().count() {
        chars if chars > max => {
            let detail = format!("{what} has at most {max} characters, this one has `{chars}`");
            Err(Problem::at(Code::LimitExceeded, pointer, detail))
        }
        _ => Ok(()),
    }
}
