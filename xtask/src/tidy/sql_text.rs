//! SQL taken apart just enough for the rules: what is SQL, where it may stand, which tables it names.

use super::words;

/// A table or view that a statement names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'sql> {
    /// Its name.
    pub(crate) name: &'sql str,
    /// The line inside the text, from 1.
    pub(crate) line: usize,
    /// Whether the statement makes it.
    pub(crate) created: bool,
    /// Whether it is named inside a `create view`.
    pub(crate) in_view: bool,
}

/// Whether a file is a place for SQL: a store, a migration, the database crate, the checks of
/// `verify`, or the test kit.
pub(crate) fn is_home(path: &str) -> bool {
    path.starts_with("crates/db/") || path.starts_with("crates/testkit/") || {
        let mut parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
        parts.any(|part| ["store", "migration", "verify"].iter().any(|home| part.starts_with(home)))
    }
}

/// Whether a string literal is a statement rather than a sentence.
pub(crate) fn is_statement(text: &str) -> bool {
    let mut words = words::of(text);
    let (Some(first), second) = (words.next(), words.next().unwrap_or_default().to_lowercase()) else {
        return false;
    };
    // a sentence begins with a capital; a statement is in small letters or all in capitals
    let verb = first.to_lowercase();
    if !text.trim_start().starts_with(first) || (first != verb && first != first.to_uppercase()) {
        return false;
    }
    let has = |word: &str| words::of(text).any(|other| other.eq_ignore_ascii_case(word));
    let second_is = |words: &[&str]| words.contains(&second.as_str());
    match verb.as_str() {
        "select" => has("from") || text.contains('(') || second.starts_with(|c: char| c.is_ascii_digit()),
        "insert" => second_is(&["into", "or"]),
        "update" => has("set"),
        "delete" => second == "from",
        "with" => has("as") && has("select") && text.contains('('),
        "create" | "drop" | "alter" => {
            let unit = ["table", "index", "view", "trigger", "schema", "database", "extension", "role"];
            second_is(&unit) || second_is(&["unique", "temp", "temporary", "or", "materialized"])
        }
        "pragma" | "truncate" => !second.is_empty(),
        _ => false,
    }
}

/// The tables and views that a text of statements names, in order.
pub(crate) fn tables<'sql>(text: &'sql str) -> Vec<Named<'sql>> {
    let mut found: Vec<Named<'sql>> = Vec::new();
    let mut reader = Reader::default();
    let tokens = bare_tokens(text);
    for (at, (line, token)) in tokens.iter().enumerate() {
        let qualifies = tokens.get(at + 1).is_some_and(|(_, next)| *next == ".") && reader.before != ".";
        let is_word = token.starts_with(words::is_part);
        if is_word && !is_keyword(token) && (reader.expects_table() || qualifies) {
            let created = reader.creates();
            found.push(Named { name: token, line: *line, created, in_view: reader.in_view });
        }
        reader.pass(token);
    }
    found
}

/// The tokens of statements without comments and quoted texts.
fn bare_tokens(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let (mut quoted, mut comment_on, mut before) = (false, 0, "");
    for (line, token) in words::tokens(text) {
        if token == "'" && comment_on != line {
            quoted = !quoted;
        } else if !quoted && token == "-" && before == "-" {
            comment_on = line;
            kept.pop();
        } else if !quoted && comment_on != line {
            kept.push((line, token));
        }
        before = if comment_on == line || quoted { "" } else { token };
    }
    kept
}

/// What has been read of a statement so far.
#[derive(Default)]
struct Reader<'sql> {
    before: &'sql str,
    /// Per open bracket: whether commas separate tables there.
    lists: Vec<bool>,
    in_list: bool,
    creating: bool,
    in_view: bool,
}

impl<'sql> Reader<'sql> {
    /// Whether a name at this point is the name of a table.
    fn expects_table(&self) -> bool {
        const BEFORE: [&str; 10] =
            ["from", "join", "into", "update", "table", "view", "references", "only", "on", "exists"];
        BEFORE.iter().any(|word| self.before.eq_ignore_ascii_case(word))
            || (self.in_list && self.before == ",")
    }

