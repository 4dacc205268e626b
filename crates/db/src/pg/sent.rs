//! Statements that are sent as they are made: the server runs one while the next is being made.

use crate::error::DbError;
use crate::pg::connection::{Connection, Step, columns};
use crate::pg::error::from_driver;
use crate::statement::Statement;
use crate::value::Rows;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A statement under way, and how it ended.
struct One<'r> {
    name: &'static str,
    step: Step<'r, u64, tokio_postgres::Error>,
    ended: Option<Result<u64, tokio_postgres::Error>>,
}

/// Statements that were sent and not yet waited for. One that could not even be sent keeps those
/// behind it from being sent.
#[derive(Default)]
pub(crate) struct Sent<'r> {
    all: Vec<One<'r>>,
    failed: bool,
}

impl std::fmt::Debug for Sent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|one| one.name)).finish()
    }
}

impl Sent<'_> {
    /// Moves all of them on; whether none is under way any more.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let mut done = true;
        for one in self.all.iter_mut().filter(|one| one.ended.is_none()) {
            match one.step.as_mut().poll(context) {
                Poll::Pending => done = false,
                Poll::Ready(ended) => {
                    self.failed |= ended.is_err();
                    one.ended = Some(ended);
                }
            }
        }
        done
    }
}

impl Connection {
    /// Sends a set-based statement behind those that were sent before, and does not wait for it.
    pub(crate) fn send<'r>(
        &mut self,
        sent: &mut Sent<'r>,
        statement: &'static Statement,
        rows: Rows<'r>,
    ) -> Result<(), DbError> {
        // an answer that comes in parts and is not taken holds up those behind it, this one as well
        let prepared = self.prepare_while(statement, |context| {
            sent.poll(context);
        });
        let ready = match prepared {
            Ok(ready) => ready,
            // one before it may have failed, and then nothing can be prepared any more
            Err(error) => return Err(self.wait(std::mem::take(sent)).err().unwrap_or(error)),
        };
        if let Some(begin) = self.begin.take() {
            self.open = true;
            let client = Arc::clone(&self.client);
            let step = Box::pin(async move { client.batch_execute(&begin).await.map(|()| 0) });
            sent.all.push(One { name: BEGIN, step, ended: None });
        }
        if sent.failed {
            return Ok(());
        }
        let client = Arc::clone(&self.client);
        let step: Step<'r, u64, tokio_postgres::Error> = if rows.is_empty() {
            Box::pin(async { Ok(0) })
        } else {
            Box::pin(async move { client.execute_raw(&ready, columns(&rows)).await })
        };
        sent.all.push(One { name: statement.name, step, ended: None });
        self.driver.block_on(async {
            // the first poll hands the request over, and then whoever moves the bytes has a turn
            poll_fn(|context| Poll::Ready(sent.poll(context))).await;
            tokio::task::yield_now().await;
        });
        Ok(())
    }

    /// Waits for all that was sent: how many rows each statement touched.
    pub(crate) fn wait(&mut self, mut sent: Sent<'_>) -> Result<Vec<u64>, DbError> {
        self.driver.block_on(poll_fn(
            |context| {
                if sent.poll(context) { Poll::Ready(()) } else { Poll::Pending }
            },
        ));
        let mut touched = Vec::with_capacity(sent.all.len());
        for One { name, ended, .. } in sent.all {
            let count = ended.unwrap_or(Ok(0)).map_err(|error| from_driver(&error, name))?;
            if name != BEGIN {
                touched.push(count);
            }
        }
        Ok(touched)
    }
}

/// What the beginning of a transaction is called among statements.
const BEGIN: &str = "begin";
