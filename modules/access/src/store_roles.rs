//! The statements of roles and grants.

use crate::authority::Extent;
use crate::condition;
use crate::role::{self, Role};
use crate::roles::NewRole;
use db::{Conn, DbError, Row, Statement, Tx, Value};
use domain::permission::Permissions;
use domain::{CategoryId, Conditions, Ctx, Instant, LocationId, PrincipalId};
use web::Within;

/// The unique index of role names.
pub(crate) const NAME_INDEX: &str = "access_role_name";
/// The unique index of grants.
pub(crate) const GRANT_INDEX: &str = "access_grant_once";

/// Ids below are for built-in roles.
const FIRST_ID: i64 = 100;

/// A grant with its role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantRow {
    /// Its id.
    pub id: i64,
    /// The name of the role.
    pub role: String,
    /// What the role allows.
    pub permissions: Permissions,
    /// What some of that asks for besides.
    pub conditions: Conditions,
    /// Where.
    pub within: Within,
    /// Only for items of this category and those below it.
    pub category: Option<CategoryId>,
    /// When it was made.
    pub created_at: Instant,
    /// By whom.
    pub created_by: PrincipalId,
}

impl GrantRow {
    /// How far it reaches.
    pub(crate) fn extent(&self) -> Extent {
        Extent { within: self.within, category: self.category }
    }
}

macro_rules! role {
    () => {
        "r.id, r.name, r.about, r.built_in, r.permissions, r.version, r.conditions"
    };
}

const BY_NAME: Statement = Statement::new(
    "access.role.by_name",
    concat!("select ", role!(), " from access_role r where r.name = ?1"),
);

const LOCK: Statement = Statement::per_engine(
    "access.role.lock",
    concat!("select ", role!(), " from access_role r where r.name = ?1"),
    concat!("select ", role!(), " from access_role r where r.name = ?1 for update"),
);

const LIST: Statement = Statement::new(
    "access.role.list",
    concat!("select ", role!(), " from access_role r where r.name > ?1 order by r.name limit ?2"),
);

const INSERT: Statement = Statement::new(
    "access.role.insert",
    "insert into access_role (id, name, about, built_in, permissions, version, conditions)
     values (?1, ?2, ?3, ?4, ?5, 1, ?6)",
);

const UPDATE: Statement = Statement::new(
    "access.role.update",
    "update access_role
     set about = ?2, permissions = ?3, version = ?4, conditions = ?5
     where id = ?1",
);

const DELETE: Statement = Statement::new("access.role.delete", "delete from access_role where id = ?1");

const USED: Statement = Statement::new(
    "access.role.used",
    "select g.id from access_grant g where g.role_id = ?1 order by g.id limit 1",
);

const GRANTS: Statement = Statement::new(
    "access.grant.list",
    "select g.id, r.name, r.id, r.built_in, r.permissions, g.location_id, g.created_at, r.conditions, g.created_by,
            g.category_id
     from access_grant g
     join access_role r on r.id = g.role_id
     where g.principal_id = ?1
     order by g.id",
);

/// Administrators hold everything everywhere.
const STAFF: Statement = Statement::new(
    "access.grant.staff",
    "select g.principal_id, r.id, r.built_in, r.permissions, g.location_id
     from access_grant g
     join access_role r on r.id = g.role_id
     join access_principal p on p.id = g.principal_id
     where g.role_id <> 1 and g.category_id = 0 and p.kind = 1 and p.ended_at is null
     order by g.principal_id, g.id",
);

const GRANTED: Statement = Statement::new(
    "access.grant.granted",
    "select u.login
     from access_grant g
     join access_principal p on p.id = g.principal_id
     join access_user u on u.principal_id = g.principal_id
     where g.category_id = ?1 and p.ended_at is null
     order by u.login
     limit 1",
);