    /// Whether a name at this point is the one that `create` makes.
    fn creates(&self) -> bool {
        let makes = ["table", "view", "exists"];
        self.creating && makes.iter().any(|word| self.before.eq_ignore_ascii_case(word))
    }

    fn pass(&mut self, token: &'sql str) {
        match token.to_ascii_lowercase().as_str() {
            "(" => {
                self.lists.push(self.in_list);
                self.in_list = false;
            }
            ")" => self.in_list = self.lists.pop().unwrap_or(false),
            ";" => *self = Reader::default(),
            "from" => self.in_list = true,
            "where" | "on" | "group" | "order" | "select" | "set" | "returning" | "limit" | "union" => {
                self.in_list = false;
            }
            "create" => self.creating = true,
            "view" => self.in_view |= self.creating,
            "as" => self.creating = false,
            _ => {}
        }
        self.before = token;
    }
}

/// Words that may follow where a table could stand.
fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 16] = [
        "if", "not", "exists", "only", "select", "lateral", "unnest", "of", "set", "conflict", "as", "into",
        "from", "where", "values", "skip",
    ];
    WORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        tables(text).into_iter().map(|named| named.name).collect()
    }

    #[test]
    fn tables_are_found_in_every_position() {
        assert_eq!(
            names("select a.x from stock_a a, stock_b as b where a.x = (select 1 from c)"),
            ["a", "stock_a", "stock_b", "a", "c"]
        );
        assert_eq!(
            names("select x from f(a, b) t, stock_c join only stock_d on stock_d.x = 1"),
            ["f", "stock_c", "stock_d", "stock_d"]
        );
        assert_eq!(names("insert into t (a, b) select a, b from s"), ["t", "s"]);
        assert_eq!(names("update t set a = 1 from u"), ["t", "u"]);
        assert_eq!(names("delete from t where a in (1, 2)"), ["t"]);
        assert_eq!(names("create index i on t (a, b)"), ["t"]);
        assert_eq!(names("alter table t add b bigint references u (id)"), ["t", "u"]);
    }

    #[test]
    fn comments_and_quoted_texts_name_nothing() {
        assert_eq!(names("-- from x\nselect 'from y', a - b from z -- join w\n"), ["z"]);
    }

    #[test]
    fn what_is_created_is_marked() {
        let found = tables(
            "create table if not exists t (a integer);\ncreate view v as select 1 from u;\nselect 1 from w",
        );
        let seen: Vec<_> = found.iter().map(|n| (n.name, n.line, n.created, n.in_view)).collect();
        assert_eq!(
            seen,
            [("t", 1, true, false), ("v", 2, true, true), ("u", 2, false, true), ("w", 3, false, false)]
        );
    }

    #[test]
    fn statements_are_told_from_sentences() {
        for sql in [
            "select item from stock_balance",
            "\n  SELECT 1",
            "insert into t values (?1)",
            "update t set a = 1",
            "delete from t",
            "with a as (select 1) select * from a",
            "create unique index i on t (a)",
            "pragma foreign_keys",
        ] {
            assert!(is_statement(sql), "{sql}");
        }
        for text in [
            "select a site",
            "Select one from the list",
            "update",
            "with pleasure",
            "create a site",
            "",
            "(select",
        ] {
            assert!(!is_statement(text), "{text}");
        }
    }

    #[test]
    fn the_homes_of_sql_are_known() {
        for path in [
            "modules/stock/src/store.rs",
            "modules/stock/src/store_claims.rs",
            "modules/stock/src/store/lots.rs",
            "modules/stock/migrations/0001.sql",
            "crates/db/src/outbox.rs",
            "crates/stockwell/src/verify.rs",
        ] {
            assert!(is_home(path), "{path}");
        }
        assert!(!is_home("modules/stock/src/receive/mod.rs") && !is_home("crates/web/src/restore.rs"));
    }
}
