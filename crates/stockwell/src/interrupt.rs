//! Ctrl-C and the request to end, for a command that goes on for long: it is told, and stops at a
//! place of its own choosing. Whoever asks a second time ends the process where it is, which is safe.

use crate::exit::{INTERRUPTED, Stop};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Watches from when it is made until it is dropped; the process itself no longer ends by the first signal.
#[derive(Debug)]
pub(crate) struct Interrupt {
    came: watch::Receiver<bool>,
    /// Its own, which hears the second signal whatever else stands still.
    _runtime: Runtime,
}

impl Interrupt {
    /// Begins to watch. Not inside of a runtime.
    ///
    /// # Errors
    /// When the system has no thread or no signal left to give.
    pub(crate) fn watch() -> Result<Interrupt, Stop> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
        let entered = runtime.enter();
        let mut asked = Asked::listen()?;
        drop(entered);
        let (tell, came) = watch::channel(false);
        runtime.spawn(async move {
            asked.again().await;
            tell.send_replace(true);
            asked.again().await;
            std::process::exit(i32::from(INTERRUPTED));
        });
        Ok(Interrupt { came, _runtime: runtime })
    }

    /// Whether somebody has asked it to end.
    pub(crate) fn came(&self) -> bool {
        *self.came.borrow()
    }

    /// Waits until somebody asks it to end.
    pub(crate) fn comes(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut came = self.came.clone();
        async move {
            // the watch that tells it is never over
            drop(came.wait_for(|came| *came).await);
        }
    }
}

/// Hears each request to end.
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    fn listen() -> Result<Asked, Stop> {
        let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Ok(Asked { terminate: signal(terminate)?, interrupt: signal(interrupt)? })
    }

    async fn again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
