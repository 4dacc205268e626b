//! How long texts may be, and how many postings a bulk may have.

use crate::input::POSTINGS_PER_BULK_MAX;
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

/// Refuses a bulk that is empty or too large.
pub(crate) fn check_bulk(count: usize) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::at(Code::InvalidValue, "/postings", "a bulk has at least one posting"));
    }
    if count > POSTINGS_PER_BULK_MAX {
        let detail = format!("`{count}` postings are more than `{POSTINGS_PER_BULK_MAX}`");
        return Err(Problem::at(Code::TooMany, "/postings", detail));
    }
    Ok(())
}
