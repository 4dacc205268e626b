//! What only a site has: its postal address, whom to reach there, and when it works.
//!
//! A site is a location, and both are one record with one version. Not here: its code and name, which
//! are those of the location, and its zone, which no change may touch: every movement has its civil date
//! by it. Invariant: who is reached at a site stands in its record alone; audit rows and events say that it
//! changed, and not to what, for they are never erased.

pub(crate) mod api;
pub(crate) mod api_calendar;
pub(crate) mod calendar;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::change::decide::touch;
use crate::location::Location;
use crate::record::{self, Change};
use crate::{find, store, store_site};
use calendar::CalendarShown;
use db::{Conn, DbError, Tx};
use decide::{Address, ChangeSite, Contact};
use domain::{Calendar, Ctx, Instant, LocationKind, Problem, SiteId, SiteState};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use web::{Failure, IfMatch, Reached};

/// A site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Site {
    /// Its id, for the store.
    #[serde(skip)]
    pub id: SiteId,
    /// The code of its location.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// `set_up`, `pilot` or `live`.
    #[schema(value_type = String)]
    pub state: SiteState,
    /// The zone of its civil dates and of its hours.
    pub zone: String,
    /// Where post and goods find it; null when nobody has said.
    pub address: Option<Address>,
    /// Who is reached there, in the order given.
    pub contacts: Vec<Contact>,
    /// It works day and night, but for the days that its calendar names.
    pub around_the_clock: bool,
    /// Nothing goes in or out but counts and losses.
    pub blocked: bool,
    /// It is out of use.
    pub archived: bool,
    /// Counts its changes as a location, from 1; the `ETag`.
    pub version: i64,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// The site of a code within reach; a location that is no site is none.
///
/// # Errors
/// `not_found`, and failures of the store.
pub fn find(conn: &mut Conn<'_>, reached: Reached<'_>, code: &str) -> Result<Site, Failure> {
    let missing = || Problem::not_found("site", code);
    let found = find::location(conn, reached, code)?.ok_or_else(missing)?;
    Ok(store_site::load(conn, found.site_id)?
        .filter(|_| found.kind == LocationKind::Site)
        .ok_or_else(missing)?)
}

/// When a site works. One that has said nothing works around the clock.
pub fn calendar_of(conn: &mut Conn<'_>, site: SiteId) -> Result<Calendar, DbError> {
    Ok(store_site::calendar(conn, site)?.calendar)
}

/// Holds a site within reach, at the version that the caller read.
fn hold(
    tx: &mut Tx<'_>,
    reached: Reached<'_>,
    code: &str,
    version: IfMatch,
) -> Result<(Location, Site), Failure> {
    let found = find(tx, reached, code)?;
    let missing = || Problem::not_found("site", code);
    let location = store::lock(tx, found.id.root())?.ok_or_else(missing)?;
    version.check(location.version)?;
    // as others left it
    let site = store_site::load(tx, found.id)?.ok_or_else(missing)?;
    Ok((location, site))
}

/// Changes the address of a site, and whom to reach there.
///
/// # Errors
/// `not_found`, `invalid_value`, `too_many`, and a version that is not the one that is there.
pub fn change_site(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    (code, version): (&str, IfMatch),
    change: &ChangeSite,
) -> Result<Site, Failure> {
    let (location, before) = hold(tx, reached, code, version)?;
    let (after, fields) = decide::plan(&before, change)?;
    if fields.is_empty() {
        return Ok(after);
    }
    store_site::save_address(tx, after.id, after.address.as_ref())?;
    store_site::save_contacts(tx, after.id, &after.contacts)?;
    let address = serde_json::to_value(&after.address)?;
    let location = changed(tx, ctx, location, &fields, ("address", address))?;
    Ok(Site { version: location.version, changed_at: location.changed_at, ..after })
}

/// The calendar of a site within reach.
///
/// # Errors
/// `not_found`, and failures of the store.
pub fn calendar_shown(
    conn: &mut Conn<'_>,
    reached: Reached<'_>,
    code: &str,
) -> Result<CalendarShown, Failure> {
    let site = find(conn, reached, code)?;
    let named = store_site::calendar(conn, site.id)?;
    Ok(CalendarShown::of(&site.code, &site.zone, &named, site.version))
}

/// Gives a site another calendar in place of the one it has.
///
/// # Errors
/// `not_found`, `invalid_value`, `too_many`, and a version that is not the one that is there.
pub fn set_calendar(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    reached: Reached<'_>,
    (code, version): (&str, IfMatch),
    body: &calendar::CalendarBody,
) -> Result<CalendarShown, Failure> {
    let (location, site) = hold(tx, reached, code, version)?;
    let before = store_site::calendar(tx, site.id)?;
    let after = calendar::read(body)?;
    if after == before {
        return Ok(CalendarShown::of(&site.code, &site.zone, &after, location.version));
    }
    store_site::save_calendar(tx, site.id, &after)?;
    let what = calendar::difference(&before, &after);
    let location = changed(tx, ctx, location, &["calendar"], ("calendar", what))?;
    Ok(CalendarShown::of(&site.code, &site.zone, &after, location.version))
}

/// Counts a change of a site, and leaves its trace.
fn changed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut location: Location,
    fields: &[&str],
    (name, value): (&str, Value),
) -> Result<Location, Failure> {
    touch(&mut location, ctx.now);
    store::update(tx, &location)?;
    let change =
        Change { action: "places.site.change", event: "places.site_changed", fields, left: SiteId::NONE };
    record::change_of(tx, ctx, &location, &change, Map::from_iter([(name.to_owned(), value)]))?;
    Ok(location)
}
