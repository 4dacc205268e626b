//! A writing session: one connection and the lane it holds. Invariant: every commit moves the
//! lane's commit counter, guarded by holder and expected value. So a session that lost its lease
//! cannot commit, and a commit whose answer was lost is looked up instead of guessed.

use crate::conn::Conn;
use crate::error::DbError;
use crate::lane::Head;
use crate::outbox;
use crate::pg::connection::Connection;
use crate::pg::driver::Connector;
use crate::row::Row;
use crate::statement::Statement;
use crate::task::Ran;
use crate::tx::{Tx, Work};
use crate::value::Value;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// After this much of its lease a lane is extended before it is used again.
const RENEW_AFTER: Duration = Duration::from_secs(10);
/// How long a server may take to hear that a lane is given back.
const RELEASE_MAX: Duration = Duration::from_secs(1);
/// How long the fate of a lost commit is looked for.
const RESOLVE_FOR: Duration = Duration::from_secs(15);

macro_rules! lease {
    () => {
        "clock_timestamp() + interval '30 s'"
    };
}

const TAKE: Statement = Statement::per_engine(
    "db.lane.take",
    "",
    concat!(
        "update db_lane
         set holder = ?1, leased_until = ",
        lease!(),
        "
         where lane = (
           select lane
           from db_lane
           where leased_until < clock_timestamp()
           order by lane
           limit 1
           for update skip locked)
         returning lane, number, hash, event_number, commits"
    ),
);

const ADD: Statement = Statement::per_engine(
    "db.lane.add",
    "",
    concat!(
        "insert into db_lane (lane, holder, leased_until, number, hash, event_number, commits)
         select coalesce(max(lane), 0) + 1, ?1, ",
        lease!(),
        ", 0, decode(repeat('00', 32), 'hex'), 0, 0
         from db_lane
         on conflict (lane) do nothing
         returning lane, number, hash, event_number, commits"
    ),
);

const RENEW: Statement = Statement::per_engine(
    "db.lane.renew",
    "",
    concat!(
        "update db_lane
         set leased_until = ",
        lease!(),
        "
         where lane = ?1 and holder = ?2 and commits = ?3"
    ),
);

const RELEASE: Statement = Statement::per_engine(
    "db.lane.release",
    "",
    "update db_lane
     set leased_until = timestamptz 'epoch'
     where lane = ?1 and holder = ?2",
);

/// Sent together with `commit`, so it must fail by itself when the lease is lost: it divides by zero.
const COMMIT: Statement = Statement::per_engine(
    "db.lane.commit",
    "",
    concat!(
        "with moved as (
           update db_lane
           set number = ?4, hash = ?5, event_number = ?6, commits = commits + 1, leased_until = ",
        lease!(),
        "
           where lane = ?1 and holder = ?2 and commits = ?3
           returning 1)
         select 1 / count(*) from moved"
    ),
);

const LOOK: Statement = Statement::per_engine(
    "db.lane.look",
    "",
    "select commits, holder = ?2
     from db_lane
     where lane = ?1
     for update",
);

const FENCE: Statement = Statement::per_engine(
    "db.lane.fence",
    "",
    concat!(
        "update db_lane
         set holder = ?2, leased_until = ",
        lease!(),
        "
         where lane = ?1"
    ),
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[TAKE, ADD, RENEW, RELEASE, COMMIT, LOOK, FENCE];

/// How a transaction begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begin {
    /// It is over before the lease of its lane is.
    Short,
    /// The same, and it hardly waits for the rows of others: how a batch is narrowed down after one wait that was
    /// too long.
    Impatient,
    /// It may take longer than a lease. It locks its lane: nobody takes one that is locked.
    Long,
}

impl Begin {
    fn text(self, lane: i64) -> Cow<'static, str> {
        match self {
            Begin::Short => "begin".into(),
            Begin::Impatient => "begin; set local lock_timeout = '20ms'".into(),
            Begin::Long => format!("begin; select 1 from db_lane where lane = {lane} for update").into(),
        }
    }
}

struct Lane {
    head: Head,
    commits: i64,
    renewed: Instant,
}

/// The session.
pub(crate) struct Session {
    connector: Connector,
    holder: [u8; 16],
    conn: Option<Connection>,
    lane: Option<Lane>,
}

/// What a committed transaction leaves to do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Effects {
    /// Events wait for their position.
    pub(crate) emitted: bool,
    /// Jobs wait.
    pub(crate) enqueued: bool,
}

/// A random number of 16 bytes.
fn random() -> Result<[u8; 16], DbError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| DbError::internal(error.to_string()))?;
    Ok(bytes)
}

fn read_lane(row: &Row<'_>) -> Result<Lane, DbError> {
    let head = Head { lane: row.int(0)?, number: row.int(1)?, hash: row.hash(2)?, event_number: row.int(3)? };
    Ok(Lane { head, commits: row.int(4)?, renewed: Instant::now() })
}

impl Session {
    pub(crate) fn new(connector: Connector) -> Session {
        Session { connector, holder: [0; 16], conn: None, lane: None }
    }

