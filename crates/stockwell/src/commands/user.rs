//! `stockwell user`: users, for the operator at the host.

use super::Operator;
use crate::cli::Call;
use crate::config::Config;
use crate::exit::{Done, Stop};
use crate::out::table;
use access::{By, NewGrant, NewUser, Password, PasswordPhc, User as Account};
use clap::{Args, Subcommand};
use db::{Conn, Tx};
use domain::{Code, Instant, Problem};
use serde::Serialize;
use std::io::BufRead;
use web::{Failure, IfMatch, Principal, Within};

/// Users per page when listing.
const PAGE: i64 = 500;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Create a user
    Add(Add),
    /// List users
    List,
    /// End an account, and with it its keys
    End(Named),
    /// Set a password
    Password(SetPassword),
    /// Take the second factor of a user away, because they have lost it
    RemoveSecondFactor(Named),
}

/// A user to create.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The name by which they are known here, such as `ann`
    login: String,
    /// The name to show
    #[arg(long)]
    name: Option<String>,
    /// A role, everywhere or below one location, for everything or for the items of a category; may stand more than
    /// once
    #[arg(long = "role", value_name = "ROLE[@LOCATION][#CATEGORY]", required = true)]
    roles: Vec<String>,
    /// Read the password from the first line of standard input; else one is made and shown
    #[arg(long)]
    password_stdin: bool,
}

/// A user.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The login
    login: String,
}

/// A user with a new password.
#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    /// The login
    login: String,
    /// Read the password from the first line of standard input; else one is made and shown
    #[arg(long)]
    password_stdin: bool,
}

/// A user as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    login: String,
    name: String,
    grants: Vec<String>,
    created_at: Instant,
    ended_at: Option<Instant>,
    second_factor_at: Option<Instant>,
    /// The password that was made, shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// What the fields of a request are called here.
const OPTIONS: [(&str, &str); 4] =
    [("/login", "<LOGIN>"), ("/name", "--name"), ("/grants", "--role"), ("/password", "--password-stdin")];

pub(crate) fn run(call: Call<'_>, user: User) -> Done {
    carry_out(call, user).map_err(|stop| stop.at_options(&OPTIONS))
}

fn carry_out(call: Call<'_>, user: User) -> Done {
    match user {
        User::Add(add) => self::add(call, &add),
        User::List => list(call),
        User::End(named) => {
            change(call, &named.login, None, |tx, by, login| access::end_user(tx, by, login, IfMatch::Any))
        }
        User::RemoveSecondFactor(named) => change(call, &named.login, None, |tx, by, login| {
            access::remove_second_factor(tx, by, login, IfMatch::Any)
        }),
        User::Password(set) => {
            let login = access::login(&set.login)?;
            let (hashed, shown) = password(call, &login, set.password_stdin)?;
            change(call, &login, shown, move |tx, by, login| {
                access::set_password(tx, by, (login, IfMatch::Any), &hashed)
            })
        }
    }
}

fn add(call: Call<'_>, add: &Add) -> Done {
    let login = access::login(&add.login)?;
    let name = access::name(add.name.as_deref().unwrap_or(&login))?;
    let (hashed, shown) = password(call, &login, add.password_stdin)?;
    let roles = add.roles.clone();
    let operator = Operator::open(call.config)?;
    let row = write(&operator, move |tx, by| {
        let grants = roles.iter().map(|role| grant(tx, by, role)).collect::<Result<Vec<_>, _>>()?;
        let new = NewUser { login: login.clone(), name: name.clone(), password: hashed.clone(), grants };
        let user = access::create_user(tx, by, &new)?;
        row(tx, by, user)
    })?;
    show(call, &Row { password: shown, ..row }, None)
}

/// Makes somebody with a role and a password, for the demo; whoever has that login already stays as they are.
pub(super) fn somebody(config: &Config, (login, role): (&str, &str), password: &str) -> Done {
    let (login, name, role) = (access::login(login)?, access::name(login)?, role.to_owned());
    let hashed = Password::parse(password, &[&login])?.hash()?;
    let operator = Operator::open(config)?;
    write(&operator, move |tx, by| {
        let grants = vec![grant(tx, by, &role)?];
        let new = NewUser { login: login.clone(), name: name.clone(), password: hashed.clone(), grants };
        match tx.savepoint(|tx| access::create_user(tx, by, &new)) {
            Err(Failure::Refused(problem)) if problem.code == Code::CodeTaken => Ok(()),
            made => made.map(drop),
        }
    })
}

fn change(
    call: Call<'_>,
    login: &str,
    shown: Option<String>,
    command: impl Fn(&mut Tx<'_>, &By<'_>, &str) -> Result<Account, Failure> + Send + 'static,
) -> Done {
    let login = access::login(login)?;
    let operator = Operator::open(call.config)?;
    let row = write(&operator, move |tx, by| {
        let user = command(tx, by, &login)?;
        row(tx, by, user)
    })?;
    show(call, &Row { password: shown, ..row }, Some(operator.ctx.now))
}

