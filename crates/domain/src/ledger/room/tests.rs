//! What fits and what does not: a line a case; and laws of what is put in and taken out.

use super::*;
use proptest::prelude::*;

const ONE: i64 = 1_000_000;
const PLACE: LocationId = LocationId(7);

fn limit(measure: Measure, max: i64) -> RoomRules {
    let limit = Limit { max, breach: Breach::Refuse, unknown: Unsized::Allow };
    RoomRules { limits: vec![(measure, limit)], only: Vec::new() }
}

/// A box of a litre and half a kilogram, six of which are a case that nobody has measured.
fn goods() -> Goods {
    let per = Ratio::ONE;
    let size = |each| Some(Size { each, per });
    Goods { volume: size(1_000_000), weight: size(500_000), ..Goods::default() }
}

fn coming(item: i64, lot: i64, pieces: i64, goods: &Goods) -> Coming<'_> {
    Coming { item: ItemId(item), lot: LotId(lot), qty: pieces * ONE, goods }
}

fn told(room: &Room, coming: Coming<'_>) -> Vec<String> {
    room.lacks(coming).iter().map(|lacks| lacks.what.sentence("A1")).collect()
}

#[test]
fn the_last_place_is_taken_and_no_more() {
    let goods = goods();
    for (measure, max, unit) in
        [(Measure::Volume, 10 * ONE, " l"), (Measure::Weight, 5 * ONE, " kg"), (Measure::Units, 10 * ONE, "")]
    {
        let mut room = Room::new(PLACE, limit(measure, max));
        room.put(coming(1, 0, 9, &goods));
        assert_eq!(told(&room, coming(1, 0, 1, &goods)), Vec::<String>::new(), "{measure:?}");
        assert_eq!(room.fits(ItemId(1), LotId::NONE, &goods), Some(ONE));
        let said = told(&room, coming(1, 0, 2, &goods));
        assert_eq!(said.len(), 1);
        assert!(said[0].contains(unit) && said[0].ends_with("`1` more of the item fits"), "{}", said[0]);
        room.put(coming(1, 0, 1, &goods));
        assert_eq!(room.fits(ItemId(1), LotId::NONE, &goods), Some(0));
        assert_eq!(told(&room, coming(2, 0, 1, &goods)).len(), 1, "another item takes room too");
    }
}

#[test]
fn what_is_counted_by_kind_takes_more_of_the_same() {
    let (ours, theirs) = (goods(), Goods { owner: Some("ACME".into()), ..goods() });
    let full = |measure| {
        let mut room = Room::new(PLACE, limit(measure, 1));
        room.put(coming(1, 5, 3, &ours));
        room
    };
    for (measure, other_item, other_lot, other_owner) in [
        (Measure::Items, false, true, false),
        (Measure::Lots, false, false, false),
        (Measure::Owners, true, true, false),
    ] {
        let room = full(measure);
        assert!(told(&room, coming(1, 5, 99, &ours)).is_empty(), "{measure:?}: the same again");
        assert_eq!(told(&room, coming(2, 6, 1, &ours)).is_empty(), other_item, "{measure:?}");
        assert_eq!(told(&room, coming(1, 6, 1, &ours)).is_empty(), other_lot, "{measure:?}");
        assert_eq!(told(&room, coming(3, 7, 1, &theirs)).is_empty(), other_owner, "{measure:?}");
    }
    let mut room = full(Measure::Items);
    room.put(coming(1, 5, -3, &ours));
    assert!(told(&room, coming(2, 6, 1, &ours)).is_empty(), "what went makes room");
}

#[test]
fn only_the_classes_that_are_named() {
    let only = |of: &[Option<&str>]| Only {
        of: of.iter().map(|one| one.map(Box::from)).collect(),
        breach: Breach::Refuse,
    };
    let rules = |class, of: &[Option<&str>]| RoomRules { limits: Vec::new(), only: vec![(class, only(of))] };
    let frozen = Goods { temperature: Some("frozen"), ..goods() };
    let paint = Goods { hazard: Some("3"), storage: Some("paints".into()), ..goods() };
    for (class, of, goods, fits) in [
        (Class::Temperature, &[Some("frozen")][..], &frozen, true),
        (Class::Temperature, &[Some("chilled")], &frozen, false),
        (Class::Temperature, &[Some("chilled")], &paint, false),
        (Class::Hazard, &[None, Some("3")], &paint, true),
        (Class::Hazard, &[None, Some("3")], &frozen, true),
        (Class::Hazard, &[None], &paint, false),
        (Class::Storage, &[Some("paints")], &paint, true),
        (Class::Storage, &[Some("paints")], &frozen, false),
    ] {
        let room = Room::new(PLACE, rules(class, of));
        assert_eq!(room.lacks(coming(1, 0, 1, goods)).is_empty(), fits, "{class:?} {of:?}");
        assert_eq!(room.fits(ItemId(1), LotId::NONE, goods), (!fits).then_some(0), "{class:?} {of:?}");
    }
    let room = Room::new(PLACE, rules(Class::Hazard, &[None]));
    let said = told(&room, coming(1, 0, 1, &paint));
    assert_eq!(said, ["`A1` takes only goods without one by `hazard_class`, and this is `3`"]);
}

