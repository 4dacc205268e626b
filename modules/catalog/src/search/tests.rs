//! What is found, in which order, and what is forgiven.

use super::*;
use crate::testing::{World, new_cased, new_item, on_both_engines, world};
use crate::{ChangeItem, NewItem};
use db::{Engine, Statement};
use web::IfMatch::Any;

on_both_engines!(
    items_are_found_by_words,
    a_mistake_is_forgiven,
    items_are_found_by_any_code,
    what_changes_is_found_as_it_is_now,
    an_item_of_before_is_read_by_the_upkeep,
    the_best_fifty_are_shown,
    no_word_that_begins_so_is_passed_over,
    common_words_and_beginnings_meet,
    where_lists_are_met_changes_nothing,
);

fn named(sku: &str, name: &str) -> NewItem {
    NewItem { name: name.to_owned(), ..new_item(sku) }
}

fn skus(world: &World, text: &'static str) -> Vec<String> {
    world.read(|conn| search(conn, text, None)).items.into_iter().map(|item| item.sku).collect()
}

fn shop(engine: Engine) -> World {
    let world = world(engine);
    for (sku, name) in [
        ("85123A", "White hanging heart T-light holder"),
        ("22423", "Regency cakestand 3 tier"),
        ("47566", "Party bunting"),
        ("LAMP-01", "Red lamp"),
        ("LAMP-02", "Blue lamp with heart"),
        ("X1", "Lampshade red"),
        ("Ü9", "Töpfe für Außen"),
    ] {
        world.create(named(sku, name));
    }
    world
}

fn items_are_found_by_words(engine: Engine) {
    let world = shop(engine);
    let cases: [(&str, &[&str]); 14] = [
        ("lamp", &["LAMP-01", "LAMP-02", "X1"]),
        ("red lamp", &["LAMP-01", "X1"]),
        ("lamp red", &["LAMP-01", "X1"]),
        ("lamp blue", &["LAMP-02"]),
        ("heart", &["85123A", "LAMP-02"]),
        ("HEART holder", &["85123A"]),
        ("lam", &["LAMP-01", "LAMP-02", "X1"]),
        ("t-light", &["85123A"]),
        ("lamp lamp", &["LAMP-01", "LAMP-02", "X1"]),
        ("red blue", &[]),
        ("topfe aussen", &["Ü9"]),
        ("töpfe außen", &["Ü9"]),
        ("--", &[]),
        ("lamp zzzzz", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(skus(&world, text), expected, "{text}");
    }
}

fn a_mistake_is_forgiven(engine: Engine) {
    let world = shop(engine);
    let cases: [(&str, &[&str]); 8] = [
        ("lmap", &["LAMP-01", "LAMP-02"]),
        ("red lanp", &["LAMP-01"]),
        ("hangign heart", &["85123A"]),
        ("cakstand", &["22423"]),
        ("cakestnad", &["22423"]),
        ("cackestend", &["22423"]),
        ("buntng party", &["47566"]),
        ("lumq", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(skus(&world, text), expected, "{text}");
    }
    let found = world.read(|conn| search(conn, "red lmap", None));
    let corrected = Corrected { typed: "lmap".to_owned(), meant: vec!["lamp".to_owned()] };
    assert_eq!(found.corrected, [corrected]);
    assert!(
        world.read(|conn| search(conn, "red lam", None)).corrected.is_empty(),
        "what is begun is no mistake"
    );
    // every character of a number counts
    assert_eq!(skus(&world, "22424"), [""; 0]);
}

fn items_are_found_by_any_code(engine: Engine) {
    let world = shop(engine);
    world.create(new_cased("BOX", "4006381333931"));
    world.create(named("4006381333931", "Named like a barcode"));
    let cases: [(&str, &[&str]); 9] = [
        ("4006381333931", &["BOX", "4006381333931"]),
        ("85123a", &["85123A"]),
        ("85123", &["85123A"]),
        ("lamp-02", &["LAMP-02"]),
        ("lamp02", &["LAMP-02"]),
        (" LAMP 01 ", &["LAMP-01"]),
        ("22423", &["22423"]),
        ("400638", &["BOX", "4006381333931"]),
        ("ü9", &["Ü9"]),
    ];
    for (text, expected) in cases {
        assert_eq!(skus(&world, text), expected, "{text}");
    }
}

fn what_changes_is_found_as_it_is_now(engine: Engine) {
    let world = shop(engine);
    let change: ChangeItem = serde_json::from_value(serde_json::json!({
        "name": "Green lantern", "attributes": { "finish": ["matt", "brass"], "note": "sehr schön" }
    }))
    .unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "X1", Any, &change)).unwrap();
    assert_eq!(skus(&world, "lampshade"), [""; 0]);
    // a word that nothing has any more stands in no other's way
    world.create(named("L", "Latern"));
    let right: ChangeItem = serde_json::from_value(serde_json::json!({ "name": "Lantern" })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "L", Any, &right)).unwrap();
    assert_eq!(skus(&world, "latern"), ["X1", "L"]);
    world
        .run(|tx, ctx| {
            let id = crate::item(tx, "L")?.map(|item| item.id).unwrap();
            crate::set_archived(tx, ctx, id, true)
        })
        .unwrap();
    for text in ["lantern", "lanern", "brass green", "schon"] {
        assert_eq!(skus(&world, text), ["X1"], "{text}");
    }
    let id = world.read(|conn| crate::item(conn, "X1")).unwrap().id;
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, true)).unwrap();
    assert_eq!(skus(&world, "lantern"), [""; 0]);
    assert_eq!(skus(&world, "x1"), ["X1"], "its own code still names it");
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, false)).unwrap();
    assert_eq!(skus(&world, "lantern"), ["X1"]);
}

