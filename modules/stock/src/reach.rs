//! Which sites a caller reaches: documents between sites are seen by whoever may work anywhere in
//! one of them.

use db::{Conn, DbError};
use domain::{Code, LocationId, Problem, SiteId};
use web::{Failure, Reached, Scope};

/// The sites within reach; `None` for all.
pub(crate) fn sites(conn: &mut Conn<'_>, scope: &Scope) -> Result<Option<Vec<SiteId>>, DbError> {
    match scope.reached() {
        Reached::All => Ok(None),
        Reached::Within(roots) => {
            let facts = places::facts_by_id(conn, roots)?;
            let mut sites: Vec<SiteId> =
                facts.into_iter().flatten().map(|facts| facts.site).filter(|site| site.is_some()).collect();
            sites.sort_unstable();
            sites.dedup();
            Ok(Some(sites))
        }
    }
}

/// Whether one of these sites is within reach.
pub(crate) fn any(conn: &mut Conn<'_>, scope: &Scope, wanted: &[SiteId]) -> Result<bool, DbError> {
    let reached = sites(conn, scope)?;
    Ok(reached.is_none_or(|reached| wanted.iter().any(|site| reached.contains(site))))
}

/// The sites within reach as one parameter of a statement; `None` for all.
pub(crate) fn sites_json(conn: &mut Conn<'_>, scope: &Scope) -> Result<Option<String>, DbError> {
    Ok(sites(conn, scope)?.map(|sites| {
        let numbers: Vec<String> = sites.iter().map(ToString::to_string).collect();
        format!("[{}]", numbers.join(","))
    }))
}

/// The places within reach as one parameter of a statement: a site is among them when all of it is.
/// `None` for all.
pub(crate) fn roots_json(scope: &Scope) -> Option<String> {
    match scope.reached() {
        Reached::All => None,
        Reached::Within(roots) => {
            let numbers: Vec<String> = roots.iter().map(ToString::to_string).collect();
            Some(format!("[{}]", numbers.join(",")))
        }
    }
}

/// Whether a location is within reach.
pub(crate) fn location(conn: &mut Conn<'_>, scope: &Scope, location: LocationId) -> Result<bool, DbError> {
    match scope.reached() {
        Reached::All => Ok(true),
        Reached::Within(roots) => places::within(conn, location, roots),
    }
}

/// Whether all of a site is within reach. Its root stands below nothing, so nothing has to be asked.
pub(crate) fn site(scope: &Scope, site: SiteId) -> bool {
    match scope.reached() {
        Reached::All => true,
        Reached::Within(roots) => roots.contains(&site.root()),
    }
}

/// Refuses who reaches no site as a whole: the numbers of a site are those of all of it, and nothing at
/// all would look as if there were nothing.
pub(crate) fn some_site(conn: &mut Conn<'_>, scope: &Scope) -> Result<(), Failure> {
    let whole = sites(conn, scope)?.is_none_or(|sites| sites.iter().any(|known| site(scope, *known)));
    if whole {
        return Ok(());
    }
    let detail = "this is about whole sites, and you reach only parts of them; \
                  `GET /api/v1/stock?sku=…` lists what stands there";
    Err(Problem::new(Code::Forbidden, detail).into())
}
