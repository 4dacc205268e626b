//! How the error of a value becomes a [`Problem`] at the field that carried it.

use crate::id::BadId;
use crate::problem::{Code, Problem};
use crate::qty::BadQty;
use crate::when::BadWhen;

/// An error that a caller can mend. Its text is the detail of the problem: lower case, no full
/// stop, concrete values in backticks, then what to do.
pub trait AsProblem: std::error::Error {
    /// The code of the problem.
    fn code(&self) -> Code;

    /// The problem at a field; `pointer` is a JSON pointer such as `/lines/0/qty`.
    fn problem(&self, pointer: &str) -> Problem {
        Problem::at(self.code(), pointer, self.to_string())
    }
}

impl AsProblem for BadQty {
    fn code(&self) -> Code {
        Code::InvalidQuantity
    }
}

impl AsProblem for BadWhen {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

impl AsProblem for BadId {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_error_is_the_detail_at_its_field() {
        let problem = BadQty::Negative.problem("/lines/2/qty");
        assert_eq!(problem.code, Code::InvalidQuantity);
        assert_eq!(problem.errors[0].pointer, "/lines/2/qty");
        assert_eq!(problem.errors[0].detail, "a quantity here is never below zero");
        assert_eq!(BadWhen::Date.problem("/on").code, Code::InvalidValue);
        assert_eq!(BadId { prefix: "pst" }.problem("/id").code, Code::InvalidValue);
    }
}
