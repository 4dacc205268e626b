//! `stockwell key`: API keys, for the operator at the host.

use super::Operator;
use super::user::write;
use crate::cli::Call;
use crate::config::Config;
use crate::exit::{Done, Stop};
use crate::out::table;
use access::{KeyRow, NewKey, PER_MINUTE, Token};
use clap::{ArgGroup, Args, Subcommand};
use db::DbError;
use domain::permission::Permissions;
use domain::{Instant, PrincipalId};
use serde::Serialize;
use web::{Failure, IfMatch, Within};

/// Keys per page when listing.
const PAGE: i64 = 500;
const DAY_SECONDS: i64 = 86_400;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make an API key and show it, once
    Add(Add),
    /// List API keys
    List,
    /// Revoke an API key
    Revoke(Revoke),
}

/// A key to make.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["user", "role"]))]
pub(crate) struct Add {
    /// What it is for
    name: String,
    /// The user it acts for, with all that they may
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// A machine's key with the permissions of this role
    #[arg(long)]
    role: Option<String>,
    /// Only below this location; may stand more than once
    #[arg(long, value_name = "LOCATION")]
    within: Vec<String>,
    /// Only from this address or network, such as 192.0.2.0/24; may stand more than once
    #[arg(long, value_name = "NETWORK")]
    from: Vec<String>,
    /// Requests a minute
    #[arg(long, default_value_t = PER_MINUTE, value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: u32,
    /// No rate limit; only for a machine
    #[arg(long, conflicts_with = "per_minute")]
    unlimited: bool,
    /// Days until it expires
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=1825))]
    days: i64,
}

/// A key.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Its id, or how it begins, such as `swk_1a2B3c4D`
    key: String,
}

/// A key as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    name: String,
    prefix: String,
    owner: Option<String>,
    /// From where; null for from everywhere.
    networks: Option<Vec<String>>,
    expires_at: Instant,
    last_used_at: Option<Instant>,
    revoked_at: Option<Instant>,
    /// The whole key, shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<KeyRow> for Row {
    fn from(key: KeyRow) -> Self {
        Row {
            id: key.id.get(),
            name: key.name,
            prefix: format!("swk_{}", key.public_id),
            owner: key.owner.map(|owner| owner.login),
            networks: key.networks.map(|all| all.iter().map(ToString::to_string).collect()),
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            secret: None,
        }
    }
}

/// What the fields of a request are called here.
const OPTIONS: [(&str, &str); 8] = [
    ("/name", "<NAME>"),
    ("/owner", "--user"),
    ("/role", "--role"),
    ("/within", "--within"),
    ("/networks", "--from"),
    ("/unlimited", "--unlimited"),
    ("/per_minute", "--per-minute"),
    ("/expires_at", "--days"),
];

pub(crate) fn run(call: Call<'_>, key: Key) -> Done {
    let done = match key {
        Key::Add(add) => self::add(call, add),
        Key::List => list(call),
        Key::Revoke(revoke) => self::revoke(call, &revoke.key),
    };
    done.map_err(|stop| stop.at_options(&OPTIONS))
}

fn add(call: Call<'_>, add: Add) -> Done {
    let token = Token::new().map_err(Stop::cannot_run)?;
    let name = access::name(&add.name)?;
    let networks = (!add.from.is_empty()).then(|| access::parse_networks(&add.from)).transpose()?;
    let operator = Operator::open(call.config)?;
    let made = token.clone();
    let key = write(&operator, move |tx, by| {
        let permissions = add.role.as_deref().map(|role| access::permissions_of(tx, role)).transpose()?;
        let mut places = Vec::new();
        for code in &add.within {
            if let Within::Subtree(location) = by.place(tx, Some(code), || "/within".to_owned())? {
                places.push(location);
            }
        }
        let new = NewKey {
            name: name.clone(),
            owner: add.user.clone(),
            permissions,
            locations: (!places.is_empty()).then_some(places),
            networks: networks.clone(),
            per_minute: (!add.unlimited).then_some(add.per_minute),
            expires_at: Some(by.ctx.now.to_the_second().plus_seconds(add.days * DAY_SECONDS)),
        };
        access::create_key(tx, by, &new, &made)
    })?;
    let row = Row { secret: Some(token.reveal().to_owned()), ..Row::from(key) };
    call.out.show(&row, |row| {
        let secret = row.secret.as_deref().unwrap_or_default();
        let until = row.expires_at.to_the_second();
        format!("key {} of {}, good until {until}\nshown only now: {secret}", row.id, row.name)
    })
}

/// Makes a machine's key that may do everything and has no rate limit; its text.
pub(crate) fn machine(config: &Config, name: &str) -> Result<String, Stop> {
    let token = Token::new().map_err(Stop::cannot_run)?;
    let operator = Operator::open(config)?;
    let (made, name) = (token.clone(), access::name(name)?);
    write(&operator, move |tx, by| {
        let new = NewKey {
            name: name.clone(),
            owner: None,
            permissions: Some(Permissions::all()),
            locations: None,
            networks: None,
            per_minute: None,
            expires_at: None,
        };
        access::create_key(tx, by, &new, &made)
    })?;
    operator.db.close();
    Ok(token.reveal().to_owned())
}

/// Whether a key may be used with the database as it is, which may not be there yet.
pub(crate) fn is_usable(config: &Config, text: &str) -> Result<bool, Stop> {
    if config.database_file().is_some_and(|file| !file.exists()) {
        return Ok(false);
    }
    let settings = db::Settings { read_only: true, ..super::db_settings(config)? };
    let (db, now) = (super::open(config, &settings)?, super::operator_ctx().now);
    let usable = match db.steps_behind() {
        // it has no tables yet, or those of a later program, which will be said when they are used
        Err(DbError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
        Ok(_) => db.read_blocking(|conn| access::is_usable_key(conn, &crate::wiring::BOUNDS, text, now)),
    };
    db.close();
    Ok(usable?)
}

fn list(call: Call<'_>) -> Done {
    let operator = Operator::open_to_read(call.config)?;
    let rows: Vec<Row> = operator.db.read_blocking(|conn| {
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map(|row| PrincipalId(row.id));
            let page = access::list_keys(conn, after, (None, None), PAGE)?;
            if page.is_empty() {
                return Ok::<_, Failure>(rows);
            }
            rows.extend(page.into_iter().map(Row::from));
        }
    })?;
    call.out.show(&rows, |rows| {
        let text = |at: Option<Instant>| at.map(|at| at.to_the_second().to_string()).unwrap_or_default();
        let cells = |row: &Row| {
            vec![
                row.id.to_string(),
                row.name.clone(),
                row.prefix.clone(),
                row.owner.clone().unwrap_or_else(|| "machine".to_owned()),
                row.expires_at.to_the_second().to_string(),
                text(row.last_used_at),
                text(row.revoked_at),
            ]
        };
        let head = ["id", "name", "begins with", "acts for", "expires", "last used", "revoked"];
        table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
    })
}

fn revoke(call: Call<'_>, key: &str) -> Done {
    let operator = Operator::open(call.config)?;
    let key = key.to_owned();
    let row = write(&operator, move |tx, by| {
        let id = access::key_id(tx, &key)?;
        access::revoke_key(tx, by, id, IfMatch::Any).map(Row::from)
    })?;
    call.out.show(&row, |row| format!("key {} of {} is revoked", row.id, row.name))
}
