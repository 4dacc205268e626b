//! The virtual locations: the world outside, with fixed negative ids, made by the first migration.
//! Transit locations are not among them: they are made one by one and hold what is ours.

use domain::{LocationId, LocationKind};

/// Where receipts come from.
pub const SUPPLIER: LocationId = LocationId(-1);
/// Where issues go to.
pub const CUSTOMER: LocationId = LocationId(-2);
/// Where components go to and products come from.
pub const PRODUCTION: LocationId = LocationId(-3);
/// Where goods that broke, spoiled or vanished go to.
pub const LOSS: LocationId = LocationId(-4);
/// The other side of counts and corrections.
pub const ADJUSTMENT: LocationId = LocationId(-5);
/// Where the stock of the first day comes from.
pub const OPENING: LocationId = LocationId(-6);

/// The one location of a virtual kind. For a kind of which there can be many: the id 0, which no
/// location has.
pub const fn virtual_location(kind: LocationKind) -> LocationId {
    match kind {
        LocationKind::Supplier => SUPPLIER,
        LocationKind::Customer => CUSTOMER,
        LocationKind::Production => PRODUCTION,
        LocationKind::Loss => LOSS,
        LocationKind::Adjustment => ADJUSTMENT,
        LocationKind::Opening => OPENING,
        LocationKind::Site
        | LocationKind::Zone
        | LocationKind::Aisle
        | LocationKind::Rack
        | LocationKind::Shelf
        | LocationKind::Bin
        | LocationKind::HandlingUnit
        | LocationKind::Transit => LocationId(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_virtual_kind_has_one_negative_id_and_no_other_kind_has_any() {
        let mut seen = BTreeSet::new();
        for kind in LocationKind::ALL {
            let id = virtual_location(*kind);
            assert_eq!(id.get() < 0, kind.is_virtual(), "{kind}");
            assert!(id.get() == 0 || seen.insert(id), "{kind}");
        }
    }
}
