//! `stockwell session`: who has signed in, for the operator at the host.

use super::Operator;
use super::user::write;
use crate::cli::Call;
use crate::exit::Done;
use crate::out::table;
use access::SessionRow;
use clap::{Args, Subcommand};
use domain::Instant;
use serde::Serialize;
use web::Failure;

/// Sessions per page when listing.
const PAGE: i64 = 500;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List the sessions that go on
    List(List),
    /// End a session
    End(End),
}

/// Which sessions.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this user
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
}

/// A session.
#[derive(Debug, Args)]
pub(crate) struct End {
    /// Its number
    id: i64,
}

/// A session as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    user: String,
    method: String,
    network: Option<String>,
    agent: String,
    begun_at: Instant,
    seen_at: Instant,
    ended_why: Option<String>,
}

impl From<SessionRow> for Row {
    fn from(row: SessionRow) -> Self {
        let SessionRow { id, login, method, network, agent, begun_at, seen_at, ended_why, .. } = row;
        Row { id, user: login, method, network, agent, begun_at, seen_at, ended_why }
    }
}

pub(crate) fn run(call: Call<'_>, session: Session) -> Done {
    match session {
        Session::List(list) => self::list(call, list.user.as_deref()),
        Session::End(end) => self::end(call, end.id),
    }
}

fn list(call: Call<'_>, user: Option<&str>) -> Done {
    let operator = Operator::open_to_read(call.config)?;
    let now = operator.ctx.now;
    let rows: Vec<Row> = operator.db.read_blocking(|conn| {
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.id);
            let page = access::list_sessions(conn, after, (user, Some(false)), now, PAGE)?;
            if page.is_empty() {
                return Ok::<_, Failure>(rows);
            }
            rows.extend(page.into_iter().map(Row::from));
        }
    })?;
    call.out.show(&rows, |rows| {
        let cells = |row: &Row| {
            vec![
                row.id.to_string(),
                row.user.clone(),
                row.method.clone(),
                row.network.clone().unwrap_or_default(),
                row.begun_at.to_the_second().to_string(),
                row.seen_at.to_the_second().to_string(),
                row.agent.clone(),
            ]
        };
        let head = ["id", "user", "by", "from", "since", "last seen", "browser"];
        table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
    })
}

fn end(call: Call<'_>, id: i64) -> Done {
    let operator = Operator::open(call.config)?;
    let row = write(&operator, move |tx, by| access::end_session(tx, by, id).map(Row::from))?;
    call.out.show(&row, |row| format!("session {} of {} has ended", row.id, row.user))
}
