//! A second person: what a permission asks for besides being held, and what becomes of a command that
//! needs somebody else.
//!
//! Such a command is tried, undone, and kept as it was sent. Whoever agrees sends it again through the
//! same doors, as the one who asked and with the rights that they hold by now, and its end is decided in
//! the transaction that carries it out. Invariant: a command that waits is done at most once, and never
//! without somebody else.

use crate::answer::Answer;
use crate::body::IdempotencyKey;
use crate::failure::Failure;
use crate::idempotent;
use crate::principal::Principal;
use crate::record::{RecordChange, record_change};
use bytes::Bytes;
use db::held::{self, End, Held, State};
use db::{DbError, Tx};
use domain::{
    ApprovalId, Code, Condition, Ctx, Instant, LocationId, Permission, PrincipalId, Problem, Worth,
};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// How a command stands to a second person.
#[derive(Clone, Debug, Default)]
pub enum Second {
    /// It cannot wait for one: nothing is asked of its caller, or it is carried out in one go with others.
    #[default]
    Cannot,
    /// It is kept when it needs one.
    Keep(Arc<Sent>),
    /// It is tried by whoever is asked to agree, who must be free to do it.
    Trial,
    /// Somebody else has agreed.
    Agreed(Arc<Agreement>),
}

/// Why a second person is needed: what was asked for, and what it would have done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// What it needs.
    pub permission: Permission,
    /// What that asks for.
    pub condition: Condition,
    /// By how much it would have changed the worth of stock.
    pub worth: Worth,
    /// The places it is about; `None` for everywhere.
    pub places: Option<Vec<LocationId>>,
}

impl Need {
    /// The word for why.
    pub const fn why(&self) -> &'static str {
        if matches!(self.condition, Condition::Above(_)) { "above_limit" } else { "second_person" }
    }
}

impl Second {
    /// What is said to a caller whose command needs a second person and cannot wait for one.
    pub fn required(permission: Permission) -> Problem {
        let detail = format!(
            "`{permission}` asks for a second person here, and this cannot wait for one: ask somebody who may do it alone"
        );
        Problem::new(Code::SecondPersonRequired, detail)
    }

    /// What is said to whoever agrees and may not do it alone.
    pub fn not_free(permission: Permission) -> Problem {
        let detail =
            format!("this is above what you may do with `{permission}` alone, so you cannot agree to it");
        Problem::new(Code::ApprovalNotFree, detail)
    }

    /// Whose condition counts: that of the caller, or of whoever has agreed.
    pub fn judged<'a>(&'a self, caller: &'a Arc<Principal>) -> &'a Arc<Principal> {
        match self {
            Second::Agreed(agreement) => &agreement.second,
            _ => caller,
        }
    }

    /// What a command that was decided has to wait for; `Ok(None)` when it may go on.
    ///
    /// # Errors
    /// `second_person_required`, and `approval_not_free` for whoever agrees.
    pub fn must_wait(&self, need: Need, minor_digits: u32) -> Result<Option<(&Arc<Sent>, Need)>, Problem> {
        if !need.condition.asks(need.worth, minor_digits) {
            return Ok(None);
        }
        match self {
            Second::Cannot => Err(Second::required(need.permission)),
            Second::Keep(sent) => Ok(Some((sent, need))),
            // whoever always needs a second person has one: who asked
            Second::Trial | Second::Agreed(_) if need.condition == Condition::Always => Ok(None),
            Second::Trial | Second::Agreed(_) => Err(Second::not_free(need.permission)),
        }
    }
}

/// A command as it was sent, for the case that it needs a second person.
#[derive(Clone, Debug)]
pub struct Sent {
    pub(crate) request: held::Sent,
    pub(crate) key: Box<str>,
    pub(crate) fingerprint: [u8; 32],
    /// The key that it was asked with.
    pub(crate) via: Option<PrincipalId>,
    /// How long it may wait, in seconds.
    pub(crate) wait_seconds: i64,
    /// Whether it is only tried.
    pub(crate) dry_run: bool,
}

