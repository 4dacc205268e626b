//! One connection to PostgreSQL, used by one thread at a time. It begins transactions together
//! with their first statement and prepares each statement once.

use crate::error::DbError;
use crate::pg::driver::{Connector, Driver};
use crate::pg::encode::{Column, One};
use crate::pg::error::from_driver;
use crate::question::{Ask, Params};
use crate::row::{Inner, Row};
use crate::settings::Engine;
use crate::statement::{Statement, to_dollars};
use crate::value::{Rows, Value};
use futures_util::future::join;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_postgres::types::BorrowToSql;
use tokio_postgres::{Client, RowStream};

/// A connection.
pub(crate) struct Connection {
    pub(super) client: Arc<Client>,
    pub(super) driver: Driver,
    prepared: FxHashMap<(usize, usize), tokio_postgres::Statement>,
    /// The `begin` that goes out together with the first statement.
    pub(super) begin: Option<Cow<'static, str>>,
    pub(super) open: bool,
    /// Partitions that are known to be there.
    pub(crate) ready: FxHashSet<String>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// Connects on a runtime of the calling thread, which must be a plain thread.
    pub(crate) fn own(connector: &Connector) -> Result<Connection, DbError> {
        Driver::own(connector).map(Connection::new)
    }

    /// Connects with the help of a background runtime; usable on every thread.
    pub(crate) fn shared(connector: &Connector, runtime: &Handle) -> Result<Connection, DbError> {
        Driver::shared(connector, runtime).map(Connection::new)
    }

    fn new((client, driver): (Client, Driver)) -> Connection {
        let (prepared, ready) = (FxHashMap::default(), FxHashSet::default());
        Connection { client: Arc::new(client), driver, prepared, begin: None, open: false, ready }
    }

    /// Waits no longer than this for an answer from here on.
    pub(crate) fn hurry(&mut self, patience: Duration) {
        self.driver.hurry(patience);
    }

