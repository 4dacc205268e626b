//! API keys. A key of a user may what they may, or less, and ends with their account; a key of a
//! machine has permissions and places of its own, which never exceed its maker's.

pub(crate) mod api;

use crate::authority::{Bounds, By, Extent, meet};
use crate::grants;
use crate::record::Change;
use crate::store::{self, RowKind};
use crate::store_keys::{self, KeyRow, Owner};
use crate::token::{self, Token};
use crate::users;
pub use api::role_of;
use db::{Conn, DbError, Tx};
use domain::network::{BadNetwork, Network};
use domain::permission::Permissions;
use domain::word::echo;
use domain::{Code, Conditions, Instant, LocationId, PrincipalId, Problem};
use serde_json::json;
use std::net::IpAddr;
use web::{Failure, Grant, IfMatch, Principal, PrincipalKind, Within};

/// Requests a minute when nothing is said.
pub const PER_MINUTE: u32 = 600;
/// How long a key is good when nothing is said: a year, in seconds.
pub const GOOD_SECONDS: i64 = 365 * 86_400;
/// How long a key can be good: five years, in seconds.
const GOOD_SECONDS_MAX: i64 = 5 * GOOD_SECONDS;

/// Networks of a key at most.
pub(crate) const NETWORKS_MAX: usize = 64;

/// A key to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// The login of the user it acts for; `None` for a machine.
    pub owner: Option<String>,
    /// At most these. A machine's key must say which.
    pub permissions: Option<Permissions>,
    /// Only below these; `None` for everywhere.
    pub locations: Option<Vec<LocationId>>,
    /// Only from there; `None` for from everywhere.
    pub networks: Option<Vec<Network>>,
    /// Requests a minute; `None` for any number, which only a machine may have.
    pub per_minute: Option<u32>,
    /// Until when; `None` for a year.
    pub expires_at: Option<Instant>,
}

/// Makes a key. The text of it is shown now and never again.
///
/// # Errors
/// `invalid_value`, also for a user who is not there; `invalid_expiry`; `forbidden` when the user
/// holds more than the caller; `grant_exceeds_maker`.
pub fn create(tx: &mut Tx<'_>, by: &By<'_>, new: &NewKey, token: &Token) -> Result<KeyRow, Failure> {
    let expires_at = expiry(new.expires_at, by.ctx.now)?;
    let owner = match &new.owner {
        Some(login) => Some(owner(tx, by, login)?),
        None => None,
    };
    if owner.is_none() {
        may_make(tx, by, new)?;
    } else if new.per_minute.is_none() {
        let detail = "only the key of a machine can go without a rate limit";
        return Err(Problem::at(Code::InvalidValue, "/unlimited", detail).into());
    }
    let id = store::insert_principal(tx, by.ctx, RowKind::Key, &new.name)?;
    let key = KeyRow {
        id,
        name: new.name.clone(),
        public_id: token.public_id().to_owned(),
        owner,
        permissions: new.permissions,
        locations: new.locations.clone(),
        networks: new.networks.clone(),
        per_minute: new.per_minute,
        expires_at,
        last_used_at: None,
        created_at: by.ctx.now,
        revoked_at: None,
        version: 1,
    };
    store_keys::insert(tx, &key, &token::hash(token.reveal()))?;
    let details = json!({
        "name": key.name,
        "owner": key.owner.as_ref().map(|owner| &owner.login),
        "permissions": key.permissions.map(crate::roles::words),
        "networks": key.networks.as_ref().map(|networks| words_of(networks)),
        "expires_at": key.expires_at,
    });
    change_of(&key, "access.key.create", "access.key_created").record(tx, by.ctx, &details)?;
    Ok(key)
}

/// Networks as they are written.
pub(crate) fn words_of(networks: &[Network]) -> Vec<String> {
    networks.iter().map(ToString::to_string).collect()
}

