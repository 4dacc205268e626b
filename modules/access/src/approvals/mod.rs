//! Approvals: commands that wait for a second person, looked up, agreed to, refused, taken back.
//!
//! What needs somebody else, and why, is decided where a command is decided (`web::Second`). Here it is
//! decided who else may agree. Invariants: never who asked, in any of their forms; never by a right that
//! who asked has given; whoever agrees could do it alone.

pub(crate) mod api;
mod decide;

use crate::Access;
use crate::authority::Bounds;
use crate::grants;
use crate::keys;
use crate::store;
use db::held::{self, End, Held, State, Which};
use db::{Conn, Db, DbError, Tx};
use decide::Two;
use domain::{ApprovalId, Code, Ctx, Instant, LocationId, Permission, PrincipalId, Problem};
use serde_json::json;
use std::sync::Arc;
use web::{Failure, Principal, PrincipalKind, Reached};

/// Rows that are looked at for one page at most: whoever sees few of them is told where to go on.
const LOOKED_AT_MAX: usize = 5_000;
/// Commands that expire in one transaction.
const EXPIRED_AT_ONCE: i64 = 100;

/// Whether somebody sees a held command: who asked, and whoever holds the permission where it would happen.
fn sees(conn: &mut Conn<'_>, bounds: &Bounds, principal: &Principal, held: &Held) -> Result<bool, DbError> {
    if held.asked_by == principal.id().get() {
        return Ok(true);
    }
    let scope = Permission::parse(&held.permission).and_then(|permission| principal.scope(permission));
    let roots = match scope.map(web::Scope::reached) {
        None => return Ok(false),
        Some(Reached::All) => return Ok(true),
        Some(Reached::Within(roots)) => roots,
    };
    let places: Option<Vec<i64>> =
        held.places.as_deref().map(|text| serde_json::from_str(text).unwrap_or_default());
    // what is about no place in particular is about all of them
    let Some(places) = places.filter(|places| !places.is_empty()) else { return Ok(false) };
    for place in places {
        if !(bounds.within)(conn, LocationId(place), roots)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A held command that somebody sees.
///
/// # Errors
/// `not_found`, also out of sight.
fn find(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    principal: &Principal,
    id: ApprovalId,
) -> Result<Held, Failure> {
    let found = held::by_id(conn, id.bytes())?;
    match found {
        Some(held) if sees(conn, bounds, principal, &held)? => Ok(held),
        _ => Err(Problem::not_found("approval", id).into()),
    }
}

/// Which held commands are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) state: Option<State>,
    pub(crate) mine: bool,
}

/// Held commands that somebody sees, the oldest first, and after which the next page begins.
fn list(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    principal: &Principal,
    wanted: Wanted,
    (after, limit): (Option<ApprovalId>, usize),
) -> Result<(Vec<Held>, Option<ApprovalId>), DbError> {
    let which = match wanted {
        Wanted { mine: true, .. } => Which::By(principal.id().get()),
        Wanted { state: Some(state), .. } => Which::In(state),
        Wanted { state: None, .. } => Which::All,
    };
    let fetch = limit.saturating_add(1);
    let (mut found, mut after, mut looked_at) = (Vec::new(), after.map(|id| *id.bytes()), 0);
    loop {
        let rows = held::list(conn, which, after, i64::try_from(fetch).unwrap_or(i64::MAX))?;
        let last = rows.len() < fetch;
        for held in rows {
            looked_at += 1;
            if found.len() == limit || looked_at > LOOKED_AT_MAX {
                return Ok((found, after.map(ApprovalId::from_bytes)));
            }
            after = Some(held.id);
            let fits = wanted.state.is_none_or(|state| held.state == state);
            if fits && sees(conn, bounds, principal, &held)? {
                found.push(held);
            }
        }
        if last {
            return Ok((found, None));
        }
    }
}

/// The two sides of a held command that somebody agrees to.
struct Sides {
    held: Held,
    /// Who asked, with what they may do by now.
    asker: Arc<Principal>,
    /// Who agrees, with what they may do that who asked has not given them.
    second: Arc<Principal>,
}

impl Access {
    /// What somebody needs who wants to agree to a command.
    ///
    /// # Errors
    /// `not_found`; `approval_closed`; `approval_not_own`; `forbidden` when who asked may not do it any more.
    fn sides(
        &self,
        conn: &mut Conn<'_>,
        (principal, now): (&Principal, Instant),
        id: ApprovalId,
    ) -> Result<Sides, Failure> {
        let bounds = self.bounds();
        let held = find(conn, bounds, principal, id)?;
        if let Some(problem) = web::closed(&held, now) {
            return Err(problem.into());
        }
        let second = somebody_else(conn, bounds, (principal, now), &held)?;
        let asker = who_asked(conn, bounds, &held, now)?.ok_or_else(|| {
            let detail = "whoever asked may do nothing any more: their account or their key was ended";
            Problem::new(Code::Forbidden, detail)
        })?;
        Ok(Sides { held, asker: Arc::new(asker), second: Arc::new(second) })
    }
}

/// Whoever decides, with what they may do that who asked has not given them.
///
/// # Errors
/// `approval_not_own`.
fn somebody_else(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    (principal, now): (&Principal, Instant),
    held: &Held,
) -> Result<Principal, Failure> {
    let asked_by = PrincipalId(held.asked_by);
    let is_machine = held.via == Some(held.asked_by);
    let machine_of = if is_machine { store::maker(conn, asked_by)? } else { None };
    let account = store::account(conn, principal.id())?;
    let password_by = account.and_then(|(_, password_by, _)| password_by);
    let (decides, is_person) = (principal.id(), principal.kind() == PrincipalKind::User);
    Two { asked_by, machine_of, decides, is_person, password_by }.check()?;
    let maker = machine_of.unwrap_or(asked_by);
    let grants = match principal.via() {
        Some(key) => keys::grants_now(conn, bounds, (key, now), Some(maker))?.map(|(_, grants)| grants),
        None => Some(grants::load_but_of(conn, decides, maker)?),
    };
    let (id, name) = (principal.id(), principal.name());
    let second = Principal::new(id, name, PrincipalKind::User, grants.unwrap_or_default(), None);
    let permission = Permission::parse(&held.permission);
    if permission.and_then(|permission| second.scope(permission)).is_none() {
        let detail = "you hold this by a grant of whoever asked, so somebody else has to agree";
        return Err(Problem::new(Code::ApprovalNotOwn, detail).into());
    }
    Ok(second)
}

/// Who asked for a held command, with what they may do by now; `None` for whom nothing is left.
fn who_asked(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    held: &Held,
    now: Instant,
) -> Result<Option<Principal>, DbError> {
    if let Some(key) = held.via {
        let found = keys::grants_now(conn, bounds, (PrincipalId(key), now), None)?;
        return Ok(found.map(|(key, grants)| keys::principal_of(&key, grants).with_key(key.id)));
    }
    let id = PrincipalId(held.asked_by);
    let Some((login, _, true)) = store::account(conn, id)? else { return Ok(None) };
    let grants = grants::load(conn, id)?;
    Ok(Some(Principal::new(id, &login, PrincipalKind::User, grants, None)))
}

/// How somebody ends a command that waits without doing it.
struct Ending<'a> {
    state: State,
    note: Option<&'a str>,
    /// The audited action, and the event.
    names: (&'a str, &'a str),
}

