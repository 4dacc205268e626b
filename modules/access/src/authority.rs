//! Nobody hands out more than they hold, and nobody changes those who hold more.

use db::{Conn, DbError, Tx};
use domain::permission::Permissions;
use domain::word::echo;
use domain::{CategoryId, Code, Conditions, Ctx, LocationId, Permission, PrincipalId, Problem};
use web::{Failure, Grant, Principal, Within};

/// What grants are bound to: asks `places` and `catalog` inside of the transaction. Handed over by the wiring,
/// since modules of one row do not know each other.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The location of a code.
    pub find: fn(&mut Conn<'_>, &str) -> Result<Option<LocationId>, DbError>,
    /// The code of a location.
    pub code: fn(&mut Conn<'_>, LocationId) -> Result<Option<String>, DbError>,
    /// Whether a location is one of these or stands below one.
    pub within: fn(&mut Conn<'_>, LocationId, &[LocationId]) -> Result<bool, DbError>,
    /// A number that grows whenever a location is put elsewhere.
    pub moves: fn(&mut Conn<'_>) -> Result<i64, DbError>,
    /// The category of a path, held so that it stays.
    pub hold_category: fn(&mut Tx<'_>, &str) -> Result<Option<CategoryId>, DbError>,
    /// The path of a category.
    pub category_path: fn(&mut Conn<'_>, CategoryId) -> Result<Option<String>, DbError>,
    /// A category and those above it.
    pub category_line: fn(&mut Conn<'_>, CategoryId) -> Result<Vec<CategoryId>, DbError>,
    /// What the organisation is called: no word of a password.
    pub organisation: fn(&mut Conn<'_>) -> Result<String, DbError>,
}

/// How far a grant reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extent {
    /// Where.
    pub(crate) within: Within,
    /// Only for items of this category and those below it.
    pub(crate) category: Option<CategoryId>,
}

impl Extent {
    /// Everywhere, for everything.
    pub(crate) const EVERYTHING: Extent = Extent { within: Within::All, category: None };
}

/// Who carries out a command of this module.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// The context.
    pub ctx: &'a Ctx,
    /// The principal, with what they hold.
    pub principal: &'a Principal,
    /// How to ask about what grants are bound to.
    pub bounds: &'a Bounds,
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
        (permissions, conditions): (Permissions, &Conditions),
        extent: Extent,
    ) -> Result<(), Failure> {
        match self.lacks(conn, (permissions, conditions), extent)? {
            None => Ok(()),
            Some(permission) if self.principal.scope(permission).is_some_and(web::Scope::is_all) => {
                let detail = format!(
                    "your `{permission}` asks for a second person sooner than this would, so you cannot hand it out"
                );
                Err(Problem::new(Code::GrantExceedsMaker, detail).into())
            }
            Some(permission) => {
                let detail = format!("you do not hold `{permission}` there, so you cannot hand it out");
                Err(Problem::new(Code::GrantExceedsMaker, detail).into())
            }
        }
    }

    /// Refuses to touch somebody who holds more.
    pub(crate) fn may_change(&self, conn: &mut Conn<'_>, held: &[Grant]) -> Result<(), Failure> {
        for grant in held {
            let extent = Extent { within: grant.within, category: grant.category };
            if let Some(permission) = self.lacks(conn, (grant.permissions, &grant.conditions), extent)? {
                let detail = format!("they hold `{permission}` where you do not, ask somebody who does");
                return Err(Problem::new(Code::Forbidden, detail).into());
            }
        }
        Ok(())
    }

    /// Refuses to change by the routes for others how one signs in oneself: there nobody asks for the password, and
    /// whoever found an open session could take the account over.
    pub(crate) fn not_oneself(&self, user: PrincipalId, own_route: &str) -> Result<(), Failure> {
        if self.ctx.actor.id != user {
            return Ok(());
        }
        let detail = format!("this is your own account: use `{own_route}`, which asks for your password");
        Err(Problem::new(Code::Forbidden, detail).into())
    }

    /// The first permission that the principal does not hold there, or only under a stricter condition.
    fn lacks(
        &self,
        conn: &mut Conn<'_>,
        (permissions, conditions): (Permissions, &Conditions),
        extent: Extent,
    ) -> Result<Option<Permission>, DbError> {
        let line = match extent.category {
            Some(category) => (self.bounds.category_line)(conn, category)?,
            None => Vec::new(),
        };
        for permission in permissions.iter() {
            let wanted = conditions.get(&permission).copied().unwrap_or_default();
            let mut covered = false;
            for grant in self.principal.grants() {
                covered |= grant.permissions.contains(permission)
                    && grant.condition(permission) <= wanted
                    && grant.category.is_none_or(|category| line.contains(&category))
                    && self.covers(conn, grant.within, extent.within)?;
            }
            if !covered {
                return Ok(Some(permission));
            }
        }
        Ok(None)
    }

    fn covers(&self, conn: &mut Conn<'_>, held: Within, wanted: Within) -> Result<bool, DbError> {
        match (held, wanted) {
            (Within::All, _) => Ok(true),
            (Within::Subtree(_), Within::All) => Ok(false),
            (Within::Subtree(root), Within::Subtree(location)) => {
                (self.bounds.within)(conn, location, &[root])
            }
        }
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
        let found = (self.bounds.find)(conn, code)?;
        found.map(Within::Subtree).ok_or_else(|| {
            let detail = format!("there is no location `{}`", echo(code));
            Problem::at(Code::UnknownLocation, pointer(), detail).into()
        })
    }
}

impl By<'_> {
    /// The category that a request names by its path, held so that it stays; none when it names none.
    ///
    /// # Errors
    /// `unknown_category` at `pointer`.
    pub fn category(
        &self,
        tx: &mut Tx<'_>,
        path: Option<&str>,
        pointer: impl Fn() -> String,
    ) -> Result<Option<CategoryId>, Failure> {
        let Some(path) = path else { return Ok(None) };
        let found = (self.bounds.hold_category)(tx, path)?;
        found.map(Some).ok_or_else(|| {
            let detail = format!("there is no category `{}`", echo(path));
            Problem::at(Code::UnknownCategory, pointer(), detail).into()
        })
    }
}

/// What two places have in common.
pub(crate) fn meet(
    conn: &mut Conn<'_>,
    bounds: &Bounds,
    one: Within,
    other: Within,
) -> Result<Option<Within>, DbError> {
    Ok(match (one, other) {
        (Within::All, place) | (place, Within::All) => Some(place),
        (Within::Subtree(a), Within::Subtree(b)) => {
            if (bounds.within)(conn, a, &[b])? {
                Some(one)
            } else if (bounds.within)(conn, b, &[a])? {
                Some(other)
            } else {
                None
            }
        }
    })
}
