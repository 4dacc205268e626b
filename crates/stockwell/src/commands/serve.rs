//! `stockwell serve`: answers requests until it is told to stop. An empty folder is made ready; an
//! older schema is brought up to date; while nobody exists, the request that makes the first user is shown.

use super::migrate::bring_up_to_date;
use super::operator_ctx;
use crate::backup::scheduled;
use crate::cli::Call;
use crate::clock::WallClock;
use crate::config::Config;
use crate::exit::{Done, Stop};
use crate::exports;
use crate::ids::TimeIds;
use crate::interrupt::Interrupt;
use crate::logging::{self, Log};
use crate::out::Out;
use crate::progress::Progress;
use crate::server::{Server, ServerParts};
use clap::Args;
use db::Db;
use domain::Ids;
use places::Training;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use web::{Clock, Failure, Readiness};

/// Below this share of the disk, in percent, the server is not ready.
const DISK_PERCENT_MIN: u64 = 5;
/// Below this many bytes it is not ready either.
const DISK_BYTES_MIN: u64 = 256 << 20;

/// Where to listen.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

pub(crate) fn run(call: Call<'_>, _: &Serve) -> Done {
    let closing = call.config.closing()?;
    let welcome = |address| {
        call.out.remark(&format!("listening on http://{address}"));
        Ok(())
    };
    run_with(call, &Manner { closing, welcome: &welcome, offers_set_up: true, log: Log::StandardOutput })
}

/// How it serves people beside requests.
pub(crate) struct Manner<'a> {
    /// How it ends.
    pub(crate) closing: web::Closing,
    /// Says that requests are answered, and where.
    pub(crate) welcome: &'a dyn Fn(SocketAddr) -> Done,
    /// Whether it shows how to make the first user while there is none.
    pub(crate) offers_set_up: bool,
    /// Where its log goes.
    pub(crate) log: Log,
}

/// The same in another manner.
pub(crate) fn run_with(call: Call<'_>, manner: &Manner<'_>) -> Done {
    let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
    logging::start(call.config, manner.log, Arc::clone(&clock))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ids: Arc<dyn Ids> = Arc::new(TimeIds::new(Arc::clone(&clock)));
    let (db, listener) = runtime.block_on(async {
        let listener = listen(call.config).await?;
        let config = call.config.clone();
        let opened = tokio::task::spawn_blocking(move || ready_database(&config));
        let db = web::wait_at(&listener, &ids, opened).await.map_err(Stop::cannot_run)??;
        Ok::<_, Stop>((db, listener))
    })?;
    // before anybody is told that it runs, for who is told may stop it at once, and until all has ended
    let interrupt = Interrupt::watch()?;
    let stop = told_to_stop(call.out, manner.closing.delay, interrupt.comes());
    let served = runtime.block_on(serve(call, &db, listener, (clock, ids), manner, stop));
    // requests are answered: what is left is to end the threads and to write the log back
    runtime.shutdown_background();
    db.close();
    drop(interrupt);
    served
}

/// The door. It answers from the start that the process lives, however long the schema takes.
async fn listen(config: &Config) -> Result<TcpListener, Stop> {
    let listener =
        TcpListener::bind(config.listen()?).await.map_err(|error| cannot_listen(config, &error))?;
    tracing::info!(door = %listener.local_addr()?, "making the store ready");
    Ok(listener)
}

/// Says why the door cannot be opened, and what to do about it.
pub(crate) fn cannot_listen(config: &Config, error: &std::io::Error) -> Stop {
    let way_out = match error.kind() {
        ErrorKind::AddrInUse => "; another program listens there: end it, or choose a port with `--listen`",
        _ => "",
    };
    Stop::CannotRun(format!("cannot listen on `{}`: {error}{way_out}", config.text("listen")))
}

/// The database, made when it is not there, with the current schema.
fn ready_database(config: &Config) -> Result<Db, Stop> {
    let file = config.database_file();
    if file.is_some() {
        let is_new = !config.data().exists();
        super::private_folder(config.data())?;
        if is_new {
            tracing::info!(data = %config.data().display(), "the folder was not there: a new store is made in it");
        }
    }
    let had_data = file.is_some_and(|file| file.exists());
    let db = super::open(config, &super::db_settings(config)?)?;
    // its log says where it is
    let migrated = bring_up_to_date(config, &db, had_data, &Progress::hidden())?;
    if migrated.applied > 0 {
        tracing::info!(applied = migrated.applied, "the schema was brought up to date");
    }
    Ok(db)
}

