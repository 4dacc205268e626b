//! The routes of postings: they translate and submit.

use super::bulk::{Bulk, BulkBody};
use super::wire::{PostingBody, ReverseBody};
use crate::answer::{BulkAnswer, PostingAnswer};
use crate::input::{Request, RequestKey, Work};
use crate::service::Vault;
use axum::extract::State;
use db::Tx;
use domain::ledger::Kind;
use domain::{PostingId, Problem};
use std::sync::Arc;
use web::{App, Command, Failure, Path, Second};

macro_rules! posting_route {
    ($(#[doc = $doc:literal])* $name:ident, $kind:expr, $path:literal) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, request_body = PostingBody,
            responses((status = 201, body = PostingAnswer))
        )]
        pub(crate) async fn $name(
            app: App,
            State(vault): State<Vault>,
            command: Command<PostingBody>,
        ) -> web::Result {
            let work = Work::Post(command.body.input($kind)?);
            submit(&app, &vault, command, work).await
        }
    };
}

posting_route!(
    /// Receives goods from a supplier.
    receive_stock, Kind::Receive, "/api/v1/postings/receive"
);
posting_route!(
    /// Issues goods to a customer.
    issue_stock, Kind::Issue, "/api/v1/postings/issue"
);
posting_route!(
    /// Moves goods between two locations of a site.
    move_stock, Kind::Move, "/api/v1/postings/move"
);
posting_route!(
    /// Changes the status of goods: hold, quarantine, damage and back.
    set_stock_status, Kind::SetStatus, "/api/v1/postings/set-status"
);
posting_route!(
    /// Brings the books to what was counted, with a reason.
    adjust_stock, Kind::Adjust, "/api/v1/postings/adjust"
);
posting_route!(
    /// Takes goods back from a customer.
    return_stock, Kind::Return, "/api/v1/postings/return"
);
posting_route!(
    /// Books the stock of the first day.
    open_stock, Kind::Opening, "/api/v1/postings/opening"
);
posting_route!(
    /// Takes goods in from production.
    produce_stock, Kind::Produce, "/api/v1/postings/produce"
);
posting_route!(
    /// Gives goods into production.
    consume_stock, Kind::Consume, "/api/v1/postings/consume"
);

/// Posts up to 1,000 postings of any kinds; each needs the permission of its kind.
#[utoipa::path(
    post, path = "/api/v1/postings/bulk", request_body = BulkBody,
    responses((status = 200, description = "Each outcome, in order", body = BulkAnswer))
)]
pub(crate) async fn post_bulk(app: App, State(vault): State<Vault>, command: Command<Bulk>) -> web::Result {
    let work = Work::Bulk(command.body.input()?);
    submit(&app, &vault, command, work).await
}

/// Reverses a posting as a whole. What was on hold because of its lot alone, and comes back when that is released,
/// becomes good by a second posting with the reason `released`, or expired past its day.
#[utoipa::path(
    post, path = "/api/v1/postings/{id}/reverse", request_body = ReverseBody,
    params(("id" = String, Path, description = "the posting")),
    responses((status = 201, body = PostingAnswer))
)]
pub(crate) async fn reverse_posting(
    app: App,
    State(vault): State<Vault>,
    Path(id): Path<String>,
    command: Command<ReverseBody>,
) -> web::Result {
    let posting = PostingId::parse(&id).map_err(|_| Problem::not_found("posting", &id))?;
    let work = Work::Reverse(command.body.input(posting));
    submit(&app, &vault, command, work).await
}

/// Hands a command to the hot path; a dry run takes the cold one and is undone.
pub(crate) async fn submit<T>(app: &App, vault: &Vault, command: Command<T>, work: Work) -> web::Result {
    let Command { caller, key, fingerprint, dry_run, body, held: _held, second } = command;
    // a bulk may wait for a while, and its body is not needed any more
    drop(body);
    let agreed = if let Second::Agreed(agreement) = &second { Some(Arc::clone(agreement)) } else { None };
    let key = RequestKey { key: key.as_str().to_owned(), fingerprint };
    // what was agreed to is kept by whoever carries it out
    let key = (!dry_run && agreed.is_none()).then_some(key);
    let request = Request { ctx: caller.ctx, principal: caller.principal, key, work, second };
    if let Some(agreement) = agreed {
        let carried =
            app.db().write(move |tx| agreement.carry_out(tx, |tx| alone(tx, std::slice::from_ref(&request))));
        return carried.await;
    }
    if !dry_run {
        let answer = vault.submit(request).await?;
        if answer.replayed {
            app.count_replay();
        }
        return Ok(answer);
    }
    let mut answer = app.db().dry_run(move |tx| alone(tx, std::slice::from_ref(&request))).await?;
    answer.dry_run = true;
    Ok(answer)
}

/// Decides one request in a transaction of its own.
fn alone(tx: &mut Tx<'_>, request: &[Request]) -> web::Result {
    let answer = crate::service::run_in(tx, request)?.pop();
    answer.ok_or_else(|| Failure::fault("a request without an answer"))
}
