//! How the books of an organisation are to be kept, as a body: two modules that do not know each other
//! take it, the one that makes the first user and the one that keeps the organisation.

use serde::Deserialize;
use utoipa::ToSchema;

/// What the organisation is set up with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationSetUp {
    /// What it is called.
    pub name: String,
    /// The currency of the books, such as `GBP`. Never changes.
    pub currency: String,
    /// The zone that its periods follow, such as `Europe/London`.
    pub zone: String,
    /// `fifo` (the default) or `moving_average`. Never changes.
    #[serde(default)]
    pub valuation_method: Option<String>,
    /// `site` (the default) or `organisation`. Never changes.
    #[serde(default)]
    pub valuation_grouping: Option<String>,
}