/// Reads the networks that a key is used from.
///
/// # Errors
/// `invalid_value` at the one that is none, or for none at all; `limit_exceeded`.
pub fn parse_networks(texts: &[String]) -> Result<Vec<Network>, Problem> {
    let refuse = |detail: String| Problem::at(Code::InvalidValue, "/networks", detail);
    if texts.is_empty() {
        return Err(refuse("`networks` names at least one, or is left out for everywhere".to_owned()));
    }
    if texts.len() > NETWORKS_MAX {
        let detail = format!("a key has at most {NETWORKS_MAX} networks, these are `{}`", texts.len());
        return Err(Problem::at(Code::LimitExceeded, "/networks", detail));
    }
    let one = |(place, text): (usize, &String)| {
        Network::parse(text).map_err(|bad| {
            let text = echo(text);
            let detail = match bad {
                BadNetwork::Malformed => {
                    format!("`{text}` is neither an address nor a network, such as `192.0.2.0/24`")
                }
                BadNetwork::Inside(meant) => {
                    format!("`{text}` is an address inside of a network: write `{meant}` for all of it")
                }
            };
            Problem::at(Code::InvalidValue, format!("/networks/{place}"), detail)
        })
    };
    texts.iter().enumerate().map(one).collect()
}

fn expiry(wanted: Option<Instant>, now: Instant) -> Result<Instant, Problem> {
    let expires_at = wanted.unwrap_or(now.to_the_second().plus_seconds(GOOD_SECONDS));
    if expires_at <= now || expires_at > now.plus_seconds(GOOD_SECONDS_MAX) {
        let detail = "a key is good until an instant between now and five years from now";
        return Err(Problem::at(Code::Expiry, "/expires_at", detail));
    }
    Ok(expires_at)
}

/// The user that the key will act for, who holds no more than the caller.
fn owner(tx: &mut Tx<'_>, by: &By<'_>, login: &str) -> Result<Owner, Failure> {
    let user = users::lock(tx, by, login).map_err(|failure| match failure {
        Failure::Refused(problem) if problem.code == Code::NotFound => {
            let detail = format!("there is no user `{}`", echo(login));
            Problem::at(Code::InvalidValue, "/owner", detail).into()
        }
        other => other,
    })?;
    let user = user.row;
    if user.ended_at.is_some() {
        let detail = format!("the account of `{login}` was ended");
        return Err(Problem::at(Code::InvalidValue, "/owner", detail).into());
    }
    Ok(Owner { id: user.id, login: user.login, ended: false })
}

/// The key of a machine holds no more than its maker.
fn may_make(tx: &mut Tx<'_>, by: &By<'_>, new: &NewKey) -> Result<(), Failure> {
    let Some(permissions) = new.permissions else {
        let detail = "say which permissions or which role the key has, or name a user as its `owner`";
        return Err(Problem::at(Code::InvalidValue, "/permissions", detail).into());
    };
    for within in places(new.locations.as_deref()) {
        by.may_hand_out(tx, (permissions, &Conditions::new()), Extent { within, category: None })?;
    }
    Ok(())
}

/// The places of a key.
fn places(locations: Option<&[LocationId]>) -> Vec<Within> {
    locations.map_or_else(|| vec![Within::All], |ids| ids.iter().copied().map(Within::Subtree).collect())
}

/// Revokes a key. Revoking it twice changes nothing.
///
/// # Errors
/// `not_found`; `stale`; `forbidden` when it holds more than the caller.
pub fn revoke(tx: &mut Tx<'_>, by: &By<'_>, id: PrincipalId, version: IfMatch) -> Result<KeyRow, Failure> {
    let key = store_keys::lock(tx, id)?.ok_or_else(|| Problem::not_found("key", id))?;
    let held = effective(tx, by.bounds, &key)?;
    by.may_change(tx, &held)?;
    version.check(key.version)?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    store::end(tx, id, by.ctx.now)?;
    let version = store::count_up(tx, id)?;
    let after = KeyRow { revoked_at: Some(by.ctx.now), version, ..key };
    change_of(&after, "access.key.revoke", "access.key_revoked").record(tx, by.ctx, &json!({}))?;
    Ok(after)
}

