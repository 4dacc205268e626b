//! What a writer runs: closures, and calls of a front over many commands. Invariant: a caller is
//! answered exactly once, after the commit or after the failure.

use crate::error::DbError;
use crate::park;
use crate::tx::Tx;
use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// Waits for an answer.
pub(crate) async fn answer<T, E: From<DbError>>(waiting: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    waiting.await.unwrap_or_else(|_| Err(E::from(DbError::Closed)))
}

/// Waits for an answer on this thread.
pub(crate) fn answer_blocking<T, E: From<DbError>>(waiting: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    park::block_on(answer(waiting))
}

/// How a run of a closure ended.
#[derive(Debug)]
pub(crate) enum Ran {
    /// Keep what it did.
    Keep,
    /// Undo what it did; it has its own answer.
    Discard,
    /// Undo what it did; this is the answer, unless running again helps.
    Failed(DbError),
}

/// A closure with its caller.
pub(crate) trait Task: Send {
    /// Runs it once. May be called again after everything was undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;

    /// Answers the caller: with the closure's own result, or with an error.
    fn finish(self: Box<Self>, end: Result<(), DbError>);
}

/// The only implementation of [`Task`] for writers.
pub(crate) struct Closure<F, T, E> {
    f: F,
    dry: bool,
    result: Option<Result<T, E>>,
    reply: Reply<Result<T, E>>,
}

impl<F, T, E> Closure<F, T, E> {
    pub(crate) fn new(f: F, dry: bool, reply: Reply<Result<T, E>>) -> Closure<F, T, E> {
        Closure { f, dry, result: None, reply }
    }
}

impl<F, T, E> Task for Closure<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let result = match catch_unwind(AssertUnwindSafe(|| (self.f)(tx))) {
            Ok(result) => result,
            Err(payload) => return Ran::Failed(DbError::panic(payload.as_ref())),
        };
        let refused = result.is_err();
        self.result = Some(result);
        // it asked for another run, or was held up, and may have made anything of that: a refusal, or
        // an answer that is kept after a savepoint was rolled back
        if let Some(error) = tx.conn.retry.take() {
            return Ran::Failed(error);
        }
        if refused {
            // a failure of the disk is no refusal, whatever the closure has made of it
            let storage = tx.conn.failed.take().filter(DbError::is_storage);
            return storage.map_or(Ran::Discard, Ran::Failed);
        }
        // a statement failed and the closure went on: what it did is not whole
        if let Some(error) = tx.conn.failed.take() {
            return Ran::Failed(error);
        }
        let (flushed, ran) = if self.dry { (tx.flush_dry(), Ran::Discard) } else { (tx.flush(), Ran::Keep) };
        flushed.map_or_else(Ran::Failed, |()| ran)
    }

    fn finish(self: Box<Self>, end: Result<(), DbError>) {
        let Closure { f, result, reply, .. } = *self;
        // before the caller goes on: it may hold the last handle but one of the database, and the last
        // must not be dropped on a thread of ours
        drop(f);
        let result = match (end, result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(E::from(DbError::internal("a closure without a result"))),
            (Err(error), _) => Err(E::from(error)),
        };
        // a caller that is gone finds its outcome by its idempotency key
        drop(reply.send(result));
    }
}

/// What a front does with the commands of one call.
pub(crate) type Run<C, O> = Arc<dyn Fn(&mut Tx<'_>, &[C]) -> Result<Vec<O>, DbError> + Send + Sync>;

/// A command that waits, and until when it is worth running.
struct Waiting<C, O> {
    command: C,
    until: Instant,
    reply: Reply<Result<O, DbError>>,
}

/// The commands of one front that wait.
pub(crate) struct Hot<C, O> {
    id: u64,
    run: Run<C, O>,
    waiting: Mutex<VecDeque<Waiting<C, O>>>,
}

static NEXT_FRONT: AtomicU64 = AtomicU64::new(1);

impl<C, O> Hot<C, O> {
    pub(crate) fn new(run: Run<C, O>) -> Hot<C, O> {
        let id = NEXT_FRONT.fetch_add(1, Ordering::Relaxed);
        Hot { id, run, waiting: Mutex::default() }
    }

    pub(crate) fn push(&self, command: C, until: Instant, reply: Reply<Result<O, DbError>>) {
        let waiting = Waiting { command, until, reply };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(waiting);
    }
}

/// A front without its types.
pub(crate) trait HotQueue: Send + Sync {
    /// Distinguishes fronts.
    fn id(&self) -> u64;
    /// Takes the oldest commands. Those that have waited for too long are told so and left out.
    fn take(&self, count: usize) -> Box<dyn HotCall>;
}

impl<C: Send + 'static, O: Send + 'static> HotQueue for Hot<C, O> {
    fn id(&self) -> u64 {
        self.id
    }

    fn take(&self, count: usize) -> Box<dyn HotCall> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = count.min(waiting.len());
        let taken: Vec<Waiting<C, O>> = waiting.drain(..count).collect();
        drop(waiting);
        let now = Instant::now();
        let (mut commands, mut replies) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for Waiting { command, until, reply } in taken {
            if until <= now {
                // a caller that is gone needs no answer
                drop(reply.send(Err(DbError::Busy)));
            } else {
                commands.push(command);
                replies.push(reply);
            }
        }
        let outcomes = std::iter::repeat_with(|| None).take(commands.len()).collect();
        Box::new(Call { run: Arc::clone(&self.run), commands, replies, outcomes })
    }
}

