//! What the world of the tests begins with.

use crate::costing::Method;
use crate::ledger::*;
use crate::place::LocationKind;
use crate::*;

pub(super) const LOCATIONS: &[(&str, i64, LocationKind, i64)] = &[
    ("supplier", -1, LocationKind::Supplier, 0),
    ("customer", -2, LocationKind::Customer, 0),
    ("production", -3, LocationKind::Production, 0),
    ("loss", -4, LocationKind::Loss, 0),
    ("adjustment", -5, LocationKind::Adjustment, 0),
    ("opening", -6, LocationKind::Opening, 0),
    ("transit", 9, LocationKind::Transit, 0),
    ("LON", 1, LocationKind::Site, 1),
    ("A1", 11, LocationKind::Bin, 1),
    ("A2", 12, LocationKind::Bin, 1),
    ("STAGE", 13, LocationKind::Bin, 1),
    ("CAGE", 14, LocationKind::Bin, 1),
    ("SHUT", 15, LocationKind::Bin, 1),
    ("GONE", 16, LocationKind::Bin, 1),
    ("YRK", 2, LocationKind::Site, 2),
    ("B1", 21, LocationKind::Bin, 2),
    ("NEW", 3, LocationKind::Site, 3),
    ("N1", 31, LocationKind::Bin, 3),
    ("N2", 32, LocationKind::Bin, 3),
];

pub(super) const ITEMS: &[(&str, i64, Tracking, bool)] = &[
    ("BOLT", 1, Tracking::None, true),
    ("WIRE", 2, Tracking::None, false),
    ("SOUP", 3, Tracking::Lot, true),
    ("DRILL", 4, Tracking::Serial, true),
    ("ADVICE", 5, Tracking::None, true),
    ("VASE", 6, Tracking::None, true),
];

/// Lot name, id, item, last sellable day.
pub(super) const LOTS: &[(&str, i64, i64, Option<&str>)] = &[
    ("fresh", 101, 3, Some("2026-12-31")),
    ("old", 102, 3, Some("2026-06-14")),
    ("last-day", 103, 3, Some("2026-06-15")),
    ("S1", 201, 4, None),
    ("S2", 202, 4, None),
    ("R-77", 203, 4, None),
];

/// Everything there is, empty.
pub(super) fn loaded(method: Method) -> Loaded {
    let mut loaded = Loaded::default();
    for (name, id, kind, site) in LOCATIONS {
        let group = match kind {
            LocationKind::Transit => *id,
            _ => *site,
        };
        let facts = LocationFacts {
            kind: *kind,
            site: SiteId(*site),
            sellable: *site != 0 && *name != "CAGE",
            blocked: *name == "SHUT",
            archived: *name == "GONE",
            in_set_up: *site == 3,
            open_to_allocation: *name != "STAGE",
            group: Group(group),
        };
        loaded.locations.insert(LocationId(*id), facts);
        loaded.today.insert(SiteId(*site), when::parse_date("2026-06-15").unwrap());
        loaded.zones.insert(SiteId(*site), Zone::UTC);
    }
    for (name, id, item, expiry) in LOTS {
        let expiry = expiry.map(|day| when::parse_date(day).unwrap());
        let is_parent = *name == "R-77";
        loaded.lots.insert(LotId(*id), LotFacts { item: ItemId(*item), expiry, on_hold: false, is_parent });
        if name.starts_with('S') {
            loaded.serials.insert(LotId(*id), Holder::NONE);
        }
    }
    for (name, id, tracking, whole) in ITEMS {
        let item = ItemId(*id);
        loaded.items.insert(
            item,
            ItemFacts {
                tracking: *tracking,
                whole: *whole,
                stocked: *name != "ADVICE",
                archived: false,
                third_party: *name == "VASE",
            },
        );
        let lots = LOTS.iter().filter(|lot| lot.2 == *id).map(|lot| LotId(lot.1));
        let lots: Vec<LotId> = lots.chain([LotId::NONE]).collect();
        for (_, location, _, site) in LOCATIONS {
            for lot in &lots {
                for status in Status::ALL {
                    let key = Key { item, location: LocationId(*location), lot: *lot, status };
                    loaded.balances.insert(key, Balance::EMPTY);
                    loaded.history.insert(key, History::new(Instant::MIN));
                    loaded.bound.insert(key, Extent::All);
                }
            }
            let key = SiteKey { item, site: SiteId(*site) };
            loaded.sites.insert(key, SiteStock::EMPTY);
            loaded.held.insert(key, Extent::All);
            loaded.waiting_of.insert(key);
            let group = if *location == 9 { Group(9) } else { Group(*site) };
            loaded.costs.insert((item, group), Costs::new(method));
        }
    }
    loaded
}