/// A key by the id of its principal.
///
/// # Errors
/// `not_found`.
pub(crate) fn find(conn: &mut Conn<'_>, id: PrincipalId) -> Result<KeyRow, Failure> {
    Ok(store_keys::by_id(conn, id)?.ok_or_else(|| Problem::not_found("key", id))?)
}

/// The id of a key that is named by its id or by how it begins.
///
/// # Errors
/// `not_found`.
pub fn id_of(conn: &mut Conn<'_>, named: &str) -> Result<PrincipalId, Failure> {
    let found = match named.strip_prefix("swk_") {
        Some(rest) => {
            let public_id = rest.split('_').next().unwrap_or_default();
            store_keys::by_public(conn, public_id)?.map(|(key, _)| key.id)
        }
        None => named.parse().ok().map(PrincipalId),
    };
    Ok(found.ok_or_else(|| Problem::not_found("key", named))?)
}

/// Keys after one, in the order of their ids.
///
/// # Errors
/// Failures of the store.
pub fn list(
    conn: &mut Conn<'_>,
    after: Option<PrincipalId>,
    (owner, revoked): (Option<&str>, Option<bool>),
    limit: i64,
) -> Result<Vec<KeyRow>, DbError> {
    store_keys::list(conn, after, owner, revoked, limit)
}

/// What a key allows now: its own, cut to what its owner holds now.
fn effective(conn: &mut Conn<'_>, bounds: &Bounds, key: &KeyRow) -> Result<Vec<Grant>, DbError> {
    let own = |permissions| {
        places(key.locations.as_deref()).into_iter().map(move |within| Grant::free(permissions, within))
    };
    let Some(owner) = &key.owner else {
        return Ok(own(key.permissions.unwrap_or_default()).collect());
    };
    let held = grants::load(conn, owner.id)?;
    cut(conn, bounds, key, held)
}

/// What a key of a user allows of what they hold.
fn cut(conn: &mut Conn<'_>, bounds: &Bounds, key: &KeyRow, held: Vec<Grant>) -> Result<Vec<Grant>, DbError> {
    let limit = key.permissions.unwrap_or_else(Permissions::all);
    let mut found = Vec::new();
    for grant in held {
        for place in places(key.locations.as_deref()) {
            if let Some(within) = meet(conn, bounds, place, grant.within)? {
                let permissions = grant.permissions.intersection(limit);
                found.push(Grant { permissions, within, ..grant.clone() });
            }
        }
    }
    Ok(found)
}

/// What a key allows that holds now, wherever it is used from; nothing when it does not hold. Of what its
/// user holds, nothing that `but_of` has given them.
pub(crate) fn grants_now(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    (id, now): (PrincipalId, Instant),
    but_of: Option<PrincipalId>,
) -> Result<Option<(KeyRow, Vec<Grant>)>, DbError> {
    let Some(key) = store_keys::by_id(conn, id)? else { return Ok(None) };
    let ended = key.owner.as_ref().is_some_and(|owner| owner.ended);
    if key.revoked_at.is_some() || ended || key.expires_at <= now {
        return Ok(None);
    }
    let grants = match (&key.owner, but_of) {
        (Some(owner), Some(maker)) => {
            let held = grants::load_but_of(conn, owner.id, maker)?;
            cut(conn, bounds, &key, held)?
        }
        _ => effective(conn, bounds, &key)?,
    };
    Ok(Some((key, grants)))
}

/// What a key allows now, by its id; nothing when it is not there.
pub(crate) fn grants_of(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    id: PrincipalId,
) -> Result<Vec<Grant>, DbError> {
    match store_keys::by_id(conn, id)? {
        Some(key) => effective(conn, bounds, &key),
        None => Ok(Vec::new()),
    }
}

/// Who stands behind the text of a key.
pub(crate) struct Authenticated {
    pub(crate) principal: Principal,
    pub(crate) key: PrincipalId,
    pub(crate) expires_at: Instant,
    /// Where it may be used from.
    pub(crate) networks: Option<Vec<Network>>,
    /// Its places are those of the key cut to those of its user, so it follows the tree.
    pub(crate) cut: bool,
}