fn end(tx: &mut Tx<'_>, ctx: &Ctx, mut held: Held, ending: &Ending<'_>) -> Result<Held, Failure> {
    let (by, at) = (ctx.actor.id.get(), ctx.now.0);
    let Ending { state, note, names } = *ending;
    held::end(tx, &held.id, &End { state, by, at, note, answer: None })?;
    (held.state, held.version) = (state, 2);
    (held.decided_by, held.decided_at, held.note) = (Some(by), Some(at), note.map(str::to_owned));
    let request = format!("{} {}", held.sent.method, held.sent.target);
    let details = json!({ "permission": held.permission, "request": request, "note": note });
    web::record_held(tx, ctx, &held, names, &details);
    Ok(held)
}

/// Refuses a command that waits, for a reason.
///
/// # Errors
/// `not_found`; `approval_closed`; `approval_not_own`.
fn refuse(
    tx: &mut Tx<'_>,
    access: &Access,
    (principal, ctx): (&Principal, &Ctx),
    id: ApprovalId,
    reason: &str,
) -> Result<Held, Failure> {
    let held = lock(tx, access.bounds(), (principal, ctx.now), id)?;
    somebody_else(tx, access.bounds(), (principal, ctx.now), &held)?;
    let names = ("access.approval.refuse", "access.approval_refused");
    end(tx, ctx, held, &Ending { state: State::Refused, note: Some(reason), names })
}