/// Commands of a front, taken together.
pub(crate) trait HotCall: Send {
    /// How many.
    fn len(&self) -> usize;
    /// Runs some of them in one call. Their outcomes are kept when it succeeds.
    fn run(&mut self, tx: &mut Tx<'_>, range: Range<usize>) -> Result<(), DbError>;
    /// The one command's outcome is this error.
    fn fail(&mut self, index: usize, error: DbError);
    /// Answers all: each with its outcome, or all with an error.
    fn finish(self: Box<Self>, end: Result<(), DbError>);
    /// Splits off some commands, by ascending index, to be run later.
    fn split(&mut self, indexes: &[usize]) -> Box<dyn HotCall>;
}

struct Call<C, O> {
    run: Run<C, O>,
    commands: Vec<C>,
    replies: Vec<Reply<Result<O, DbError>>>,
    outcomes: Vec<Option<Result<O, DbError>>>,
}

impl<C: Send + 'static, O: Send + 'static> HotCall for Call<C, O> {
    fn len(&self) -> usize {
        self.commands.len()
    }

    fn run(&mut self, tx: &mut Tx<'_>, range: Range<usize>) -> Result<(), DbError> {
        let commands = self.commands.get(range.clone()).unwrap_or_default();
        let outcomes = catch_unwind(AssertUnwindSafe(|| (self.run)(tx, commands)))
            .unwrap_or_else(|payload| Err(DbError::panic(payload.as_ref())))?;
        if let Some(error) = tx.conn.retry.take().or_else(|| tx.conn.failed.take()) {
            return Err(error);
        }
        if outcomes.len() != commands.len() {
            return Err(DbError::internal(format!(
                "a front gave {} outcomes for {} commands",
                outcomes.len(),
                commands.len()
            )));
        }
        tx.flush()?;
        for (slot, outcome) in self.outcomes.iter_mut().skip(range.start).zip(outcomes) {
            *slot = Some(Ok(outcome));
        }
        Ok(())
    }

    fn fail(&mut self, index: usize, error: DbError) {
        if let Some(slot) = self.outcomes.get_mut(index) {
            *slot = Some(Err(error));
        }
    }

    fn finish(self: Box<Self>, end: Result<(), DbError>) {
        let Call { run, commands, replies, outcomes } = *self;
        drop((run, commands));
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            let result = match (&end, outcome) {
                (Ok(()), Some(outcome)) => outcome,
                (Ok(()), None) => Err(DbError::internal("a command without an outcome")),
                (Err(error), _) => Err(error.clone()),
            };
            drop(reply.send(result));
        }
    }

    fn split(&mut self, indexes: &[usize]) -> Box<dyn HotCall> {
        let mut later = Call {
            run: Arc::clone(&self.run),
            commands: Vec::new(),
            replies: Vec::new(),
            outcomes: Vec::new(),
        };
        let commands = std::mem::take(&mut self.commands);
        let replies = std::mem::take(&mut self.replies);
        let outcomes = std::mem::take(&mut self.outcomes);
        let all = commands.into_iter().zip(replies).zip(outcomes).enumerate();
        for (index, ((command, reply), outcome)) in all {
            if indexes.binary_search(&index).is_ok() {
                later.commands.push(command);
                later.replies.push(reply);
                later.outcomes.push(None);
            } else {
                self.commands.push(command);
                self.replies.push(reply);
                self.outcomes.push(outcome);
            }
        }
        Box::new(later)
    }
}
