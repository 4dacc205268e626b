//! What of the commits that readers can see is on the disk. Invariant: nobody is told of a commit
//! that could still be lost.

use crate::park;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// How far the commits of this process are visible, and how far they are on the disk. Where a
/// commit is visible only when it is durable (a server sees to that) both stay at zero.
#[derive(Debug)]
pub(crate) struct Durable {
    visible: AtomicU64,
    synced: watch::Sender<u64>,
}

impl Durable {
    pub(crate) fn new() -> Durable {
        Durable { visible: AtomicU64::new(0), synced: watch::Sender::new(0) }
    }

    /// From now on a commit of this number may be seen. Said before it is made: who reads in between
    /// waits for nothing worse than its end.
    pub(crate) fn show(&self, number: u64) {
        self.visible.store(number, Ordering::SeqCst);
    }

    /// Every commit up to this number is on the disk, or was not made.
    pub(crate) fn reached(&self, number: u64) {
        self.synced.send_replace(number);
    }

    /// What may have been seen so far.
    pub(crate) fn seen(&self) -> u64 {
        self.visible.load(Ordering::SeqCst)
    }

    /// Waits until everything that was seen is on the disk.
    pub(crate) async fn until(&self, seen: u64) {
        if *self.synced.borrow() >= seen {
            return;
        }
        // the sender lives as long as this: it cannot be closed
        drop(self.synced.subscribe().wait_for(|synced| *synced >= seen).await);
    }

    /// [`Durable::until`], waiting on this thread.
    pub(crate) fn until_blocking(&self, seen: u64) {
        if *self.synced.borrow() < seen {
            park::block_on(self.until(seen));
        }
    }
}
