//! How long texts may be, and how many postings a bulk may have.

use crate::input::{BulkInput, LINES_PER_BULK_MAX, POSTINGS_PER_BULK_MAX, RESERVATIONS_TOGETHER_MAX};
use domain::code::CODE_CHARS_MAX;
use domain::{Code, Problem};

/// Longest document handle, owner and reason code.
pub const HANDLE_CHARS_MAX: usize = 64;
/// Longest note.
pub const NOTE_CHARS_MAX: usize = 20_000;

/// What a posting or a reversal says about itself, held to its form.
pub(crate) fn check_words(
    document: Option<&str>,
    reason: Option<&str>,
    note: Option<&str>,
) -> Result<(), Problem> {
    for (text, pointer) in [(document, "/document"), (reason, "/reason")] {
        if let Some(text) = text {
            check_handle(text, pointer)?;
        }
    }
    if let Some(note) = note
        && note.chars().count() > NOTE_CHARS_MAX
    {
        let detail = format!("a note has at most `{NOTE_CHARS_MAX}` characters");
        return Err(Problem::at(Code::LimitExceeded, "/note", detail));
    }
    Ok(())
}

/// A short handle: 1 to [`HANDLE_CHARS_MAX`] characters, none of them control characters.
pub(crate) fn check_handle(text: &str, pointer: &str) -> Result<(), Problem> {
    let length = text.chars().count();
    if length == 0 || text.trim() != text || text.chars().any(char::is_control) {
        let detail = "it has at least one character, no blanks around it and no control characters";
        return Err(Problem::at(Code::InvalidValue, pointer, detail));
    }
    if length > HANDLE_CHARS_MAX {
        let detail = format!("it has `{length}` characters, and at most `{HANDLE_CHARS_MAX}` fit");
        return Err(Problem::at(Code::LimitExceeded, pointer, detail));
    }
    Ok(())
}

/// Refuses a name of something that is longer than any name is, before it is looked for.
pub(crate) fn check_length(name: &str, pointer: &str) -> Result<(), Problem> {
    // few texts have more bytes than a code has characters, so few are counted
    if name.len() <= CODE_CHARS_MAX || name.chars().count() <= CODE_CHARS_MAX {
        return Ok(());
    }
    let detail = format!("a code has at most `{CODE_CHARS_MAX}` characters");
    Err(Problem::at(Code::LimitExceeded, pointer, detail))
}

/// The refusal of a bulk of so many postings.
pub(crate) fn too_many_postings(count: usize) -> Problem {
    let detail = format!("`{count}` postings are more than `{POSTINGS_PER_BULK_MAX}`");
    Problem::at(Code::TooMany, "/postings", detail)
}

/// Refuses to make no reservations, or too many, together.
pub(crate) fn check_together(count: usize) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::at(Code::InvalidValue, "/reservations", "name at least one reservation"));
    }
    if count > RESERVATIONS_TOGETHER_MAX {
        let detail = format!("`{count}` reservations are more than `{RESERVATIONS_TOGETHER_MAX}`");
        return Err(Problem::at(Code::TooMany, "/reservations", detail));
    }
    Ok(())
}

/// Refuses a bulk that is empty or too large.
pub(crate) fn check_bulk(bulk: &BulkInput) -> Result<(), Problem> {
    let count = bulk.postings.len() + bulk.refused.len();
    if count == 0 {
        return Err(Problem::at(Code::InvalidValue, "/postings", "a bulk has at least one posting"));
    }
    if count > POSTINGS_PER_BULK_MAX {
        return Err(too_many_postings(count));
    }
    let size = bulk.size();
    if size > LINES_PER_BULK_MAX {
        let detail =
            format!("`{size}` lines and serials are more than `{LINES_PER_BULK_MAX}`; send several bulks");
        return Err(Problem::at(Code::TooMany, "/postings", detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_bulk;
    use crate::input::{BulkInput, LINES_PER_BULK_MAX};
    use crate::testing::{parse, posting};
    use domain::Code;
    use domain::ledger::Kind;

    #[test]
    fn a_bulk_has_ten_thousand_lines_and_serials_and_no_more() {
        let mut post = posting(Kind::Receive);
        post.lines = vec![parse("1 BOLT at L1"), parse("1 DRILL serials S1 at L1")];
        post.lines[1].serials = vec!["S1".to_owned(); LINES_PER_BULK_MAX / 2 - 1];
        let bulk = |postings| BulkInput { postings, refused: Vec::new(), atomic: false };
        check_bulk(&bulk(vec![post.clone(), post.clone()])).unwrap();
        let mut one_more = post.clone();
        one_more.lines.push(parse("1 BOLT at L1"));
        let problem = check_bulk(&bulk(vec![post, one_more])).unwrap_err();
        assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::TooMany, "/postings"));
    }
}
