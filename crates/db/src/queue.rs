//! The bounded queue in front of a writer. Everything in it is done in arrival order; commands of
//! one front that arrive one after the other are one entry.
//!
//! A crowd waits its turn, up to two limits: what the queue may weigh (beyond it a caller is told
//! at once that the store is busy), and how long anything may wait (what is taken out later than
//! that is told so too, and is not done).

use crate::error::DbError;
use crate::task::{Hot, HotQueue, Reply, Task};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Weight of commands that become one call of a front at most. Four of the largest bulks together
/// touch hardly more pages than one, so each costs less; and nobody waits much longer for them.
const CALL_MAX: usize = 4_096;

/// What waits.
pub(crate) enum Entry {
    /// A closure, and until when it is worth running.
    Cold(Box<dyn Task>, Instant),
    /// So many commands of a front.
    Hot {
        /// Which front.
        front: Arc<dyn HotQueue>,
        /// How many commands.
        count: usize,
        /// Their weight.
        weight: usize,
    },
}

impl Entry {
    fn weight(&self) -> usize {
        match self {
            Entry::Cold(..) => 1,
            Entry::Hot { weight, .. } => *weight,
        }
    }
}

#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    weight: usize,
    closed: bool,
}

/// The queue.
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    weight_max: usize,
    patience: Duration,
}

/// What a writer finds.
pub(crate) enum Taken {
    /// Something to do.
    Some(Vec<Entry>),
    /// Nothing for as long as the writer wanted to wait.
    Idle,
    /// Nothing any more.
    Closed,
}

impl Queue {
    /// A queue that holds so much, each for so long.
    pub(crate) fn new(weight_max: usize, patience: Duration) -> Queue {
        Queue { state: Mutex::default(), filled: Condvar::new(), weight_max, patience }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, state: &State, weight: usize) -> Result<(), DbError> {
        if state.closed {
            return Err(DbError::Closed);
        }
        let after = state.weight.saturating_add(weight);
        // one entry is always let in, or a heavy command could never run
        if after > self.weight_max && !state.entries.is_empty() { Err(DbError::Busy) } else { Ok(()) }
    }

    /// Adds a closure. A refused one is given back.
    pub(crate) fn push(&self, task: Box<dyn Task>) -> Result<(), (DbError, Box<dyn Task>)> {
        let mut state = self.lock();
        if let Err(error) = self.admit(&state, 1) {
            return Err((error, task));
        }
        state.entries.push_back(Entry::Cold(task, Instant::now() + self.patience));
        state.weight = state.weight.saturating_add(1);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Adds a command of a front.
    pub(crate) fn push_hot<C: Send + 'static, O: Send + 'static>(
        &self,
        front: &Arc<Hot<C, O>>,
        command: C,
        reply: Reply<Result<O, DbError>>,
        weight: usize,
    ) -> Result<(), DbError> {
        let mut state = self.lock();
        self.admit(&state, weight)?;
        front.push(command, Instant::now() + self.patience, reply);
        state.weight = state.weight.saturating_add(weight);
        let id = front.id();
        match state.entries.back_mut() {
            Some(Entry::Hot { front, count, weight: together })
                if front.id() == id && together.saturating_add(weight) <= CALL_MAX =>
            {
                *count = count.saturating_add(1);
                *together = together.saturating_add(weight);
                return Ok(());
            }
            _ => {}
        }
        let front: Arc<dyn HotQueue> = Arc::<Hot<C, O>>::clone(front);
        state.entries.push_back(Entry::Hot { front, count: 1, weight });
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for entries and takes what is there, up to a weight (but at least one entry).
    pub(crate) fn take(&self, weight_max: usize, patience: Duration) -> Taken {
        let state = self.lock();
        let (mut state, timeout) = self
            .filled
            .wait_timeout_while(state, patience, |state| state.entries.is_empty() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        if state.entries.is_empty() {
            return if timeout.timed_out() && !state.closed { Taken::Idle } else { Taken::Closed };
        }
        let mut taken = Vec::new();
        let mut sum = 0_usize;
        while let Some(entry) = state.entries.pop_front() {
            let after = sum.saturating_add(entry.weight());
            if after > weight_max && !taken.is_empty() {
                state.entries.push_front(entry);
                break;
            }
            sum = after;
            taken.push(entry);
        }
        state.weight = state.weight.saturating_sub(sum);
        drop(state);
        Taken::Some(taken.into_iter().filter_map(in_time).collect())
    }

    /// Lets nothing more in; what is there is still done.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// How much waits.
    pub(crate) fn weight(&self) -> usize {
        self.lock().weight
    }
}

/// An entry that is still worth running; a closure that is not is told so here, the commands of a
/// front when they are taken.
fn in_time(entry: Entry) -> Option<Entry> {
    match entry {
        Entry::Cold(task, until) if until <= Instant::now() => {
            task.finish(Err(DbError::Busy));
            None
        }
        entry => Some(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const LONG: Duration = Duration::from_hours(1);

    fn front() -> Arc<Hot<u8, u8>> {
        Arc::new(Hot::new(Arc::new(|_, commands: &[u8]| Ok(commands.to_vec()))))
    }

    /// How many commands are taken out of a queue of such patience, and what the caller was told
    /// by then.
    fn taken_after(patience: Duration) -> (usize, Option<Result<u8, DbError>>) {
        let (queue, front) = (Queue::new(10, patience), front());
        let (reply, mut waiting) = oneshot::channel();
        queue.push_hot(&front, 7, reply, 1).unwrap();
        let Taken::Some(entries) = queue.take(10, LONG) else { panic!("the queue holds a command") };
        let calls: Vec<_> = entries
            .into_iter()
            .map(|entry| match entry {
                Entry::Hot { front, count, .. } => front.take(count),
                Entry::Cold(..) => panic!("no closure was pushed"),
            })
            .collect();
        (calls.iter().map(|call| call.len()).sum(), waiting.try_recv().ok())
    }

    #[test]
    fn a_command_that_has_waited_for_too_long_is_told_so_and_not_done() {
        let (count, told) = taken_after(Duration::ZERO);
        assert_eq!(count, 0);
        assert!(matches!(told, Some(Err(DbError::Busy))));
        let (count, told) = taken_after(LONG);
        assert_eq!(count, 1);
        assert!(told.is_none());
    }

    #[test]
    fn a_closure_that_has_waited_for_too_long_is_told_so_and_not_run() {
        for (patience, count) in [(Duration::ZERO, 0), (LONG, 1)] {
            let queue = Queue::new(10, patience);
            let (reply, mut waiting) = oneshot::channel::<Result<(), DbError>>();
            let task = crate::task::Closure::new(|_: &mut crate::Tx<'_>| Ok::<_, DbError>(()), false, reply);
            assert!(queue.push(Box::new(task)).is_ok());
            let Taken::Some(entries) = queue.take(10, LONG) else { panic!("the queue holds a closure") };
            assert_eq!(entries.len(), count);
            assert_eq!(waiting.try_recv().is_ok(), count == 0, "only who is not run is told so");
            assert_eq!(queue.weight(), 0);
        }
    }
}
