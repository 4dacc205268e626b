//! Units and barcodes come and go; factors stay.

use super::*;
use crate::testing::{new_barcode, new_cased, new_item, new_unit, on_both_engines, world};
use db::Engine;
use domain::Ratio;

on_both_engines!(
    a_unit_is_added_and_removed,
    a_factor_never_changes,
    a_unit_in_use_stays,
    a_barcode_is_added_and_removed,
);

fn a_unit_is_added_and_removed(engine: Engine) {
    let world = world(engine);
    let id = world.create(new_item("A")).id;
    let added = world.run(|tx, ctx| add_unit(tx, ctx, ("a", IfMatch::Any), &new_unit("case", "12"))).unwrap();
    assert_eq!((added.version, added.units.len()), (2, 2));
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), added);
    let removed = world.run(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case")).unwrap();
    assert_eq!((removed.version, removed.units.len()), (3, 1));
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), removed);
    assert_eq!(world.read(|conn| crate::unit_factors(conn, &[(id, "case")])), [None]);
    let refused = world.refused(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case"));
    assert_eq!(refused.0, Code::NotFound);
    assert_eq!(world.events().len(), 3);
}

fn a_factor_never_changes(engine: Engine) {
    let world = world(engine);
    let id = world.create(new_cased("A", "C-1")).id;
    let again = world.refused(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "10")));
    assert_eq!(again, (Code::CodeTaken, "/unit".to_owned()));
    world.run(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1")).unwrap();
    world.run(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case")).unwrap();
    let other = world.refused(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "10")));
    assert_eq!(other, (Code::CodeTaken, "/factor".to_owned()));
    world.run(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "24/2"))).unwrap();
    let factors = world.read(|conn| crate::unit_factors(conn, &[(id, "case")]));
    assert_eq!(factors, [Some(Ratio::parse("12").unwrap())]);
}

fn a_unit_in_use_stays(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "C-1"));
    for unit in ["case", "each"] {
        let refused = world.refused(move |tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), unit));
        assert_eq!(refused.0, Code::InUse, "{unit}");
    }
}

fn a_barcode_is_added_and_removed(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "C-1"));
    world.create(new_item("B"));
    let taken =
        world.refused(|tx, ctx| add_barcode(tx, ctx, ("B", IfMatch::Any), &new_barcode("C-1", "each")));
    assert_eq!(taken, (Code::CodeTaken, "/code".to_owned()));
    let twice =
        world.refused(|tx, ctx| add_barcode(tx, ctx, ("A", IfMatch::Any), &new_barcode("C-1", "each")));
    assert_eq!(twice, (Code::CodeTaken, "/code".to_owned()));
    let unit =
        world.refused(|tx, ctx| add_barcode(tx, ctx, ("B", IfMatch::Any), &new_barcode("C-2", "case")));
    assert_eq!(unit, (Code::UnknownUnit, "/unit".to_owned()));
    let added = world
        .run(|tx, ctx| add_barcode(tx, ctx, ("A", IfMatch::Any), &new_barcode("73513537", "each")))
        .unwrap();
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), added);
    let removed = world.run(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1")).unwrap();
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), removed);
    world.run(|tx, ctx| add_barcode(tx, ctx, ("B", IfMatch::Any), &new_barcode("C-1", "each"))).unwrap();
    let refused = world.refused(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1"));
    assert_eq!(refused.0, Code::NotFound, "it is a barcode of another item now");
}
