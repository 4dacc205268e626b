//! The statements of API keys.

use crate::role;
use crate::store::choice;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::network::Network;
use domain::permission::Permissions;
use domain::{Instant, LocationId, PrincipalId};

/// A key without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRow {
    /// Its own principal.
    pub id: PrincipalId,
    /// What it is for.
    pub name: String,
    /// The part that is shown.
    pub public_id: String,
    /// The user it acts for; none for a machine.
    pub owner: Option<Owner>,
    /// At most these; `None` for all that the owner may.
    pub permissions: Option<Permissions>,
    /// Only there; `None` for everywhere.
    pub locations: Option<Vec<LocationId>>,
    /// Only from there; `None` for from everywhere.
    pub networks: Option<Vec<Network>>,
    /// Requests a minute; `None` for any number.
    pub per_minute: Option<u32>,
    /// Until when it is good.
    pub expires_at: Instant,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

/// The user that a key acts for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The principal.
    pub id: PrincipalId,
    /// The login.
    pub login: String,
    /// The account was ended, and with it the key.
    pub ended: bool,
}

macro_rules! key {
    () => {
        "k.principal_id, p.name, k.public_id, k.owner_id, u.login, o.ended_at, k.permissions, k.locations, \
         k.per_minute, k.expires_at, k.last_used_at, p.created_at, p.ended_at, p.version, k.networks"
    };
}

macro_rules! from {
    () => {
        " from access_key k
          join access_principal p on p.id = k.principal_id
          left join access_principal o on o.id = k.owner_id
          left join access_user u on u.principal_id = k.owner_id"
    };
}

const BY_PUBLIC: Statement = Statement::new(
    "access.key.by_public",
    concat!("select ", key!(), ", k.secret_hash", from!(), " where k.public_id = ?1"),
)
.hot();

const LOCK: Statement = Statement::per_engine(
    "access.key.lock",
    concat!("select ", key!(), from!(), " where k.principal_id = ?1"),
    concat!("select ", key!(), from!(), " where k.principal_id = ?1 for update of p"),
);

const BY_ID: Statement =
    Statement::new("access.key.by_id", concat!("select ", key!(), from!(), " where k.principal_id = ?1"));

const LIST: Statement = Statement::new(
    "access.key.list",
    concat!(
        "select ",
        key!(),
        from!(),
        " where k.principal_id > ?1
            and (cast(?2 as text) is null or u.login = ?2)
            and (?3 = 0 or (?3 = 1 and p.ended_at is null) or (?3 = 2 and p.ended_at is not null))
          order by k.principal_id
          limit ?4"
    ),
);

const INSERT: Statement = Statement::new(
    "access.key.insert",
    "insert into access_key
       (principal_id, public_id, secret_hash, owner_id, permissions, locations, per_minute, expires_at, networks, last_used_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, null)",
);

const USED: Statement = Statement::per_engine(
    "access.key.used",
    "update access_key
     set last_used_at = ?2
     where principal_id = ?1 and (last_used_at is null or last_used_at < ?2)",
    "update access_key
     set last_used_at = n.at
     from (select * from unnest(?1::bigint[], ?2::timestamptz[]) as n (id, at) order by 1) n
     where access_key.principal_id = n.id
       and (access_key.last_used_at is null or access_key.last_used_at < n.at)",
);

/// The places of a key, from what is stored. What cannot be read is nowhere: no places at all would be
/// everywhere.
fn places_of(stored: &str) -> Vec<i64> {
    serde_json::from_str(stored).unwrap_or_default()
}

/// The networks of a key, from what is stored. What cannot be read is nowhere, as places are.
fn networks_of(stored: &str) -> Vec<Network> {
    let texts: Vec<String> = serde_json::from_str(stored).unwrap_or_default();
    texts.iter().filter_map(|text| Network::parse(text).ok()).collect()
}

