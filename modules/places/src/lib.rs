//! The places: the organisation, its sites, and the tree of locations below them.
//!
//! Not here: stock. What must know about stock (blocking, moving a subtree, handling units, what
//! counts as sellable) is a command of `stock`, which calls the primitives of this module.
//! Invariants: a code names one location whatever the case of its letters; `places_tree` is the
//! closure of the parents at every commit; every change counts the location's version up and has
//! its event and audit row.

#[cfg(test)]
mod api_tests;
mod arrange;
mod blocks;
mod change;
mod code;
mod create;
mod facts;
mod find;
mod layout;
mod levels;
mod location;
mod location_type;
mod make_many;
mod organise;
mod record;
mod sheet;
mod site;
mod states;
mod store;
mod store_blocks;
mod store_levels;
mod store_list;
mod store_organisation;
mod store_privacy;
mod store_site;
mod store_states;
#[cfg(test)]
mod store_tests;
mod store_training;
mod store_tree;
mod store_type;
#[cfg(test)]
mod testing;
mod training;
mod virtuals;

pub use arrange::{
    Moved, NewHandlingUnit, create_handling_unit, create_transit, hold_location, hold_tree, moves, open,
    set_archived, set_blocked, set_parent, set_sellable,
};
pub use change::change_location;
pub use change::decide::ChangeLocation;
pub use create::decide::TREE_DEPTH_MAX;
pub use create::{Kept, bring_location, create_location};
pub use facts::{
    LocationFacts, SiteFacts, code_keys, facts_by_code, facts_by_id, locations_by_id, locations_of,
    site_facts_by_code, site_facts_by_id, sites, sites_by_id, sites_of, subtree, within,
};
pub use find::location;
pub use layout::LAYOUT_ENTRIES_MAX;
pub use layout::position::{MILLIMETRES_MAX, Position, WALK_MAX};
pub use levels::{Levels, bring_levels, levels};
pub use location::{Location, NewLocation};
pub use location_type::decide::{ChangeLocationType, NewLocationType};
pub use location_type::{
    LocationType, change as change_location_type, create as create_location_type, location_type,
    location_type_of, type_of,
};
pub use make_many::decide::{
    LOCATIONS_PER_CALL_MAX, MADE_SHOWN_MAX, MadeLocation, MadeLocations, MakeLevel, MakeLocations, Walk,
};
pub use make_many::{GROUPS_MAX, PATTERN_BYTES_MAX, make_locations};
pub use organise::{Organisation, SetUp, ValuationGrouping, check_set_up, organisation, set_up};
pub use sheet::{LOCATIONS_PER_SHEET_MAX, Sheet, sheet};
pub use site::calendar::{CalendarBody, CalendarDay, CalendarShown, DaySpan, WeekSpan};
pub use site::decide::{
    ADDRESS_LINES_MAX, Address, CONTACTS_MAX, ChangeSite, Contact, EMAIL_CHARS_MAX, PHONE_CHARS_MAX,
};
pub use site::{Site, calendar_of, calendar_shown as site_calendar, change_site, find as site, set_calendar};
pub use states::{places_in_use, set_site_state};
pub use store_privacy::erase_actor;
pub use training::{Training, mark_training, training};
pub use virtuals::{ADJUSTMENT, CUSTOMER, LOSS, OPENING, PRODUCTION, SUPPLIER, virtual_location};

use domain::Permission::{PlacesRead, PlacesWrite};
use web::{Reach, Routes};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 15] = [
    "places.levels_set",
    "places.location_archived",
    "places.location_blocked",
    "places.location_changed",
    "places.location_created",
    "places.location_moved",
    "places.location_restored",
    "places.location_type_changed",
    "places.location_type_created",
    "places.location_unblocked",
    "places.locations_created",
    "places.organisation_set_up",
    "places.site_changed",
    "places.site_state_set",
    "places.training_marked",
];

/// The tables of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "places",
    migrations: &[
        db::Migration { number: 1, name: "first", text: include_str!("../migrations/0001_first.sql") },
        db::Migration { number: 2, name: "checks", text: include_str!("../migrations/0002_checks.sql") },
        db::Migration { number: 3, name: "archive", text: include_str!("../migrations/0003_archive.sql") },
        db::Migration { number: 4, name: "sites", text: include_str!("../migrations/0004_sites.sql") },
        db::Migration { number: 5, name: "types", text: include_str!("../migrations/0005_types.sql") },
        db::Migration { number: 6, name: "layout", text: include_str!("../migrations/0006_layout.sql") },
        db::Migration { number: 7, name: "blocks", text: include_str!("../migrations/0007_blocks.sql") },
        db::Migration {
            number: 8,
            name: "site_states",
            text: include_str!("../migrations/0008_site_states.sql"),
        },
        db::Migration { number: 9, name: "erasure", text: include_str!("../migrations/0009_erasure.sql") },
        db::Migration { number: 10, name: "training", text: include_str!("../migrations/0010_training.sql") },
        db::Migration { number: 11, name: "opened", text: include_str!("../migrations/0011_opened.sql") },
    ],
};

/// The routes of this module.
pub fn routes<S: web::State>() -> Routes<S> {
    Routes::new("places")
        .add_common(PlacesRead, Reach::Whole, web::routes!(organise::api::get_organisation))
        .add_common(PlacesRead, Reach::Filtered, web::routes!(find::api::list_locations))
        .add_common(PlacesRead, Reach::Named, web::routes!(find::api::get_location))
        .add_common(PlacesRead, Reach::Named, web::routes!(blocks::api::list_location_blocks))
        .add_common(PlacesRead, Reach::Filtered, web::routes!(sheet::api::get_location_sheet))
        .add(PlacesWrite, Reach::Named, web::routes!(create::api::create_location))
        .add(PlacesWrite, Reach::Named, web::routes!(make_many::api::make_locations))
        .add(PlacesWrite, Reach::Named, web::routes!(change::api::change_location))
        .add(PlacesWrite, Reach::Named, web::routes!(layout::api::lay_out_locations))
        .add_common(PlacesRead, Reach::Named, web::routes!(levels::api::get_levels))
        .add(PlacesWrite, Reach::Named, web::routes!(levels::api::set_levels))
        .add_common(PlacesRead, Reach::Whole, web::routes!(location_type::api::list_location_types))
        .add_common(PlacesRead, Reach::Whole, web::routes!(location_type::api::get_location_type))
        .add(PlacesWrite, Reach::Everywhere, web::routes!(location_type::api::create_location_type))
        .add(PlacesWrite, Reach::Everywhere, web::routes!(location_type::api::change_location_type))
        .add_common(PlacesRead, Reach::Filtered, web::routes!(site::api::list_sites))
        .add_common(PlacesRead, Reach::Named, web::routes!(site::api::get_site))
        .add(PlacesWrite, Reach::Named, web::routes!(site::api::change_site))
        .add_common(PlacesRead, Reach::Named, web::routes!(states::api::list_site_states))
        .add_common(PlacesRead, Reach::Named, web::routes!(site::api_calendar::get_calendar))
        .add(PlacesWrite, Reach::Named, web::routes!(site::api_calendar::set_calendar))
        .add_common(PlacesRead, Reach::Named, web::routes!(site::api_calendar::get_opening))
        .add_common(PlacesRead, Reach::Named, web::routes!(site::api_calendar::count_working_days))
}
