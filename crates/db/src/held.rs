//! Commands that are held until somebody else agrees: kept as they were sent, decided once. Invariant:
//! who waits is decided under the lock of its row, and what was decided never changes.

use crate::conn::Conn;
use crate::error::DbError;
use crate::row::Row;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::Value;

/// What has become of a held command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It waits.
    Waiting = 1,
    /// Somebody else agreed, and it was done.
    Agreed = 2,
    /// Somebody else refused it.
    Refused = 3,
    /// Whoever asked took it back.
    Withdrawn = 4,
    /// Nobody decided in time.
    Expired = 5,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] =
        [State::Waiting, State::Agreed, State::Refused, State::Withdrawn, State::Expired];

    const fn number(self) -> i64 {
        match self {
            State::Waiting => 1,
            State::Agreed => 2,
            State::Refused => 3,
            State::Withdrawn => 4,
            State::Expired => 5,
        }
    }

    fn of(number: i64) -> Result<State, DbError> {
        let found = State::ALL.into_iter().find(|state| state.number() == number);
        found.ok_or_else(|| DbError::Raised(format!("a held command is in state {number}").into()))
    }
}

/// A command as it was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The version that it was made from.
    pub if_match: Option<String>,
    /// The body, sealed or as it is.
    pub body: Vec<u8>,
    /// Whether the body is sealed.
    pub sealed: bool,
}

/// A command that is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Its id.
    pub id: [u8; 16],
    /// Who asked.
    pub asked_by: i64,
    /// With which key; `None` in a session.
    pub via: Option<i64>,
    /// The key that names the request.
    pub key: String,
    /// What the key is bound to.
    pub fingerprint: [u8; 32],
    /// What was sent.
    pub sent: Sent,
    /// What it needs.
    pub permission: String,
    /// Why somebody else is needed, a word.
    pub why: String,
    /// By how much it changes the worth of stock, in minor units, when that is known.
    pub worth: Option<i64>,
    /// The ids of the places it is about, a JSON array; `None` for everywhere.
    pub places: Option<String>,
    /// When it was asked, in microseconds.
    pub asked_at: i64,
    /// When it is too late to agree.
    pub expires_at: i64,
    /// What has become of it.
    pub state: State,
    /// Who decided.
    pub decided_by: Option<i64>,
    /// When.
    pub decided_at: Option<i64>,
    /// What they said.
    pub note: Option<String>,
    /// The status of its answer, when it was agreed to.
    pub status: Option<i64>,
    /// Where what it made is.
    pub location: Option<String>,
    /// 1 while it waits, 2 afterwards.
    pub version: i64,
}

/// How a held command ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End<'a> {
    /// What becomes of it.
    pub state: State,
    /// Who decided.
    pub by: i64,
    /// When, in microseconds.
    pub at: i64,
    /// What they say.
    pub note: Option<&'a str>,
    /// The status of its answer, and where what it made is.
    pub answer: Option<(i64, Option<&'a str>)>,
}

macro_rules! held {
    () => {
        "select h.id, h.asked_by, h.via, h.key, h.fingerprint, h.method, h.target, h.if_match, h.body, h.sealed,
                h.permission, h.why, h.worth, h.places, h.asked_at, h.expires_at, h.state, h.decided_by, h.decided_at,
                h.note, h.status, h.location, h.version
         from db_held h "
    };
}

const INSERT: Statement = Statement::new(
    "db.held.insert",
    "insert into db_held
       (id, asked_by, via, key, fingerprint, method, target, if_match, body, sealed, permission, why, worth, places,
        asked_at, expires_at, state, version)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 1, 1)",
);

const BY_ID: Statement = Statement::new("db.held.by_id", concat!(held!(), "where h.id = ?1"));

const LOCK: Statement = Statement::per_engine(
    "db.held.lock",
    concat!(held!(), "where h.id = ?1"),
    concat!(held!(), "where h.id = ?1 for update"),
);

const ALL: Statement =
    Statement::new("db.held.all", concat!(held!(), "where h.id > ?1 order by h.id limit ?2"));

const IN_STATE: Statement = Statement::new(
    "db.held.in_state",
    concat!(held!(), "where h.state = ?3 and h.id > ?1 order by h.id limit ?2"),
);

const BY_WHOM: Statement = Statement::new(
    "db.held.by_whom",
    concat!(held!(), "where h.asked_by = ?3 and h.id > ?1 order by h.id limit ?2"),
);

const DUE: Statement = Statement::new(
    "db.held.due",
    "select h.id from db_held h where h.state = 1 and h.expires_at <= ?1 order by h.id limit ?2",
);

const END: Statement = Statement::new(
    "db.held.end",
    "update db_held
     set state = ?2, decided_by = ?3, decided_at = ?4, note = ?5, status = ?6, location = ?7, version = 2,
         body = case when sealed then ?8 else body end
     where id = ?1 and state = 1",
);

