//! The catalogue: items with their units and barcodes, categories and what they ask for, families and variants, bills,
//! prices and suppliers.
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
mod families;
mod find;
mod goods;
mod history;
mod item;
mod limits;
mod merge;
mod options;
mod path;
mod prices;
mod recheck;
mod record;
mod rule;
mod rulebook;
mod rules;
mod search;
mod sizes;
mod store;
mod store_attributes;
mod store_bom;
mod store_categories;
mod store_codes;
mod store_families;
mod store_list;
mod store_merge;
mod store_options;
mod store_prices;
mod store_rules;
mod store_search;
mod store_sizes;
mod store_suppliers;
mod store_supplies;
#[cfg(test)]
mod store_tests;
mod store_values;
mod store_variants;
mod suppliers;
mod supplies;
#[cfg(test)]
mod testing;
mod text;
mod variants;

pub use attributes::decide::{ATTRIBUTE_UNIT_CHARS_MAX, ChangeAttribute, NewAttribute};
pub use attributes::{
    ATTRIBUTES_MAX, Attribute, attribute, change_attribute, create_attribute, remove_attribute,
};
pub use bom::bring::{BomPart, PartBrought, bring_bom_part};
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
pub use codes::{
    ChangeUnit, add_barcode, add_unit, bring_removed_unit, change_unit, remove_barcode, remove_unit,
};
pub use create::{ITEMS_PER_CALL_MAX, create_each, create_item, create_items};
pub use facts::{
    ItemFacts, category_lines, facts_by_id, facts_by_sku, item_by_barcode, items_of, sku_keys, unit_factors,
};
pub use families::decide::{ChangeFamily, NewFamily};
pub use families::{
    Exclusion, FAMILIES_MAX, FAMILY_EXCLUDED_MAX, FAMILY_OPTIONS_MAX, Family, FamilyDefaults, change_family,
    create_family, family_of, remove_family,
};
pub use find::{CodeMatch, FoundAs, item, items};
pub use history::{ChangedBy, ItemChange, changes_of};
pub use item::{Attributes, Barcode, Body, Item, NewBarcode, NewHazard, NewItem, NewUnit, Unit};
pub use limits::{categories_of, category_line, category_path, hold_category, is_among};
pub use merge::{hold_merge, merge_item};
pub use options::decide::{ChangeOptionSet, ChangeOptionValue, NewOptionSet, NewOptionValue};
pub use options::{
    OPTION_SETS_MAX, OPTION_VALUES_MAX, OptionSet, OptionValue, add_option_value, change_option_set,
    change_option_value, create_option_set, option_set_of, remove_option_set, remove_option_value,
};
pub use path::ATTRIBUTE_PATH_BYTES_MAX;
pub use prices::decide::{EndPrice, NewPrice};
pub use prices::{
    PRICES_PER_ITEM_MAX, Price, PriceAsked, PriceBrought, add_price, bring_price, end_price, price_at,
    withdraw_price, without_costs,
};
pub use rule::decide::NewRule;
pub use rule::{
    CategoryAttribute, ItemAttribute, OwnRule, RULES_PER_CATEGORY_MAX, attributes_of, drop_rule, rules_of,
    set_rule,
};
pub use rules::CHOICES_MAX;
pub use search::{Corrected, FOUND_MAX, Found, read_unread, search};
pub use sizes::goods_by_id;
pub use suppliers::decide::{ChangeSupplier, NewSupplier};
pub use suppliers::{Supplier, change_supplier, create_supplier, remove_supplier, supplier_of};
pub use supplies::decide::{ChangeSupply, NewSupply};
pub use supplies::{
    ItemSupplies, LEAD_TIME_DAYS_MAX, SUPPLIES_PER_ITEM_MAX, Supply, add_supply, bring_supply, change_supply,
    remove_supply, supplies_of,
};
pub use text::{
    ATTRIBUTE_FREE_KEY_CHARS_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_DEPTH_MAX, CATEGORY_CHARS_MAX,
    CATEGORY_DEPTH_MAX, CATEGORY_NAME_CHARS_MAX,
};
pub use variants::configure::{Chosen, Configured, OptionChoices, ValueChoice, configure, configured};
pub use variants::decide::{NewCombination, NewVariants};
pub use variants::{
    Adopt, MadeVariants, VARIANTS_PER_CALL_MAX, VARIANTS_PER_FAMILY_MAX, Variant, VariantFields,
    adopt_variant, bring_variant, leave_family, make_variants, variant_of,
};

