//! The lists that can be exported, each with its columns in order.

use super::cell::Holds;
use super::cell::Holds::{
    Claim, Cost, Currency, Date, Decimal, Figure, Grams, Hash, Instant, Json, Kind, List, Money, Month,
    Number, Posting, Quantity, Request, Status, Text, Truth,
};
use super::store;
use db::Statement;
use domain::Permission;

/// A list.
pub(super) struct Sheet {
    pub(super) columns: &'static [(&'static str, Holds)],
    pub(super) statement: &'static Statement,
    pub(super) past: Option<Past>,
}

/// How a list is made as it was at a moment.
#[derive(Clone, Copy)]
pub(super) enum Past {
    /// By a statement that knows it.
    Rows(&'static Statement),
    /// By what `stock` says was on hand.
    OnHand,
    /// By what `stock` says it was worth.
    Worth,
}

macro_rules! sheets {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal, $statement:ident, $past:expr, [$($column:literal: $holds:ident),* $(,)?];)*) => {
        /// The lists that can be exported.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum What {
            $($(#[doc = $doc])* $name,)*
        }

        impl What {
            /// All lists.
            pub const ALL: &'static [What] = &[$(What::$name,)*];

            /// The word on the command line.
            pub const fn word(self) -> &'static str {
                match self { $(What::$name => $word,)* }
            }

            pub(super) fn sheet(self) -> Sheet {
                match self {
                    $(What::$name => Sheet {
                        columns: &[$(($column, $holds),)*],
                        statement: &store::$statement,
                        past: $past,
                    },)*
                }
            }
        }
    };
}

