//! Levels: which kinds of places stand below which, as the organisation or a site says it.
//!
//! The product knows what makes no sense (a rack in a bin); here it is said what is not done in this
//! house. A site that says something says all of it: what the organisation says does not count there.
//! What stands already stays; what is made or moved is held to it, and what comes to another site with all that
//! stands below it.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::{find, store_levels};
use db::{Conn, DbError, Tx};
use decide::{Below, LevelsBody};
use domain::{Code, Ctx, Instant, LocationKind, Problem, SiteId};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::{Failure, IfMatch, Reached, RecordChange};

/// What stands in an address for the organisation. No site has this code: the product's own begin so.
pub(crate) const ORGANISATION: &str = "~organisation";

/// What a site or the organisation says of its levels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Levels {
    /// The code of the site, or `~organisation`.
    pub(crate) of: String,
    /// Of each kind that is named, the kinds directly below which it may stand; a kind that is not named may
    /// stand wherever the product allows it. Null: nothing is said here.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>)]
    pub(crate) below: Option<Below>,
    /// Counts its changes, from 1; 0 when it never said anything. The `ETag`.
    pub version: i64,
    /// When it last changed; null when it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) changed_at: Option<Instant>,
}

/// Whose levels an address names.
fn scope(conn: &mut Conn<'_>, reached: Reached<'_>, of: &str) -> Result<(SiteId, String), Failure> {
    if of == ORGANISATION {
        return Ok((SiteId::NONE, of.to_owned()));
    }
    let missing = || Problem::not_found("site", of);
    let found = find::location(conn, reached, of)?.ok_or_else(missing)?;
    if found.kind != LocationKind::Site {
        return Err(missing().into());
    }
    Ok((found.site_id, found.code))
}

/// What is said of the levels of a site, by its code, or of the organisation, by `~organisation`.
///
/// # Errors
/// `not_found` where there is no such site within reach.
pub fn levels(conn: &mut Conn<'_>, reached: Reached<'_>, of: &str) -> Result<Levels, Failure> {
    let (scope, of) = scope(conn, reached, of)?;
    Ok(store_levels::load(conn, scope)?.map_or_else(|| Levels::silent(&of), |kept| kept.of(&of)))
}

impl Levels {
    /// Whether anything is said.
    pub const fn is_said(&self) -> bool {
        self.below.is_some()
    }

    /// Of whoever never said anything.
    fn silent(of: &str) -> Levels {
        Levels { of: of.to_owned(), below: None, version: 0, changed_at: None }
    }
}

/// Says which kinds stand below which, in place of what was said before.
pub(crate) fn set_levels(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    (of, version): (&str, IfMatch),
    body: &LevelsBody,
) -> Result<Levels, Failure> {
    // whoever makes or moves holds the tree, so nothing is made by what was said before
    crate::store_tree::hold(tx)?;
    let (scope, of) = scope(tx, reached, of)?;
    if !scope.is_some() && reached != Reached::All {
        let detail = "whoever may work in some places only cannot say what holds for all; name a site";
        return Err(Problem::new(Code::Forbidden, detail).into());
    }
    let before = store_levels::load(tx, scope)?.map_or_else(|| Levels::silent(&of), |kept| kept.of(&of));
    version.check(before.version)?;
    let below = body.below.as_ref().map(decide::read).transpose()?;
    if before.below == below {
        return Ok(before);
    }
    let changed_at = before.changed_at.map_or(ctx.now, |at| at.max(ctx.now));
    let after = Levels { of, below, version: before.version.saturating_add(1), changed_at: Some(changed_at) };
    store_levels::save(tx, scope, &after)?;
    let sites = if scope.is_some() { vec![scope.get()] } else { Vec::new() };
    let change = RecordChange {
        action: "places.levels.set",
        event: "places.levels_set",
        target: &after.of,
        aggregate_type: "levels",
        aggregate_id: &scope.get().to_string(),
        version: after.version,
        at: changed_at,
        sites: &sites,
    };
    web::record_change(tx, ctx, &change, &json!({ "levels": serde_json::to_value(&after)? }));
    Ok(after)
}

/// Says it anew of some kinds: below which they may stand, or `None` for wherever the product allows it. What was said
/// of the others stays.
///
/// # Errors
/// Those of saying it by hand.
pub fn bring_levels(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    of: &str,
    said: BTreeMap<String, Option<Vec<String>>>,
) -> Result<Levels, Failure> {
    crate::store_tree::hold(tx)?;
    let words = |kinds: Vec<LocationKind>| kinds.into_iter().map(|kind| kind.to_string()).collect();
    let before = levels(tx, reached, of)?.below.unwrap_or_default();
    let mut below: BTreeMap<String, Vec<String>> =
        before.into_iter().map(|(kind, above)| (kind.to_string(), words(above))).collect();
    for (kind, above) in said {
        match above {
            Some(above) => below.insert(kind, above),
            None => below.remove(&kind),
        };
    }
    set_levels(tx, ctx, reached, (of, IfMatch::Any), &LevelsBody { below: Some(below) })
}

/// The rules that hold at a site, and who has said them.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    said_by: String,
    below: Below,
}

/// The rules that hold at a site; none where nobody has said any.
pub(crate) fn rules(conn: &mut Conn<'_>, site: SiteId, code: &str) -> Result<Option<Rules>, DbError> {
    for (scope, said_by) in [(site, code), (SiteId::NONE, "the organisation")] {
        if let Some(below) = store_levels::load(conn, scope)?.and_then(|kept| kept.below) {
            return Ok(Some(Rules { said_by: said_by.to_owned(), below }));
        }
    }
    Ok(None)
}

impl Rules {
    /// Refuses a kind below another where that is not done.
    pub(crate) fn check(
        &self,
        kind: LocationKind,
        above: LocationKind,
        pointer: &str,
    ) -> Result<(), Problem> {
        let Some(allowed) = self.below.get(&kind).filter(|allowed| !allowed.contains(&above)) else {
            return Ok(());
        };
        let words: Vec<String> = allowed.iter().map(|kind| format!("`{kind}`")).collect();
        let where_it_may = match words.as_slice() {
            [] => "nowhere".to_owned(),
            words => format!("directly below {}", words.join(" or ")),
        };
        let detail = format!(
            "by the levels of {} {} stands {where_it_may}, and not below {}",
            self.said_by,
            kind.with_article(),
            above.with_article()
        );
        Err(Problem::at(Code::WrongLocationKind, pointer, detail))
    }
}
