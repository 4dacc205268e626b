//! Lanes: each writing connection numbers and chains its postings and events in a lane of its own.
//! Invariant: a lane's head moves only by the holder that read it (fencing), so its numbers are
//! dense and in commit order. SQLite has the one lane 1.

use crate::conn::Conn;
use crate::error::DbError;
use crate::statement::Statement;

/// The lane a transaction writes in, as it stands within the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneHead {
    /// The lane.
    pub lane: i64,
    /// The number of the last posting; 0 before the first.
    pub number: i64,
    /// The hash of the last posting; zeros before the first.
    pub hash: [u8; 32],
}

/// A head with what is needed to store it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) lane: i64,
    pub(crate) number: i64,
    pub(crate) hash: [u8; 32],
    pub(crate) event_number: i64,
}

impl Head {
    pub(crate) fn public(&self) -> LaneHead {
        LaneHead { lane: self.lane, number: self.number, hash: self.hash }
    }

    pub(crate) fn advance(&mut self, number: i64, hash: [u8; 32]) {
        self.number = number;
        self.hash = hash;
    }
}

const LOAD: Statement = Statement::new(
    "db.lane.load",
    "select lane, number, hash, event_number
     from db_lane
     where lane = ?1",
);

const STORE: Statement = Statement::new(
    "db.lane.store",
    "update db_lane
     set number = ?2, hash = ?3, event_number = ?4
     where lane = ?1 and number = ?5 and event_number = ?6",
);

const HEADS: Statement = Statement::new(
    "db.lane.heads",
    "select lane, number, hash
     from db_lane
     where number > 0
     order by lane",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[LOAD, STORE, HEADS];

/// The heads of all lanes that hold a posting, as they are committed. What a transaction has moved in its own
/// lane is stored at its end.
///
/// # Errors
/// When the store fails.
pub fn lane_heads(conn: &mut Conn<'_>) -> Result<Vec<LaneHead>, DbError> {
    conn.query(&HEADS, &[], |row| Ok(LaneHead { lane: row.int(0)?, number: row.int(1)?, hash: row.hash(2)? }))
}

/// SQLite: the head of lane 1.
pub(crate) fn load(conn: &mut Conn<'_>, lane: i64) -> Result<Head, DbError> {
    conn.query_one(&LOAD, &[lane.into()], |row| {
        Ok(Head { lane: row.int(0)?, number: row.int(1)?, hash: row.hash(2)?, event_number: row.int(3)? })
    })
}

/// SQLite: stores the head that a batch leaves.
pub(crate) fn store(conn: &mut Conn<'_>, old: &Head, new: &Head) -> Result<(), DbError> {
    let params = [
        new.lane.into(),
        new.number.into(),
        (&new.hash).into(),
        new.event_number.into(),
        old.number.into(),
        old.event_number.into(),
    ];
    match conn.run(&STORE, &params, |_| Ok(()))? {
        1 => Ok(()),
        _ => Err(DbError::internal("the lane's head was moved by somebody else")),
    }
}
