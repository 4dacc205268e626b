//! The catalogue: items with their units and barcodes.
//!
//! Not here: stock. What must know about stock (a change of tracking, archiving, the base unit) is
//! a command of `stock`, which calls the primitives of this module. Invariants: a SKU names one
//! item whatever the case of its letters; a barcode names one item in one unit; a factor never
//! changes; every change counts the item's version up and has its event and audit row.

#[cfg(test)]
mod api_tests;
mod attributes;
mod bom;
mod categories;
mod change;
mod code;
mod codes;
mod create;
mod facts;
mod find;
mod goods;
mod history;
mod item;
mod recheck;
mod record;
mod rule;
mod rulebook;
mod rules;
mod search;
mod store;
mod store_attributes;
mod store_bom;
mod store_categories;
mod store_codes;
mod store_list;
mod store_rules;
mod store_search;
#[cfg(test)]
mod store_tests;
mod store_values;
#[cfg(test)]
mod testing;
mod text;

pub use attributes::decide::{ATTRIBUTE_UNIT_CHARS_MAX, ChangeAttribute, NewAttribute};
pub use attributes::{
    ATTRIBUTES_MAX, Attribute, attribute, change_attribute, create_attribute, remove_attribute,
};
pub use bom::decide::{NewAlternative, NewBom, NewBomLine};
pub use bom::explode::{EXPLODED_MAX, Exploded, Explosion, Total};
pub use bom::{
    BOM_ALTERNATIVES_MAX, BOM_DEPTH_MAX, BOM_LINES_MAX, Bom, BomLine, Choice, bom, remove_bom, set_bom,
};
pub use categories::decide::{ChangeCategory, NewCategory};
pub use categories::{
    CATEGORIES_MAX, Category, category, change_category, create_category, ensure_category, remove_category,
};
pub use change::decide::ChangeItem;
pub use change::{change_item, hold_item, read_owner, set_archived, set_owner, set_tracking};
pub use codes::{ChangeUnit, add_barcode, add_unit, change_unit, remove_barcode, remove_unit};
pub use create::{ITEMS_PER_CALL_MAX, create_each, create_item, create_items};
pub use facts::{ItemFacts, facts_by_id, facts_by_sku, item_by_barcode, items_of, sku_keys, unit_factors};
pub use find::{CodeMatch, FoundAs, item, items};
pub use history::{ChangedBy, ItemChange, changes_of};
pub use item::{Attributes, Barcode, Body, Item, NewBarcode, NewHazard, NewItem, NewUnit, Unit};
pub use rule::decide::NewRule;
pub use rule::{
    CategoryAttribute, ItemAttribute, OwnRule, RULES_PER_CATEGORY_MAX, attributes_of, drop_rule, rules_of,
    set_rule,
};
pub use rules::CHOICES_MAX;
pub use search::{Corrected, FOUND_MAX, Found, read_unread, search};
pub use text::{
    ATTRIBUTE_FREE_KEY_CHARS_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_DEPTH_MAX, CATEGORY_CHARS_MAX,
    CATEGORY_DEPTH_MAX, CATEGORY_NAME_CHARS_MAX,
};

use domain::Permission::{CatalogRead, CatalogWrite};
use web::{Reach, Routes};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 8] = [
    "catalog.attribute_changed",
    "catalog.attribute_created",
    "catalog.attribute_removed",
    "catalog.category_changed",
    "catalog.category_created",
    "catalog.category_removed",
    "catalog.item_changed",
    "catalog.item_created",
];

/// The tables of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "catalog",
    migrations: &[
        db::Migration { number: 1, name: "first", text: include_str!("../migrations/0001_first.sql") },
        db::Migration { number: 2, name: "checks", text: include_str!("../migrations/0002_checks.sql") },
        db::Migration { number: 3, name: "owner", text: include_str!("../migrations/0003_owner.sql") },
        db::Migration {
            number: 4,
            name: "categories",
            text: include_str!("../migrations/0004_categories.sql"),
        },
        db::Migration { number: 5, name: "search", text: include_str!("../migrations/0005_search.sql") },
        db::Migration { number: 6, name: "bom", text: include_str!("../migrations/0006_bom.sql") },
    ],
};

/// The routes of this module. Items belong to no location, so the permission anywhere is enough.
pub fn routes<S: web::State>() -> Routes<S> {
    Routes::new("catalog")
        .add(CatalogRead, Reach::Whole, web::routes!(find::api::list_items))
        .add(CatalogRead, Reach::Whole, web::routes!(find::api::get_item))
        .add(CatalogRead, Reach::Whole, web::routes!(find::api::find_by_code))
        .add(CatalogRead, Reach::Whole, web::routes!(search::api::search_items))
        .add(CatalogRead, Reach::Whole, web::routes!(history::api::list_item_changes))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(create::api::create_item))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(change::api::change_item))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(codes::api::add_item_unit))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(codes::api::change_item_unit))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(codes::api::remove_item_unit))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(codes::api::add_item_barcode))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(codes::api::remove_item_barcode))
        .add(CatalogRead, Reach::Whole, web::routes!(bom::api::get_item_bom))
        .add(CatalogRead, Reach::Whole, web::routes!(bom::api::explode_item_bom))
        .add(CatalogRead, Reach::Whole, web::routes!(bom::api::list_item_uses))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(bom::api::set_item_bom))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(bom::api::remove_item_bom))
        .add(CatalogRead, Reach::Whole, web::routes!(categories::api::list_categories))
        .add(CatalogRead, Reach::Whole, web::routes!(categories::api::get_category))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(categories::api::create_category))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(categories::api::change_category))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(categories::api::remove_category))
        .add(CatalogRead, Reach::Whole, web::routes!(attributes::api::list_attributes))
        .add(CatalogRead, Reach::Whole, web::routes!(attributes::api::get_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(attributes::api::create_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(attributes::api::change_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(attributes::api::remove_attribute))
        .add(CatalogRead, Reach::Whole, web::routes!(rule::api::get_category_attributes))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(rule::api::set_category_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(rule::api::drop_category_attribute))
        .add(CatalogRead, Reach::Whole, web::routes!(rule::api::get_item_attributes))
}
