//! The bounded queue in front of a writer. Everything in it is done in arrival order; commands of
//! one front that arrive one after the other are one entry.

use crate::error::DbError;
use crate::task::{Hot, HotQueue, Reply, Task};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Weight of commands that become one call of a front at most.
const CALL_MAX: usize = 1_024;

/// What waits.
pub(crate) enum Entry {
    /// A closure.
    Cold(Box<dyn Task>),
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
            Entry::Cold(_) => 1,
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
    pub(crate) fn new(weight_max: usize) -> Queue {
        Queue { state: Mutex::default(), filled: Condvar::new(), weight_max }
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
        state.entries.push_back(Entry::Cold(task));
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
        front.push(command, reply);
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
        Taken::Some(taken)
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