fn read(row: &Row<'_>) -> Result<KeyRow, DbError> {
    let owner = match row.opt_int(3)? {
        None => None,
        Some(id) => Some(Owner {
            id: PrincipalId(id),
            login: row.opt_text(4)?.unwrap_or_default().to_owned(),
            ended: row.opt_int(5)?.is_some(),
        }),
    };
    let locations = row.opt_text(7)?.map(places_of);
    Ok(KeyRow {
        id: PrincipalId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        public_id: row.text(2)?.to_owned(),
        owner,
        permissions: row.opt_text(6)?.map(role::from_json),
        locations: locations.map(|ids| ids.into_iter().map(LocationId).collect()),
        per_minute: row.opt_int(8)?.map(|rate| u32::try_from(rate).unwrap_or(u32::MAX)),
        expires_at: Instant(row.int(9)?),
        last_used_at: row.opt_int(10)?.map(Instant),
        created_at: Instant(row.int(11)?),
        revoked_at: row.opt_int(12)?.map(Instant),
        version: row.int(13)?,
        networks: row.opt_text(14)?.map(networks_of),
    })
}

/// The key with this public part, and the hash of the whole key.
pub(crate) fn by_public(conn: &mut Conn<'_>, public_id: &str) -> Result<Option<(KeyRow, [u8; 32])>, DbError> {
    conn.query_opt(&BY_PUBLIC, &[public_id.into()], |row| Ok((read(row)?, row.hash(15)?)))
}

pub(crate) fn by_id(conn: &mut Conn<'_>, id: PrincipalId) -> Result<Option<KeyRow>, DbError> {
    conn.query_opt(&BY_ID, &[id.get().into()], read)
}

pub(crate) fn lock(tx: &mut Tx<'_>, id: PrincipalId) -> Result<Option<KeyRow>, DbError> {
    tx.query_opt(&LOCK, &[id.get().into()], read)
}

pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: Option<PrincipalId>,
    owner: Option<&str>,
    revoked: Option<bool>,
    limit: i64,
) -> Result<Vec<KeyRow>, DbError> {
    let after = after.map_or(0, PrincipalId::get);
    conn.query(&LIST, &[after.into(), owner.into(), choice(revoked).into(), limit.into()], read)
}

pub(crate) fn insert(tx: &mut Tx<'_>, key: &KeyRow, hash: &[u8; 32]) -> Result<(), DbError> {
    let permissions = key.permissions.map(role::to_json);
    let locations = key.locations.as_ref().map(|ids| {
        let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        serde_json::to_string(&ids).unwrap_or_else(|_| "[]".into())
    });
    let networks = key.networks.as_ref().map(|networks| {
        let texts: Vec<String> = networks.iter().map(ToString::to_string).collect();
        serde_json::to_string(&texts).unwrap_or_else(|_| "[]".into())
    });
    let params = [
        key.id.get().into(),
        Value::Text(&key.public_id),
        hash.into(),
        key.owner.as_ref().map(|owner| owner.id.get()).into(),
        permissions.as_deref().into(),
        locations.as_deref().into(),
        key.per_minute.map(i64::from).into(),
        key.expires_at.0.into(),
        networks.as_deref().into(),
    ];
    tx.execute(&INSERT, &params).map(drop)
}

/// Notes when keys were last used.
pub(crate) fn used(tx: &mut Tx<'_>, used: &[(PrincipalId, Instant)]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(2, used.len());
    for (id, at) in used {
        rows.push(&[id.get().into(), at.0.into()]);
    }
    tx.execute_many(&USED, &rows).map(drop)
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&BY_PUBLIC, &LOCK, &BY_ID, &LIST, &INSERT, &USED];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_cannot_be_read_are_nowhere() {
        assert_eq!(places_of("[3, 7]"), [3, 7]);
        assert_eq!(networks_of("[\"192.0.2.0/24\", \"x\"]").len(), 1);
        for damaged in ["", "[3,", "{}", "null", "[\"3\"]"] {
            assert_eq!(places_of(damaged), [0_i64; 0], "{damaged}");
            assert_eq!(networks_of(damaged), [], "{damaged}");
        }
    }
}
