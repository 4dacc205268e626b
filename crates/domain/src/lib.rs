//! The pure ground floor of Stockwell: values that cannot be wrong, and decisions that cannot do I/O.
//!
//! Nothing here reads a clock, a file, a database or a random source; time, ids and the acting
//! principal come in through [`Ctx`]. Quantities are integers in millionths of the base unit and
//! money is integer minor units: there is no floating point in this crate.

pub mod as_problem;
pub mod attribute;
pub mod barcode;
pub mod bom;
pub mod calendar;
pub mod code;
pub mod condition;
pub mod costing;
pub mod country;
pub mod ctx;
pub mod currency;
mod decimal;
pub mod file;
pub mod given;
pub mod goods;
pub mod hex;
pub mod id;
pub mod item;
pub mod ledger;
pub mod lot;
pub mod money;
pub mod network;
pub mod permission;
pub mod place;
pub mod price;
pub mod problem;
pub mod qty;
pub mod ratio;
pub mod status;
pub mod text;
pub mod unit;
pub mod variant;
pub mod when;
#[cfg(test)]
mod wire;
pub mod word;

pub use as_problem::AsProblem;
pub use attribute::{AttributeKey, AttributeKind};
pub use barcode::Barcode;
pub use calendar::{Calendar, Weekday};
pub use code::{FamilyCode, LocationCode, LotCode, ReasonCode, SerialCode, Sku, SupplierCode, SupplierSku};
pub use condition::{Condition, Conditions, Limit, Worth};
pub use country::Country;
pub use ctx::{Actor, Ctx, Ids};
pub use currency::Currency;
pub use file::{FileKind, Media, RecordKind};
pub use goods::{Hazard, HazardClass, PackLevel, PackingGroup, StorageClass, Temperature};
pub use id::{
    ApprovalId, AttributeId, CategoryId, ClaimId, DocumentId, EventId, FamilyId, FileId, ItemId, LocationId,
    LotId, OptionSetId, PostingId, PriceId, PrincipalId, SiteId, SupplierId, SupplyId,
};
pub use item::{ExpiryRule, ItemClass, ItemState, Tracking};
pub use lot::{Kin, LotRole};
pub use money::{Money, UnitCost};
pub use permission::Permission;
pub use place::{LocationKind, Role, SiteState};
pub use price::PriceKind;
pub use problem::{Code, FieldError, Kind, Problem};
pub use qty::{Delta, Qty};
pub use ratio::{BadRatio, NoProduct, Ratio};
pub use status::Status;
pub use text::{Name, Note};
pub use unit::UnitCode;
pub use variant::{OptionCode, OptionSetCode, Pattern};
pub use when::{Date, Instant, Period, Zone};
