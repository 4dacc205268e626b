//! How a connection is made, who moves its bytes, and how long an answer is waited for. Invariant: no thread
//! waits for ever for a server that stands still, or for one that something in between has forgotten.

use crate::error::DbError;
use crate::park;
use crate::pg::error::from_driver;
use crate::pg::tls::Address;
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::Client;

/// How long it may take to be let in: the way, TLS, the password, and what is set first.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How a connection is made.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) address: Address,
    /// What is set first.
    pub(crate) setup: String,
    /// How long an answer is waited for: longer than the server itself allows.
    pub(crate) patience: Option<Duration>,
}

/// Who moves the bytes of a connection.
pub(super) struct Driver {
    moves: Moves,
    /// The task that does. When it is ended, whoever waits for an answer is told that the connection is closed.
    mover: AbortHandle,
    patience: Option<Duration>,
}

enum Moves {
    /// The thread that waits, on a runtime of its own. Not usable inside of a runtime.
    Own(Runtime),
    /// A background thread shared by many connections.
    Shared,
}

impl Connector {
    async fn connect(&self) -> Result<(Client, AbortHandle), DbError> {
        let connected = async {
            let (client, mover) = self.address.connect().await?;
            client.batch_execute(&self.setup).await?;
            Ok((client, mover))
        };
        let late = || {
            let seconds = CONNECT_MAX.as_secs();
            DbError::Unavailable(format!("the server has let nobody in for {seconds} seconds").into())
        };
        let connected = timeout(CONNECT_MAX, connected).await.map_err(|_| late())?;
        connected.map_err(|error| from_driver(&error, "connect"))
    }
}

impl Driver {
    /// Connects on a runtime of the calling thread, which must be a plain thread.
    pub(super) fn own(connector: &Connector) -> Result<(Client, Driver), DbError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DbError::Unavailable(error.to_string().into()))?;
        let (client, mover) = runtime.block_on(connector.connect())?;
        Ok((client, Driver { moves: Moves::Own(runtime), mover, patience: connector.patience }))
    }

    /// Connects with the help of a background runtime; usable on every thread.
    pub(super) fn shared(connector: &Connector, runtime: &Handle) -> Result<(Client, Driver), DbError> {
        let patience = connector.patience;
        let connector = connector.clone();
        let spawned = runtime.spawn(async move { connector.connect().await });
        let (client, mover) = park::block_on(spawned).map_err(|_| DbError::Closed)??;
        Ok((client, Driver { moves: Moves::Shared, mover, patience }))
    }

    /// Waits no longer than this from here on.
    pub(super) fn hurry(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// Waits for what rests on answers. Where one does not come the connection is given up, and by that what
    /// waits for it ends.
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let give_up = || {
            tracing::warn!(patience = ?self.patience, "the server does not answer, the connection is given up");
            self.mover.abort();
        };
        match (&self.moves, self.patience) {
            (Moves::Own(runtime), None) => runtime.block_on(future),
            (Moves::Own(runtime), Some(patience)) => runtime.block_on(async {
                let mut future = pin!(future);
                if let Ok(done) = timeout(patience, future.as_mut()).await {
                    return done;
                }
                give_up();
                future.await
            }),
            (Moves::Shared, None) => park::block_on(future),
            (Moves::Shared, Some(patience)) => park::block_on_within(future, patience, give_up),
        }
    }
}
