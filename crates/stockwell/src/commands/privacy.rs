//! `stockwell privacy`: everything that is known of a person, written or taken away, for the operator at the host.

use super::{Operator, not_written};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use clap::{Args, Subcommand};
use db::audit::{self, Filter, Order};
use db::{Conn, DbError};
use domain::{Code, Instant, Problem, hex};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use web::Failure;

/// Rows of the audit log that are read together.
const PAGE: i64 = 500;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Privacy {
    /// Write everything that is known of a person as JSON
    Export(Export),
    /// Take away what is personal; what they did with the stock stays, of nobody
    Erase(Erase),
}

/// Whose, and where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The login of a user or the number of a customer; `user:` or `customer:` in front says which
    subject: String,
    /// The file to write, which must not be there yet; standard output when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Whose.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The login of a user or the number of a customer; `user:` or `customer:` in front says which
    subject: String,
    /// Do not ask: nobody can undo it
    #[arg(long)]
    yes: bool,
}

/// A person as somebody names them.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Subject {
    User(String),
    Customer(i64),
}

pub(crate) fn run(call: Call<'_>, privacy: &Privacy) -> Done {
    match privacy {
        Privacy::Export(export) => self::export(call, export),
        Privacy::Erase(erase) => self::erase(call, erase),
    }
}

/// The person of a text: what is in front of it says of which kind, or else who there is.
fn find(conn: &mut Conn<'_>, text: &str) -> Result<Subject, Failure> {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    if let Some(rest) = text.strip_prefix("customer:") {
        let detail = || format!("a customer has a number, not `{rest}`");
        let number = number(rest).ok_or_else(|| Problem::new(Code::InvalidValue, detail()))?;
        return Ok(Subject::Customer(number));
    }
    if let Some(rest) = text.strip_prefix("user:") {
        return Ok(Subject::User(access::subject(rest)?));
    }
    let login = access::subject(text)?;
    let is_user = match access::find_user(conn, &login) {
        Ok(_) => true,
        Err(Failure::Refused(problem)) if problem.code == Code::NotFound => false,
        Err(other) => return Err(other),
    };
    let customer = match number(text) {
        Some(number) if exchange::privacy::is_customer(conn, number)? => Some(number),
        _ => None,
    };
    match (is_user, customer) {
        (true, None) => Ok(Subject::User(login)),
        (false, Some(number)) => Ok(Subject::Customer(number)),
        (true, Some(_)) => {
            let detail = format!("`{text}` is a user and a customer: say `user:{text}` or `customer:{text}`");
            Err(Problem::new(Code::InvalidValue, detail).into())
        }
        (false, None) => {
            let detail = format!("there is no user and no customer `{text}`");
            Err(Problem::new(Code::NotFound, detail).into())
        }
    }
}

fn export(call: Call<'_>, export: &Export) -> Done {
    let operator = Operator::open_to_read(call.config)?;
    let text = export.subject.as_str();
    let now = operator.ctx.now;
    let Some(file) = &export.out else {
        let mut out = BufWriter::new(io::stdout().lock());
        let done = operator.db.read_blocking(|conn| told(conn, (text, now), &mut out));
        return match done {
            // whoever read along has seen enough
            Err(Failure::Store(DbError::Io(_))) => Ok(()),
            done => Ok(done?),
        };
    };
    super::to_new_file(file, |out| {
        Ok::<_, Stop>(operator.db.read_blocking(|conn| told(conn, (text, now), out))?)
    })?;
    call.out.show(&json!({ "file": file }), |_| format!("wrote `{}`", file.display()))
}

/// One JSON object, part by part, so that a long list is never in memory.
struct Parts<'a, W> {
    out: &'a mut W,
    any: bool,
}

impl<W: Write> Parts<'_, W> {
    fn name(&mut self, name: &str) -> io::Result<()> {
        let before = if self.any { ",\n" } else { "{\n" };
        self.any = true;
        write!(self.out, "{before}{}: ", Value::from(name))
    }

    fn value(&mut self, name: &str, value: &Value) -> Result<(), DbError> {
        self.name(name).map_err(|error| not_written(&error))?;
        serde_json::to_writer_pretty(&mut *self.out, value).map_err(|error| not_written(&error.into()))
    }

    fn list<E: From<DbError>>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut dyn FnMut(Value) -> Result<(), DbError>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.name(name).map_err(|error| not_written(&error))?;
        let mut before = "[";
        fill(&mut |value| {
            let line = write!(self.out, "{before}\n  {value}");
            before = ",";
            line.map_err(|error| not_written(&error))
        })?;
        let end = if before == "[" { "[]" } else { "\n]" };
        write!(self.out, "{end}").map_err(|error| not_written(&error).into())
    }

    fn end(self) -> Result<(), DbError> {
        writeln!(self.out, "\n}}").and_then(|()| self.out.flush()).map_err(|error| not_written(&error))
    }
}

