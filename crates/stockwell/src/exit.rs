//! How a command ends: its exit code, and what it says.

use domain::{Kind, Problem};
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use web::Failure;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Stop {
    /// It was refused, or it failed: exit code 1. Nothing was changed, but for the parts that an import had
    /// committed before.
    Failed(Problem),
    /// Rows of a file were refused: exit code 1. Which, and why, is printed already.
    RowsRefused,
    /// It was called wrongly: exit code 2, as clap's own.
    Usage(String),
    /// `verify` found a violation: exit code 3. What it found is printed already.
    Violated,
    /// A benchmark was told other numbers than the database holds, or a copy is not what was copied: exit code 3.
    Wrong(String),
    /// It could not run at all, for instance because the database is in use: exit code 4.
    CannotRun(String),
    /// A signal ended it before it was done: exit code 130. What it had committed stays.
    Interrupted(String),
    /// The settings cannot be read: exit code 78.
    Settings(String),
    /// The settings are not safe: exit code 78.
    Unsafe(String),
}

/// The exit code of what a signal has ended, as shells have it for Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// The result of a command.
pub type Done = Result<(), Stop>;

impl Stop {
    /// The same about a file that was given.
    #[must_use]
    pub fn in_file(self, file: &Path) -> Stop {
        match self {
            Stop::Failed(problem) => {
                let detail = format!("`{}`: {}", file.display(), problem.detail).into();
                Stop::Failed(Problem { detail, ..problem })
            }
            other => other,
        }
    }

    /// The same at the options of a command, which stand for the fields of a request: the first field that a
    /// pointer begins with becomes its option.
    #[must_use]
    pub(crate) fn at_options(mut self, options: &[(&str, &str)]) -> Stop {
        if let Stop::Failed(problem) = &mut self {
            for error in &mut problem.errors {
                let stands_for = |(field, _): &&(&str, &str)| {
                    let rest = error.pointer.strip_prefix(field);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                let option = options.iter().find(stands_for);
                if let Some((_, option)) = option {
                    (*option).clone_into(&mut error.pointer);
                }
            }
        }
        self
    }

    /// Could not run, with the reason of another error.
    pub fn cannot_run(error: impl fmt::Display) -> Stop {
        Stop::CannotRun(error.to_string())
    }

    /// The exit codes there are, and what each says.
    pub const CODES: [(u8, &str); 7] = [
        (0, "done"),
        (1, "refused or failed; nothing was changed, but what an import had committed before stays"),
        (2, "called wrongly"),
        (3, "`verify` found a violation, a copy differs, or `bench` was told a number that is wrong"),
        (4, "could not run, for instance because the database is in use"),
        (78, "settings that cannot be read, or are not safe"),
        (INTERRUPTED, "ended by Ctrl-C or a signal before it was done; what was committed stays"),
    ];

    /// The code: that of the problem, or the word for the exit code.
    pub fn word(&self) -> &'static str {
        match self {
            Stop::Failed(problem) => problem.code.word(),
            Stop::Usage(_) => "called_wrongly",
            Stop::RowsRefused => "rows_refused",
            Stop::Violated => "violated",
            Stop::Wrong(_) => "wrong_number",
            Stop::CannotRun(_) => "cannot_run",
            Stop::Interrupted(_) => "interrupted",
            Stop::Settings(_) => "invalid_settings",
            Stop::Unsafe(_) => "unsafe_settings",
        }
    }

    /// What is wrong, in a sentence; without what a problem says of its fields.
    pub fn sentence(&self) -> &str {
        match self {
            Stop::Failed(problem) => &problem.detail,
            Stop::Usage(text)
            | Stop::Wrong(text)
            | Stop::CannotRun(text)
            | Stop::Interrupted(text)
            | Stop::Settings(text)
            | Stop::Unsafe(text) => text,
            Stop::RowsRefused => "rows of the file were refused",
            Stop::Violated => "an invariant does not hold",
        }
    }

    /// The exit code, one of [`Stop::CODES`].
    pub fn code(&self) -> u8 {
        match self {
            Stop::Failed(_) | Stop::RowsRefused => 1,
            Stop::Usage(_) => 2,
            Stop::Violated | Stop::Wrong(_) => 3,
            Stop::CannotRun(_) => 4,
            Stop::Interrupted(_) => INTERRUPTED,
            Stop::Settings(_) | Stop::Unsafe(_) => 78,
        }
    }
}

impl From<&Stop> for ExitCode {
    fn from(stop: &Stop) -> Self {
        ExitCode::from(stop.code())
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())?;
        let Stop::Failed(problem) = self else { return Ok(()) };
        write!(f, " ({})", problem.code)?;
        for error in &problem.errors {
            // a fault of one field is the whole problem, and is said already
            let said = problem.detail.ends_with(&error.detail);
            // the pointer into a request means nothing to whoever has called a command
            let in_file = !error.pointer.starts_with(['/', '?']) && !error.pointer.is_empty();
            match (said, in_file) {
                (true, true) => write!(f, "\n  at {}", error.pointer)?,
                (true, false) => {}
                (false, true) => write!(f, "\n  {}: {}", error.pointer, error.detail)?,
                (false, false) => write!(f, "\n  {}", error.detail)?,
            }
        }
        Ok(())
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Failed(problem)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            Failure::Fault(text) => Stop::CannotRun(text.into_owned()),
            Failure::Refused(problem) | Failure::Later(problem, _) | Failure::Masked(problem, _) => {
                match problem.kind() {
                    Kind::Busy | Kind::StorageFull | Kind::Internal => {
                        Stop::CannotRun(problem.detail.into_owned())
                    }
                    _ => Stop::Failed(*problem),
                }
            }
        }
    }
}

impl From<db::DbError> for Stop {
    fn from(error: db::DbError) -> Self {
        Stop::cannot_run(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::cannot_run(error)
    }
}
