//! Finding items by code and page by page.

use super::*;
use crate::item::NewItem;
use crate::store_list::Filter;
use crate::testing::{World, new_cased, new_item, on_both_engines, world};
use db::Engine;
use domain::{ItemClass, Tracking};

on_both_engines!(
    a_list_is_read_in_pages_both_ways,
    a_list_is_filtered,
    a_list_shows_what_is_asked_for_and_among_ones_own,
    a_code_is_found_as_what_it_is,
    a_page_holds_units_and_barcodes,
);

fn skus(world: &World, filter: &Filter) -> Vec<String> {
    world.read(|conn| list(conn, filter)).into_iter().map(|item| item.sku).collect()
}

fn all() -> Filter {
    Filter { limit: 100, ..Filter::default() }
}

fn a_list_shows_what_is_asked_for_and_among_ones_own(engine: Engine) {
    let world = world(engine);
    for path in ["x", "x/y", "x/y/z", "w"] {
        world.run(|tx, ctx| crate::ensure_category(tx, ctx, path)).unwrap();
    }
    for (sku, category) in [("A", "x"), ("B", "x/y"), ("C", "x/y/z"), ("D", "w")] {
        world.create(NewItem { category: Some(category.to_owned()), ..new_item(sku) });
    }
    world.create(new_item("E"));
    let id = |path: &str| world.read(|conn| crate::category(conn, path)).unwrap().id;
    let seen = |asked: Option<&str>, limits: Option<&[&str]>| {
        let limits = limits.map(|paths| paths.iter().map(|path| id(path)).collect::<Vec<_>>());
        let among = world.read(|conn| crate::limits::shown(conn, asked, limits.as_deref()));
        skus(&world, &Filter { among, ..all() }).concat()
    };
    for (asked, limits, expected) in [
        (None, None, "ABCDE"),
        (Some(""), None, "E"),
        (Some("x/y"), None, "BC"),
        (Some("none"), None, ""),
        (None, Some(["x/y"].as_slice()), "BC"),
        (None, Some(&["x/y", "w"]), "BCD"),
        (None, Some(&[]), ""),
        (Some(""), Some(&["x"]), ""),
        // below, above, the same and beside
        (Some("x/y/z"), Some(&["x/y"]), "C"),
        (Some("x"), Some(&["x/y", "w"]), "BC"),
        (Some("x/y"), Some(&["x/y"]), "BC"),
        (Some("w"), Some(&["x"]), ""),
    ] {
        assert_eq!(seen(asked, limits), expected, "{asked:?} {limits:?}");
    }
}

fn a_list_is_read_in_pages_both_ways(engine: Engine) {
    let world = world(engine);
    for sku in ["b", "A", "c_1", "C-2", "Ü", "d"] {
        world.create(new_item(sku));
    }
    // by code point of the folded SKU, whatever the locale of the server
    let expected = ["A", "b", "C-2", "c_1", "d", "Ü"];
    assert_eq!(skus(&world, &all()), expected);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = skus(&world, &Filter { after: after.clone(), limit: 2, ..all() });
        let Some(last) = page.last() else { break };
        after = code::sku_key(last);
        seen.extend(page);
    }
    assert_eq!(seen, expected);
    let down = skus(&world, &Filter { down: true, ..all() });
    assert_eq!(down, expected.into_iter().rev().collect::<Vec<_>>());
    let below = skus(&world, &Filter { down: true, after: Some("c-2".to_owned()), ..all() });
    assert_eq!(below, ["b", "A"]);
}

fn a_list_is_filtered(engine: Engine) {
    let world = world(engine);
    let with = |sku: &str, category: &str, class: &str, tracking: &str| NewItem {
        category: Some(category.to_owned()),
        class: Some(class.to_owned()),
        tracking: Some(tracking.to_owned()),
        ..new_item(sku)
    };
    for path in ["garden", "garden/pots", "garden/pots/clay", "gardening"] {
        crate::categories::tests::make(&world, path);
    }
    world.create(with("P1", "garden/pots", "finished_good", "none"));
    world.create(with("P2", "garden/pots/clay", "finished_good", "lot"));
    world.create(with("G", "garden", "mro", "none"));
    world.create(with("X", "gardening", "mro", "serial"));
    let archived = world.create(NewItem { name: "Old pot".to_owned(), ..with("Y", "", "mro", "none") }).id;
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, archived, true)).unwrap();
    let begins = |text: &str| Filter { begins: Some(text.to_owned()), ..all() };
    let category = |path: &str| Filter {
        among: world.read(|conn| crate::limits::shown(conn, Some(path), None)),
        ..all()
    };
    let cases: Vec<(Filter, &[&str])> = vec![
        (all(), &["G", "P1", "P2", "X", "Y"]),
        (category("garden"), &["G", "P1", "P2"]),
        (category("garden/pots"), &["P1", "P2"]),
        (category("garden/pot"), &[]),
        (category(""), &["Y"]),
        (Filter { class: Some(ItemClass::Mro), ..all() }, &["G", "X", "Y"]),
        (Filter { tracking: Some(Tracking::Lot), ..all() }, &["P2"]),
        (Filter { archived: Some(true), ..all() }, &["Y"]),
        (Filter { archived: Some(false), ..category("garden") }, &["G", "P1", "P2"]),
        (begins("p"), &["P1", "P2"]),
        (begins("old"), &["Y"]),
        (begins("item g"), &["G"]),
        (begins("%"), &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(skus(&world, &filter), expected, "{filter:?}");
    }
}

fn a_code_is_found_as_what_it_is(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "B"));
    world.create(new_item("B"));
    let found = |code: &'static str| {
        let matches = world.read(|conn| by_code(conn, code, None));
        let seen = |found: CodeMatch| (found.found_as, found.unit.to_string(), found.item.sku);
        matches.into_iter().map(seen).collect::<Vec<_>>()
    };
    let barcode = (FoundAs::Barcode, "case".to_owned(), "A".to_owned());
    let sku = (FoundAs::Sku, "each".to_owned(), "B".to_owned());
    assert_eq!(found("B"), [barcode, sku.clone()]);
    assert_eq!(found("b"), [sku], "a barcode is what it is, a SKU has no case");
    assert_eq!(found("none"), []);
}

fn a_page_holds_units_and_barcodes(engine: Engine) {
    let world = world(engine);
    let made: Vec<Item> =
        ["A", "B"].iter().map(|sku| world.create(new_cased(sku, &format!("C-{sku}")))).collect();
    assert_eq!(world.read(|conn| list(conn, &all())), made);
}