fn told(conn: &mut Conn<'_>, (text, now): (&str, Instant), out: &mut impl Write) -> Result<(), Failure> {
    let subject = find(conn, text)?;
    match subject {
        Subject::User(login) => {
            let (id, account) = access::known_of(conn, &login)?;
            let audit = audit_of(conn, (id, &login), &account)?;
            let mut parts = Parts { out, any: false };
            parts.value("subject", &json!({ "user": login, "told_at": now }))?;
            parts.value("account", &account)?;
            parts.value("audit", &Value::from(audit))?;
            parts.list("postings", |each| exchange::privacy::postings(conn, id, each))?;
            parts.end()?;
        }
        Subject::Customer(number) => {
            let customer = exchange::privacy::customer(conn, number)?;
            let mut parts = Parts { out, any: false };
            parts.value("subject", &json!({ "customer": number, "told_at": now }))?;
            parts.value("customer", &customer)?;
            parts.list("goods", |each| exchange::privacy::goods(conn, number, each))?;
            parts.end()?;
        }
    }
    Ok(())
}

/// The rows of the audit log that somebody has left, and those that tell of them or of their keys.
fn audit_of(conn: &mut Conn<'_>, (id, login): (i64, &str), account: &Value) -> Result<Vec<Value>, Failure> {
    let mut targets = vec![format!("user:{login}")];
    let keys = account.get("keys").and_then(Value::as_array).into_iter().flatten();
    let public = keys.filter_map(|key| key.get("public_id").and_then(Value::as_str));
    targets.extend(public.map(|public_id| format!("key:{public_id}")));
    let mut found = BTreeMap::new();
    let by = Filter { actor_id: Some(id), ..Filter::default() };
    gather(conn, &by, &mut found)?;
    for target in &targets {
        gather(conn, &Filter { target: Some(target), ..Filter::default() }, &mut found)?;
    }
    Ok(found.into_values().collect())
}

fn gather(conn: &mut Conn<'_>, filter: &Filter<'_>, found: &mut BTreeMap<i64, Value>) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = audit::list(conn, filter, Order::Oldest, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.n);
        for row in page {
            let details: Value = serde_json::from_str(&row.details)?;
            let shown = json!({
                "n": row.n, "at": Instant(row.at), "actor": row.actor_name, "action": row.action,
                "target": row.target, "outcome": row.outcome, "details": details, "hash": hex::digits(&row.hash),
            });
            found.insert(row.n, shown);
        }
    }
}

/// What was taken away.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Erased {
    User {
        /// What they are called from now on.
        called: String,
        was_open: bool,
        audit_rows: i64,
        events: u64,
        answers: u64,
        blocks: u64,
    },
    Customer {
        postings: u64,
    },
}

fn erase(call: Call<'_>, erase: &Erase) -> Done {
    let operator = Operator::open(call.config)?;
    let text = erase.subject.clone();
    let subject = operator.db.read_blocking(|conn| find(conn, &text))?;
    if !erase.yes {
        ask(call, &text)?;
    }
    let erased = super::user::write(&operator, move |tx, by| match &subject {
        Subject::User(login) => {
            let done = access::erase_user(tx, by, login)?;
            let blocks = places::erase_actor(tx, done.user.row.id.get(), &done.user.row.login)?;
            Ok(Erased::User {
                called: done.user.row.login,
                was_open: done.was_open,
                audit_rows: done.audit_rows,
                events: done.events,
                answers: done.answers,
                blocks,
            })
        }
        Subject::Customer(number) => {
            let postings = exchange::privacy::forget_customer(tx, *number)?;
            access::record_erased(tx, by, "customer");
            Ok(Erased::Customer { postings })
        }
    })?;
    // beside a file nobody else writes; a database of a server may have servers of ours
    let is_alone = call.config.database_file().is_some();
    if let Erased::User { called, was_open: true, .. } = &erased
        && !is_alone
    {
        call.out.remark(&format!(
            "the account was open until now: what a running server was doing for it may still come; erase \
             `{called}` once more in a minute to take that away too"
        ));
    }
    call.out.show(&erased, |erased| match erased {
        Erased::User { called, audit_rows, events, answers, blocks, .. } => format!(
            "erased, and called `{called}` from now on\n{audit_rows} rows of the audit log, {events} events, {answers} \
             kept answers and {blocks} blocks of places were changed"
        ),
        Erased::Customer { postings } => format!("erased; {postings} postings are nobody's now"),
    })
}

/// Asks whoever sits there; nobody else can be asked.
fn ask(call: Call<'_>, text: &str) -> Result<(), Stop> {
    if call.out.json || !io::stdin().is_terminal() {
        let say = format!("nobody can undo the erasure of `{text}`: say `--yes` if it is meant");
        return Err(Stop::Usage(say));
    }
    call.out.remark(&format!("nobody can undo the erasure of `{text}`; type it again to go on"));
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    if line.trim() == text { Ok(()) } else { Err(Stop::Usage("nothing was erased".to_owned())) }
}