const REWRITE: Statement = Statement::new(
    "db.held.rewrite",
    "update db_held set target = ?2, body = ?3, note = ?4, location = ?5 where id = ?1",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[INSERT, BY_ID, LOCK, ALL, IN_STATE, BY_WHOM, DUE, END, REWRITE];

fn read(row: &Row<'_>) -> Result<Held, DbError> {
    Ok(Held {
        id: row.id16(0)?,
        asked_by: row.int(1)?,
        via: row.opt_int(2)?,
        key: row.text(3)?.to_owned(),
        fingerprint: row.hash(4)?,
        sent: Sent {
            method: row.text(5)?.to_owned(),
            target: row.text(6)?.to_owned(),
            if_match: row.opt_text(7)?.map(str::to_owned),
            body: row.blob(8)?.to_vec(),
            sealed: row.bool(9)?,
        },
        permission: row.text(10)?.to_owned(),
        why: row.text(11)?.to_owned(),
        worth: row.opt_int(12)?,
        places: row.opt_text(13)?.map(str::to_owned),
        asked_at: row.int(14)?,
        expires_at: row.int(15)?,
        state: State::of(row.int(16)?)?,
        decided_by: row.opt_int(17)?,
        decided_at: row.opt_int(18)?,
        note: row.opt_text(19)?.map(str::to_owned),
        status: row.opt_int(20)?,
        location: row.opt_text(21)?.map(str::to_owned),
        version: row.int(22)?,
    })
}

/// Holds a command, which waits from now on.
pub fn hold(tx: &mut Tx<'_>, held: &Held) -> Result<(), DbError> {
    let params = [
        (&held.id).into(),
        held.asked_by.into(),
        held.via.into(),
        Value::Text(&held.key),
        (&held.fingerprint).into(),
        Value::Text(&held.sent.method),
        Value::Text(&held.sent.target),
        held.sent.if_match.as_deref().into(),
        Value::Blob(&held.sent.body),
        held.sent.sealed.into(),
        Value::Text(&held.permission),
        Value::Text(&held.why),
        held.worth.into(),
        held.places.as_deref().into(),
        held.asked_at.into(),
        held.expires_at.into(),
    ];
    tx.execute(&INSERT, &params).map(drop)
}

/// A held command.
pub fn by_id(conn: &mut Conn<'_>, id: &[u8; 16]) -> Result<Option<Held>, DbError> {
    conn.query_opt(&BY_ID, &[id.into()], read)
}

/// The same, held until the transaction ends.
pub fn lock(tx: &mut Tx<'_>, id: &[u8; 16]) -> Result<Option<Held>, DbError> {
    tx.query_opt(&LOCK, &[id.into()], read)
}

/// Which held commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// All of them.
    All,
    /// Those in a state.
    In(State),
    /// Those that somebody asked for.
    By(i64),
}

/// Held commands after one, the oldest first.
pub fn list(
    conn: &mut Conn<'_>,
    which: Which,
    after: Option<[u8; 16]>,
    limit: i64,
) -> Result<Vec<Held>, DbError> {
    let after = after.unwrap_or_default();
    match which {
        Which::All => conn.query(&ALL, &[(&after).into(), limit.into()], read),
        Which::In(state) => {
            conn.query(&IN_STATE, &[(&after).into(), limit.into(), state.number().into()], read)
        }
        Which::By(whom) => conn.query(&BY_WHOM, &[(&after).into(), limit.into(), whom.into()], read),
    }
}

/// Those that wait and that nobody can agree to any more.
pub fn due(conn: &mut Conn<'_>, now: i64, limit: i64) -> Result<Vec<[u8; 16]>, DbError> {
    conn.query(&DUE, &[now.into(), limit.into()], |row| row.id16(0))
}

/// Ends one that waits; whether it did. A sealed body is emptied.
pub fn end(tx: &mut Tx<'_>, id: &[u8; 16], end: &End<'_>) -> Result<bool, DbError> {
    let (status, location) = end.answer.map_or((None, None), |(status, location)| (Some(status), location));
    let params = [
        id.into(),
        end.state.number().into(),
        end.by.into(),
        end.at.into(),
        end.note.into(),
        status.into(),
        location.into(),
        Value::Blob(&[]),
    ];
    Ok(tx.execute(&END, &params)? == 1)
}

/// Stores the address, the body, the note and the location of a held command anew: something personal was taken away
/// from them. What was decided stays.
pub fn rewrite(tx: &mut Tx<'_>, held: &Held) -> Result<(), DbError> {
    let params = [
        (&held.id).into(),
        Value::Text(&held.sent.target),
        Value::Blob(&held.sent.body),
        held.note.as_deref().into(),
        held.location.as_deref().into(),
    ];
    tx.execute(&REWRITE, &params).map(drop)
}
