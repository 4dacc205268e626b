//! Nobody hands out more than they hold, and nobody changes those who hold more.

use db::{Conn, DbError};
use domain::permission::Permissions;
use domain::word::echo;
use domain::{Code, Ctx, LocationId, Permission, Problem};
use web::{Failure, Grant, Principal, Reached, Within};

/// Asks `places` inside of the transaction; handed over by the wiring, since modules of one row do
/// not know each other.
#[derive(Clone, Copy, Debug)]
pub struct Locations {
    /// The location of a code.
    pub find: fn(&mut Conn<'_>, &str) -> Result<Option<LocationId>, DbError>,
    /// The code of a location.
    pub code: fn(&mut Conn<'_>, LocationId) -> Result<Option<String>, DbError>,
    /// Whether a location is one of these or stands below one.
    pub within: fn(&mut Conn<'_>, LocationId, &[LocationId]) -> Result<bool, DbError>,
    /// A number that grows whenever a location is put elsewhere.
    pub moves: fn(&mut Conn<'_>) -> Result<i64, DbError>,
}

/// Who carries out a command of this module.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// The context.
    pub ctx: &'a Ctx,
    /// The principal, with what they hold.
    pub principal: &'a Principal,
    /// How to ask about locations.
    pub locations: &'a Locations,
}

impl std::fmt::Debug for By<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("By").field("ctx", self.ctx).finish_non_exhaustive()
    }
}

impl By<'_> {
    /// Refuses to hand out what the principal does not hold there.
    pub(crate) fn may_hand_out(
        &self,
        conn: &mut Conn<'_>,
        permissions: Permissions,
        within: Within,
    ) -> Result<(), Failure> {
        match self.lacks(conn, permissions, within)? {
            None => Ok(()),
            Some(permission) => {
                let detail = format!("you do not hold `{permission}` there, so you cannot hand it out");
                Err(Problem::new(Code::GrantExceedsMaker, detail).into())
            }
        }
    }

    /// Refuses to touch somebody who holds more.
    pub(crate) fn may_change(&self, conn: &mut Conn<'_>, held: &[Grant]) -> Result<(), Failure> {
        for grant in held {
            if let Some(permission) = self.lacks(conn, grant.permissions, grant.within)? {
                let detail = format!("they hold `{permission}` where you do not, ask somebody who does");
                return Err(Problem::new(Code::Forbidden, detail).into());
            }
        }
        Ok(())
    }

    /// The first permission that the principal does not hold there.
    fn lacks(
        &self,
        conn: &mut Conn<'_>,
        permissions: Permissions,
        within: Within,
    ) -> Result<Option<Permission>, DbError> {
        for permission in permissions.iter() {
            let covered = match (self.principal.scope(permission).map(web::Scope::reached), within) {
                (None, _) | (Some(Reached::Within(_)), Within::All) => false,
                (Some(Reached::All), _) => true,
                (Some(Reached::Within(roots)), Within::Subtree(location)) => {
                    (self.locations.within)(conn, location, roots)?
                }
            };
            if !covered {
                return Ok(Some(permission));
            }
        }
        Ok(None)
    }

    /// The place that a request names by its code; everywhere when it names none.
    ///
    /// # Errors
    /// `unknown_location` at `pointer`.
    pub fn place(
        &self,
        conn: &mut Conn<'_>,
        code: Option<&str>,
        pointer: impl Fn() -> String,
    ) -> Result<Within, Failure> {
        let Some(code) = code else { return Ok(Within::All) };
        let found = (self.locations.find)(conn, code)?;
        found.map(Within::Subtree).ok_or_else(|| {
            let detail = format!("there is no location `{}`", echo(code));
            Problem::at(Code::UnknownLocation, pointer(), detail).into()
        })
    }
}

/// What two places have in common.
pub(crate) fn meet(
    conn: &mut Conn<'_>,
    locations: &Locations,
    one: Within,
    other: Within,
) -> Result<Option<Within>, DbError> {
    Ok(match (one, other) {
        (Within::All, place) | (place, Within::All) => Some(place),
        (Within::Subtree(a), Within::Subtree(b)) => {
            if (locations.within)(conn, a, &[b])? {
                Some(one)
            } else if (locations.within)(conn, b, &[a])? {
                Some(other)
            } else {
                None
            }
        }
    })
}
