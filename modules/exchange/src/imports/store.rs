//! The statements of imports. Invariant: who begins, changes or removes one holds its row.

use super::{Import, Look, Run, State};
use crate::bring::{List, Said};
use db::{Conn, DbError, Row, Statement, Tx};
use domain::{Instant, PrincipalId};

macro_rules! columns {
    () => {
        "i.id, i.list, i.name, i.digest, i.bytes, i.look, i.said, i.state, i.run, i.row_count, i.heard_at, \
         i.sent_by, i.sent_at, i.changed_at, i.version"
    };
}

const INSERT: Statement = Statement::new(
    "exchange.list_import.insert",
    "insert into exchange_list_import
       (id, list, name, digest, bytes, look, said, state, run, row_count, heard_at, stop_asked, sent_by, sent_at,
        changed_at, version)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, null, 0, ?9, false, ?8, ?9, ?9, 1)",
);

const INSERT_PART: Statement = Statement::new(
    "exchange.list_import_part.insert",
    "insert into exchange_list_import_part (import_id, kind, position, bytes) values (?1, ?2, ?3, ?4)",
);

const PART: Statement = Statement::new(
    "exchange.list_import_part.one",
    "select p.bytes from exchange_list_import_part p where p.import_id = ?1 and p.kind = ?2 and p.position = ?3",
);

const REMOVE_PARTS: Statement = Statement::new(
    "exchange.list_import_part.remove",
    "delete from exchange_list_import_part where import_id = ?1 and kind = ?2",
);

const REMOVE: Statement =
    Statement::new("exchange.list_import.remove", "delete from exchange_list_import where id = ?1");

const ONE: Statement = Statement::new(
    "exchange.list_import.one",
    concat!("select ", columns!(), " from exchange_list_import i where i.id = ?1"),
);

const LOCK: Statement = Statement::per_engine(
    "exchange.list_import.lock",
    concat!("select ", columns!(), " from exchange_list_import i where i.id = ?1"),
    concat!("select ", columns!(), " from exchange_list_import i where i.id = ?1 for update"),
);

const LIST_ALL: Statement = Statement::new(
    "exchange.list_import.all",
    concat!(
        "select ",
        columns!(),
        " from exchange_list_import i where i.id < ?1 order by i.id desc limit ?2"
    ),
);

const LIST_OF: Statement = Statement::new(
    "exchange.list_import.of",
    concat!(
        "select ",
        columns!(),
        " from exchange_list_import i where i.sent_by = ?3 and i.id < ?1 order by i.id desc limit ?2"
    ),
);

/// The bytes of the files that somebody has sent and that are still kept.
const KEPT: Statement = Statement::new(
    "exchange.list_import.kept",
    "select coalesce(sum(i.bytes), 0)
     from exchange_list_import i
     where i.sent_by = ?1 and exists (
       select 1 from exchange_list_import_part p where p.import_id = i.id and p.kind = 0)",
);

const SAY: Statement = Statement::new(
    "exchange.list_import.say",
    "update exchange_list_import set said = ?2, changed_at = ?3, version = version + 1 where id = ?1",
);

const BEGIN: Statement = Statement::new(
    "exchange.list_import.begin",
    "update exchange_list_import
     set state = 1, run = ?2, row_count = 0, heard_at = ?3, stop_asked = false, changed_at = ?3,
       version = version + 1
     where id = ?1",
);

/// Tells that it is still on its way, as of which version; whether it is to stop.
const BEAT: Statement = Statement::new(
    "exchange.list_import.beat",
    "update exchange_list_import
     set row_count = ?3, heard_at = ?4
     where id = ?1 and version = ?2 and state = 1
     returning stop_asked",
);

const ASK_TO_STOP: Statement = Statement::new(
    "exchange.list_import.stop",
    "update exchange_list_import set stop_asked = true where id = ?1 and state = 1",
);

const END: Statement = Statement::new(
    "exchange.list_import.end",
    "update exchange_list_import
     set state = ?3, run = ?4, row_count = ?5, heard_at = ?6, changed_at = ?6, version = version + 1
     where id = ?1 and version = ?2 and state = 1",
);

const OLD: Statement = Statement::new(
    "exchange.list_import.old",
    "select i.id from exchange_list_import i where i.changed_at < ?1 order by i.changed_at limit 100",
);

/// All statements, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: [&Statement; 16] = [
    &INSERT,
    &INSERT_PART,
    &PART,
    &REMOVE_PARTS,
    &REMOVE,
    &ONE,
    &LOCK,
    &LIST_ALL,
    &LIST_OF,
    &KEPT,
    &SAY,
    &BEGIN,
    &BEAT,
    &ASK_TO_STOP,
    &END,
    &OLD,
];

/// What a part belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The file as it was sent.
    Sent,
    /// The rows that were refused.
    Refused,
}

impl Kind {
    const fn number(self) -> i64 {
        match self {
            Kind::Sent => 0,
            Kind::Refused => 1,
        }
    }
}

fn read(row: &Row<'_>) -> Result<Import, DbError> {
    let wrong = |column: usize| DbError::Column { column, wanted: "what an import is" };
    Ok(Import {
        id: row.int(0)?,
        list: List::parse(row.text(1)?).ok_or_else(|| wrong(1))?,
        name: row.text(2)?.to_owned(),
        digest: row.hash(3)?,
        bytes: row.int(4)?,
        look: serde_json::from_str::<Look>(row.text(5)?).map_err(|_| wrong(5))?,
        said: serde_json::from_str::<Said>(row.text(6)?).map_err(|_| wrong(6))?,
        state: State::of(row.int(7)?).ok_or_else(|| wrong(7))?,
        run: row.opt_text(8)?.map(serde_json::from_str::<Run>).transpose().map_err(|_| wrong(8))?,
        rows: row.int(9)?,
        heard_at: Instant(row.int(10)?),
        sent_by: PrincipalId(row.int(11)?),
        sent_at: Instant(row.int(12)?),
        changed_at: Instant(row.int(13)?),
        version: row.int(14)?,
    })
}

