//! Statements are named constants. Invariant: no SQL is ever built from anything else.

use crate::settings::Engine;

/// A named SQL constant. Parameters are written `?1`, `?2` … on both engines.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// The name in errors, logs and query plan tests.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL, still with `?N`.
    pub postgres: &'static str,
    /// On the hot path: its plan may hold no full scan.
    pub hot: bool,
}

impl Statement {
    /// One text for both engines.
    pub const fn new(name: &'static str, text: &'static str) -> Statement {
        Statement { name, sqlite: text, postgres: text, hot: false }
    }

    /// One text for each engine, where they differ. Where one engine needs nothing at all its text
    /// is empty: a set-based run of it then does nothing.
    pub const fn per_engine(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Statement {
        Statement { name, sqlite, postgres, hot: false }
    }

    /// Marks the statement as one of the hot path.
    #[must_use]
    pub const fn hot(mut self) -> Statement {
        self.hot = true;
        self
    }

    /// The text for an engine.
    pub const fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// Writes `?N` as `$N`, except inside of quotes and comments.
pub(crate) fn to_dollars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote: Option<char> = None;
    let mut comment = false;
    while let Some(c) = chars.next() {
        match (quote, comment, c) {
            (_, true, '\n') => comment = false,
            (Some(q), _, _) if q == c => quote = None,
            (None, false, '\'' | '"') => quote = Some(c),
            (None, false, '-') if chars.peek() == Some(&'-') => comment = true,
            (None, false, '?') if chars.peek().is_some_and(char::is_ascii_digit) => {
                out.push('$');
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_become_dollars_outside_of_quotes_and_comments() {
        assert_eq!(
            to_dollars("select '?1', \"?2\", ?3 -- it's ?4\n, ?12::int, a ? 'b'"),
            "select '?1', \"?2\", $3 -- it's ?4\n, $12::int, a ? 'b'"
        );
    }
}
