//! The log for people: filtered, a page at a time, by number in either direction.

use crate::conn::Conn;
use crate::error::DbError;
use crate::row::Row;
use crate::statement::Statement;

/// Which rows. What is `None` does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Only by this actor.
    pub actor_id: Option<i64>,
    /// Only this action.
    pub action: Option<&'a str>,
    /// Only of this.
    pub target: Option<&'a str>,
    /// Not before, in microseconds.
    pub from: Option<i64>,
    /// Before, in microseconds.
    pub to: Option<i64>,
}

/// In which direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// The latest first.
    Newest,
    /// The first first.
    Oldest,
}

/// A row of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number.
    pub n: i64,
    /// When, in microseconds.
    pub at: i64,
    /// Who.
    pub actor_id: i64,
    /// Who, by name at the time.
    pub actor_name: String,
    /// What.
    pub action: String,
    /// Of what.
    pub target: String,
    /// The request it belonged to.
    pub request_id: [u8; 16],
    /// How it ended.
    pub outcome: String,
    /// More, a JSON text.
    pub details: String,
    /// The hash of the row, which the next one holds.
    pub hash: [u8; 32],
}

macro_rules! page {
    ($beyond:literal, $order:literal) => {
        concat!(
            "select n, at, actor_id, actor_name, action, target, request_id, outcome, details, hash
             from db_audit
             where n ",
            $beyond,
            " ?1
               and (cast(?2 as bigint) is null or actor_id = ?2)
               and (cast(?3 as text) is null or action = ?3)
               and (cast(?4 as text) is null or target = ?4)
               and (cast(?5 as timestamptz) is null or at >= ?5)
               and (cast(?6 as timestamptz) is null or at < ?6)
             order by n ",
            $order,
            " limit ?7"
        )
    };
}

const NEWEST: Statement = Statement::new("db.audit.newest", page!("<", "desc"));

const OLDEST: Statement = Statement::new("db.audit.oldest", page!(">", "asc"));

const OF_RECORD: Statement = Statement::new(
    "db.audit.of_record",
    "select n, at, actor_id, actor_name, action, target, request_id, outcome, details, hash
     from db_audit
     where target = ?1
       and n < ?2
       and (substr(action, 1, length(?3)) = ?3
            or substr(action, 1, length(?4)) = ?4
            or substr(action, 1, length(?5)) = ?5
            or substr(action, 1, length(?6)) = ?6)
     order by n desc
     limit ?7",
);

pub(crate) const STATEMENTS: &[Statement] = &[NEWEST, OLDEST, OF_RECORD];

/// The rows after number `after` in this order; from the beginning of the order when `None`.
pub fn list(
    conn: &mut Conn<'_>,
    filter: &Filter<'_>,
    order: Order,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let (statement, beginning) = match order {
        Order::Newest => (&NEWEST, i64::MAX),
        Order::Oldest => (&OLDEST, 0),
    };
    let params = [
        after.unwrap_or(beginning).into(),
        filter.actor_id.into(),
        filter.action.into(),
        filter.target.into(),
        filter.from.into(),
        filter.to.into(),
        limit.into(),
    ];
    conn.query(statement, &params, entry)
}

/// What was done to one record by actions that begin in one of these ways, the latest first, before row
/// number `before`.
pub fn of_record(
    conn: &mut Conn<'_>,
    target: &str,
    begins: [&str; 4],
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let [first, second, third, fourth] = begins;
    let params = [
        target.into(),
        before.unwrap_or(i64::MAX).into(),
        first.into(),
        second.into(),
        third.into(),
        fourth.into(),
        limit.into(),
    ];
    conn.query(&OF_RECORD, &params, entry)
}

fn entry(row: &Row<'_>) -> Result<Entry, DbError> {
    Ok(Entry {
        n: row.int(0)?,
        at: row.int(1)?,
        actor_id: row.int(2)?,
        actor_name: row.text(3)?.to_owned(),
        action: row.text(4)?.to_owned(),
        target: row.text(5)?.to_owned(),
        request_id: row.id16(6)?,
        outcome: row.text(7)?.to_owned(),
        details: row.text(8)?.to_owned(),
        hash: row.hash(9)?,
    })
}
