//! The record of an item as it is stored and as it is shown. Invariant: `units` holds the base
//! unit with the factor 1, and every barcode names one of the units.

use domain::barcode::Symbology;
use domain::goods::Grams;
use domain::unit::UnitCode;
use domain::{
    CategoryId, ExpiryRule, Hazard, Instant, ItemClass, ItemId, PackLevel, Ratio, StorageClass, Temperature,
    Tracking,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Free attributes: a JSON object.
pub type Attributes = Map<String, Value>;

/// An item with its units and barcodes.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Item {
    /// Its id, for other modules.
    #[serde(skip)]
    pub id: ItemId,
    /// The stock-keeping unit as written; capital and small letters do not differ.
    pub sku: String,
    /// What people call it.
    pub name: String,
    /// The unit that all its stock is kept in.
    #[schema(value_type = String)]
    pub base_unit: UnitCode,
    /// The base unit refuses fractions.
    pub whole: bool,
    /// How its units are told apart.
    #[schema(value_type = String)]
    pub tracking: Tracking,
    /// What it is for.
    #[schema(value_type = String)]
    pub class: ItemClass,
    /// Where it stands in the catalogue, such as `garden/pots`; empty for nowhere.
    pub category: String,
    /// The category by its id.
    #[serde(skip)]
    pub category_id: Option<CategoryId>,
    /// Where a site keeps it, in the site's own words; null for anywhere.
    #[schema(value_type = Option<String>)]
    pub storage_class: Option<StorageClass>,
    /// How cold it is kept; null where that does not matter.
    #[schema(value_type = Option<String>)]
    pub temperature: Option<Temperature>,
    /// What is dangerous about it; null for nothing.
    #[schema(value_type = Option<HazardShown>)]
    pub hazard: Option<Hazard>,
    /// Its own attributes; what its category adds is shown beside it.
    #[schema(value_type = Object)]
    pub attributes: Attributes,
    /// The third party whose goods these are; null for our own.
    pub owner: Option<String>,
    /// Where the expiry date of a lot comes from: `never`, `named` or `shelf_life`.
    #[serde(flatten, serialize_with = "expiry_out")]
    #[schema(value_type = ExpiryShown)]
    pub expiry: ExpiryRule,
    /// The family that it is a variant of, by its code; null for none.
    pub family: Option<String>,
    /// The item that it was merged into, by its SKU; null for none.
    pub merged_into: Option<String>,
    /// Kept for its history only.
    pub archived: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
    /// The base unit and the packagings, by name.
    pub units: Vec<Unit>,
    /// The barcodes, by code.
    pub barcodes: Vec<Barcode>,
}

/// How an expiry rule is shown.
#[derive(Serialize, ToSchema)]
struct ExpiryShown {
    /// `never`, `named` or `shelf_life`.
    expiry: &'static str,
    /// With `shelf_life`: the days from the day a lot was made to its last sellable day.
    shelf_life_days: Option<u16>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serializer hands over a reference")]
fn expiry_out<S: serde::Serializer>(rule: &ExpiryRule, serializer: S) -> Result<S::Ok, S::Error> {
    let (expiry, shelf_life_days) = match rule {
        ExpiryRule::Never => ("never", None),
        ExpiryRule::Named => ("named", None),
        ExpiryRule::ShelfLife { days } => ("shelf_life", Some(days.get())),
    };
    ExpiryShown { expiry, shelf_life_days }.serialize(serializer)
}

/// How a hazard is shown.
#[derive(ToSchema)]
#[schema(as = Hazard)]
#[expect(dead_code, reason = "the description of what another type writes")]
struct HazardShown {
    /// The class, such as `3` or `4.1`.
    class: String,
    /// The number of the United Nations.
    un_number: Option<u16>,
    /// `I`, `II` or `III`.
    packing_group: Option<String>,
}

/// What a unit is as a thing. Null where nobody measured it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct Body {
    /// `each`, `inner`, `case`, `layer` or `pallet`.
    #[schema(value_type = Option<String>)]
    pub level: Option<PackLevel>,
    /// In millimetres.
    pub length_mm: Option<i64>,
    /// In millimetres.
    pub width_mm: Option<i64>,
    /// In millimetres.
    pub height_mm: Option<i64>,
    /// With all that it is wrapped in, in grams: `12.5`.
    #[serde(rename = "weight_g", serialize_with = "grams_out")]
    #[schema(value_type = Option<String>)]
    pub weight_mg: Option<i64>,
}

