//! The routes of documents, handling units and everything else that changes stock by its own rules.

use crate::service::Vault;
use crate::{
    backorder, balance, block, home, item_guard, lot, organise, period, place_guard, reason, room,
    site_state, transfer, unit, upkeep,
};
use axum::extract::FromRef;
use domain::Permission;
use web::{Reach, Routes};

/// The routes of the commands beside postings and claims.
pub fn document_routes<S: web::State>() -> Routes<S>
where
    Vault: FromRef<S>,
{
    Routes::new("stock")
        .add(Permission::SystemWrite, Reach::Everywhere, web::routes!(organise::api::set_up_organisation))
        .add_common(Permission::StockRead, Reach::Whole, web::routes!(reason::api::list_reasons))
        .add_common(Permission::StockRead, Reach::Whole, web::routes!(reason::api::get_reason))
        .add(Permission::SystemWrite, Reach::Everywhere, web::routes!(reason::api::create_reason))
        .add(Permission::SystemWrite, Reach::Everywhere, web::routes!(reason::api::change_reason))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(block::api::block_location))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(block::api::unblock_location))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(block::api::set_location_sellable))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(block::api::move_location))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(place_guard::api::archive_location))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(place_guard::api::restore_location))
        .add(Permission::PlacesRead, Reach::Named, web::routes!(site_state::api::get_site_readiness))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(site_state::api::set_site_state))
        .add(Permission::SitesSetBack, Reach::Named, web::routes!(site_state::api::set_site_back))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(backorder::api::list_backorder_rules))
        .add_common(
            Permission::StockRead,
            Reach::Named,
            web::routes!(backorder::api::get_site_backorder_rule),
        )
        .add(Permission::StockRead, Reach::Named, web::routes!(backorder::api::get_item_backorder_rule))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(backorder::api::set_site_backorder_rule))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(backorder::api::set_item_backorder_rule))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(balance::api::set_minimum))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(home::api::list_homes))
        .add(Permission::StockRead, Reach::Named, web::routes!(home::api::get_homes))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(home::api::set_homes))
        .add_common(Permission::StockRead, Reach::Whole, web::routes!(room::api::get_type_capacity))
        .add(Permission::PlacesWrite, Reach::Everywhere, web::routes!(room::api::set_type_capacity))
        .add(Permission::StockRead, Reach::Named, web::routes!(room::api::get_location_capacity))
        .add(Permission::PlacesWrite, Reach::Named, web::routes!(room::api::set_location_capacity))
        .add(Permission::StockRead, Reach::Filtered, web::routes!(room::api::list_room))
        .add(Permission::StockRead, Reach::Filtered, web::routes!(room::api::list_capacity_breaches))
        .add(Permission::StockRead, Reach::Named, web::routes!(unit::api::get_unit))
        .add(Permission::StockRead, Reach::Named, web::routes!(unit::api::list_unit_moves))
        .add(Permission::StockMove, Reach::Named, web::routes!(unit::api::create_unit))
        .add(Permission::StockMove, Reach::Named, web::routes!(unit::api::move_unit))
        .add(Permission::StockMove, Reach::Named, web::routes!(unit::api::empty_unit))
        .add(Permission::CatalogWrite, Reach::Everywhere, web::routes!(item_guard::api::set_item_tracking))
        .add(Permission::CatalogWrite, Reach::Everywhere, web::routes!(item_guard::api::set_item_owner))
        .add(Permission::CatalogWrite, Reach::Everywhere, web::routes!(item_guard::api::archive_item))
        .add(Permission::CatalogWrite, Reach::Everywhere, web::routes!(item_guard::api::merge_item))
        .add(Permission::CatalogWrite, Reach::Everywhere, web::routes!(item_guard::api::restore_item))
        .add(Permission::StockStatus, Reach::Everywhere, web::routes!(lot::api::change_lot))
        .add(Permission::StockStatus, Reach::Everywhere, web::routes!(lot::api::hold_lot))
        .add(Permission::StockStatus, Reach::Everywhere, web::routes!(lot::api::release_lot))
        .add(Permission::StockStatus, Reach::Everywhere, web::routes!(lot::api::set_serial_parent))
        .add_common(Permission::StockRead, Reach::Whole, web::routes!(period::api::list_periods))
        .add_common(Permission::StockRead, Reach::Whole, web::routes!(period::api::get_period))
        .add(Permission::StockRead, Reach::Whole, web::routes!(period::api::list_closings))
        .add(Permission::SystemWrite, Reach::Everywhere, web::routes!(period::api::close_period))
        .add(Permission::PeriodsReopen, Reach::Everywhere, web::routes!(period::api::reopen_period))
        .add(Permission::SystemWrite, Reach::Everywhere, web::routes!(upkeep::api::sweep_expired))
        .add_rows(Permission::StockRead, Reach::Filtered, web::routes!(transfer::api::list_transfers))
        .add_rows(Permission::StockRead, Reach::Named, web::routes!(transfer::api::get_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::create_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::allocate_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::release_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::ship_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::receive_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::close_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::expect_transfer))
        .add(Permission::StockTransfer, Reach::Named, web::routes!(transfer::api::cancel_transfer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_routes_have_one_name_or_one_address() {
        let all = crate::routes::<Vault>().and(document_routes::<Vault>());
        let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for route in all.table() {
            names.insert(route.name().to_owned());
            addresses.insert(format!("{} {}", route.method, route.path));
        }
        // once the others are among those of the crate, both lists hold each of them once
        assert_eq!(names.len(), addresses.len());
        assert!(names.len() >= 31, "{names:?}");
    }
}