/// A command that waits for somebody else.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    /// What to look it up by; null when it was only tried.
    #[schema(value_type = Option<String>)]
    approval: Option<ApprovalId>,
    /// `waiting`.
    state: &'static str,
    /// The permission that asks for somebody else.
    permission: &'static str,
    /// `second_person`, or `above_limit`.
    why: &'static str,
    /// When it is too late to agree.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl Sent {
    /// The row of the command that waits, and its answer: 202. Of one that is only tried there is no row.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON, which is a fault of ours.
    pub fn hold(&self, ctx: &Ctx, need: &Need) -> Result<(Option<Held>, Answer), Failure> {
        let id = ApprovalId(ctx.ids.next());
        let expires_at = ctx.now.plus_seconds(self.wait_seconds);
        let waiting = Waiting {
            approval: (!self.dry_run).then_some(id),
            state: "waiting",
            permission: need.permission.word(),
            why: need.why(),
            expires_at,
        };
        if self.dry_run {
            return Ok((None, Answer::waiting(None, &waiting)?));
        }
        let held = Held {
            id: *id.bytes(),
            asked_by: ctx.actor.id.get(),
            via: self.via.map(PrincipalId::get),
            key: self.key.to_string(),
            fingerprint: self.fingerprint,
            sent: self.request.clone(),
            permission: need.permission.word().to_owned(),
            why: need.why().to_owned(),
            worth: if let Worth::Minor(minor) = need.worth { Some(minor) } else { None },
            places: need.places.as_deref().map(ids_json),
            asked_at: ctx.now.0,
            expires_at: expires_at.0,
            state: State::Waiting,
            decided_by: None,
            decided_at: None,
            note: None,
            status: None,
            location: None,
            version: 1,
        };
        Ok((Some(held), Answer::waiting(Some(format!("/api/v1/approvals/{id}")), &waiting)?))
    }
}

fn ids_json(ids: &[LocationId]) -> String {
    let numbers: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// Holds a command that waits, with its audit row and its event.
///
/// # Errors
/// Failures of the store.
pub fn store_held(tx: &mut Tx<'_>, ctx: &Ctx, held: &Held) -> Result<(), DbError> {
    held::hold(tx, held)?;
    let details = json!({
        "permission": held.permission,
        "why": held.why,
        "request": format!("{} {}", held.sent.method, held.sent.target),
        "expires_at": Instant(held.expires_at),
    });
    record_held(tx, ctx, held, ("access.approval.ask", "access.approval_asked"), &details);
    Ok(())
}

/// Writes the audit row and the event of what became of a held command.
pub fn record_held(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    held: &Held,
    (action, event): (&str, &str),
    details: &serde_json::Value,
) {
    let id = ApprovalId::from_bytes(held.id);
    let change = RecordChange {
        action,
        event,
        target: &format!("approval:{id}"),
        aggregate_type: "access.approval",
        aggregate_id: &id.to_string(),
        version: held.version,
        at: ctx.now,
        sites: &[],
    };
    let body =
        json!({ "id": id, "asked_by": held.asked_by, "decided_by": held.decided_by, "details": details });
    record_change(tx, ctx, &change, &body);
}

/// The refusal of whoever comes too late.
pub fn closed(held: &Held, now: Instant) -> Option<Problem> {
    let why = match held.state {
        State::Waiting if held.expires_at <= now.0 => "nobody agreed in time",
        State::Waiting => return None,
        State::Agreed => "somebody has agreed to it",
        State::Refused => "somebody has refused it",
        State::Withdrawn => "it was taken back by whoever asked",
        State::Expired => "nobody agreed in time",
    };
    Some(Problem::new(Code::ApprovalClosed, format!("it does not wait any more: {why}")))
}

/// That somebody else has agreed to a held command, for the transaction that carries it out.
#[derive(Debug)]
pub struct Agreement {
    /// Which command.
    pub approval: ApprovalId,
    /// Who agrees, with what they may do that whoever asked has not given them.
    pub second: Arc<Principal>,
    /// Their context.
    pub ctx: Ctx,
    /// The key of their own command.
    pub key: IdempotencyKey,
    /// What it is bound to.
    pub fingerprint: [u8; 32],
    /// What they say.
    pub note: Option<String>,
}

/// What is answered to whoever has agreed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreedTo {
    /// The command.
    #[schema(value_type = String)]
    id: ApprovalId,
    /// `agreed`.
    state: &'static str,
    /// The status of its answer, which whoever asked finds under the key that they asked with.
    status: i64,
    /// Where what it made is; null when it made nothing.
    location: Option<String>,
    /// 2: it was decided.
    version: i64,
}

