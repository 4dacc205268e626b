//! What the routes of transfers take.

use domain::{Instant, Status};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new transfer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTransfer {
    /// The site that the goods leave, by its code.
    pub(crate) from_site: String,
    /// The site that they go to.
    pub(crate) to_site: String,
    /// What a person should know.
    pub(crate) note: Option<String>,
    /// The day that the goods are expected at their site, such as `2026-03-01`.
    pub(crate) expected_on: Option<String>,
    /// What is to go, 1 to 1,000 lines.
    pub(crate) lines: Vec<NewTransferLine>,
}

/// A line of a new transfer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTransferLine {
    /// The item.
    pub(crate) sku: String,
    /// How much, in `unit`, as a decimal string.
    pub(crate) qty: String,
    /// The unit; it may be left out where the item has its base unit alone.
    pub(crate) unit: Option<String>,
    /// The lot; chosen when the goods are shipped when left out.
    pub(crate) lot: Option<String>,
}

/// What is allocated, shipped or received: the lines one by one.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepBody {
    /// When it happened; now when left out. Never later than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) effective_at: Option<Instant>,
    /// Book it in the first open period when the one it falls in is closed.
    #[serde(default)]
    pub(crate) post_late: bool,
    /// 1 to 1,000 lines; a line of the transfer may come several times, for several places or lots.
    pub(crate) lines: Vec<StepLine>,
    /// What a person should know; kept with the posting.
    pub(crate) note: Option<String>,
}

/// How much of one line, and where.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepLine {
    /// The number of the line.
    pub(crate) line: i64,
    /// The location that it leaves, or the one that it arrives at.
    pub(crate) location: String,
    /// How much, in `unit`; all that is left of the line when left out.
    pub(crate) qty: Option<String>,
    /// The unit; it may be left out where the item has its base unit alone.
    pub(crate) unit: Option<String>,
    /// The lot; that of the line when left out.
    pub(crate) lot: Option<String>,
    /// The serials; the quantity is their number.
    #[serde(default)]
    pub(crate) serials: Vec<String>,
    /// The status: of the stock that leaves (`good` when left out), or the one that it arrives in
    /// (as it was shipped when left out).
    #[schema(value_type = Option<String>)]
    pub(crate) status: Option<Status>,
}

/// When the goods of a transfer are expected.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectBody {
    /// The day, such as `2026-03-01`; left out when nobody knows.
    pub(crate) expected_on: Option<String>,
}

/// The end of a transfer of which not everything arrived.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseBody {
    /// When it happened; now when left out. Never later than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) effective_at: Option<Instant>,
    /// Book it in the first open period when the one it falls in is closed.
    #[serde(default)]
    pub(crate) post_late: bool,
    /// Why something did not arrive: one of the reasons. Needed when something is missing.
    pub(crate) reason: Option<String>,
    /// What a person should know.
    pub(crate) note: Option<String>,
}
