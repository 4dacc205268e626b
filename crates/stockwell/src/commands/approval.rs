//! `stockwell approval`: what waits for a second person, for the operator at the host. It is shown and not decided here:
//! whoever agrees or refuses is a person who is known by their own right, and the operator is nobody in particular.

use super::Operator;
use crate::cli::Call;
use crate::exit::Done;
use crate::out::table;
use clap::{Args, Subcommand};
use db::held::{self, State, Which};
use domain::{ApprovalId, Instant, PrincipalId};
use serde::Serialize;
use web::Failure;

/// Approvals per page when listing.
const PAGE: i64 = 500;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Approval {
    /// List what waits for a second person
    List(List),
}

/// Which ones.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Also those that were decided or have expired
    #[arg(long)]
    all: bool,
}

/// An approval as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    id: ApprovalId,
    state: &'static str,
    asked_by: Option<String>,
    asked_at: Instant,
    expires_at: Instant,
    permission: String,
    request: String,
    decided_by: Option<String>,
    note: Option<String>,
}

pub(crate) fn run(call: Call<'_>, approval: &Approval) -> Done {
    let Approval::List(wanted) = approval;
    let operator = Operator::open_to_read(call.config)?;
    let which = if wanted.all { Which::All } else { Which::In(State::Waiting) };
    let rows: Vec<Row> = operator.db.read_blocking(|conn| {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = held::list(conn, which, after, PAGE)?;
            let Some(last) = page.last() else { return Ok::<_, Failure>(rows) };
            after = Some(last.id);
            for held in page {
                let decided_by = match held.decided_by {
                    Some(id) => access::principal_name(conn, PrincipalId(id))?,
                    None => None,
                };
                rows.push(Row {
                    id: ApprovalId::from_bytes(held.id),
                    state: word(held.state),
                    asked_by: access::principal_name(conn, PrincipalId(held.asked_by))?,
                    asked_at: Instant(held.asked_at),
                    expires_at: Instant(held.expires_at),
                    permission: held.permission,
                    request: format!("{} {}", held.sent.method, held.sent.target),
                    decided_by,
                    note: held.note,
                });
            }
        }
    })?;
    call.out.show(&rows, |rows| {
        let cells = |row: &Row| {
            vec![
                row.id.to_string(),
                row.state.to_owned(),
                row.asked_by.clone().unwrap_or_default(),
                row.asked_at.to_the_second().to_string(),
                row.expires_at.to_the_second().to_string(),
                row.permission.clone(),
                row.request.clone(),
            ]
        };
        let head = ["id", "state", "asked by", "at", "expires", "permission", "request"];
        table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
    })
}

const fn word(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Agreed => "agreed",
        State::Refused => "refused",
        State::Withdrawn => "withdrawn",
        State::Expired => "expired",
    }
}