sheets! {
    /// What attributes mean.
    Attributes = "attributes", ATTRIBUTES, None, [
        "key": Text, "name": Text, "kind": Text, "unit": Text, "choices": List, "least": Decimal,
        "most": Decimal, "version": Number,
    ];
    /// The tree of categories.
    Categories = "categories", CATEGORIES, None, ["path": Text, "name": Text, "version": Number];
    /// What categories ask of attributes.
    CategoryAttributes = "category-attributes", CATEGORY_ATTRIBUTES, None, [
        "category": Text, "attribute": Text, "required": Truth, "default": Json, "allowed": List,
        "position": Number,
    ];
    /// Items.
    Items = "items", ITEMS, None, [
        "sku": Text, "name": Text, "base_unit": Text, "whole": Truth, "tracking": Text, "class": Text,
        "category": Text, "attributes": Json, "owner": Text, "archived": Truth, "version": Number,
        "storage_class": Text, "temperature": Text, "hazard_class": Text, "un_number": Number,
        "packing_group": Text, "expiry": Text, "shelf_life_days": Number, "merged_into": Text,
    ];
    /// Their packagings, each with its exact factor.
    Units = "units", UNITS, None, [
        "sku": Text, "unit": Text, "factor": Text, "removed": Truth, "level": Text, "length_mm": Number,
        "width_mm": Number, "height_mm": Number, "weight_g": Grams,
    ];
    /// Their barcodes.
    Barcodes = "barcodes", BARCODES, None, ["sku": Text, "unit": Text, "code": Text, "symbology": Text];
    /// Options that tell variants apart, a row for each value.
    OptionSets = "option-sets", OPTION_SETS, None, [
        "set": Text, "name": Text, "value": Text, "value_name": Text, "archived": Truth,
    ];
    /// Families of variants.
    Families = "families", FAMILIES, None, [
        "code": Text, "name": Text, "options": List, "sku_pattern": Text, "name_pattern": Text,
        "configurable": Truth, "excluded": Json, "category": Text, "defaults": Json, "archived": Truth,
        "version": Number,
    ];
    /// Items that are variants, with their values in the order of the options of their families.
    Variants = "variants", VARIANTS, None, ["sku": Text, "family": Text, "values": List];
    /// What items consist of, a row for each component and for what may stand in for one.
    Boms = "boms", BOMS, None, [
        "sku": Text, "kind": Text, "yield": Quantity, "note": Text, "component": Text, "instead_of": Text,
        "qty": Quantity, "unit": Text, "scrap_percent": Decimal,
    ];
    /// Suppliers.
    Suppliers = "suppliers", SUPPLIERS, None, [
        "code": Text, "name": Text, "archived": Truth, "version": Number,
    ];
    /// What suppliers sell of items.
    Supplies = "supplies", SUPPLIES, None, [
        "sku": Text, "supplier": Text, "supplier_sku": Text, "name": Text, "unit": Text, "factor": Text,
        "least": Decimal, "multiple": Decimal, "lead_time_days": Number, "rank": Number,
    ];
    /// Prices, with those that are over.
    Prices = "prices", PRICES, None, [
        "sku": Text, "kind": Text, "list": Text, "supplier": Text, "supplier_sku": Text, "unit": Text,
        "currency": Text, "least": Decimal, "amount": Decimal, "valid_from": Date, "valid_until": Date,
    ];
    /// Types of locations.
    LocationTypes = "location-types", LOCATION_TYPES, None, [
        "code": Text, "name": Text, "kind": Text, "role": Text, "sellable": Truth, "open_to_allocation": Truth,
        "archived": Truth, "version": Number,
    ];
    /// Locations.
    Locations = "locations", LOCATIONS, None, [
        "code": Text, "name": Text, "kind": Text, "role": Text, "parent": Text, "site": Text, "zone": Text,
        "sellable": Truth, "blocked": Truth, "block_reason": Text, "open_to_allocation": Truth,
        "archived": Truth, "version": Number, "archived_at": Instant, "type": Text, "walk": Number,
        "x_mm": Number, "y_mm": Number, "z_mm": Number, "state": Text,
    ];
    /// Addresses and hours of sites.
    Sites = "sites", SITES, None, [
        "site": Text, "lines": Text, "city": Text, "region": Text, "postcode": Text, "country": Text,
        "contacts": Json, "hours": List, "version": Number,
    ];
    /// Days of sites that are different.
    SiteDays = "site-days", SITE_DAYS, None, ["site": Text, "on": Date, "name": Text, "hours": List];
    /// Which kinds of places stand below which: a row for whoever says something.
    LocationLevels = "location-levels", LOCATION_LEVELS, None, [
        "of": Text, "zone": List, "aisle": List, "rack": List, "shelf": List, "bin": List,
    ];
    /// How much places take, and of what: a row for each rule of a type or of a location.
    Capacities = "capacities", CAPACITIES, None, [
        "location_type": Text, "location": Text, "rule": Text, "max": Figure, "of": List, "breach": Text,
        "unknown": Text, "lifted": Truth,
    ];
    /// Lots and serials.
    Lots = "lots", LOTS, None, [
        "sku": Text, "lot": Text, "tracking": Text, "made_on": Date, "expiry_on": Date, "held_at": Text,
        "parent": Text,
    ];
    /// What each real location holds.
    Stock = "stock", STOCK, Some(Past::OnHand), [
        "site": Text, "location": Text, "sku": Text, "lot": Text, "expiry_on": Date, "status": Status,
        "on_hand": Quantity, "allocated": Quantity, "unit": Text,
    ];
    /// What each real location holds, as the rows that open the books of another store.
    OpeningStock = "opening-stock", OPENING_STOCK, None, [
        "sku": Text, "location": Text, "qty": Quantity, "unit": Text, "lot": Text, "serials": List,
        "status": Status, "expiry_on": Date, "made_on": Date, "unit_cost": Cost,
    ];
    /// What was counted, as the rows that count it again.
    Counts = "counts", COUNTS, None, [
        "sku": Text, "location": Text, "counted": Quantity, "unit": Text, "lot": Text, "serials": List,
        "status": Status, "expiry_on": Date, "unit_cost": Cost, "effective_at": Instant, "document": Text,
        "reason": Text, "note": Text,
    ];
    /// Movements, as the rows that make them again.
    MovementsIn = "movements-in", MOVEMENTS_IN, None, [
        "kind": Text, "sku": Text, "location": Text, "qty": Quantity, "counted": Quantity, "unit": Text,
        "to_location": Text, "to_status": Status, "lot": Text, "serials": List, "status": Status,
        "expiry_on": Date, "made_on": Date, "unit_cost": Cost, "effective_at": Instant, "document": Text,
        "reason": Text, "note": Text,
    ];
    /// Movements, in the order of the ledger.
    Movements = "movements", MOVEMENTS, Some(Past::Rows(&store::MOVEMENTS_TO)), [
        "posting": Posting, "line": Number, "kind": Kind, "document": Text, "reason": Text, "note": Text,
        "customer": Number, "actor_id": Number, "effective_at": Instant, "effective_on": Date, "recorded_at": Instant,
        "sku": Text, "lot": Text, "qty": Quantity, "unit": Text, "from_location": Text, "from_status": Status,
        "to_location": Text, "to_status": Status, "from_on_hand": Quantity, "to_on_hand": Quantity,
        "value": Money, "currency": Currency, "reversal_of": Posting, "lane": Number, "number": Number,
    ];
    /// Postings, in the order of the ledger.
    Postings = "postings", POSTINGS, Some(Past::Rows(&store::POSTINGS_TO)), [
        "posting": Posting, "kind": Kind, "document": Text, "reason": Text, "note": Text,
        "customer": Number, "actor_id": Number, "effective_at": Instant, "recorded_at": Instant, "late_from": Instant, "reversal_of": Posting,
        "claims": Json, "idempotency_key": Text, "lane": Number, "number": Number, "hash": Hash,
    ];
    /// Customers that an import brought.
    Customers = "customers", CUSTOMERS, None, [
        "number": Number, "country": Text, "first_at": Instant, "last_at": Instant, "invoices": Number,
    ];
    /// Reservations and allocations, open or not.
    Claims = "claims", CLAIMS, None, [
        "claim": Claim, "kind": Text, "owner": Text, "sku": Text, "site": Text, "location": Text, "lot": Text,
        "qty": Quantity, "unit": Text, "priority": Number, "state": Text, "made_at": Instant,
        "expires_at": Instant, "backordered": Quantity,
    ];
    /// Cost layers, used up or not.
    Layers = "layers", LAYERS, None, [
        "sku": Text, "valuation_group": Text, "layer": Number, "effective_at": Instant, "qty_in": Quantity,
        "value_in": Money, "qty_left": Quantity, "value_left": Money, "currency": Currency,
    ];
    /// What each item is worth in each valuation group.
    Valuation = "valuation", VALUATION, Some(Past::Worth), [
        "sku": Text, "valuation_group": Text, "qty": Quantity, "unit": Text, "value": Money,
        "currency": Currency,
    ];
    /// Lines of transfers between sites.
    Transfers = "transfers", TRANSFERS, None, [
        "number": Text, "state": Text, "from_site": Text, "to_site": Text, "line": Number, "sku": Text,
        "lot": Text, "qty": Quantity, "shipped": Quantity, "received": Quantity, "short": Quantity,
        "unit": Text, "version": Number,
    ];
    /// What each site has of each item.
    Sums = "sums", SUMS, None, ["sku": Text, "site": Text, "on_hand": Quantity, "unit": Text];
    /// What each site has for sale of each item, and what is promised of it.
    SiteStock = "site-stock", SITE_STOCK, None, [
        "sku": Text, "site": Text, "sellable": Quantity, "reserved": Quantity, "allocated": Quantity,
        "backordered": Quantity, "next_expiry": Date, "unit": Text,
    ];
    /// What is promised beyond stock: the rules of sites, and of items there.
    BackorderRules = "backorder-rules", BACKORDER_RULES, None, [
        "site": Text, "sku": Text, "rule": Text, "cap": Quantity, "unit": Text, "version": Number,
    ];
    /// The least that sites are to have of items.
    Minimums = "minimums", MINIMUMS, None, [
        "site": Text, "sku": Text, "least": Quantity, "unit": Text, "version": Number,
    ];
    /// Where items are kept at the sites.
    Homes = "homes", HOMES, None, ["site": Text, "sku": Text, "rank": Number, "location": Text];
    /// Reason codes.
    Reasons = "reasons", REASON_LIST, None, [
        "code": Text, "name": Text, "active": Truth, "version": Number,
    ];
    /// Months that were ever closed.
    Periods = "periods", PERIOD_LIST, None, [
        "period": Month, "state": Text, "starts": Date, "ends": Date, "closed_at": Instant, "version": Number,
    ];
    /// What handling units were put into.
    UnitMoves = "unit-moves", UNIT_MOVE_LIST, None, [
        "unit": Text, "number": Number, "posting": Posting, "from_location": Text, "to_location": Text, "at": Instant,
    ];
    /// The audit log, in its order.
    Audit = "audit", AUDIT, None, [
        "n": Number, "at": Instant, "actor_id": Number, "actor": Text, "action": Text, "target": Text,
        "outcome": Text, "details": Json, "request": Request, "hash": Hash,
    ];
}