use domain::Permission::{CatalogRead, CatalogWrite};
use web::{Reach, Routes, Unversioned};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 17] = [
    "catalog.attribute_changed",
    "catalog.attribute_created",
    "catalog.attribute_removed",
    "catalog.category_changed",
    "catalog.category_created",
    "catalog.category_removed",
    "catalog.family_changed",
    "catalog.family_created",
    "catalog.family_removed",
    "catalog.item_changed",
    "catalog.item_created",
    "catalog.option_set_changed",
    "catalog.option_set_created",
    "catalog.option_set_removed",
    "catalog.supplier_changed",
    "catalog.supplier_created",
    "catalog.supplier_removed",
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
        db::Migration { number: 7, name: "variants", text: include_str!("../migrations/0007_variants.sql") },
        db::Migration {
            number: 8,
            name: "suppliers",
            text: include_str!("../migrations/0008_suppliers.sql"),
        },
        db::Migration { number: 9, name: "prices", text: include_str!("../migrations/0009_prices.sql") },
        db::Migration { number: 10, name: "merge", text: include_str!("../migrations/0010_merge.sql") },
        db::Migration { number: 11, name: "nested", text: include_str!("../migrations/0011_nested.sql") },
        db::Migration {
            number: 12,
            name: "words_by_index",
            text: include_str!("../migrations/0012_words_by_index.sql"),
        },
    ],
};

/// The routes of this module. Items belong to no location, so the permission anywhere is enough.
pub fn routes<S: web::State>() -> Routes<S> {
    let routes = Routes::new("catalog")
        .add_by_category(CatalogRead, Reach::Whole, web::routes!(find::api::list_items))
        .add(CatalogRead, Reach::Whole, web::routes!(find::api::get_item))
        .add_by_category(CatalogRead, Reach::Whole, web::routes!(find::api::find_by_code))
        .add_by_category(CatalogRead, Reach::Whole, web::routes!(search::api::search_items))
        .add(CatalogRead, Reach::Whole, web::routes!(history::api::list_item_changes))
        .add_by_category(CatalogWrite, Reach::Everywhere, web::routes!(create::api::create_item))
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
        .add_common(CatalogRead, Reach::Whole, web::routes!(categories::api::list_categories))
        .add_common(CatalogRead, Reach::Whole, web::routes!(categories::api::get_category))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(categories::api::create_category))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(categories::api::change_category))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(categories::api::remove_category))
        .add_common(CatalogRead, Reach::Whole, web::routes!(attributes::api::list_attributes))
        .add_common(CatalogRead, Reach::Whole, web::routes!(attributes::api::get_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(attributes::api::create_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(attributes::api::change_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(attributes::api::remove_attribute))
        .add_common(CatalogRead, Reach::Whole, web::routes!(rule::api::get_category_attributes))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(rule::api::set_category_attribute))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(rule::api::drop_category_attribute))
        .add(CatalogRead, Reach::Whole, web::routes!(rule::api::get_item_attributes));
    variants_and_trade(routes)
}

/// Option sets, families and variants; suppliers and prices.
fn variants_and_trade<S: web::State>(routes: Routes<S>) -> Routes<S> {
    routes
        .add_common(CatalogRead, Reach::Whole, web::routes!(options::api::list_option_sets))
        .add_common(CatalogRead, Reach::Whole, web::routes!(options::api::get_option_set))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(options::api::create_option_set))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(options::api::change_option_set))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(options::api::remove_option_set))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(options::api::add_option_value))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(options::api::change_option_value))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(options::api::remove_option_value))
        .add(CatalogRead, Reach::Whole, web::routes!(families::api::list_families))
        .add(CatalogRead, Reach::Whole, web::routes!(families::api::get_family))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(families::api::create_family))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(families::api::change_family))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(families::api::remove_family))
        .add_unversioned(
            CatalogWrite,
            Reach::Everywhere,
            Unversioned::Adds,
            web::routes!(variants::api::make_variants),
        )
        .add(CatalogRead, Reach::Whole, web::routes!(variants::api::list_variants))
        .add(CatalogRead, Reach::Whole, web::routes!(variants::api::get_configuration))
        .add_unversioned(
            CatalogWrite,
            Reach::Everywhere,
            Unversioned::Adds,
            web::routes!(variants::api::configure_item),
        )
        .add(CatalogRead, Reach::Whole, web::routes!(variants::api::get_item_variant))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(variants::api::adopt_item_variant))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(variants::api::leave_item_family))
        .add_common(CatalogRead, Reach::Whole, web::routes!(suppliers::api::list_suppliers))
        .add_common(CatalogRead, Reach::Whole, web::routes!(suppliers::api::get_supplier))
        .add_by_category(CatalogRead, Reach::Whole, web::routes!(suppliers::api::list_supplier_supplies))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(suppliers::api::create_supplier))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(suppliers::api::change_supplier))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(suppliers::api::remove_supplier))
        .add(CatalogRead, Reach::Whole, web::routes!(supplies::api::get_item_supplies))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(supplies::api::add_item_supply))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(supplies::api::change_item_supply))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(supplies::api::remove_item_supply))
        .add(CatalogRead, Reach::Whole, web::routes!(prices::api::list_item_prices))
        .add(CatalogRead, Reach::Whole, web::routes!(prices::api::get_item_price))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(prices::api::add_item_price))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(prices::api::end_item_price))
        .add(CatalogWrite, Reach::Everywhere, web::routes!(prices::api::withdraw_item_price))
}
