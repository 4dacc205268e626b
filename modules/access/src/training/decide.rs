//! What somebody may do where people are held to some sites. Pure.

use domain::{CategoryId, LocationId};
use std::collections::BTreeSet;

/// A grant that somebody has.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) id: i64,
    pub(super) role: String,
    /// Where; `None` for everywhere.
    pub(super) place: Option<LocationId>,
    /// Only for items of this category.
    pub(super) category: Option<CategoryId>,
    /// Whether its place is one of the sites, or stands below one.
    pub(super) is_there: bool,
}

/// A role at a site, for everything or for the items of a category.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Made {
    pub(super) role: String,
    pub(super) category: Option<CategoryId>,
    pub(super) site: LocationId,
}

/// What becomes of the grants of somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    /// Roles at sites that they are given in place of roles everywhere.
    pub(super) made: Vec<Made>,
    /// Grants that go.
    pub(super) revoked: Vec<i64>,
    /// Whether they may do anything afterwards.
    pub(super) is_anybody: bool,
}

/// What is held everywhere is held at each of the sites, what is held at one of them stays, all else goes.
pub(super) fn plan(held: &[Held], sites: &[LocationId]) -> Plan {
    let of =
        |grant: &Held, site: LocationId| Made { role: grant.role.clone(), category: grant.category, site };
    let has: BTreeSet<Made> =
        held.iter().filter_map(|grant| grant.place.map(|place| of(grant, place))).collect();
    let everywhere = held.iter().filter(|grant| grant.place.is_none());
    let made: Vec<Made> = everywhere
        .flat_map(|grant| sites.iter().map(move |site| of(grant, *site)))
        .filter(|made| !has.contains(made))
        .collect();
    let stays = |grant: &&Held| grant.is_there && grant.place.is_some();
    let revoked: Vec<i64> = held.iter().filter(|grant| !stays(grant)).map(|grant| grant.id).collect();
    let is_anybody = !made.is_empty() || held.iter().any(|grant| stays(&grant));
    Plan { made, revoked, is_anybody }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LON: LocationId = LocationId(10);
    const BER: LocationId = LocationId(20);
    /// Below London.
    const BIN: LocationId = LocationId(11);

    fn grant(id: i64, role: &str, place: Option<LocationId>) -> Held {
        let is_there = place.is_some_and(|place| [LON, BIN].contains(&place));
        Held { id, role: role.to_owned(), place, category: None, is_there }
    }

    #[test]
    fn rights_are_cut_to_the_sites() {
        let all = |id, role| grant(id, role, None);
        let at = |id, role, place| grant(id, role, Some(place));
        let made = |role: &str| vec![Made { role: role.to_owned(), category: None, site: LON }];
        for (held, expected) in [
            (vec![], (vec![], vec![], false)),
            (vec![all(1, "clerk")], (made("clerk"), vec![1], true)),
            (vec![at(1, "clerk", LON)], (vec![], vec![], true)),
            (vec![at(1, "clerk", BIN)], (vec![], vec![], true)),
            (vec![at(1, "clerk", BER)], (vec![], vec![1], false)),
            (vec![all(1, "clerk"), at(2, "clerk", LON)], (vec![], vec![1], true)),
            (vec![all(1, "clerk"), at(2, "clerk", BIN)], (made("clerk"), vec![1], true)),
            (
                vec![all(1, "clerk"), at(2, "picker", LON), at(3, "picker", BER)],
                (made("clerk"), vec![1, 3], true),
            ),
        ] {
            let found = plan(&held, &[LON]);
            assert_eq!((found.made, found.revoked, found.is_anybody), expected, "{held:?}");
        }
    }

    #[test]
    fn what_is_held_everywhere_is_held_at_each_site() {
        let held = [grant(1, "clerk", None), grant(2, "clerk", Some(LON))];
        let found = plan(&held, &[LON, BER]);
        assert_eq!(found.made, [Made { role: "clerk".to_owned(), category: None, site: BER }]);
        assert_eq!((found.revoked, found.is_anybody), (vec![1], true));
    }
    #[test]
    fn rights_for_a_category_stay_rights_for_that_category() {
        let tools = Some(CategoryId(7));
        let held = [
            Held { category: tools, ..grant(1, "clerk", None) },
            grant(2, "clerk", Some(LON)),
            Held { category: tools, ..grant(3, "picker", Some(LON)) },
        ];
        let found = plan(&held, &[LON]);
        assert_eq!(found.made, [Made { role: "clerk".to_owned(), category: tools, site: LON }]);
        assert_eq!((found.revoked, found.is_anybody), (vec![1], true));
    }
}