impl What {
    /// The list of a word.
    pub fn parse(word: &str) -> Option<What> {
        What::ALL.iter().copied().find(|what| what.word() == word)
    }

    /// What whoever takes it must be allowed to see.
    pub(crate) const fn permissions(self) -> &'static [Permission] {
        match self {
            What::Attributes
            | What::Categories
            | What::CategoryAttributes
            | What::Items
            | What::Units
            | What::Barcodes
            | What::OptionSets
            | What::Families
            | What::Variants
            | What::Boms
            | What::Suppliers
            | What::Supplies => &[Permission::CatalogRead],
            What::Prices => &[Permission::CatalogRead, Permission::CostRead],
            What::LocationTypes | What::Locations | What::Sites | What::SiteDays | What::LocationLevels => {
                &[Permission::PlacesRead]
            }
            What::Capacities
            | What::Lots
            | What::Stock
            | What::Postings
            | What::Customers
            | What::Claims
            | What::Transfers
            | What::Sums
            | What::SiteStock
            | What::BackorderRules
            | What::Minimums
            | What::Homes
            | What::Reasons
            | What::Periods
            | What::UnitMoves => &[Permission::StockRead],
            What::OpeningStock
            | What::Counts
            | What::MovementsIn
            | What::Movements
            | What::Layers
            | What::Valuation => &[Permission::StockRead, Permission::CostRead],
            What::Audit => &[Permission::AuditRead],
        }
    }

    /// Whether it can be exported as it was at a moment.
    pub fn has_past(self) -> bool {
        self.sheet().past.is_some()
    }
}
