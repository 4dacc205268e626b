//! Migrations: forward only, one text for both engines, each in a transaction of its own.
//! Invariant: what was applied once is never different later; a changed or newer schema is refused.
//!
//! A text is adapted word by word:
//!
//! | word | PostgreSQL | SQLite |
//! |---|---|---|
//! | `@id`, `@int` | `bigint` | `integer` |
//! | `@small` | `smallint` | `integer` |
//! | `@bool` | `boolean` | `integer` |
//! | `@uuid` | `uuid` | `blob` |
//! | `@bytes` | `bytea` | `blob` |
//! | `@instant` | `timestamptz` | `integer` |
//! | `@date` | `date` | `text` |
//! | `@json` | `jsonb` | `text` |
//! | `@text` | `text` | `text` |
//! | `@real` | `double precision` | `real` |
//! | `@strict` | | `strict` |
//! | `@strict_without_rowid` | | `strict, without rowid` |
//!
//! Lines between `-- only sqlite` (or `-- only postgres`) and `-- end` are for that engine only.

use crate::conn::Conn;
use crate::error::DbError;
use crate::settings::Engine;
use crate::statement::Statement;
use sha2::{Digest as _, Sha256};

/// One step of a schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts up within its set.
    pub number: i64,
    /// What it does, in a word or two.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
}

/// The schema of one module.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    /// The module, which is the prefix of its tables.
    pub name: &'static str,
    /// Its steps, by ascending number.
    pub migrations: &'static [Migration],
}

/// A step that is about to be applied.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The module whose schema it is of.
    pub set: &'a str,
    /// What it does, in a word or two.
    pub name: &'a str,
    /// How many are applied before it, in this call.
    pub applied: usize,
    /// How many this call has to apply, with those before it.
    pub pending: usize,
}

/// The tables of this crate.
pub(crate) const OWN: MigrationSet = MigrationSet {
    name: "db",
    migrations: &[
        Migration { number: 1, name: "first", text: include_str!("../migrations/0001_first.sql") },
        Migration { number: 2, name: "checks", text: include_str!("../migrations/0002_checks.sql") },
        Migration { number: 3, name: "checks", text: include_str!("../migrations/0003_checks.sql") },
        Migration { number: 4, name: "held", text: include_str!("../migrations/0004_held.sql") },
        Migration { number: 5, name: "erasure", text: include_str!("../migrations/0005_erasure.sql") },
    ],
};