#[test]
fn what_has_no_size_does_not_count_or_is_refused() {
    let unknown = Goods::default();
    let mut room = Room::new(PLACE, limit(Measure::Volume, ONE));
    room.put(coming(1, 0, 500, &unknown));
    assert_eq!(room.there(Measure::Volume), 0);
    assert!(told(&room, coming(1, 0, 500, &unknown)).is_empty());
    assert_eq!(room.fits(ItemId(1), LotId::NONE, &unknown), None);
    let strict = Limit { max: ONE, breach: Breach::Refuse, unknown: Unsized::Refuse };
    let room = Room::new(PLACE, RoomRules { limits: vec![(Measure::Weight, strict)], only: Vec::new() });
    assert!(matches!(room.lacks(coming(1, 0, 1, &unknown))[0].what, Lacking::Size { .. }));
    assert_eq!(room.fits(ItemId(1), LotId::NONE, &unknown), Some(0));
}

#[test]
fn a_size_is_that_of_its_package_and_rounds_up() {
    // a case of twelve takes ten cubic millimetres: one piece takes one of them, twelve take ten
    let size = Size { each: 10, per: Ratio::new(12, 1).unwrap() };
    assert_eq!([1, 2, 6, 12, 13].map(|pieces| size.of(pieces * ONE)), [1, 2, 5, 10, 11]);
    assert_eq!([0, 1, 5, 10].map(|room| size.within(room)), [0, 1_200_000, 6 * ONE, 12 * ONE]);
    let largest = Size { each: i64::MAX, per: Ratio::new(1, 1_000_000).unwrap() };
    assert!(largest.of(1_000_000_000 * ONE) > i128::from(i64::MAX), "too large is full, never empty");
}

#[test]
fn a_move_within_a_room_needs_none() {
    let (from, to, outside) = (LocationId(1), LocationId(2), LocationId(3));
    let mut room = Room::new(PLACE, limit(Measure::Units, 10 * ONE));
    room.put(coming(1, 0, 10, &Goods::default()));
    let of = [(from, vec![PLACE]), (to, vec![PLACE])].into_iter().collect();
    let rooms = Rooms { of, rooms: [(PLACE, room)].into_iter().collect(), goods: FxHashMap::default() };
    let piece = (ItemId(1), LotId::NONE, ONE);
    assert!(rooms.lacks(piece, from, to).is_empty());
    assert!(rooms.lacks(piece, to, outside).is_empty());
    assert_eq!(rooms.lacks(piece, outside, to).len(), 1);
}

#[test]
fn what_stands_against_a_rule_is_told() {
    let goods: FxHashMap<ItemId, Goods> = [(ItemId(1), goods())].into_iter().collect();
    let mut room = Room::new(PLACE, limit(Measure::Units, ONE));
    room.put(coming(1, 0, 1, &goods[&ItemId(1)]));
    assert!(room.broken(&goods).is_empty());
    room.put(coming(1, 0, 1, &goods[&ItemId(1)]));
    assert!(matches!(room.broken(&goods)[0].what, Lacking::Room { there, .. } if there == 2 * ONE));
    let only = Only { of: vec![Some("frozen".into())], breach: Breach::Warn };
    let mut room = Room::new(PLACE, RoomRules { limits: Vec::new(), only: vec![(Class::Temperature, only)] });
    assert!(room.broken(&goods).is_empty(), "nothing is there");
    room.put(coming(1, 0, 1, &goods[&ItemId(1)]));
    assert_eq!(room.broken(&goods).len(), 1);
}

proptest! {
    /// What fits is accepted, and a millionth more is not, whatever stands there and however packages are measured.
    #[test]
    fn what_is_said_to_fit_fits_exactly(
        each in 1_i64..5_000_000, per in 1_i64..50, max in 0_i64..200_000_000, there in 0_i64..100_000_000,
    ) {
        let size = Some(Size { each, per: Ratio::new(per, 1).unwrap() });
        let goods = Goods { volume: size, ..Goods::default() };
        let mut room = Room::new(PLACE, limit(Measure::Volume, max));
        room.put(Coming { item: ItemId(1), lot: LotId::NONE, qty: there, goods: &goods });
        let fits = room.fits(ItemId(1), LotId::NONE, &goods).unwrap();
        let with = |qty| room.lacks(Coming { item: ItemId(1), lot: LotId::NONE, qty, goods: &goods }).is_empty();
        prop_assert!(fits == 0 || with(fits));
        if room.there(Measure::Volume) <= max {
            prop_assert!(!with(fits + 1));
        }
    }

    /// What is put in and taken out again, in any order, leaves the room as it was.
    #[test]
    fn what_goes_out_again_leaves_no_trace(steps in prop::collection::vec((1_i64..4, 0_i64..3, 1_i64..9), 0..40)) {
        let goods = goods();
        let empty = Room::new(PLACE, limit(Measure::Volume, ONE));
        let mut room = empty.clone();
        for (item, lot, pieces) in &steps {
            room.put(coming(*item, *lot, *pieces, &goods));
        }
        for (item, lot, pieces) in &steps {
            room.put(coming(*item, *lot, -*pieces, &goods));
        }
        prop_assert_eq!(room, empty);
    }
}
