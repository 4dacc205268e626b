//! Whether an import may be run, changed or removed. Pure.

use super::{Import, State};
use crate::bring::Said;
use domain::{Code, Instant, Problem};

/// An import that runs and was not heard of for so long is on its way no more.
pub(super) const SILENT_MICROS: i64 = 30_000_000;

/// Whether an import that runs was given up by whoever ran it.
pub(super) fn is_interrupted(import: &Import, now: Instant) -> bool {
    import.state == State::Running && now.0.saturating_sub(import.heard_at.0) > SILENT_MICROS
}

/// Whether nobody runs it, so that it may be run, changed or removed.
///
/// # Errors
/// `in_use`.
pub(super) fn require_at_rest(import: &Import, now: Instant) -> Result<(), Problem> {
    if import.state == State::Running && !is_interrupted(import, now) {
        let detail = format!("import {} is on its way; wait until it has ended, or stop it first", import.id);
        return Err(Problem::new(Code::InUse, detail));
    }
    Ok(())
}

/// Whether there is anything left to run.
///
/// # Errors
/// `in_use`: all of it was taken, and its file is no longer there.
pub(super) fn require_file(import: &Import) -> Result<(), Problem> {
    if is_spent(import) {
        let detail = format!(
            "import {} was taken whole, and its file was let go; send the file anew to import it once more",
            import.id
        );
        return Err(Problem::new(Code::InUse, detail));
    }
    Ok(())
}

/// Whether all of a file was taken.
pub(super) fn is_spent(import: &Import) -> bool {
    let refused = import.run.as_ref().and_then(|run| run.counts).is_some_and(|counts| counts.refused > 0);
    import.state == State::Kept && !refused
}

/// Whether what is said of columns is of columns that there are.
///
/// # Errors
/// `invalid_value` and `too_many`.
pub(super) fn require_columns(titles: &[String], said: &Said) -> Result<(), Problem> {
    match said.keys().find(|title| !titles.contains(title)) {
        None => Ok(()),
        Some(title) => {
            let detail = format!("the file has no column `{title}`; it has `{}`", titles.join("`, `"));
            Err(Problem::at(Code::InvalidValue, format!("/columns/{}", escaped(title)), detail))
        }
    }
}

/// A name as a part of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::super::{Counts, Look, Run};
    use super::*;
    use crate::bring::List;
    use domain::PrincipalId;

    fn import(state: State, refused: u64) -> Import {
        let look = Look {
            format: "csv".to_owned(),
            locale: "iso".to_owned(),
            separator: None,
            windows_1252: false,
            sheet: None,
            columns: Vec::new(),
        };
        let counts = Counts { refused, ..Counts::default() };
        Import {
            id: 7,
            list: List::Items,
            name: "items.csv".to_owned(),
            digest: [0; 32],
            bytes: 1,
            look,
            said: Said::new(),
            state,
            run: Some(Run { counts: Some(counts), ..Run::default() }),
            rows: 0,
            heard_at: Instant(1_000),
            sent_by: PrincipalId(1),
            sent_at: Instant(0),
            changed_at: Instant(0),
            version: 1,
        }
    }

    #[test]
    fn one_that_runs_is_left_alone_until_nobody_hears_of_it() {
        for state in State::ALL {
            let import = import(state, 0);
            let heard = require_at_rest(&import, Instant(1_000 + SILENT_MICROS));
            assert_eq!(heard.is_err(), state == State::Running, "{state:?}");
            assert!(require_at_rest(&import, Instant(1_001 + SILENT_MICROS)).is_ok(), "{state:?}");
        }
    }

    #[test]
    fn a_file_is_run_until_all_of_it_was_taken() {
        for state in State::ALL {
            assert_eq!(require_file(&import(state, 0)).is_err(), state == State::Kept, "{state:?}");
            assert!(require_file(&import(state, 1)).is_ok(), "{state:?}");
        }
    }

    #[test]
    fn what_is_said_is_of_columns_that_there_are() {
        let titles = ["sku".to_owned(), "a/b".to_owned()];
        let said = |title: &str| Said::from([(title.to_owned(), "sku".to_owned())]);
        assert!(require_columns(&titles, &said("a/b")).is_ok());
        let problem = require_columns(&titles, &said("b/c~d")).unwrap_err();
        assert_eq!(problem.errors.first().map(|fault| fault.pointer.as_ref()), Some("/columns/b~1c~0d"));
    }

    #[test]
    fn states_have_numbers_of_their_own() {
        for state in State::ALL {
            assert_eq!(State::of(state.number()), Some(state));
        }
        assert_eq!(State::of(7), None);
        assert_eq!(State::of(-1), None);
    }
}
