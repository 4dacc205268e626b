//! Ctrl-C and the request to end, for a command that goes on for long: it is told, and stops at a
//! place of its own choosing. Whoever asks a second time ends the process where it is, which is safe.

use crate::exit::{INTERRUPTED, Stop};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Watches from when it is made; the process itself no longer ends by the first signal.
#[derive(Debug)]
pub(crate) struct Interrupt {
    came: Arc<AtomicBool>,
    /// Watches for as long as it lives.
    _runtime: Runtime,
}

impl Interrupt {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system has no thread or no signal left to give.
    pub(crate) fn watch() -> Result<Interrupt, Stop> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
        let entered = runtime.enter();
        let mut asked = Asked::listen()?;
        drop(entered);
        let came = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&came);
        runtime.spawn(async move {
            asked.again().await;
            told.store(true, Ordering::SeqCst);
            asked.again().await;
            end_at_once();
        });
        Ok(Interrupt { came, _runtime: runtime })
    }

    /// Whether somebody has asked it to end.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }
}

/// Hears each request to end.
#[derive(Debug)]
pub(crate) struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    /// Begins to listen, inside of a runtime.
    ///
    /// # Errors
    /// When the system has no signal left to give.
    pub(crate) fn listen() -> Result<Asked, Stop> {
        let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Ok(Asked { terminate: signal(terminate)?, interrupt: signal(interrupt)? })
    }

    /// Waits for the next.
    pub(crate) async fn again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ends the process where it is.
pub(crate) fn end_at_once() -> ! {
    std::process::exit(i32::from(INTERRUPTED))
}