/// Runs a command of `access` as the operator.
pub(super) fn write<T: Send + 'static>(
    operator: &Operator,
    mut command: impl FnMut(&mut Tx<'_>, &By<'_>) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Stop> {
    let ctx = operator.ctx.clone();
    let done = operator.db.write_blocking(move |tx| {
        let by = By { ctx: &ctx, principal: &Principal::system(), bounds: &crate::wiring::BOUNDS };
        command(tx, &by)
    });
    operator.db.close();
    Ok(done?)
}

fn list(call: Call<'_>) -> Done {
    let operator = Operator::open_to_read(call.config)?;
    let rows: Vec<Row> = operator.db.read_blocking(|conn| {
        let by = operator.by();
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.login.clone());
            let page = access::list_users(conn, after.as_deref(), None, PAGE)?;
            if page.is_empty() {
                return Ok::<_, Failure>(rows);
            }
            for user in page {
                rows.push(row(conn, &by, user)?);
            }
        }
    })?;
    call.out.show(&rows, |rows| {
        let cells = |row: &Row| {
            let ended = row.ended_at.map(|at| at.to_string()).unwrap_or_default();
            let factor = if row.second_factor_at.is_some() { "yes" } else { "" };
            vec![row.login.clone(), row.name.clone(), row.grants.join(", "), factor.to_owned(), ended]
        };
        table(
            &["login", "name", "roles", "second factor", "ended"],
            &rows.iter().map(cells).collect::<Vec<_>>(),
        )
    })
}

/// Shows a user after a change at an instant.
fn show(call: Call<'_>, row: &Row, changed_at: Option<Instant>) -> Done {
    call.out.show(row, |row| {
        let ended = row.ended_at.map(|at| match changed_at {
            Some(now) if at < now => format!("had ended already, at {at}"),
            _ => format!("ended at {at}"),
        });
        let password = row.password.as_ref().map(|text| {
            format!(
                "password, shown only now: {text}\nit is for signing in; programs ask with a key, \
                 which `stockwell key add NAME --user {}` makes",
                row.login
            )
        });
        let first = format!("{} ({})", row.login, row.grants.join(", "));
        let lines: Vec<String> = std::iter::once(first).chain(ended).chain(password).collect();
        lines.join("\n")
    })
}

/// Reads `role`, `role@LOCATION`, `role#CATEGORY` or `role@LOCATION#CATEGORY`.
fn grant(tx: &mut Tx<'_>, by: &By<'_>, text: &str) -> Result<NewGrant, Failure> {
    let (text, path) = match text.split_once('#') {
        Some((text, path)) => (text, Some(path)),
        None => (text, None),
    };
    let (role, code) = match text.split_once('@') {
        Some((role, code)) => (role, Some(code)),
        None => (text, None),
    };
    let within = by.place(tx, code, || "/grants".to_owned())?;
    let category = by.category(tx, path, || "/grants".to_owned())?;
    Ok(NewGrant { role: role.to_owned(), within, category })
}

fn row(conn: &mut Conn<'_>, by: &By<'_>, user: Account) -> Result<Row, Failure> {
    let mut grants = Vec::new();
    for grant in user.grants {
        let mut text = grant.role;
        if let Within::Subtree(location) = grant.within {
            let code = (by.bounds.code)(conn, location)?;
            text = format!("{text}@{}", code.unwrap_or_else(|| location.to_string()));
        }
        if let Some(category) = grant.category {
            let path = (by.bounds.category_path)(conn, category)?;
            text = format!("{text}#{}", path.unwrap_or_else(|| category.to_string()));
        }
        grants.push(text);
    }
    let access::UserRow { login, name, created_at, ended_at, second_factor_at, .. } = user.row;
    Ok(Row { login, name, grants, created_at, ended_at, second_factor_at, password: None })
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The password from standard input, or a fresh one that is shown once.
fn password(call: Call<'_>, login: &str, from_stdin: bool) -> Result<(PasswordPhc, Option<String>), Stop> {
    let (text, shown) = if from_stdin {
        let mut line = Vec::new();
        std::io::stdin().lock().read_until(b'\n', &mut line)?;
        // what some editors put in front of a text is no part of it
        let text = str::from_utf8(line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line)).map_err(|_| {
            Problem::at(Code::InvalidValue, "/password", "the password on standard input is not UTF-8")
        })?;
        (text.trim_end_matches(['\r', '\n']).to_owned(), None)
    } else {
        let fresh = access::random_text(20).map_err(Stop::cannot_run)?;
        (fresh.clone(), Some(fresh))
    };
    let operator = Operator::open_to_read(call.config)?;
    let organisation = operator.db.read_blocking(places::organisation).map_err(Stop::cannot_run)?;
    operator.db.close();
    let hashed = Password::parse(&text, &[login, &organisation.name.unwrap_or_default()])?.hash()?;
    Ok((hashed, shown))
}