/// Whether a key is used from where it may be; without an address only one that is held to none.
pub(crate) fn may_come(networks: Option<&[Network]>, from: Option<IpAddr>) -> bool {
    let Some(networks) = networks else { return true };
    from.is_some_and(|from| networks.iter().any(|network| network.contains(from)))
}

/// Why a key is not used from there, for the audit log.
pub(crate) fn elsewhere(key: PrincipalId) -> String {
    format!("key {key} came from an address that is none of its own")
}

/// Why a key does not hold, for the audit log.
fn past(key: &KeyRow, now: Instant, from: Option<IpAddr>) -> Option<String> {
    let id = key.id;
    if let Some(at) = key.revoked_at {
        return Some(format!("key {id} was revoked at {}", at.to_the_second()));
    }
    if let Some(owner) = key.owner.as_ref().filter(|owner| owner.ended) {
        return Some(format!("the account of `{}`, for whom key {id} acts, was ended", owner.login));
    }
    if key.expires_at <= now {
        return Some(format!("key {id} has expired at {}", key.expires_at.to_the_second()));
    }
    (!may_come(key.networks.as_deref(), from)).then(|| elsewhere(id))
}

/// Why there is nobody behind the text of a key.
pub(crate) struct Nobody {
    /// For the audit log.
    pub(crate) why: String,
    /// When it expired, for whoever has it and comes from where it may be used: nothing else is told.
    pub(crate) expired_at: Option<Instant>,
}

/// The principal behind the text of a key.
pub(crate) fn authenticate(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    text: &str,
    (now, from): (Instant, Option<IpAddr>),
) -> Result<Result<Authenticated, Nobody>, DbError> {
    let found = token::public_id(text).map(|public_id| store_keys::by_public(conn, public_id)).transpose()?;
    // whoever knows only the part that is shown knows no key
    let Some((key, _)) = found.flatten().filter(|(_, hash)| *hash == token::hash(text)) else {
        return Ok(Err(Nobody { why: "nobody has this key".to_owned(), expired_at: None }));
    };
    if let Some(why) = past(&key, now, from) {
        let is_expired = key.revoked_at.is_none() && key.owner.as_ref().is_none_or(|owner| !owner.ended);
        let is_told = is_expired && key.expires_at <= now && may_come(key.networks.as_deref(), from);
        return Ok(Err(Nobody { why, expired_at: is_told.then_some(key.expires_at) }));
    }
    let grants = effective(conn, bounds, &key)?;
    let principal = principal_of(&key, grants).with_key(key.id);
    let cut = key.owner.is_some() && key.locations.is_some();
    let KeyRow { id, expires_at, networks, .. } = key;
    Ok(Ok(Authenticated { principal, key: id, expires_at, networks, cut }))
}

/// Who asks with a key: its user, or the machine that it is.
pub(crate) fn principal_of(key: &KeyRow, grants: Vec<Grant>) -> Principal {
    match &key.owner {
        Some(owner) => Principal::new(owner.id, &owner.login, PrincipalKind::User, grants, key.per_minute),
        None => Principal::new(key.id, &key.name, PrincipalKind::Key, grants, key.per_minute),
    }
}

/// Whether the text is that of a key that may be used now.
///
/// # Errors
/// When the store cannot be read.
pub fn is_usable(conn: &mut Conn<'_>, bounds: &Bounds, text: &str, now: Instant) -> Result<bool, DbError> {
    // from this machine, where whoever asks runs
    let from = Some(IpAddr::from([127, 0, 0, 1]));
    Ok(authenticate(conn, bounds, text, (now, from))?.is_ok())
}

fn change_of<'a>(key: &'a KeyRow, action: &'a str, event: &'a str) -> Change<'a> {
    Change { action, event, kind: "key", handle: &key.public_id, id: key.id.get(), version: key.version }
}