    /// Connects when needed, and takes or extends a lane.
    fn ready(&mut self) -> Result<&mut Connection, DbError> {
        if self.conn.as_ref().is_none_or(Connection::is_closed) {
            self.conn = None;
            self.conn = Some(Connection::own(&self.connector)?);
        }
        let conn = self.conn.as_mut().ok_or(DbError::Closed)?;
        if let Some(lane) = &mut self.lane
            && lane.renewed.elapsed() > RENEW_AFTER
        {
            let params = [lane.head.lane.into(), (&self.holder).into(), lane.commits.into()];
            if conn.run(&RENEW, &params, |_| Ok(()))? == 1 {
                lane.renewed = Instant::now();
            } else {
                self.lane = None;
            }
        }
        if self.lane.is_none() {
            self.holder = random()?;
            let mut taken = None;
            while taken.is_none() {
                for statement in [&TAKE, &ADD] {
                    if taken.is_none() {
                        conn.run(statement, &[(&self.holder).into()], |row| {
                            taken = Some(read_lane(row)?);
                            Ok(())
                        })?;
                    }
                }
            }
            self.lane = taken;
        }
        Ok(conn)
    }

    /// Runs one transaction. `Ok` tells how it ended: kept and committed, or discarded; a failure
    /// comes back as [`Ran::Failed`], with everything undone (except [`DbError::CommitUnknown`]).
    pub(crate) fn transaction(
        &mut self,
        begin: Begin,
        run: impl FnOnce(&mut Tx<'_>) -> Ran,
    ) -> (Ran, Effects) {
        match self.attempt(begin, run) {
            Ok(ended) => ended,
            Err(error) => (Ran::Failed(error), Effects::default()),
        }
    }

    fn attempt(
        &mut self,
        begin: Begin,
        run: impl FnOnce(&mut Tx<'_>) -> Ran,
    ) -> Result<(Ran, Effects), DbError> {
        self.ready()?;
        let (Some(conn), Some(lane)) = (&mut self.conn, &mut self.lane) else {
            return Err(DbError::Closed);
        };
        conn.begin(begin.text(lane.head.lane));
        let mut work = Work { head: Some(lane.head.clone()), ..Work::default() };
        let ran = run(&mut Tx::new(Conn::postgres(conn), &mut work));
        let Ran::Keep = ran else {
            conn.rollback();
            return Ok((ran, Effects::default()));
        };
        let mut head = work.head.unwrap_or_else(|| lane.head.clone());
        let events = outbox::rows(&work.events, &mut head);
        if !conn.is_open() && head == lane.head {
            // nothing was done
            conn.rollback();
            return Ok((Ran::Keep, Effects::default()));
        }
        // most of very many are stored already
        let emitted = head.event_number > lane.head.event_number;
        let events = (!events.is_empty()).then_some((&outbox::INSERT, &events));
        let params: [Value<'_>; 6] = [
            lane.head.lane.into(),
            (&self.holder).into(),
            lane.commits.into(),
            head.number.into(),
            (&head.hash).into(),
            head.event_number.into(),
        ];
        match conn.commit_with(events, &COMMIT, &params) {
            Ok(()) => {}
            Err(DbError::Engine { code, .. }) if *code == *"22012" => {
                conn.rollback();
                self.lane = None;
                return Err(DbError::Retry("the lane was taken over"));
            }
            Err(DbError::Unavailable(_)) => {
                self.conn = None;
                self.resolve()?;
            }
            Err(error) => {
                conn.rollback();
                return Err(error);
            }
        }
        if let Some(lane) = &mut self.lane {
            *lane = Lane { head, commits: lane.commits.saturating_add(1), renewed: Instant::now() };
        }
        Ok((Ran::Keep, Effects { emitted, enqueued: work.enqueued }))
    }

    /// Finds out whether the commit took place whose answer was lost: `Ok` when it did,
    /// [`DbError::Retry`] when it did not and never will.
    fn resolve(&mut self) -> Result<(), DbError> {
        let Some(lane) = self.lane.take() else { return Err(DbError::CommitUnknown) };
        let started = Instant::now();
        while started.elapsed() < RESOLVE_FOR {
            match self.look(&lane) {
                Ok(Some(true)) => {
                    self.lane = Some(lane);
                    return Ok(());
                }
                Ok(Some(false)) => {
                    self.lane = Some(lane);
                    return Err(DbError::Retry("the connection was lost before the commit"));
                }
                Ok(None) => return Err(DbError::CommitUnknown),
                Err(error) => {
                    tracing::debug!(%error, "looking for a lost commit");
                    self.conn = None;
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        }
        Err(DbError::CommitUnknown)
    }

    /// Waits for the lane's row, which the lost transaction may still hold, and looks how far it
    /// went. Then takes a new holder, so that a server that is late cannot commit any more.
    fn look(&mut self, lane: &Lane) -> Result<Option<bool>, DbError> {
        let mut conn = Connection::own(&self.connector)?;
        conn.begin("begin");
        let mut found = None;
        conn.run(&LOOK, &[lane.head.lane.into(), (&self.holder).into()], |row| {
            found = Some((row.int(0)?, row.bool(1)?));
            Ok(())
        })?;
        let Some((commits, true)) = found else { return Ok(None) };
        let holder = random()?;
        conn.run(&FENCE, &[lane.head.lane.into(), (&holder).into()], |_| Ok(()))?;
        conn.commit()?;
        self.holder = holder;
        self.conn = Some(conn);
        Ok(Some(commits > lane.commits))
    }

    /// Gives the lane back, so that the next process need not wait for the lease to end. Whoever ends waits for
    /// no server that stands still.
    pub(crate) fn release(&mut self) {
        let (Some(conn), Some(lane)) = (&mut self.conn, self.lane.take()) else { return };
        conn.hurry(RELEASE_MAX);
        let params = [lane.head.lane.into(), (&self.holder).into()];
        if let Err(error) = conn.run(&RELEASE, &params, |_| Ok(())) {
            tracing::debug!(%error, "the lane is released by time");
        }
    }
}