#[expect(clippy::ref_option, reason = "the serializer hands over a reference")]
fn grams_out<S: serde::Serializer>(weight: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match weight {
        Some(weight) => serializer.collect_str(&Grams(*weight)),
        None => serializer.serialize_none(),
    }
}

/// A unit that an item comes in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Unit {
    /// Its name, such as `case`.
    #[schema(value_type = String)]
    pub unit: UnitCode,
    /// How many base units one of it is, exactly: `12` or `1/3`. Frozen from the start.
    #[schema(value_type = String)]
    pub factor: Ratio,
    /// Level, sides and weight.
    #[serde(flatten)]
    pub body: Body,
}

/// A barcode of an item in one of its units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Barcode {
    /// What a scanner reads.
    #[schema(value_type = String)]
    pub code: domain::Barcode,
    /// How it is printed, which follows from the code.
    #[schema(value_type = String)]
    pub symbology: Symbology,
    /// The unit it is printed on.
    #[schema(value_type = String)]
    pub unit: UnitCode,
}

/// What a new item is made from. Only SKU, name and base unit must be there.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// The stock-keeping unit.
    pub sku: String,
    /// What people call it.
    pub name: String,
    /// The unit that all its stock is kept in, such as `each` or `kg`.
    pub base_unit: String,
    /// Whether the base unit refuses fractions; as is usual for the unit when left out.
    #[serde(default)]
    pub whole: Option<bool>,
    /// `none` (the default), `lot` or `serial`.
    #[serde(default)]
    pub tracking: Option<String>,
    /// `finished_good` (the default), `raw_material`, `work_in_progress`, `mro`, `packaging` or
    /// `service`.
    #[serde(default)]
    pub class: Option<String>,
    /// The path of a category, such as `garden/pots`.
    #[serde(default)]
    pub category: Option<String>,
    /// Where a site keeps it, in the site's own words, such as `small-parts`.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// How cold it is kept: `ambient`, `cool`, `chilled`, `frozen` or `deep_frozen`.
    #[serde(default)]
    pub temperature: Option<String>,
    /// What is dangerous about it.
    #[serde(default)]
    pub hazard: Option<NewHazard>,
    /// Free attributes.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub attributes: Option<Attributes>,
    /// The third party whose goods these are.
    #[serde(default)]
    pub owner: Option<String>,
    /// `never` (the default), `named` or `shelf_life`.
    #[serde(default)]
    pub expiry: Option<String>,
    /// With `shelf_life`.
    #[serde(default)]
    pub shelf_life_days: Option<i64>,
    /// The packagings.
    #[serde(default)]
    pub units: Vec<NewUnit>,
    /// The barcodes.
    #[serde(default)]
    pub barcodes: Vec<NewBarcode>,
    /// The family that it is made as a variant of, which nobody says from without.
    #[serde(skip)]
    pub family: Option<String>,
}

/// A new packaging unit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// Its name, such as `case`.
    pub unit: String,
    /// How many base units one of it is: `12`, `0.5` or `1/3`.
    pub factor: String,
    /// `each`, `inner`, `case`, `layer` or `pallet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// In millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_mm: Option<i64>,
    /// In millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_mm: Option<i64>,
    /// In millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<i64>,
    /// In grams: `12.5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<String>,
}

/// What is dangerous about goods.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHazard {
    /// The class, such as `3` or `4.1`.
    pub class: String,
    /// The number of the United Nations, such as `1263`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub un_number: Option<i64>,
    /// `I`, `II` or `III`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing_group: Option<String>,
}

/// A new barcode.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBarcode {
    /// What a scanner reads.
    pub code: String,
    /// The unit it is printed on; the base unit when left out.
    #[serde(default)]
    pub unit: Option<String>,
    /// Told from the code when left out. `code_128` insists on free text: digits of the house's own
    /// that are as long as a GTIN.
    #[serde(default)]
    pub symbology: Option<String>,
}
