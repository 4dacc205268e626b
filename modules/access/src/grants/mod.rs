//! Grants: a role for a user, everywhere or below one location, for everything or for the items of a category.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::authority::{Bounds, By, Extent};
use crate::sessions::{self, Why};
use crate::store;
use crate::store_roles::{self, GRANT_INDEX, GrantRow};
use crate::users::{self, User};
use db::{Conn, DbError, Tx};
use domain::word::echo;
use domain::{CategoryId, Code, LocationId, Permission, PrincipalId, Problem};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use web::{Failure, Grant, IfMatch, Within};

/// A grant to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewGrant {
    /// The name of the role.
    pub role: String,
    /// Where.
    pub within: Within,
    /// Only for items of this category and those below it.
    pub category: Option<CategoryId>,
}

impl NewGrant {
    fn extent(&self) -> Extent {
        Extent { within: self.within, category: self.category }
    }
}

/// Gives a grant to a principal that is held already. Records nothing by itself; its id.
///
/// # Errors
/// `invalid_value` for an unknown role; `grant_exceeds_maker`; `code_taken` for one that they have.
pub(crate) fn give(tx: &mut Tx<'_>, by: &By<'_>, to: PrincipalId, grant: &NewGrant) -> Result<i64, Failure> {
    let Some(role) = store_roles::lock(tx, &grant.role)? else {
        let role = echo(&grant.role);
        let detail = format!("there is no role `{role}`: see `GET /api/v1/roles`, or `stockwell role list`");
        return Err(Problem::at(Code::InvalidValue, "/role", detail).into());
    };
    by.may_hand_out(tx, (role.permissions, &role.conditions), grant.extent())?;
    match store_roles::insert_grant(tx, by.ctx, to, role.id, grant.extent()) {
        Err(error) if error.is_unique(GRANT_INDEX) => {
            let detail = format!("they hold the role `{}` there already", grant.role);
            Err(Problem::at(Code::CodeTaken, "/role", detail).into())
        }
        done => Ok(done?),
    }
}

/// How many users beside administrators may receive at a place: everywhere, or there, or somewhere below it.
///
/// # Errors
/// When the store fails.
pub fn staff(conn: &mut Conn<'_>, bounds: &Bounds, place: LocationId) -> Result<i64, DbError> {
    let mut found = BTreeSet::new();
    for (principal, permissions, location) in store_roles::staff(conn)? {
        let receives = permissions.contains(Permission::StockReceive) && !found.contains(&principal);
        if receives && (location.get() == 0 || (bounds.within)(conn, location, &[place])?) {
            found.insert(principal);
        }
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// The login of somebody who has rights for the items of a category, which therefore stays.
///
/// # Errors
/// When the store fails.
pub fn granted(conn: &mut Conn<'_>, category: CategoryId) -> Result<Option<String>, DbError> {
    store_roles::granted(conn, category)
}

/// Gives a grant to a user.
///
/// # Errors
/// As [`give`]; `not_found`; `stale`; `forbidden` when they hold more than the caller.
pub fn make(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (login, version): (&str, IfMatch),
    grant: &NewGrant,
) -> Result<User, Failure> {
    let user = users::lock_at(tx, by, login, version)?;
    let id = give(tx, by, user.row.id, grant)?;
    let details =
        json!({ "grant": id, "role": grant.role, "within": place(grant.within), "category": grant.category });
    changed(tx, by, login, &user, ("access.grant.make", "access.grant_made"), &details)
}

/// Takes a grant away from a user.
///
/// # Errors
/// `not_found`; `stale`; `forbidden` when they hold more than the caller; `in_use` for the last
/// administrator.
pub fn revoke(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (login, version): (&str, IfMatch),
    id: i64,
) -> Result<User, Failure> {
    let user = users::lock_at(tx, by, login, version)?;
    let Some(grant) = user.grants.iter().find(|grant| grant.id == id) else {
        return Err(Problem::not_found("grant", id).into());
    };
    keep_an_administrator(tx, &user, Some(id))?;
    store_roles::delete_grant(tx, user.row.id, id)?;
    let (within, category) = (place(grant.within), grant.category);
    let details = json!({ "grant": id, "role": grant.role, "within": within, "category": category });
    changed(tx, by, login, &user, ("access.grant.revoke", "access.grant_revoked"), &details)
}

fn changed(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    login: &str,
    before: &User,
    (action, event): (&str, &str),
    details: &Value,
) -> Result<User, Failure> {
    // whoever may something else than when they signed in signs in again
    sessions::end_all(tx, by.ctx, before.row.id, Why::Grants)?;
    store::count_up(tx, before.row.id)?;
    let after = users::find(tx, login)?;
    users::change_of(&after.row, action, event).record(tx, by.ctx, details)?;
    Ok(after)
}

/// Refuses to leave nobody who may do everything. `taken`: only this grant goes; `None`: the account.
pub(crate) fn keep_an_administrator(tx: &mut Tx<'_>, user: &User, taken: Option<i64>) -> Result<(), Failure> {
    let is_everything =
        |grant: &&GrantRow| grant.role == crate::role::ADMINISTRATOR && grant.extent() == Extent::EVERYTHING;
    let gives_up =
        user.grants.iter().filter(is_everything).any(|grant| taken.is_none_or(|id| grant.id == id));
    if user.row.ended_at.is_some() || !gives_up {
        return Ok(());
    }
    // two who end each other take turns here, and the second finds nobody else
    store_roles::lock(tx, crate::role::ADMINISTRATOR)?;
    if !store_roles::other_administrator(tx, user.row.id)? {
        let detail = format!("`{}` is the last administrator, make somebody else one first", user.row.login);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    Ok(())
}

/// The grants in the form in which the authoriser takes them.
pub(crate) fn held(grants: &[GrantRow]) -> Vec<Grant> {
    grants.iter().map(held_one).collect()
}

fn held_one(grant: &GrantRow) -> Grant {
    let GrantRow { permissions, conditions, within, category, .. } = grant;
    Grant { permissions: *permissions, within: *within, category: *category, conditions: conditions.clone() }
}

/// The grants for an audit row.
pub(crate) fn details(grants: &[GrantRow]) -> Value {
    let one = |grant: &GrantRow| json!({ "role": grant.role, "within": place(grant.within), "category": grant.category });
    grants.iter().map(one).collect()
}

/// A place for an audit row: the id of a location, null for everywhere.
fn place(within: Within) -> Option<i64> {
    match within {
        Within::All => None,
        Within::Subtree(location) => Some(location.get()),
    }
}

/// The grants of a principal, for the authoriser.
pub(crate) fn load(conn: &mut db::Conn<'_>, principal: PrincipalId) -> Result<Vec<Grant>, DbError> {
    Ok(held(&store_roles::grants(conn, principal)?))
}

/// The same without those that somebody has made.
pub(crate) fn load_but_of(
    conn: &mut db::Conn<'_>,
    principal: PrincipalId,
    maker: PrincipalId,
) -> Result<Vec<Grant>, DbError> {
    let grants = store_roles::grants(conn, principal)?;
    Ok(grants.iter().filter(|grant| grant.created_by != maker).map(held_one).collect())
}