/// Writes a text for an engine.
pub fn adapt(text: &str, engine: Engine) -> String {
    let mut out = String::with_capacity(text.len());
    let mut only: Option<Engine> = None;
    for line in text.lines() {
        match line.trim() {
            "-- only sqlite" => only = Some(Engine::Sqlite),
            "-- only postgres" => only = Some(Engine::Postgres),
            "-- end" => only = None,
            _ if only.is_none_or(|only| only == engine) => {
                words(line, engine, &mut out);
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

fn words(line: &str, engine: Engine, out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('@') {
        out.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
        let (word, tail) = after.split_at(end);
        if let Some(adapted) = word_for(word, engine) {
            out.push_str(adapted);
        } else {
            out.push('@');
            out.push_str(word);
        }
        rest = tail;
    }
    out.push_str(rest);
}

fn word_for(word: &str, engine: Engine) -> Option<&'static str> {
    let (postgres, sqlite) = match word {
        "id" | "int" => ("bigint", "integer"),
        "small" => ("smallint", "integer"),
        "bool" => ("boolean", "integer"),
        "uuid" => ("uuid", "blob"),
        "bytes" => ("bytea", "blob"),
        "instant" => ("timestamptz", "integer"),
        "date" => ("date", "text"),
        "json" => ("jsonb", "text"),
        "text" => ("text", "text"),
        "real" => ("double precision", "real"),
        "strict" => ("", "strict"),
        "strict_without_rowid" => ("", "strict, without rowid"),
        _ => return None,
    };
    Some(match engine {
        Engine::Sqlite => sqlite,
        Engine::Postgres => postgres,
    })
}

const CREATE: &str = "create table if not exists db_migration (
    set_name @text not null,
    number @int not null,
    name @text not null,
    checksum @bytes not null,
    applied_at @instant not null,
    primary key (set_name, number)
) @strict_without_rowid;";

const APPLIED: Statement = Statement::new(
    "db.migration.applied",
    "select set_name, number, name, checksum
     from db_migration
     order by set_name, number",
);

const RECORD: Statement = Statement::per_engine(
    "db.migration.record",
    "insert into db_migration (set_name, number, name, checksum, applied_at)
     values (?1, ?2, ?3, ?4, cast(unixepoch('subsec') * 1000000 as integer))",
    "insert into db_migration (set_name, number, name, checksum, applied_at)
     values (?1, ?2, ?3, ?4, clock_timestamp())",
);

/// Several processes may start at once: the first migrates, the others wait.
const LOCK: Statement = Statement::per_engine(
    "db.migration.lock",
    "select 1",
    "select count(pg_advisory_xact_lock(7305795870240101))",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[APPLIED, RECORD, LOCK, IS_MARKED, UNMARK];

/// A step that was applied to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The module whose schema it is of.
    pub set: String,
    /// Counts up within its set.
    pub number: i64,
    /// What it does, in a word or two.
    pub name: String,
    /// The SHA-256 of its text.
    pub checksum: [u8; 32],
}

/// The set of the step that stands among the others while a copy into a database has not ended. A program that
/// knows nothing of copies refuses it too.
const MARK: &str = "copy";
const MARK_NAME: &str = "a copy that has not ended";

const IS_MARKED: Statement =
    Statement::new("db.migration.is_marked", "select 1 from db_migration where set_name = ?1");

const UNMARK: Statement =
    Statement::new("db.migration.unmark", "delete from db_migration where set_name = ?1");

fn checksum(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn applied(conn: &mut Conn<'_>) -> Result<Vec<Applied>, DbError> {
    conn.query(&APPLIED, &[], |row| {
        Ok(Applied {
            set: row.text(0)?.to_owned(),
            number: row.int(1)?,
            name: row.text(2)?.to_owned(),
            checksum: row.hash(3)?,
        })
    })
}

/// What is still to be applied, in order. Refuses a schema that this program does not know.
fn pending<'m>(
    sets: &'m [MigrationSet],
    applied: &[Applied],
) -> Result<Vec<(&'m MigrationSet, &'m Migration)>, DbError> {
    if applied.iter().any(|row| row.set == MARK) {
        return Err(has_not_ended());
    }
    for row in applied {
        let set = sets.iter().find(|set| set.name == row.set);
        let step = set.and_then(|set| set.migrations.iter().find(|step| step.number == row.number));
        let what = format!("{} {:04} `{}`", row.set, row.number, row.name);
        match step {
            None => {
                return Err(DbError::refused(format!(
                    "the database was migrated by a newer program ({what}): start that program, or restore a backup"
                )));
            }
            Some(step) if checksum(step.text) != row.checksum => {
                return Err(DbError::refused(format!(
                    "migration {what} is not the one that was applied: a migration must never be changed"
                )));
            }
            Some(_) => {}
        }
    }
    let mut pending = Vec::new();
    for set in sets {
        let last = applied.iter().filter(|row| row.set == set.name).map(|row| row.number).max();
        for step in set.migrations {
            if last.is_none_or(|last| step.number > last) {
                pending.push((set, step));
            } else if !applied.iter().any(|row| row.set == set.name && row.number == step.number) {
                return Err(DbError::refused(format!(
                    "migration {} {:04} `{}` comes before one that was applied: give it a higher number",
                    set.name, step.number, step.name
                )));
            }
        }
    }
    Ok(pending)
}

/// The modules with no more steps than were applied to some database. The tables of this crate may be among them.
///
/// # Errors
/// For a step that this program does not know, or knows differently.
pub fn up_to(sets: &[MigrationSet], steps: &[Applied]) -> Result<Vec<MigrationSet>, DbError> {
    let known: Vec<Applied> = steps
        .iter()
        .filter(|step| sets.iter().any(|set| set.name == step.set) || step.set != OWN.name)
        .cloned()
        .collect();
    pending(sets, &known)?;
    let applied = |set: &MigrationSet| {
        let is_applied =
            |step: &&Migration| known.iter().any(|row| row.set == set.name && row.number == step.number);
        set.migrations.iter().take_while(is_applied).count()
    };
    let cut = |set: &MigrationSet| MigrationSet {
        name: set.name,
        migrations: set.migrations.get(..applied(set)).unwrap_or(set.migrations),
    };
    Ok(sets.iter().map(cut).collect())
}

/// The refusal of a database that a copy was begun into.
pub(crate) fn has_not_ended() -> DbError {
    DbError::refused(
        "a copy into this database was begun and has not ended: `--again`, with the command that makes copies, empties \
         it and begins anew",
    )
}

/// Whether a copy into a database that has a schema has not ended.
pub(crate) fn is_marked(conn: &mut Conn<'_>) -> Result<bool, DbError> {
    Ok(conn.query_opt(&IS_MARKED, &[MARK.into()], |_| Ok(()))?.is_some())
}

/// Says that it has.
pub(crate) fn unmark(conn: &mut Conn<'_>) -> Result<(), DbError> {
    conn.run(&UNMARK, &[MARK.into()], |_| Ok(())).map(|_| ())
}

/// Makes a schema where there is none, in the transaction of the caller, with the mark of a copy in it.
pub(crate) fn make_marked(conn: &mut Conn<'_>, sets: &[MigrationSet]) -> Result<(), DbError> {
    let engine = conn.engine();
    conn.script(&adapt(CREATE, engine))?;
    for set in sets {
        for step in set.migrations {
            conn.script(&adapt(step.text, engine))?;
            record(conn, set.name, step.number, step.name, &checksum(step.text))?;
        }
    }
    record(conn, MARK, 0, MARK_NAME, &[0; 32])
}

fn record(
    conn: &mut Conn<'_>,
    set: &str,
    number: i64,
    name: &str,
    checksum: &[u8; 32],
) -> Result<(), DbError> {
    let params = [set.into(), number.into(), name.into(), checksum.into()];
    conn.run(&RECORD, &params, |_| Ok(())).map(|_| ())
}

/// Waits until nobody else migrates the database or copies into it, and keeps others from it until the transaction ends.
pub(crate) fn lock(conn: &mut Conn<'_>) -> Result<(), DbError> {
    conn.query(&LOCK, &[], |_| Ok(())).map(drop)
}

/// Runs a part in a transaction, holding the migration lock.
fn locked<T>(
    conn: &mut Conn<'_>,
    run: impl FnOnce(&mut Conn<'_>) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let begin = match conn.engine() {
        Engine::Sqlite => "begin immediate",
        Engine::Postgres => "begin",
    };
    conn.script(begin)?;
    let done = lock(conn).and_then(|()| run(conn));
    match done {
        Ok(value) => conn.script("commit").map(|()| value),
        Err(error) => {
            drop(conn.script("rollback"));
            Err(error)
        }
    }
}

/// Applies what is missing, telling of each step before it; how many steps that were.
pub(crate) fn migrate(
    conn: &mut Conn<'_>,
    sets: &[MigrationSet],
    watch: &mut dyn FnMut(Step<'_>),
) -> Result<usize, DbError> {
    let engine = conn.engine();
    let before = locked(conn, |conn| {
        conn.script(&adapt(CREATE, engine))?;
        applied(conn)
    })?;
    let mut count = 0;
    let missing = pending(sets, &before)?;
    for (begun, (set, step)) in missing.iter().enumerate() {
        watch(Step { set: set.name, name: step.name, applied: begun, pending: missing.len() });
        let done = locked(conn, |conn| {
            let known = applied(conn)?;
            if known.iter().any(|row| row.set == set.name && row.number == step.number) {
                return pending(sets, &known).map(|_| false);
            }
            conn.script(&adapt(step.text, engine))?;
            record(conn, set.name, step.number, step.name, &checksum(step.text))?;
            Ok(true)
        })
        .map_err(|error| match error {
            DbError::Refused(_) => error,
            _ => DbError::refused(format!(
                "migration {} {:04} `{}` failed and left nothing behind: {error}",
                set.name, step.number, step.name
            )),
        })?;
        count += usize::from(done);
    }
    Ok(count)
}

/// Refuses a database whose schema is not exactly the one of this program.
pub(crate) fn check(conn: &mut Conn<'_>, sets: &[MigrationSet]) -> Result<(), DbError> {
    match pending(sets, &found(conn)?)?.first() {
        None => Ok(()),
        Some((set, step)) => Err(DbError::refused(format!(
            "it lacks migration {} {:04} `{}`: `stockwell migrate` brings it up to date",
            set.name, step.number, step.name
        ))),
    }
}

/// How many steps are still to be applied to a database that has a schema.
pub(crate) fn behind(conn: &mut Conn<'_>, sets: &[MigrationSet]) -> Result<usize, DbError> {
    let found = found(conn)?;
    Ok(pending(sets, &found)?.len())
}

/// What was applied to a database that has a schema.
pub(crate) fn found(conn: &mut Conn<'_>) -> Result<Vec<Applied>, DbError> {
    applied(conn).map_err(|error| match error {
        DbError::Engine { .. } => {
            DbError::refused("there are no tables of this program in it yet: `stockwell migrate` makes them")
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_adapted_word_by_word() {
        let text = "create table t (id @id, j @json, mail @text, x @unknown) @strict;\n-- only sqlite\ns @int\n-- end\n-- only postgres\np @int\n-- end\n";
        assert_eq!(
            adapt(text, Engine::Sqlite),
            "create table t (id integer, j text, mail text, x @unknown) strict;\ns integer\n"
        );
        assert_eq!(
            adapt(text, Engine::Postgres),
            "create table t (id bigint, j jsonb, mail text, x @unknown) ;\np bigint\n"
        );
    }
}