const INSERT_GRANT: Statement = Statement::new(
    "access.grant.insert",
    "insert into access_grant (id, principal_id, role_id, location_id, created_at, created_by, category_id)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);

const DELETE_GRANT: Statement =
    Statement::new("access.grant.delete", "delete from access_grant where id = ?1 and principal_id = ?2");

const OTHER_ADMINISTRATOR: Statement = Statement::new(
    "access.grant.other_administrator",
    "select p.id
     from access_grant g
     join access_principal p on p.id = g.principal_id
     where g.role_id = 1 and g.location_id = 0 and g.category_id = 0 and p.kind = 1 and p.ended_at is null and p.id <> ?1
     order by p.id
     limit 1",
);

fn read_role(row: &Row<'_>) -> Result<Role, DbError> {
    let (id, built_in) = (row.int(0)?, row.bool(3)?);
    Ok(Role {
        id,
        name: row.text(1)?.to_owned(),
        about: row.text(2)?.to_owned(),
        built_in,
        permissions: role::permissions_of(id, built_in, row.text(4)?),
        conditions: condition::from_json(row.text(6)?),
        version: row.int(5)?,
    })
}

fn read_grant(row: &Row<'_>) -> Result<GrantRow, DbError> {
    let (location, category) = (row.int(5)?, row.int(9)?);
    Ok(GrantRow {
        id: row.int(0)?,
        role: row.text(1)?.to_owned(),
        permissions: role::permissions_of(row.int(2)?, row.bool(3)?, row.text(4)?),
        conditions: condition::from_json(row.text(7)?),
        within: if location == 0 { Within::All } else { Within::Subtree(LocationId(location)) },
        category: (category != 0).then_some(CategoryId(category)),
        created_at: Instant(row.int(6)?),
        created_by: PrincipalId(row.int(8)?),
    })
}

pub(crate) fn by_name(conn: &mut Conn<'_>, name: &str) -> Result<Option<Role>, DbError> {
    conn.query_opt(&BY_NAME, &[name.into()], read_role)
}

pub(crate) fn lock(tx: &mut Tx<'_>, name: &str) -> Result<Option<Role>, DbError> {
    tx.query_opt(&LOCK, &[name.into()], read_role)
}

pub(crate) fn list(conn: &mut Conn<'_>, after: Option<&str>, limit: i64) -> Result<Vec<Role>, DbError> {
    conn.query(&LIST, &[after.unwrap_or_default().into(), limit.into()], read_role)
}

/// Adds a role of somebody's own; its id.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewRole) -> Result<i64, DbError> {
    let NewRole { name, about, permissions, conditions } = new;
    db::ids::reserve_below(tx, "access_role", FIRST_ID)?;
    let id = db::ids::take(tx, "access_role", 1)?;
    let (words, conditions) = (role::to_json(*permissions), condition::to_json(conditions));
    let (name, about) = (Value::Text(name), Value::Text(about));
    let params = [id.into(), name, about, false.into(), Value::Text(&words), Value::Text(&conditions)];
    tx.execute(&INSERT, &params)?;
    Ok(id)
}

pub(crate) fn update(tx: &mut Tx<'_>, role: &Role) -> Result<(), DbError> {
    let (words, conditions) = (role::to_json(role.permissions), condition::to_json(&role.conditions));
    let params = [
        role.id.into(),
        Value::Text(&role.about),
        Value::Text(&words),
        role.version.into(),
        Value::Text(&conditions),
    ];
    tx.execute(&UPDATE, &params).map(drop)
}

pub(crate) fn delete(tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute(&DELETE, &[id.into()]).map(drop)
}

pub(crate) fn is_used(conn: &mut Conn<'_>, id: i64) -> Result<bool, DbError> {
    Ok(conn.query_opt(&USED, &[id.into()], |_| Ok(()))?.is_some())
}

pub(crate) fn grants(conn: &mut Conn<'_>, principal: PrincipalId) -> Result<Vec<GrantRow>, DbError> {
    conn.query(&GRANTS, &[principal.get().into()], read_grant)
}

/// The grants of users in use, but for those of administrators: who, what it allows and where.
pub(crate) fn staff(conn: &mut Conn<'_>) -> Result<Vec<(i64, Permissions, LocationId)>, DbError> {
    conn.query(&STAFF, &[], |row| {
        let permissions = role::permissions_of(row.int(1)?, row.bool(2)?, row.text(3)?);
        Ok((row.int(0)?, permissions, LocationId(row.int(4)?)))
    })
}

/// The login of somebody in use who has a grant for a category.
pub(crate) fn granted(conn: &mut Conn<'_>, category: CategoryId) -> Result<Option<String>, DbError> {
    conn.query_opt(&GRANTED, &[category.get().into()], |row| Ok(row.text(0)?.to_owned()))
}

/// Adds a grant; its id.
pub(crate) fn insert_grant(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    principal: PrincipalId,
    role: i64,
    extent: Extent,
) -> Result<i64, DbError> {
    let id = db::ids::take(tx, "access_grant", 1)?;
    let location = match extent.within {
        Within::All => 0,
        Within::Subtree(location) => location.get(),
    };
    let params = [
        id.into(),
        principal.get().into(),
        role.into(),
        location.into(),
        ctx.now.0.into(),
        ctx.actor.id.get().into(),
        extent.category.map_or(0, CategoryId::get).into(),
    ];
    tx.execute(&INSERT_GRANT, &params)?;
    Ok(id)
}

/// Whether there was one.
pub(crate) fn delete_grant(tx: &mut Tx<'_>, principal: PrincipalId, id: i64) -> Result<bool, DbError> {
    Ok(tx.execute(&DELETE_GRANT, &[id.into(), principal.get().into()])? > 0)
}

/// Whether somebody else is an administrator of everything.
pub(crate) fn other_administrator(conn: &mut Conn<'_>, than: PrincipalId) -> Result<bool, DbError> {
    Ok(conn.query_opt(&OTHER_ADMINISTRATOR, &[than.get().into()], |_| Ok(()))?.is_some())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &BY_NAME,
    &LOCK,
    &LIST,
    &INSERT,
    &UPDATE,
    &DELETE,
    &USED,
    &GRANTS,
    &STAFF,
    &GRANTED,
    &INSERT_GRANT,
    &DELETE_GRANT,
    &OTHER_ADMINISTRATOR,
];
