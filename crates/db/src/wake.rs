//! Who is woken by a commit: listeners to the feed, runners of jobs.

use tokio::sync::watch;

/// The signals of one process.
#[derive(Debug)]
pub(crate) struct Wake {
    position: watch::Sender<i64>,
    jobs: watch::Sender<u64>,
}

impl Wake {
    pub(crate) fn new() -> Wake {
        Wake { position: watch::Sender::new(0), jobs: watch::Sender::new(0) }
    }

    /// The feed has grown to a position.
    pub(crate) fn positioned(&self, position: i64) {
        self.position.send_if_modified(|last| {
            let grown = position > *last;
            *last = position.max(*last);
            grown
        });
    }

    /// How far the feed has grown, as far as is known here.
    pub(crate) fn position(&self) -> i64 {
        *self.position.borrow()
    }

    /// A transaction was committed.
    pub(crate) fn after_commit(&self, enqueued: bool) {
        if enqueued {
            self.jobs.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    pub(crate) fn positions(&self) -> watch::Receiver<i64> {
        self.position.subscribe()
    }

    pub(crate) fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }
}
