//! What is known of a user, as one text; and the personal part of it taken away, so that what they did with the
//! stock stays told, of somebody without a name.
//!
//! Not here: what other modules hold of a person, which the command of the operator asks and tells as well. Invariants:
//! an erased user has ended, and nothing of theirs signs in; the last administrator is not erased; the chain of the
//! audit log holds afterwards, and tells of the erasure. Erasing twice takes away what came meanwhile.

mod decide;

use crate::authority::By;
use crate::grants;
use crate::keys;
use crate::sessions::{self, Why};
use crate::store;
use crate::users::{self, User};
use crate::{store_factors, store_identities, store_keys, store_passkeys, store_privacy, store_sessions};
use db::audit::erase::{self, Erased, Texts};
use db::held::{self, Held, Which};
use db::{Conn, DbError, Tx};
use decide::Person;
use domain::{Instant, PrincipalId, Problem, hex};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use web::{Failure, IfMatch, RecordChange};

/// Rows that are read together.
const PAGE: i64 = 500;

/// What was taken away.
#[derive(Clone, Debug)]
pub struct ErasedUser {
    /// The user, as they are called from now on.
    pub user: User,
    /// Whether the account was open until now.
    pub was_open: bool,
    /// Rows of the audit log that texts were taken from.
    pub audit_rows: i64,
    /// Events of which the body has changed.
    pub events: u64,
    /// Kept answers to requests, and held commands, of which something was taken.
    pub answers: u64,
}

/// Everything that this module knows of a user, but for what the audit log tells.
///
/// # Errors
/// `not_found`.
pub fn known_of(conn: &mut Conn<'_>, login: &str) -> Result<(i64, Value), Failure> {
    let User { row, grants } = users::find(conn, login)?;
    let factor = store_factors::find(conn, row.id)?;
    let identity = store_identities::of(conn, row.id)?.map(|found| {
        json!({
            "issuer": found.issuer, "subject": found.subject, "follows_groups": found.follows_groups,
            "linked_at": found.linked_at, "last_used_at": found.last_used_at,
        })
    });
    let passkeys: Vec<Value> = store_passkeys::of(conn, row.id, PAGE)?
        .into_iter()
        .map(|found| {
            json!({
                "name": found.name, "made_sure": found.verified, "created_at": found.created_at,
                "last_used_at": found.last_used_at, "credential_id": hex::digits(&found.credential_id),
            })
        })
        .collect();
    let keys: Vec<Value> = keys_of(conn, login)?
        .into_iter()
        .map(|key| {
            json!({
                "id": key.id, "name": key.name, "public_id": key.public_id,
                "networks": key.networks.as_deref().map(keys::words_of), "created_at": key.created_at,
                "last_used_at": key.last_used_at, "expires_at": key.expires_at, "revoked_at": key.revoked_at,
            })
        })
        .collect();
    let sessions: Vec<Value> = sessions_of(conn, login)?
        .into_iter()
        .map(|session| {
            json!({
                "id": session.id, "method": session.method, "network": session.network, "agent": session.agent,
                "begun_at": session.begun_at, "seen_at": session.seen_at, "ended_at": session.ended_at,
                "ended_why": session.ended_why,
            })
        })
        .collect();
    let account = json!({
        "id": row.id, "login": row.login, "name": row.name, "created_at": row.created_at, "ended_at": row.ended_at,
        "grants": grants::details(&grants),
        "second_factor": factor.map(|factor| json!({ "confirmed_at": factor.confirmed_at })),
        "identity": identity, "passkeys": passkeys, "keys": keys, "sessions": sessions,
        "approvals": approvals_of(conn, row.id.get())?,
    });
    Ok((row.id.get(), account))
}

