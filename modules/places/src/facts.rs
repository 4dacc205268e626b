//! What other modules ask of locations and sites inside their own transactions, many at a time.
//! Not here: the whole record, which is for people and doors.

use crate::{code, store, store_tree};
use db::{Conn, DbError, Question};
use domain::{LocationId, LocationKind, SiteId, SiteState, Zone};

/// What the ledger must know of a location.
///
/// `blocked` holds when the location or anything above it is blocked. A handling unit has the
/// site, the sellability and the openness of the place it stands in.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that the ledger asks for")]
pub struct LocationFacts {
    /// Its id; below zero for a virtual location, above for every other.
    pub id: LocationId,
    /// Its code as written.
    pub code: String,
    /// What it is.
    pub kind: LocationKind,
    /// Where it stands; [`SiteId::NONE`] for virtual and transit locations.
    pub site: SiteId,
    /// What it stands directly below.
    pub parent: Option<LocationId>,
    /// Where its stock is valued: the group of its site, one of its own for a transit location,
    /// 0 for a virtual one.
    pub valuation_group: i64,
    /// Good stock here counts as sellable.
    pub sellable: bool,
    /// Nothing goes in or out but counts and losses.
    pub blocked: bool,
    /// New allocations may choose it.
    pub open_to_allocation: bool,
    /// It, or something above it, is out of use.
    pub archived: bool,
    /// Its site is still being set up.
    pub in_set_up: bool,
    /// It may hold less than nothing: virtual locations.
    pub negative_allowed: bool,
    /// How often it was changed.
    pub version: i64,
}

impl LocationFacts {
    /// Whether good stock here is part of the site's sellable number.
    pub const fn counts(&self) -> bool {
        self.sellable && !self.blocked && !self.in_set_up && self.site.is_some()
    }
}

/// What the ledger must know of a site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteFacts {
    /// Its id, which is the id of its root location.
    pub id: SiteId,
    /// The code of its root location.
    pub code: String,
    /// The zone of its civil dates.
    pub zone: Zone,
    /// Where its stock is valued.
    pub valuation_group: i64,
    /// It is out of use.
    pub archived: bool,
    /// How far it is on its way into use.
    pub state: SiteState,
}

/// Codes as locations are looked up by; none for what cannot be one.
pub fn code_keys(codes: &[&str]) -> Vec<Option<String>> {
    codes.iter().map(|code| code::key(code)).collect()
}

/// The locations of these keys, as a question; see [`code_keys`].
pub fn locations_of(keys: &[Option<String>]) -> Question<'_, LocationFacts> {
    Question::new(&store::FACTS_BY_CODE, keys.iter().map(|key| Some([key.as_ref()?.into()])), store::facts)
}

/// The sites of these keys, as a question; see [`code_keys`]. A location that is no site is none.
pub fn sites_of(keys: &[Option<String>]) -> Question<'_, SiteFacts> {
    Question::new(&store::SITE_BY_CODE, keys.iter().map(|key| Some([key.as_ref()?.into()])), store::site)
}

/// The locations of these ids, as a question.
pub fn locations_by_id(ids: &[LocationId]) -> Question<'static, LocationFacts> {
    Question::new(&store::FACTS_BY_ID, ids.iter().map(|id| Some([id.get().into()])), store::facts)
}

/// The sites of these ids, as a question.
pub fn sites_by_id(ids: &[SiteId]) -> Question<'static, SiteFacts> {
    Question::new(&store::SITE_BY_ID, ids.iter().map(|id| Some([id.get().into()])), store::site)
}

/// The locations of these codes, in the order asked; capital and small letters do not differ.
pub fn facts_by_code(conn: &mut Conn<'_>, codes: &[&str]) -> Result<Vec<Option<LocationFacts>>, DbError> {
    conn.answers(locations_of(&code_keys(codes)))
}

/// The locations of these ids, in the order asked.
pub fn facts_by_id(conn: &mut Conn<'_>, ids: &[LocationId]) -> Result<Vec<Option<LocationFacts>>, DbError> {
    conn.answers(locations_by_id(ids))
}

/// The sites of these codes, in the order asked; a location that is no site is none.
pub fn site_facts_by_code(conn: &mut Conn<'_>, codes: &[&str]) -> Result<Vec<Option<SiteFacts>>, DbError> {
    conn.answers(sites_of(&code_keys(codes)))
}

/// The sites of these ids, in the order asked.
pub fn site_facts_by_id(conn: &mut Conn<'_>, ids: &[SiteId]) -> Result<Vec<Option<SiteFacts>>, DbError> {
    conn.answers(sites_by_id(ids))
}

/// All sites, in the order of their ids. There are few: the expiry sweep and reports walk them.
pub fn sites(conn: &mut Conn<'_>) -> Result<Vec<SiteFacts>, DbError> {
    conn.query(&store::SITES, &[], store::site)
}

/// Whether a location is one of the roots or stands below one.
pub fn within(conn: &mut Conn<'_>, location: LocationId, roots: &[LocationId]) -> Result<bool, DbError> {
    // a location is its own ancestor, so most questions end without a statement
    Ok(roots.contains(&location)
        || store_tree::ancestors(conn, location)?.iter().any(|above| roots.contains(above)))
}

/// A location and everything below it, the nearest first.
pub fn subtree(conn: &mut Conn<'_>, root: LocationId) -> Result<Vec<LocationId>, DbError> {
    store_tree::descendants(conn, root)
}
