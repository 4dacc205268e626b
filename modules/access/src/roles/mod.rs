//! Roles of the organisation's own: made, changed and removed. Built-in ones follow the program.

pub(crate) mod api;

use crate::authority::{By, Extent};
use crate::condition::{self, SecondPerson};
use crate::record::Change;
use crate::role::Role;
use crate::store_roles::{self, NAME_INDEX};
use crate::text::check_length;
use db::{Conn, DbError, Tx};
use domain::permission::Permissions;
use domain::{Code, Conditions, Problem};
use serde_json::json;
use web::{Failure, IfMatch};

/// Characters of the name of a role at most.
const NAME_CHARS_MAX: usize = 64;
/// Characters of its description at most.
const ABOUT_CHARS_MAX: usize = 300;

/// What a role is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// What it allows.
    pub permissions: Permissions,
    /// What some of that asks for besides.
    pub conditions: Conditions,
}

/// What is to change of a role; what is not said stays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) about: Option<&'a str>,
    pub(crate) permissions: Option<Permissions>,
    pub(crate) second_person: Option<&'a [SecondPerson]>,
}

/// Reads the name of a role: small letters, digits, `-` and `_`.
///
/// # Errors
/// `invalid_value` and `limit_exceeded` at `/name`.
pub(crate) fn name(text: &str) -> Result<String, Problem> {
    check_length("/name", "the name of a role", text, NAME_CHARS_MAX)?;
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if text.is_empty() || !text.bytes().all(fine) {
        let detail = format!("the name of a role is 1 to {NAME_CHARS_MAX} small letters, digits, `-` or `_`");
        return Err(Problem::at(Code::InvalidValue, "/name", detail));
    }
    Ok(text.to_owned())
}

/// Reads what a role is for.
///
/// # Errors
/// `invalid_value` and `limit_exceeded` at `/about`.
pub(crate) fn about(text: &str) -> Result<String, Problem> {
    check_length("/about", "what a role is for", text, ABOUT_CHARS_MAX)?;
    if text.chars().any(char::is_control) {
        let detail = format!("what a role is for has at most {ABOUT_CHARS_MAX} characters, on one line");
        return Err(Problem::at(Code::InvalidValue, "/about", detail));
    }
    Ok(text.to_owned())
}

/// Makes a role.
///
/// # Errors
/// `code_taken`; `grant_exceeds_maker` when the caller does not hold all of it everywhere.
pub fn create(tx: &mut Tx<'_>, by: &By<'_>, new: &NewRole) -> Result<Role, Failure> {
    by.may_hand_out(tx, (new.permissions, &new.conditions), Extent::EVERYTHING)?;
    match store_roles::insert(tx, new) {
        Err(error) if error.is_unique(NAME_INDEX) => {
            let detail = format!("there is a role `{}` already", new.name);
            return Err(Problem::at(Code::CodeTaken, "/name", detail).into());
        }
        done => done?,
    };
    let role = find(tx, &new.name)?;
    let details = json!({ "permissions": words(role.permissions), "second_person": condition::views(&role.conditions) });
    change_of(&role, "access.role.create", "access.role_created").record(tx, by.ctx, &details)?;
    Ok(role)
}

/// Changes what a role is for and what it allows.
///
/// # Errors
/// `not_found`; `stale`; `in_use` for a built-in role; `grant_exceeds_maker`.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (name, version): (&str, IfMatch),
    what: Changes<'_>,
) -> Result<Role, Failure> {
    let before = lock_own(tx, by, name, version)?;
    let permissions = what.permissions.unwrap_or(before.permissions);
    let conditions = match what.second_person {
        Some(bodies) => condition::parse(bodies, permissions)?,
        None => Role::conditions_of(before.conditions.clone(), permissions),
    };
    let after = Role {
        about: what.about.unwrap_or(&before.about).to_owned(),
        permissions,
        conditions,
        version: before.version.saturating_add(1),
        ..before.clone()
    };
    by.may_hand_out(tx, (after.permissions, &after.conditions), Extent::EVERYTHING)?;
    store_roles::update(tx, &after)?;
    let details = json!({
        "permissions": { "before": words(before.permissions), "after": words(after.permissions) },
        "second_person": {
            "before": condition::views(&before.conditions),
            "after": condition::views(&after.conditions),
        },
    });
    change_of(&after, "access.role.change", "access.role_changed").record(tx, by.ctx, &details)?;
    Ok(after)
}

/// Removes a role that nobody holds.
///
/// # Errors
/// `not_found`; `stale`; `in_use` for a built-in role and for one that somebody holds.
pub(crate) fn remove(tx: &mut Tx<'_>, by: &By<'_>, name: &str, version: IfMatch) -> Result<(), Failure> {
    let role = lock_own(tx, by, name, version)?;
    if store_roles::is_used(tx, role.id)? {
        let detail = format!("the role `{name}` is held by somebody, take it away from them first");
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_roles::delete(tx, role.id)?;
    let gone = Role { version: role.version.saturating_add(1), ..role };
    let details = json!({ "permissions": words(gone.permissions) });
    Ok(change_of(&gone, "access.role.remove", "access.role_removed").record(tx, by.ctx, &details)?)
}

/// A role by name.
///
/// # Errors
/// `not_found`.
pub(crate) fn find(conn: &mut Conn<'_>, name: &str) -> Result<Role, Failure> {
    Ok(store_roles::by_name(conn, name)?.ok_or_else(|| Problem::not_found("role", name))?)
}

/// Roles after a name, in the order of their names.
///
/// # Errors
/// Failures of the store.
pub fn list(conn: &mut Conn<'_>, after: Option<&str>, limit: i64) -> Result<Vec<Role>, DbError> {
    store_roles::list(conn, after, limit)
}

fn lock_own(tx: &mut Tx<'_>, by: &By<'_>, name: &str, version: IfMatch) -> Result<Role, Failure> {
    let role = store_roles::lock(tx, name)?.ok_or_else(|| Problem::not_found("role", name))?;
    if role.built_in {
        let detail =
            format!("the role `{name}` comes with the product and stays as it is, make one of your own");
        return Err(Problem::new(Code::InUse, detail).into());
    }
    by.may_hand_out(tx, (role.permissions, &role.conditions), Extent::EVERYTHING)?;
    version.check(role.version)?;
    Ok(role)
}

pub(crate) fn words(permissions: Permissions) -> Vec<&'static str> {
    permissions.iter().map(domain::Permission::word).collect()
}

fn change_of<'a>(role: &'a Role, action: &'a str, event: &'a str) -> Change<'a> {
    Change { action, event, kind: "role", handle: &role.name, id: role.id, version: role.version }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_role_can_stand_in_an_address() {
        assert!(name("night-shift_2").is_ok());
        for text in ["", "Night", "a b", "a/b", "ü", &"a".repeat(65)] {
            assert!(name(text).is_err(), "{text}");
        }
        assert_eq!(
            crate::role::parse_permissions(&["stock.read".into(), "x".into()]).unwrap_err().errors[0].pointer,
            "/permissions/1"
        );
    }
}
