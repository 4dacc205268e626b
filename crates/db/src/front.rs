//! The front of the hot path: many callers submit commands, one call decides many of them.

use crate::error::DbError;
use crate::health::Latch;
use crate::queue::Queue;
use crate::task::{Hot, answer, answer_blocking};
use std::fmt;
use std::sync::Arc;
use tokio::sync::oneshot;

/// How much of a batch a command takes.
pub(crate) type Weight<C> = Arc<dyn Fn(&C) -> usize + Send + Sync>;

/// Where commands of one kind are submitted. Cheap to clone.
pub struct Front<C, O> {
    pub(crate) hot: Arc<Hot<C, O>>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) weight: Weight<C>,
}

impl<C, O> Clone for Front<C, O> {
    fn clone(&self) -> Self {
        Front {
            hot: Arc::clone(&self.hot),
            queue: Arc::clone(&self.queue),
            latch: Arc::clone(&self.latch),
            weight: Arc::clone(&self.weight),
        }
    }
}

impl<C, O> fmt::Debug for Front<C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").finish_non_exhaustive()
    }
}

impl<C: Send + 'static, O: Send + 'static> Front<C, O> {
    /// Submits a command and waits for its outcome, which comes after its commit. When the caller
    /// goes away the command is decided all the same.
    pub async fn submit(&self, command: C) -> Result<O, DbError> {
        let waiting = self.push(command)?;
        answer(waiting).await
    }

    /// Submits a command and waits on this thread.
    pub fn submit_blocking(&self, command: C) -> Result<O, DbError> {
        answer_blocking(self.push(command)?)
    }

    fn push(&self, command: C) -> Result<oneshot::Receiver<Result<O, DbError>>, DbError> {
        if let Some(error) = self.latch.refusal() {
            return Err(error);
        }
        let weight = (self.weight)(&command).max(1);
        let (reply, waiting) = oneshot::channel();
        self.queue.push_hot(&self.hot, command, reply, weight)?;
        Ok(waiting)
    }

    /// How much waits in the queue this front feeds.
    pub fn queued(&self) -> usize {
        self.queue.weight()
    }
}