async fn serve(
    call: Call<'_>,
    db: &Db,
    listener: TcpListener,
    (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>),
    manner: &Manner<'_>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Done {
    let training = db.read(|conn| Ok::<_, Failure>(places::training(conn)?)).await?;
    let config = &super::settings_for(call.config, db)?;
    let address = listener.local_addr()?;
    let sign_in = sign_in(config, call.out, db)?;
    let data = config.data().to_owned();
    let disk: Readiness = ("disk", Box::new(move || self::disk(&data).map(drop)));
    let server = Server::new(ServerParts {
        db: db.clone(),
        ids,
        clock,
        limits: config.limits()?,
        proxies: config.proxies()?,
        sign_in,
        files: super::file_settings(config)?,
        readiness: vec![disk],
        upkeep: true,
        verify_hour: config.verify_hour()?,
        training: training.is_some(),
    });
    if let Some(training) = &training {
        say_training(call.out, training);
    }
    if manner.offers_set_up {
        show_set_up(call, db, address).await?;
    }
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    warn_of_plain_text(call.out, address);
    (manner.welcome)(address)?;
    let backups = config.backup_hours()?.map(|hours| tokio::spawn(scheduled::work(config.clone(), hours)));
    let exports = config.exports()?.map(|what| tokio::spawn(exports::work(config.clone(), what)));
    server.run(listener, stop, manner.closing).await;
    for beside in backups.into_iter().chain(exports) {
        beside.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

/// How people sign in. Says so when second factors cannot be read: whoever has one comes in by a recovery code.
fn sign_in(config: &Config, out: Out, db: &Db) -> Result<access::Settings, Stop> {
    if config.database_file().is_none() && config.text("secrets.key_file").is_empty() {
        super::private_folder(config.data())?;
    }
    let master_key = config.master_key()?;
    let unreadable = db.read_blocking(|conn| access::unreadable_factors(conn, &master_key))?;
    if unreadable > 0 {
        let file = config.master_key_file();
        tracing::warn!(unreadable, file = %file.display(), "second factors were sealed with another key");
        out.remark(&format!(
            "warning: {} sealed with another key than `{}`: bring that one back and start again, or let people sign in \
             by their recovery codes and set up new ones",
            super::doctor::second_factors(unreadable),
            file.display()
        ));
    }
    let (demand, identity_provider) = (config.demand()?, config.identity_provider()?);
    let public_url = config.public_url()?;
    Ok(access::Settings { master_key, demand, identity_provider, public_url })
}

/// Whoever starts a copy to practise in sees that it is one, and what it does not do.
fn say_training(out: Out, training: &Training) {
    tracing::warn!(made_at = %training.made_at, "this is a training copy: it sends nothing and writes no backups and lists by itself");
    let of = training.organisation.as_deref().map_or_else(String::new, |name| format!(" of `{name}`"));
    out.remark(&format!(
        "this is a training copy{of}, made at {}: it sends nothing to others, lets nobody in by an identity provider, and \
         writes no backups and lists by itself",
        training.made_at.to_the_second()
    ));
}

/// Beyond this machine, whoever can read the network reads the keys, and may do what they may.
fn warn_of_plain_text(out: Out, address: SocketAddr) {
    if address.ip().is_loopback() {
        return;
    }
    tracing::warn!(%address, "listening beyond this machine without TLS: keys and answers travel in plain text");
    out.remark(&format!(
        "warning: `{address}` can be reached from other machines, and there is no TLS: whoever can read the network \
         reads the keys. Listen on 127.0.0.1 behind a proxy that speaks TLS, see docs/guide/operating.md"
    ));
}

/// While nobody exists: shows how to make the first user.
async fn show_set_up(call: Call<'_>, db: &Db, address: SocketAddr) -> Done {
    let token = access::new_setup_token().map_err(Stop::cannot_run)?;
    let (ctx, offered) = (operator_ctx(), token.clone());
    let done =
        db.write(move |tx| access::offer_setup(tx, &ctx, &offered)).await.map_err(|error: Failure| error)?;
    if done {
        call.out.remark(&format!(
            "nobody exists yet. Within 30 minutes, make the first administrator at\n  \
             http://{address}/welcome?token={token}\n\
             or by a program at `POST /api/v1/setup`, or stop the server and run `stockwell user add LOGIN --role administrator`"
        ));
    }
    Ok(())
}

/// Says that it was told to stop, and how long that may take. A second time ends the process at once, which is
/// safe.
async fn told_to_stop(out: Out, delay: Duration, comes: impl Future<Output = ()>) {
    comes.await;
    let seconds = delay.as_secs();
    if seconds > 0 {
        out.remark(&format!(
            "stopping: for {seconds} seconds load balancers may notice (`shutdown.delay_seconds`); Ctrl-C again \
             stops at once"
        ));
    }
    tracing::info!("told to stop: no new requests, those that were begun are finished");
}

/// Whether the disk under a folder has room; what there is.
pub(crate) fn disk(folder: &Path) -> Result<String, String> {
    let stat = rustix::fs::statvfs(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let percent = stat.f_bavail.saturating_mul(100).checked_div(stat.f_blocks).unwrap_or(0);
    let text = format!("{} MiB free, {percent} percent", free >> 20);
    if free < DISK_BYTES_MIN || percent < DISK_PERCENT_MIN { Err(text) } else { Ok(text) }
}
