//! The record of a location as it is stored and as it is shown. Invariant: a real location has a
//! role and belongs to the site at the root of its tree; virtual and transit locations have neither.

use crate::layout::position::Position;
use domain::{Instant, LocationId, LocationKind, Role, SiteId, SiteState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A location.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that a person asks for")]
pub struct Location {
    /// Its id, for other modules.
    #[serde(skip)]
    pub id: LocationId,
    /// Its code as written; capital and small letters do not differ.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What it is.
    #[schema(value_type = String)]
    pub kind: LocationKind,
    /// The id of its type.
    #[serde(skip)]
    pub type_id: Option<i64>,
    /// The code of its type; null when it has none.
    #[serde(rename = "type")]
    pub location_type: Option<String>,
    /// What it is used for; null for virtual and transit locations.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// The id of what it stands directly below.
    #[serde(skip)]
    pub parent_id: Option<LocationId>,
    /// The code of what it stands directly below; null at the root of a tree.
    pub parent: Option<String>,
    /// Where it is; null when nobody has said.
    pub position: Option<Position>,
    /// Its number in the walking order; what has a smaller one is walked to before.
    pub walk: Option<i64>,
    /// It was made with others, by one change with one event.
    #[serde(skip)]
    pub made_together: bool,
    /// The id of its site.
    #[serde(skip)]
    pub site_id: SiteId,
    /// The code of its site; null when it belongs to none.
    pub site: Option<String>,
    /// Of a site: the zone of its civil dates.
    pub zone: Option<String>,
    /// Of a site: `set_up`, `pilot` or `live`.
    #[schema(value_type = Option<String>)]
    pub state: Option<SiteState>,
    /// Where its stock is valued.
    #[serde(skip)]
    pub valuation_group: i64,
    /// Good stock here counts as sellable.
    pub sellable: bool,
    /// It, or something above it, is blocked: nothing goes in or out but counts and losses.
    pub blocked: bool,
    /// Why it is blocked itself; null when it is not, or only something above it is.
    pub block_reason: Option<String>,
    /// New allocations may choose it.
    pub open_to_allocation: bool,
    /// It, or something above it, is archived: out of use, with its history kept.
    pub archived: bool,
    /// Since when it is archived itself; null when it is not, or only something above it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Instant>,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// What a new site or a new place in one is made from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLocation {
    /// Its code.
    pub code: String,
    /// What people call it; the code when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// `site`, `zone`, `aisle`, `rack`, `shelf` or `bin`; that of its type when left out.
    #[serde(default)]
    pub kind: Option<String>,
    /// The code of its type, which says what it is unless it is said here.
    #[serde(default, rename = "type")]
    pub location_type: Option<String>,
    /// The code of what it stands directly below; a site has none.
    #[serde(default)]
    pub parent: Option<String>,
    /// `storage`, `receiving`, `staging`, `pick_face`, `reserve`, `quarantine` or `production`; left out, that of its
    /// type, or of what it stands in.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether good stock here counts as sellable; as its role says when left out, or as what it stands in does
    /// when it has its role from there.
    #[serde(default)]
    pub sellable: Option<bool>,
    /// Whether new allocations may choose it; the same.
    #[serde(default)]
    pub open_to_allocation: Option<bool>,
    /// Where it is.
    #[serde(default)]
    pub position: Option<Position>,
    /// Its number in the walking order.
    #[serde(default)]
    pub walk: Option<i64>,
    /// Of a site: the zone of its civil dates, such as `Europe/London`; that of the organisation
    /// when left out.
    #[serde(default)]
    pub zone: Option<String>,
    /// Of a site: what it begins as, `set_up`, `pilot` or `live`; `live` when left out.
    #[serde(default)]
    pub state: Option<String>,
}