fn keys_of(conn: &mut Conn<'_>, login: &str) -> Result<Vec<store_keys::KeyRow>, DbError> {
    let mut found: Vec<store_keys::KeyRow> = Vec::new();
    loop {
        let page = store_keys::list(conn, found.last().map(|key| key.id), Some(login), None, PAGE)?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

fn sessions_of(conn: &mut Conn<'_>, login: &str) -> Result<Vec<store_sessions::SessionRow>, DbError> {
    let mut found: Vec<store_sessions::SessionRow> = Vec::new();
    loop {
        let after = found.last().map_or(0, |session| session.id);
        let page = store_sessions::list(conn, after, (Some(login), None), (Instant(0), Instant(0)), PAGE)?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

/// The commands that somebody asked for or decided.
fn approvals_of(conn: &mut Conn<'_>, id: i64) -> Result<Vec<Value>, DbError> {
    let mut found = Vec::new();
    every_held(conn, |held| {
        if held.asked_by == id || held.decided_by == Some(id) {
            found.push(json!({
                "request": format!("{} {}", held.sent.method, held.sent.target), "permission": held.permission,
                "asked": held.asked_by == id, "decided": held.decided_by == Some(id), "note": held.note,
                "asked_at": Instant(held.asked_at), "decided_at": held.decided_at.map(Instant),
            }));
        }
    })?;
    Ok(found)
}

fn every_held(conn: &mut Conn<'_>, mut each: impl FnMut(Held)) -> Result<(), DbError> {
    let mut after = None;
    loop {
        let page = held::list(conn, Which::All, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        page.into_iter().for_each(&mut each);
    }
}

/// Takes everything personal of a user away, ends their account if it is open, and records that.
///
/// # Errors
/// `not_found`; `forbidden` when they hold more than the caller; `in_use` for the last administrator.
pub fn erase_user(tx: &mut Tx<'_>, by: &By<'_>, login: &str) -> Result<ErasedUser, Failure> {
    let Emptied { id, person, was_open, answers } = empty(tx, by, login)?;
    let people = [person];
    let (events, erased) = take_texts(tx, by, &people)?;
    store::count_up(tx, id)?;
    let user = users::find(tx, &decide::mark(id.get()))?;
    let (rows, digest) = (erased.rows(), hex::digits(&erased.digest()));
    let body = json!({ "id": user.row.id, "handle": user.row.login, "rows": rows, "digest": digest });
    record(tx, by, (&user, erase::ACTION), &body)?;
    Ok(ErasedUser { user, was_open, audit_rows: erased.rows(), events, answers })
}

/// The same of many users at once: the log is gone through once for all of them, and one row tells of that. How many
/// rows of the log it has changed.
///
/// # Errors
/// As [`erase_user`].
pub(crate) fn erase_users(tx: &mut Tx<'_>, by: &By<'_>, logins: &[String]) -> Result<i64, Failure> {
    let people = logins
        .iter()
        .map(|login| empty(tx, by, login).map(|emptied| emptied.person))
        .collect::<Result<Vec<_>, _>>()?;
    let (_, erased) = take_texts(tx, by, &people)?;
    for person in &people {
        store::count_up(tx, PrincipalId(person.id))?;
        let user = users::find(tx, &person.mark())?;
        let body = json!({ "id": user.row.id, "handle": user.row.login });
        record(tx, by, (&user, "access.user.erase"), &body)?;
    }
    let details = json!({ "rows": erased.rows(), "digest": hex::digits(&erased.digest()) });
    web::audit(tx, by.ctx, erase::ACTION, "users", &details);
    Ok(erased.rows())
}

/// Somebody of whom the tables hold nothing personal any more, and the log and the events still do.
struct Emptied {
    id: PrincipalId,
    person: Person,
    was_open: bool,
    /// Kept answers to requests, and held commands, of which something was taken.
    answers: u64,
}

fn empty(tx: &mut Tx<'_>, by: &By<'_>, login: &str) -> Result<Emptied, Failure> {
    let user = users::lock_at(tx, by, login, IfMatch::Any)?;
    let was_open = user.row.ended_at.is_none();
    let person = person(tx, &user)?;
    if was_open {
        grants::keep_an_administrator(tx, &user, None)?;
        store::end(tx, user.row.id, by.ctx.now)?;
    }
    take_away(tx, by, &user, &person)?;
    let answers = answers(tx, &person)? + held_commands(tx, &person)?;
    Ok(Emptied { id: user.row.id, person, was_open, answers })
}

/// Takes away what events and the audit log say of these people; how many events, and which rows.
fn take_texts(tx: &mut Tx<'_>, by: &By<'_>, people: &[Person]) -> Result<(u64, Erased), DbError> {
    let events = db::erase_events(tx, "access.", |kind, id, payload| {
        decide::details_of(people, |person| person.is_aggregate(kind, id), payload)
    })?;
    let erased = erase::erase(tx, by.ctx.request_id.as_bytes(), |row| {
        let of_access = row.action.starts_with("access.");
        let details = || decide::details_of(people, |person| person.is_target(&row.target), &row.details);
        let actor = people.iter().find(|person| person.id == row.actor_id);
        Some(Texts {
            actor_name: actor.map(Person::mark),
            target: people.iter().find_map(|person| person.target(&row.target)),
            details: of_access.then(details).flatten(),
        })
    })?;
    Ok((events, erased))
}

fn person(conn: &mut Conn<'_>, user: &User) -> Result<Person, DbError> {
    let row = &user.row;
    let mut known: BTreeSet<String> = [row.login.clone(), row.name.clone()].into();
    let mut keys = Vec::new();
    for key in keys_of(conn, &row.login)? {
        known.extend(key.networks.as_deref().map(keys::words_of).unwrap_or_default());
        known.insert(key.name);
        keys.push((key.id.get(), key.public_id));
    }
    for session in sessions_of(conn, &row.login)? {
        known.extend(session.network);
        known.insert(session.agent);
    }
    known.extend(store_passkeys::of(conn, row.id, PAGE)?.into_iter().map(|passkey| passkey.name));
    Ok(Person { id: row.id.get(), login: row.login.clone(), keys, known })
}

/// What the tables of this module hold.
fn take_away(tx: &mut Tx<'_>, by: &By<'_>, user: &User, person: &Person) -> Result<(), Failure> {
    let id = user.row.id;
    sessions::end_all(tx, by.ctx, id, Why::Account)?;
    store_privacy::sessions(tx, id)?;
    store_passkeys::remove_all(tx, id)?;
    store_factors::remove(tx, id)?;
    store_identities::remove(tx, id)?;
    for key in keys_of(tx, &user.row.login)? {
        keys::revoke(tx, by, key.id, IfMatch::Any)?;
        store::rename(tx, key.id, &decide::mark(key.id.get()))?;
        store_privacy::key(tx, key.id)?;
    }
    store_privacy::account(tx, id, &person.mark())?;
    store::rename(tx, id, &person.mark())?;
    Ok(())
}

/// What answers to requests say that are kept for a week, so that a repeated request gets the same one.
fn answers(tx: &mut Tx<'_>, person: &Person) -> Result<u64, DbError> {
    let shown = Value::from(person.login.as_str()).to_string();
    db::idempotency::rewrite(tx, person.id, shown.as_bytes(), |headers, body| {
        let new_headers = headers.and_then(|headers| person.sentence(headers));
        let new_body = person.answer(body);
        if new_headers.is_none() && new_body.is_none() {
            return None;
        }
        let headers = new_headers.or_else(|| headers.map(str::to_owned));
        Some((headers, new_body.unwrap_or_else(|| body.to_vec())))
    })
}

/// What held commands say. One whose body holds a secret is sealed, and empty once it is decided.
fn held_commands(tx: &mut Tx<'_>, person: &Person) -> Result<u64, DbError> {
    let mut changed: Vec<Held> = Vec::new();
    every_held(tx, |mut held| {
        let target = person.sentence(&held.sent.target);
        let body = if held.sent.sealed { None } else { person.answer(&held.sent.body) };
        let note = held.note.as_deref().and_then(|note| person.sentence(note));
        let location = held.location.as_deref().and_then(|location| person.sentence(location));
        if target.is_none() && body.is_none() && note.is_none() && location.is_none() {
            return;
        }
        held.sent.target = target.unwrap_or(held.sent.target);
        held.sent.body = body.unwrap_or(held.sent.body);
        held.note = note.or(held.note);
        held.location = location.or(held.location);
        changed.push(held);
    })?;
    for held in &changed {
        held::rewrite(tx, held)?;
    }
    Ok(u64::try_from(changed.len()).unwrap_or(u64::MAX))
}

/// The row of the log that tells of the erasure, and the event.
fn record(tx: &mut Tx<'_>, by: &By<'_>, (user, action): (&User, &str), body: &Value) -> Result<(), DbError> {
    let row = &user.row;
    let change = RecordChange {
        action,
        event: "access.user_erased",
        target: &format!("user:{}", row.login),
        aggregate_type: "access.user",
        aggregate_id: &row.id.to_string(),
        version: row.version,
        at: by.ctx.now,
        sites: &[],
    };
    web::record_change(tx, by.ctx, &change, body);
    store::next_generation(tx)
}

/// Records that somebody was erased of whom the audit log holds nothing, such as a customer, without saying whom.
pub fn record_erased(tx: &mut Tx<'_>, by: &By<'_>, what: &str) {
    let nothing = Erased::default();
    let details = json!({ "rows": nothing.rows(), "digest": hex::digits(&nothing.digest()) });
    web::audit(tx, by.ctx, erase::ACTION, what, &details);
}

/// What stands in the place of the login of somebody who was erased.
pub(crate) fn mark_of(id: i64) -> String {
    decide::mark(id)
}

/// Whether a text is what an erased user is called, and no login.
pub fn is_mark(text: &str) -> bool {
    text.strip_prefix(erase::MARK).is_some_and(|id| id.parse::<i64>().is_ok())
}

/// The login of a user as somebody writes it, erased or not.
///
/// # Errors
/// As [`users::login`].
pub fn subject(text: &str) -> Result<String, Problem> {
    if is_mark(text) { Ok(text.to_owned()) } else { users::login(text) }
}