/// Takes back a command of one's own.
///
/// # Errors
/// `not_found`, also for somebody else's; `approval_closed`.
fn withdraw(
    tx: &mut Tx<'_>,
    access: &Access,
    (principal, ctx): (&Principal, &Ctx),
    id: ApprovalId,
) -> Result<Held, Failure> {
    let held = lock(tx, access.bounds(), (principal, ctx.now), id)?;
    if held.asked_by != principal.id().get() {
        return Err(
            Problem::new(Code::Forbidden, "only whoever asked can take it back; refuse it instead").into()
        );
    }
    let names = ("access.approval.withdraw", "access.approval_withdrawn");
    end(tx, ctx, held, &Ending { state: State::Withdrawn, note: None, names })
}

/// A command that waits and that somebody sees, held until the transaction ends.
fn lock(
    tx: &mut Tx<'_>,
    bounds: &Bounds,
    (principal, now): (&Principal, Instant),
    id: ApprovalId,
) -> Result<Held, Failure> {
    find(tx, bounds, principal, id)?;
    let held = held::lock(tx, id.bytes())?.ok_or_else(|| Problem::not_found("approval", id))?;
    match web::closed(&held, now) {
        Some(problem) => Err(problem.into()),
        None => Ok(held),
    }
}

/// Ends what nobody has agreed to in time; how many they were.
///
/// # Errors
/// Failures of the store.
pub fn expire_approvals(db: &Db, ctx: &Ctx) -> Result<usize, DbError> {
    let now = ctx.now.0;
    let due = db.read_blocking(move |conn| held::due(conn, now, EXPIRED_AT_ONCE))?;
    if due.is_empty() {
        return Ok(0);
    }
    let ctx = ctx.clone();
    db.write_blocking(move |tx| {
        let mut ended = 0;
        for id in &due {
            let Some(held) = held::lock(tx, id)?.filter(|held| held.state == State::Waiting) else {
                continue;
            };
            let names = ("access.approval.expire", "access.approval_expired");
            let ending = Ending { state: State::Expired, note: None, names };
            end(tx, &ctx, held, &ending).map_err(|failure| match failure {
                Failure::Store(error) => error,
                other => DbError::Raised(other.to_string().into()),
            })?;
            ended += 1;
        }
        Ok(ended)
    })
}

/// Ends everything that waits for a second person; how many they were.
///
/// # Errors
/// Failures of the store.
pub(crate) fn expire_waiting(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize, Failure> {
    let mut ended = 0;
    loop {
        let page = held::list(tx, Which::In(State::Waiting), None, EXPIRED_AT_ONCE)?;
        if page.is_empty() {
            return Ok(ended);
        }
        for held in page {
            let names = ("access.approval.expire", "access.approval_expired");
            end(tx, ctx, held, &Ending { state: State::Expired, note: None, names })?;
            ended += 1;
        }
    }
}