fn json<T: serde::Serialize>(value: &T) -> String {
    // a value of texts, numbers and truth values is always JSON
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn insert(tx: &mut Tx<'_>, import: &Import) -> Result<(), DbError> {
    let (look, said) = (json(&import.look), json(&import.said));
    let params = [
        import.id.into(),
        import.list.word().into(),
        import.name.as_str().into(),
        (&import.digest).into(),
        import.bytes.into(),
        look.as_str().into(),
        said.as_str().into(),
        import.sent_by.0.into(),
        import.sent_at.0.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Keeps packed bytes, in the place of those of this kind that were there.
pub(super) fn put_parts(tx: &mut Tx<'_>, import: i64, kind: Kind, parts: &[Vec<u8>]) -> Result<(), DbError> {
    remove_parts(tx, import, kind)?;
    for (position, part) in (0_i64..).zip(parts) {
        tx.execute(&INSERT_PART, &[import.into(), kind.number().into(), position.into(), part.into()])?;
    }
    Ok(())
}

pub(super) fn part(
    conn: &mut Conn<'_>,
    import: i64,
    kind: Kind,
    position: i64,
) -> Result<Option<Vec<u8>>, DbError> {
    let params = [import.into(), kind.number().into(), position.into()];
    conn.query_opt(&PART, &params, |row| Ok(row.blob(0)?.to_vec()))
}

pub(super) fn remove_parts(tx: &mut Tx<'_>, import: i64, kind: Kind) -> Result<(), DbError> {
    tx.execute(&REMOVE_PARTS, &[import.into(), kind.number().into()]).map(|_| ())
}

/// Removes an import with its bytes.
pub(super) fn remove(tx: &mut Tx<'_>, import: i64) -> Result<(), DbError> {
    remove_parts(tx, import, Kind::Sent)?;
    remove_parts(tx, import, Kind::Refused)?;
    tx.execute(&REMOVE, &[import.into()]).map(|_| ())
}

pub(super) fn one(conn: &mut Conn<'_>, import: i64) -> Result<Option<Import>, DbError> {
    conn.query_opt(&ONE, &[import.into()], read)
}

pub(super) fn lock(tx: &mut Tx<'_>, import: i64) -> Result<Option<Import>, DbError> {
    tx.query_opt(&LOCK, &[import.into()], read)
}

/// The next imports, the latest first; of one sender, or of all.
pub(super) fn list(
    conn: &mut Conn<'_>,
    sender: Option<PrincipalId>,
    before: i64,
    most: i64,
) -> Result<Vec<Import>, DbError> {
    match sender {
        None => conn.query(&LIST_ALL, &[before.into(), most.into()], read),
        Some(sender) => conn.query(&LIST_OF, &[before.into(), most.into(), sender.0.into()], read),
    }
}

/// The bytes of the files of a sender that are kept.
pub(super) fn kept_bytes(conn: &mut Conn<'_>, sender: PrincipalId) -> Result<i64, DbError> {
    conn.query_one(&KEPT, &[sender.0.into()], |row| row.int(0))
}

pub(super) fn say(tx: &mut Tx<'_>, import: i64, said: &Said, now: Instant) -> Result<(), DbError> {
    tx.execute(&SAY, &[import.into(), json(said).as_str().into(), now.0.into()]).map(|_| ())
}

pub(super) fn begin(tx: &mut Tx<'_>, import: i64, run: &Run, now: Instant) -> Result<(), DbError> {
    tx.execute(&BEGIN, &[import.into(), json(run).as_str().into(), now.0.into()]).map(|_| ())
}

/// Tells that the import is on its way; whether it is to stop, or `None` when it is no longer this run's.
pub(super) fn beat(
    tx: &mut Tx<'_>,
    (import, version): (i64, i64),
    rows: i64,
    now: Instant,
) -> Result<Option<bool>, DbError> {
    let params = [import.into(), version.into(), rows.into(), now.0.into()];
    tx.query_opt(&BEAT, &params, |row| row.bool(0))
}

pub(super) fn ask_to_stop(tx: &mut Tx<'_>, import: i64) -> Result<(), DbError> {
    tx.execute(&ASK_TO_STOP, &[import.into()]).map(|_| ())
}

/// Notes what came of a run; `false` when somebody else runs it meanwhile.
pub(super) fn end(
    tx: &mut Tx<'_>,
    (import, version): (i64, i64),
    (state, run): (State, &Run),
    now: Instant,
) -> Result<bool, DbError> {
    let rows = run.counts.map_or(0, |counts| i64::try_from(counts.rows).unwrap_or(i64::MAX));
    let run = json(run);
    let params = [
        import.into(),
        version.into(),
        state.number().into(),
        run.as_str().into(),
        rows.into(),
        now.0.into(),
    ];
    tx.execute(&END, &params).map(|ended| ended == 1)
}

/// Some imports that nobody has touched since.
pub(super) fn old(conn: &mut Conn<'_>, since: Instant) -> Result<Vec<i64>, DbError> {
    conn.query(&OLD, &[since.0.into()], |row| row.int(0))
}
