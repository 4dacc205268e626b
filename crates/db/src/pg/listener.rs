//! Hears at once how far the feed has grown by what other processes gave positions to. What is not heard is
//! seen a little later, by the look that the sequencer takes from time to time: so nothing depends on it.
//!
//! The sequencer tells it, once the positions are given. Those that write events do not: a transaction that
//! tells something is committed alone, one after the other in the whole server.

use crate::pg::tls::{Address, Moved};
use crate::statement::Statement;
use crate::wake::Wake;
use futures_util::future::try_join;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;
use tokio_postgres::{AsyncMessage, Error};

/// How long it rests before it tries again.
const REST: Duration = Duration::from_secs(1);

/// Who uses another schema of the same database has another feed.
macro_rules! channel {
    () => {
        "'stockwell_feed_' || md5(current_schema())"
    };
}

const LISTEN: &str = concat!("do $$ begin execute 'listen ' || ", channel!(), "; end $$");

/// Tells the last position.
pub(crate) const TELL: Statement = Statement::per_engine(
    "db.listener.tell",
    "",
    concat!("select count(pg_notify(", channel!(), ", cast(cast(?1 as bigint) as text)))"),
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[TELL];

/// Listens until it is aborted.
pub(crate) async fn listen(address: Address, wake: Arc<Wake>) {
    loop {
        if let Err(error) = hear(&address, &wake).await {
            tracing::debug!(%error, "the feed is listened to again soon");
        }
        tokio::time::sleep(REST).await;
    }
}

/// Listens until the connection ends.
async fn hear(address: &Address, wake: &Wake) -> Result<(), Error> {
    let (client, mut connection) = address.connect_apart().await?;
    // neither goes on without the other
    try_join(client.batch_execute(LISTEN), heard(&mut connection, wake)).await.map(|_| ())
}

/// Moves the bytes of a connection, and passes on what is told.
async fn heard(connection: &mut Moved, wake: &Wake) -> Result<(), Error> {
    poll_fn(|cx| {
        loop {
            match ready!(connection.poll_message(cx)) {
                Some(Ok(AsyncMessage::Notification(told))) => {
                    if let Ok(position) = told.payload().parse() {
                        wake.positioned(position);
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => return Poll::Ready(Ok(())),
            }
        }
    })
    .await
}