    /// Whether the connection is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether a transaction has begun in earnest.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Runs the last statements and commits, in one go. When one of them fails, so does the commit.
    pub(crate) fn commit_with(
        &mut self,
        before: Option<(&Statement, &Rows<'_>)>,
        last: &Statement,
        params: &[Value<'_>],
    ) -> Result<(), DbError> {
        let begin = self.begin.take();
        let names = [begin.as_ref().map(|_| "begin"), before.map(|(statement, _)| statement.name)];
        let before = match before {
            Some((statement, rows)) => Some((self.prepare(statement)?, rows)),
            None => None,
        };
        let ready = self.prepare(last)?;
        let Connection { client, driver, .. } = self;
        let mut steps: Vec<Step<'_, u64, tokio_postgres::Error>> = Vec::with_capacity(4);
        if let Some(begin) = &begin {
            steps.push(text(client, begin));
        }
        if let Some((ready, rows)) = &before {
            steps.push(Box::pin(client.execute_raw(ready, columns(rows))));
        }
        steps.push(Box::pin(client.execute_raw(&ready, params.iter().map(|value| One(*value)))));
        steps.push(text(client, "commit"));
        let done = all_done(driver.block_on(pipeline(steps)));
        self.open = done.is_err();
        done.map(|_| ()).map_err(|(step, error)| {
            let name = names.into_iter().flatten().nth(step);
            from_driver(&error, name.unwrap_or(last.name))
        })
    }

    /// Runs several set-based statements in one go; how many rows each touched.
    pub(crate) fn run_all(&mut self, all: &[(&Statement, &Rows<'_>)]) -> Result<Vec<u64>, DbError> {
        let begin = self.begin.take();
        self.open |= begin.is_some();
        let mut ready = Vec::with_capacity(all.len());
        for (statement, rows) in all {
            ready.push((self.prepare(statement)?, *rows));
        }
        let Connection { client, driver, .. } = self;
        let mut steps: Vec<Step<'_, u64, tokio_postgres::Error>> =
            Vec::with_capacity(all.len().saturating_add(1));
        if let Some(begin) = &begin {
            steps.push(text(client, begin));
        }
        let skip = steps.len();
        for (ready, rows) in &ready {
            steps.push(if rows.is_empty() {
                Box::pin(async { Ok(0) })
            } else {
                Box::pin(client.execute_raw(ready, columns(rows)))
            });
        }
        let done = all_done(driver.block_on(pipeline(steps)));
        done.map(|counts| counts.into_iter().skip(skip).collect()).map_err(|(step, error)| {
            let statement = step.checked_sub(skip).and_then(|step| all.get(step));
            from_driver(&error, statement.map_or("begin", |(statement, _)| statement.name))
        })
    }

    /// Asks questions in one go. Each answer is taken as it arrives: one that is not read would hold
    /// up those behind it. The failure told is that of the first in order.
    pub(crate) fn ask(&mut self, questions: &mut [&mut dyn Ask]) -> Result<(), DbError> {
        let mut asked = Vec::with_capacity(questions.len());
        for question in questions {
            let (question, taker) = question.parts();
            if !question.is_nothing(Engine::Postgres) {
                asked.push((self.prepare(question.statement)?, question, taker));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let begin = self.begin.take();
        self.open |= begin.is_some();
        let Connection { client, driver, .. } = self;
        let client = &*client;
        let mut steps: Vec<Step<'_, (), DbError>> = Vec::with_capacity(asked.len().saturating_add(1));
        if let Some(begin) = begin {
            steps.push(Box::pin(async move {
                client.batch_execute(&begin).await.map_err(|error| from_driver(&error, "begin"))
            }));
        }
        for (ready, question, taker) in asked {
            steps.push(Box::pin(async move {
                let name = question.statement.name;
                let stream = match question.params {
                    Params::Once(params) => {
                        client.query_raw(&ready, params.iter().map(|value| One(*value))).await
                    }
                    Params::Each(rows) => client.query_raw(&ready, columns(rows)).await,
                };
                let stream = stream.map_err(|error| from_driver(&error, name))?;
                drain(stream, name, &mut |row| taker.take(row)).await.map(|_| ())
            }));
        }
        driver.block_on(pipeline(steps)).into_iter().collect()
    }

    pub(super) fn prepare(&mut self, statement: &Statement) -> Result<tokio_postgres::Statement, DbError> {
        self.prepare_while(statement, |_| {})
    }

    /// Prepares a statement, unless it is; what must go on meanwhile is polled beside it.
    pub(super) fn prepare_while(
        &mut self,
        statement: &Statement,
        mut meanwhile: impl FnMut(&mut Context<'_>),
    ) -> Result<tokio_postgres::Statement, DbError> {
        let key = (statement.postgres.as_ptr().addr(), statement.postgres.len());
        if let Some(ready) = self.prepared.get(&key) {
            return Ok(ready.clone());
        }
        let text = to_dollars(statement.postgres);
        let mut preparing = pin!(self.client.prepare(&text));
        let prepared = poll_fn(|context| {
            meanwhile(context);
            preparing.as_mut().poll(context)
        });
        let ready = self.driver.block_on(prepared).map_err(|error| from_driver(&error, statement.name))?;
        self.prepared.insert(key, ready.clone());
        Ok(ready)
    }

    /// Begins a transaction, together with its first statement.
    pub(crate) fn begin(&mut self, begin: impl Into<Cow<'static, str>>) {
        self.begin = Some(begin.into());
        self.open = false;
    }

    /// Begins in earnest, where a transaction is to begin.
    pub(crate) fn open_now(&mut self) -> Result<(), DbError> {
        if self.begin.is_some() { self.batch("select") } else { Ok(()) }
    }

    /// Commits, if anything was done.
    pub(crate) fn commit(&mut self) -> Result<(), DbError> {
        if self.begin.take().is_some() || !self.open {
            return Ok(());
        }
        self.open = false;
        self.batch("commit")
    }

    /// Gives the transaction up. A failure to say so only loses the connection.
    pub(crate) fn rollback(&mut self) {
        if self.begin.take().is_none() && self.open {
            self.open = false;
            if self.batch("rollback").is_err() {
                tracing::debug!("rollback failed, the connection is replaced");
            }
        }
    }

    /// Ends a snapshot without waiting for the server to say so. Only for shared connections, whose
    /// bytes somebody else moves.
    pub(crate) fn end_snapshot(&mut self) {
        if self.begin.take().is_none() && std::mem::take(&mut self.open) {
            // the first poll sends the request; its answer is read and dropped by the driver
            let mut ended = pin!(self.client.batch_execute("rollback"));
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(Err(error)) = ended.as_mut().poll(&mut context) {
                tracing::debug!(%error, "a snapshot could not be ended, the connection is replaced");
            }
        }
    }

    /// Runs texts without parameters or results.
    pub(crate) fn batch(&mut self, text: &str) -> Result<(), DbError> {
        let begin = self.begin.take();
        let Connection { client, driver, .. } = self;
        let done = driver.block_on(async {
            match &begin {
                None => client.batch_execute(text).await,
                Some(begin) => {
                    let (opened, done) = join(client.batch_execute(begin), client.batch_execute(text)).await;
                    opened.and(done)
                }
            }
        });
        if begin.is_some() {
            self.open = true;
        }
        done.map_err(|error| from_driver(&error, "batch"))
    }

    /// Runs texts without parameters; the first column of all rows.
    pub(crate) fn simple(&mut self, text: &str) -> Result<Vec<String>, DbError> {
        let found = self
            .driver
            .block_on(self.client.simple_query(text))
            .map_err(|error| from_driver(&error, "simple"))?;
        let first = |message: &tokio_postgres::SimpleQueryMessage| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        Ok(found.iter().filter_map(first).collect())
    }

    /// Runs a statement with one set of parameters.
    pub(crate) fn run(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        self.run_with(statement, params.iter().map(|value| One(*value)), each)
    }

    /// Runs a statement whose parameters are the columns of many rows.
    pub(crate) fn run_many(
        &mut self,
        statement: &Statement,
        rows: &Rows<'_>,
        each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        self.run_with(statement, columns(rows), each)
    }

    fn run_with<P, I>(
        &mut self,
        statement: &Statement,
        params: I,
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError>
    where
        P: BorrowToSql,
        I: IntoIterator<Item = P>,
        I::IntoIter: ExactSizeIterator,
    {
        let mut begin = self.begin.take();
        self.open |= begin.is_some();
        let Connection { client, driver, prepared, .. } = self;
        driver.block_on(async {
            let key = (statement.postgres.as_ptr().addr(), statement.postgres.len());
            let fail = |error| from_driver(&error, statement.name);
            let ready = if let Some(ready) = prepared.get(&key) {
                ready.clone()
            } else {
                let text = to_dollars(statement.postgres);
                let ready = after(client, begin.take(), client.prepare(&text)).await.map_err(fail)?;
                prepared.insert(key, ready.clone());
                ready
            };
            let stream = after(client, begin, client.query_raw(&ready, params)).await.map_err(fail)?;
            drain(stream, statement.name, &mut each).await
        })
    }
}

/// One request of a pipeline.
pub(super) type Step<'c, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + 'c>>;

fn text<'c>(client: &'c Client, text: &'c str) -> Step<'c, u64, tokio_postgres::Error> {
    Box::pin(async move { client.batch_execute(text).await.map(|()| 0) })
}

pub(super) fn columns<'r>(rows: &'r Rows<'_>) -> impl ExactSizeIterator<Item = Column<'r>> {
    (0..rows.width()).map(|k| Column(rows, k))
}

/// Sends requests one behind the other without waiting for answers, and waits for all of them. One
/// that cannot even be sent keeps those behind it from being sent: a commit never overtakes it.
/// How each of those that were sent has ended.
async fn pipeline<T, E>(mut steps: Vec<Step<'_, T, E>>) -> Vec<Result<T, E>> {
    let mut ended: Vec<Option<Result<T, E>>> = Vec::new();
    ended.resize_with(steps.len(), || None);
    let mut sent = 0_usize;
    let mut failed = false;
    poll_fn(|context| {
        let mut waiting = false;
        for (place, (step, ended)) in steps.iter_mut().zip(&mut ended).enumerate() {
            let is_new = place >= sent;
            if ended.is_some() || (is_new && failed) {
                continue;
            }
            sent = sent.max(place.saturating_add(1));
            match step.as_mut().poll(context) {
                Poll::Pending => waiting = true,
                Poll::Ready(done) => {
                    failed |= done.is_err();
                    *ended = Some(done);
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    ended.into_iter().flatten().collect()
}

/// The first failure of a pipeline, with its place.
fn all_done<T>(
    ended: Vec<Result<T, tokio_postgres::Error>>,
) -> Result<Vec<T>, (usize, tokio_postgres::Error)> {
    ended.into_iter().enumerate().map(|(place, done)| done.map_err(|error| (place, error))).collect()
}

/// Sends `begin` and another request at once.
async fn after<T>(
    client: &Client,
    begin: Option<Cow<'static, str>>,
    request: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, tokio_postgres::Error> {
    match begin {
        None => request.await,
        Some(begin) => {
            let (opened, done) = join(client.batch_execute(&begin), request).await;
            opened.and(done)
        }
    }
}

async fn drain(
    stream: RowStream,
    name: &'static str,
    each: &mut impl FnMut(&Row<'_>) -> Result<(), DbError>,
) -> Result<u64, DbError> {
    use futures_util::StreamExt as _;
    let mut stream = pin!(stream);
    while let Some(row) = stream.next().await {
        let row = row.map_err(|error| from_driver(&error, name))?;
        each(&Row(Inner::Postgres(&row)))?;
    }
    Ok(stream.rows_affected().unwrap_or(0))
}