const OLD: [Statement; 3] = [
    Statement::new("test.search.terms", "delete from catalog_term"),
    Statement::new("test.search.values", "delete from catalog_value"),
    Statement::new("test.search.unread", "update catalog_item set unread = true"),
];

fn an_item_of_before_is_read_by_the_upkeep(engine: Engine) {
    let world = shop(engine);
    let noted: ChangeItem =
        serde_json::from_value(serde_json::json!({ "attributes": { "Note": "Äpfel" } })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "X1", Any, &noted)).unwrap();
    world
        .run(|tx, _| {
            for statement in &OLD {
                tx.execute(statement, &[])?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(skus(&world, "lamp"), [""; 0]);
    assert_eq!(read_unread(&world.db).unwrap(), 7);
    assert_eq!(read_unread(&world.db).unwrap(), 0);
    assert_eq!(skus(&world, "lamp").len(), 3);
    let terms = crate::find::terms::Terms::read("Note=ÄPFEL", "?attributes").unwrap();
    let filter = crate::store_list::Filter { terms, limit: 9, ..crate::store_list::Filter::default() };
    assert_eq!(world.read(|conn| crate::store_list::list(conn, &filter)).len(), 1, "and values are as now");
}

fn the_best_fifty_are_shown(engine: Engine) {
    let world = world(engine);
    let many: Vec<NewItem> = (0..60).map(|n| named(&format!("N{n:02}"), "Common thing")).collect();
    world.run(move |tx, ctx| crate::create_items(tx, ctx, &many)).unwrap();
    world.create(named("COMMON", "Something else"));
    let found = skus(&world, "common");
    assert_eq!((found.len(), found[0].as_str()), (FOUND_MAX, "COMMON"), "a code tells more than a name");
    assert_eq!(skus(&world, "common thing").len(), FOUND_MAX);
}

fn no_word_that_begins_so_is_passed_over(engine: Engine) {
    let world = world(engine);
    for n in 0..40 {
        world.create(named(&format!("Q{n:02}"), &format!("bolt{n:02}x")));
    }
    assert_eq!(
        world.read(|conn| search(conn, "bol", None)).items.len(),
        40,
        "more words than are looked at one by one"
    );
    assert_eq!(skus(&world, "bolt39"), ["Q39"]);
    assert_eq!(skus(&world, "bol q39"), ["Q39"]);
    assert_eq!(skus(&world, "q39 bol"), ["Q39"]);
    assert_eq!(world.read(|conn| search(conn, "bol", None)).corrected, []);
}

/// More items than those whose own words are looked through.
fn common_words_and_beginnings_meet(engine: Engine) {
    let world = world(engine);
    let name = |n: usize| match n {
        0 => "wide boxcar".to_owned(),
        1 => "narrow board".to_owned(),
        n => format!("wide boarding {n}"),
    };
    let many: Vec<NewItem> = (0..320).map(|n| named(&format!("N{n:03}"), &name(n))).collect();
    world.run(move |tx, ctx| crate::create_items(tx, ctx, &many)).unwrap();
    let found = skus(&world, "wide board");
    assert_eq!(found.len(), FOUND_MAX);
    assert!(!found.contains(&"N000".to_owned()) && !found.contains(&"N001".to_owned()), "{found:?}");
    assert_eq!(skus(&world, "wide boxc"), ["N000"]);
    assert_eq!(skus(&world, "narr board"), ["N001"]);
    assert_eq!(skus(&world, "wide boarding 17")[0], "N017", "and then what begins so");
}

/// In memory, in the words of the items that the short lists have in common, or in the database.
fn where_lists_are_met_changes_nothing(engine: Engine) {
    let world = shop(engine);
    let many: Vec<NewItem> =
        (0..40).map(|n| named(&format!("L{n:02}"), &format!("Lamp red {} no{}", n % 4, n % 7))).collect();
    world.run(move |tx, ctx| crate::create_items(tx, ctx, &many)).unwrap();
    let limits = |rows, items| meet::Limits { rows, items };
    for text in [
        "lamp",
        "red lamp",
        "lamp red no3",
        "lmap red",
        "la re",
        "heart lamp",
        "l07 red",
        "no",
        "lamp blue no1",
    ] {
        let found = [(100_000, 1_000), (20, 300), (8, 100), (20, 1), (0, 0)].map(|(rows, items)| {
            world.read(move |conn| {
                let lists = lists(conn, text, &mut Vec::new())?;
                meet::best(conn, &lists, (50, None), limits(rows, items))
            })
        });
        assert!(!found[0].is_empty() || text == "lamp blue no1", "{text}");
        assert!(found.iter().all(|other| *other == found[0]), "{text}: {found:?}");
    }
}