impl Agreement {
    /// Carries out the command, once: decides its end, keeps its answer for whoever asked and for
    /// whoever agrees. A command that is refused leaves everything as it was, and goes on waiting.
    ///
    /// # Errors
    /// `approval_closed`; what the command is refused for; failures of the store.
    pub fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        run: impl FnOnce(&mut Tx<'_>) -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        let gone = || Problem::not_found("approval", self.approval);
        let mut held = held::lock(tx, self.approval.bytes())?.ok_or_else(gone)?;
        if let Some(problem) = closed(&held, self.ctx.now) {
            return Err(problem.into());
        }
        let answer = run(tx)?;
        if let Some(problem) = answer.problem() {
            return Err(problem.into());
        }
        let status = i64::from(answer.status.as_u16());
        let (by, at) = (self.ctx.actor.id.get(), self.ctx.now.0);
        let end = End {
            state: State::Agreed,
            by,
            at,
            note: self.note.as_deref(),
            answer: Some((status, answer.location.as_deref())),
        };
        held::end(tx, &held.id, &end)?;
        idempotent::keep_in_place(tx, (held.asked_by, &held.key, &held.fingerprint), &answer, self.ctx.now)?;
        (held.version, held.decided_by, held.state) = (2, Some(by), State::Agreed);
        let details = json!({
            "permission": held.permission,
            "request": format!("{} {}", held.sent.method, held.sent.target),
            "status": status,
            "location": answer.location,
            "note": self.note,
        });
        record_held(tx, &self.ctx, &held, ("access.approval.agree", "access.approval_agreed"), &details);
        let told = self.told(status, answer.location)?;
        idempotent::keep_in_place(tx, (by, self.key.as_str(), &self.fingerprint), &told, self.ctx.now)?;
        Ok(told)
    }
}

impl Agreement {
    /// What is answered to whoever has agreed.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a fault of ours.
    pub fn told(&self, status: i64, location: Option<String>) -> Result<Answer, Failure> {
        let told = AgreedTo { id: self.approval, state: "agreed", status, location, version: 2 };
        Ok(Answer::ok(&told)?.version(told.version))
    }
}

/// What a sealed body is sealed for.
pub(crate) fn place_of(fingerprint: &[u8; 32]) -> String {
    format!("db_held:{}", domain::hex::digits(fingerprint))
}

/// A request that is sent again inside of the program, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    pub(crate) principal: Arc<Principal>,
    pub(crate) second: Second,
    pub(crate) fingerprint: [u8; 32],
}

/// The request that a held command was, as somebody sends it again.
pub(crate) fn request(held: &Held, body: Bytes, replay: Replay, id: Uuid) -> Option<axum::extract::Request> {
    let request = axum::http::Request::builder()
        .method(held.sent.method.as_str())
        .uri(held.sent.target.as_str())
        .header("x-request-id", crate::problem::request_id_text(id))
        .header("idempotency-key", held.key.as_str());
    let request = match &held.sent.if_match {
        Some(version) => request.header("if-match", version.as_str()),
        None => request,
    };
    let request = if body.is_empty() { request } else { request.header("content-type", "application/json") };
    request.extension(replay).body(axum::body::Body::from(body)).ok()
}
