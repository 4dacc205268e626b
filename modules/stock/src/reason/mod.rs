//! Reason codes: why stock was adjusted, its status changed, or a location blocked. What must say why
//! names one that is known and in use, and so does everything else that says why at all. A code is found whatever its case and kept in small letters; a
//! reason is retired, never deleted, because old postings name it.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::brought::Brought;
use crate::compile::check_words;
use crate::input::{PostInput, Work};
use crate::names::Names;
use crate::record::{self, Change};
use db::{Conn, Tx};
use domain::code::{ReasonCode, fold};
use domain::ledger::Kind;
use domain::{AsProblem, Code, Ctx, Name, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// A reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// Its code, in small letters.
    pub code: String,
    /// What it means.
    pub name: String,
    /// Whether new postings may carry it.
    pub active: bool,
    /// Counts its changes; the `ETag`.
    pub version: i64,
}

/// A new reason.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReason {
    /// Its code.
    pub(crate) code: String,
    /// What it means.
    pub(crate) name: String,
}

/// A change of a reason: left out means as it was.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeReason {
    /// What it means.
    pub(crate) name: Option<String>,
    /// Whether new postings may carry it.
    pub(crate) active: Option<bool>,
}

/// Whether a posting of this kind must say why.
pub(crate) const fn is_needed(kind: Kind) -> bool {
    matches!(kind, Kind::Adjust | Kind::SetStatus)
}

/// The reason of a posting of this kind as it is kept.
pub(crate) fn of_posting(names: &Names, kind: Kind, given: Option<&str>) -> Result<Option<String>, Problem> {
    match given {
        None if !is_needed(kind) => Ok(None),
        given => known(|code| names.reasons.contains(code), given.unwrap_or_default()).map(Some),
    }
}

/// Whether the reasons in use must be known to decide about a request.
pub(crate) fn is_asked(work: &Work) -> bool {
    let by_posting = |post: &PostInput| post.reason.is_some() || is_needed(post.kind);
    match work {
        Work::Post(post) => by_posting(post),
        Work::Bulk(bulk) => bulk.postings.iter().any(by_posting),
        Work::Reverse(reverse) => reverse.reason.is_some(),
        _ => false,
    }
}

/// The reason that a document or a block gives.
pub(crate) fn read(conn: &mut Conn<'_>, given: &str) -> Result<String, Failure> {
    check_words(None, Some(given).filter(|given| !given.is_empty()), None)?;
    let found = store::one(conn, &fold(given))?;
    Ok(known(|_| found.as_ref().is_some_and(|reason| reason.active), given)?)
}

/// The reason that a row of a list gives for a block: one that is known, retired since or not.
///
/// # Errors
/// `unknown_reason`, and failures of the store.
pub fn reason_of_list(conn: &mut Conn<'_>, given: &str, pointer: &str) -> Result<String, Failure> {
    Ok(store::one(conn, &fold(given))?.map(|reason| reason.code).ok_or_else(|| {
        let detail = format!("there is no reason `{given}`; bring the list `reasons` before this one");
        Problem::at(Code::UnknownReason, pointer, detail)
    })?)
}

fn known(is_active: impl Fn(&str) -> bool, given: &str) -> Result<String, Problem> {
    let code = fold(given);
    if is_active(&code) {
        return Ok(code);
    }
    let detail = match given {
        "" => "say why, with one of the codes of `/api/v1/reasons`".to_owned(),
        given => format!("no reason in use has the code `{given}`; take one of `/api/v1/reasons`"),
    };
    Err(Problem::at(Code::UnknownReason, "/reason", detail))
}

/// Creates a reason.
pub(crate) fn create(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewReason) -> Result<Reason, Failure> {
    let code = ReasonCode::parse(&new.code).map_err(|error| error.problem("/code"))?.folded();
    let name = Name::parse(&new.name).map_err(|error| error.problem("/name"))?.to_string();
    let reason = Reason { code, name, active: true, version: 1 };
    if !store::insert(tx, &reason)? {
        let detail = format!("there is a reason `{}` already; choose another code", reason.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail).into());
    }
    trace(tx, ctx, &reason, "stock.reason.create", "stock.reason_created")?;
    Ok(reason)
}

/// Makes the reasons that are not there yet, each given by its code and name; one that is there stays as
/// it is.
///
/// # Errors
/// A refusal of a code or a name that cannot be one, and failures of the store.
pub fn make_reasons(tx: &mut Tx<'_>, ctx: &Ctx, wanted: &[(&str, &str)]) -> Result<(), Failure> {
    for (code, name) in wanted {
        if store::one(tx, &fold(code))?.is_none() {
            create(tx, ctx, &NewReason { code: (*code).to_owned(), name: (*name).to_owned() })?;
        }
    }
    Ok(())
}

/// Makes a reason, or brings the one that is there to what is said of it.
///
/// # Errors
/// A refusal of a code or a name that cannot be one, and failures of the store.
pub fn bring_reason(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    code: &str,
    name: Option<&str>,
    active: Option<bool>,
) -> Result<Brought, Failure> {
    let named = name.map(str::to_owned);
    let Some(before) = store::one(tx, &fold(code))? else {
        let new = NewReason { code: code.to_owned(), name: named.unwrap_or_else(|| code.to_owned()) };
        create(tx, ctx, &new)?;
        if active == Some(false) {
            change(tx, ctx, code, IfMatch::Any, &ChangeReason { name: None, active })?;
        }
        return Ok(Brought::Created);
    };
    let after = change(tx, ctx, code, IfMatch::Any, &ChangeReason { name: named, active })?;
    Ok(if after == before { Brought::Unchanged } else { Brought::Changed })
}

/// Renames a reason, retires it or takes it back into use.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    code: &str,
    version: IfMatch,
    change: &ChangeReason,
) -> Result<Reason, Failure> {
    let before = store::lock(tx, &fold(code))?.ok_or_else(|| Problem::not_found("reason", code))?;
    version.check(before.version)?;
    let name = match &change.name {
        None => before.name.clone(),
        Some(name) => Name::parse(name).map_err(|error| error.problem("/name"))?.to_string(),
    };
    let mut after = Reason { name, active: change.active.unwrap_or(before.active), ..before.clone() };
    if after != before {
        after.version = before.version.saturating_add(1);
        store::update(tx, &after)?;
        trace(tx, ctx, &after, "stock.reason.change", "stock.reason_changed")?;
    }
    Ok(after)
}

fn trace(tx: &mut Tx<'_>, ctx: &Ctx, reason: &Reason, action: &str, event: &str) -> Result<(), Failure> {
    let change =
        Change { action, event, aggregate: "reason", id: &reason.code, version: reason.version, sites: &[] };
    record::change(
        tx,
        ctx,
        &reason.code,
        &change,
        &serde_json::json!({ "reason": serde_json::to_value(reason)? }),
    );
    Ok(())
}
