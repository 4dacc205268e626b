//! `stockwell demo`: a site with a real year of trade, ready to be asked. The first start makes the
//! folder; later ones find it as it was left.

use super::{import, key, serve, user};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::interrupt::Interrupt;
use crate::logging::Log;
use clap::Args;
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What holds when nobody says anything: a folder of its own, and no log between what it tells
/// people unless something is wrong.
pub(crate) const DEFAULTS: [(&str, &str); 4] = [
    ("data", "stockwell-demo"),
    ("log.level", "warn"),
    ("log.format", "text"),
    // whoever only looks has no authenticator at hand
    ("sign_in.second_factor", "nobody"),
];
/// The file that keeps the key: one that opens the database says that the year is loaded.
const KEY_FILE: &str = "demo-key";

/// Who signs in to the pages, and the file that keeps their password.
const LOGIN: &str = "demo";
const PASSWORD_FILE: &str = "demo-password";

/// Told while the year is loaded.
const LOADS: &str = "the first start loads a real year of a shop; this takes a moment, and after Ctrl-C the next start goes on";

/// The real year, see the licence beside it.
pub(crate) const YEAR: &[u8] = include_bytes!("../../../../demo/online-retail/online-retail.csv.gz");

/// Where to listen, and what to show.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// A file of the form of "Online Retail" to show in place of the real year that is built in
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn run(call: Call<'_>, demo: &Demo) -> Done {
    // from here to the end: what comes before the server listens is not lost
    let interrupt = Interrupt::watch()?;
    let key_file = call.config.data().join(KEY_FILE);
    let token = match kept(&key_file)? {
        Some(token) if key::is_usable(call.config, &token)? => token,
        _ => first_start(call, demo, &key_file, &interrupt)?,
    };
    // no load balancer has to notice that it ends
    let closing = web::Closing { delay: Duration::ZERO, ..call.config.closing()? };
    let serving = |address: SocketAddr| {
        let (data, key) = (call.config.data(), &*token);
        // a folder that an earlier program has made has none
        let password = kept(&data.join(PASSWORD_FILE)).ok().flatten();
        let serving = Serving { address: format!("http://{address}"), key, login: LOGIN, password, data };
        call.out.step(&Told { serving }, welcome)
    };
    // its key may do everything: nobody need be the first to come
    serve::run_with(
        call,
        &serve::Manner { closing, welcome: &serving, offers_set_up: false, log: Log::StandardError },
    )
}

/// Loads the year, or what is missing of it, and makes the key.
fn first_start(call: Call<'_>, demo: &Demo, key_file: &Path, interrupt: &Interrupt) -> Result<String, Stop> {
    // better now than after the year is loaded
    drop(
        TcpListener::bind(call.config.listen()?)
            .map_err(|error| serve::cannot_listen(call.config, &error))?,
    );
    let file: Box<dyn Read> = match &demo.file {
        Some(file) => Box::new(import::open(file)?),
        None => Box::new(YEAR),
    };
    let imported = import::year(call, file, interrupt, Some(LOADS)).map_err(|stop| match &demo.file {
        Some(file) => stop.in_file(file),
        None => stop,
    })?;
    call.out.step(&Loaded { imported }, |loaded| import::text(&loaded.imported))?;
    let password_file = call.config.data().join(PASSWORD_FILE);
    let password = match kept(&password_file)? {
        Some(password) => password,
        None => access::random_text(20).map_err(Stop::cannot_run)?,
    };
    // kept first: nobody is there whose password is nowhere
    keep(&password_file, &password)?;
    user::somebody(call.config, (LOGIN, "administrator"), &password)?;
    let token = key::machine(call.config, "demo")?;
    keep(key_file, &token)?;
    if interrupt.came() {
        return Err(Stop::Interrupted("stopped: the year is loaded, and the next start shows it".to_owned()));
    }
    Ok(token)
}

/// What a file keeps; none when there is no file.
fn kept(file: &Path) -> Result<Option<String>, Stop> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Stop::CannotRun(format!("cannot read `{}`: {error}", file.display()))),
    }
}

/// Writes a secret where only its owner reads it: whole, or not at all.
fn keep(key_file: &Path, token: &str) -> Result<(), Stop> {
    let part = key_file.with_extension("part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    Ok(fs::rename(&part, key_file)?)
}

/// What was loaded, for programs.
#[derive(Serialize)]
struct Loaded {
    imported: import::Imported,
}

/// Where it answers, for programs.
#[derive(Serialize)]
struct Told<'a> {
    serving: Serving<'a>,
}

#[derive(Serialize)]
struct Serving<'a> {
    address: String,
    key: &'a str,
    login: &'static str,
    /// The one that they began with; left out where nobody was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    data: &'a Path,
}

/// What a newcomer does next. The lot is one of the real year.
fn welcome(told: &Told<'_>) -> String {
    let Told { serving: Serving { address, key, login, password, data } } = told;
    let data = data.display();
    let pages = match password {
        Some(password) => format!("open {address} and sign in as `{login}` with the password {password}"),
        None => format!(
            "`stockwell user add LOGIN --role administrator --data {data}` makes somebody who signs in at {address}"
        ),
    };
    format!(
        "\nStockwell answers at {address}, with a real year of trade in `{data}`. Stop it with Ctrl-C; the next\n\
         start finds everything as you left it. In a browser, {pages}.\n\n\
         Programs ask it like this:\n\n  \
         key='authorization: Bearer {key}'\n\n  \
         # what there is of an item, and where\n  \
         curl -H \"$key\" {address}/api/v1/items/85123A/stock\n\n  \
         # the movements behind it, newest first\n  \
         curl -H \"$key\" '{address}/api/v1/ledger?sku=85123A&limit=5'\n\n  \
         # a recall: the customers who got this lot of scented candles, and what one of them bought\n  \
         curl -H \"$key\" '{address}/api/v1/customers?sku=22969&lot=OPENING-C'\n  \
         curl -H \"$key\" {address}/api/v1/customers/17850/ledger\n\n\
         The key may do everything; it is kept in `{data}/{KEY_FILE}`. What else can be asked: {address}"
    )
}
