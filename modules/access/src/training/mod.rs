//! The people of a training copy: everybody stays who they are, with what they may do, and nobody comes in by what they
//! have for the store itself. Where people are held to some sites, their rights are cut to those, and whoever has
//! none left is nobody there: their account is ended and what is personal of them is taken away.
//!
//! Not here: secrets, which a copy is not given in the first place (`store_training`). Invariant: nobody may do more in
//! the copy than in the store, but for the one who is named.

mod decide;
#[cfg(test)]
mod tests;

use crate::authority::By;
use crate::grants::{self, NewGrant};
use crate::users::{self, User};
use crate::{approvals, keys, privacy};
use db::{Conn, DbError, Tx};
use decide::{Held, Made, plan};
use domain::LocationId;
use serde::Serialize;
use web::{Failure, IfMatch, Within};

/// Rows that are read together.
const PAGE: i64 = 500;

/// What was done to the people of a copy.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Prepared {
    /// Accounts that can be used there, once somebody has set a password.
    pub users_kept: u64,
    /// Accounts that were ended, and everything personal with them, because they may do nothing at the sites.
    pub users_erased: u64,
    /// Their logins in the store.
    pub logins_erased: Vec<String>,
    /// The numbers of those, with what they are called by now.
    #[serde(skip)]
    pub erased: Vec<(i64, String)>,
    /// Keys that were revoked.
    pub keys_revoked: u64,
    /// Commands that waited for a second person and wait no more.
    pub approvals_expired: u64,
}

/// Makes the people of a copy those who practise in it, held to these sites (to none in particular when there are none
/// here), and records that. `trainer` is left as they are.
///
/// # Errors
/// Failures of the store.
pub fn prepare(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (trainer, sites): (&str, &[LocationId]),
) -> Result<Prepared, Failure> {
    let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    let mut done = Prepared {
        keys_revoked: revoke_keys(tx, by)?,
        approvals_expired: count(approvals::expire_waiting(tx, by.ctx)?),
        ..Prepared::default()
    };
    for user in everybody(tx)? {
        let login = &user.row.login;
        if login == trainer || privacy::is_mark(login) {
            continue;
        }
        if !sites.is_empty() && !cut(tx, by, &user, sites)? {
            done.logins_erased.push(login.clone());
            done.erased.push((user.row.id.get(), privacy::mark_of(user.row.id.get())));
        } else if user.row.ended_at.is_none() {
            done.users_kept += 1;
        }
    }
    done.users_erased = count(done.logins_erased.len());
    if !done.logins_erased.is_empty() {
        privacy::erase_users(tx, by, &done.logins_erased)?;
    }
    Ok(done)
}

fn revoke_keys(tx: &mut Tx<'_>, by: &By<'_>) -> Result<u64, Failure> {
    let (mut after, mut revoked) = (None, 0);
    loop {
        let page = keys::list(tx, after, (None, Some(false)), PAGE)?;
        let Some(last) = page.last() else { return Ok(revoked) };
        after = Some(last.id);
        for key in &page {
            keys::revoke(tx, by, key.id, IfMatch::Any)?;
            revoked += 1;
        }
    }
}

fn everybody(conn: &mut Conn<'_>) -> Result<Vec<User>, DbError> {
    let mut found: Vec<User> = Vec::new();
    loop {
        let after = found.last().map(|user| user.row.login.clone());
        let page = users::list(conn, after.as_deref(), None, PAGE)?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

/// Cuts what somebody may do to the sites; whether anything is left. Of whom nothing is, nothing is changed: what is told
/// in this transaction would name them.
fn cut(tx: &mut Tx<'_>, by: &By<'_>, user: &User, sites: &[LocationId]) -> Result<bool, Failure> {
    let mut held = Vec::with_capacity(user.grants.len());
    for grant in &user.grants {
        let (place, is_there) = match grant.within {
            Within::All => (None, false),
            Within::Subtree(place) => (Some(place), (by.bounds.within)(tx, place, sites)?),
        };
        let (role, category) = (grant.role.clone(), grant.category);
        held.push(Held { id: grant.id, role, place, category, is_there });
    }
    let plan = plan(&held, sites);
    if !plan.is_anybody {
        return Ok(false);
    }
    let login = (user.row.login.as_str(), IfMatch::Any);
    for Made { role, category, site } in plan.made {
        grants::make(tx, by, login, &NewGrant { role, within: Within::Subtree(site), category })?;
    }
    for id in plan.revoked {
        grants::revoke(tx, by, login, id)?;
    }
    Ok(true)
}
