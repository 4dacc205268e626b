//! Making variants: which, how many, what is refused, and who comes first.

use super::configure::{Chosen, configure, configured};
use super::*;
use crate::testing::{World, new_item, on_both_engines, seen, world};
use db::Engine;
use domain::Problem;
use serde_json::{Value, json};
use web::IfMatch::Any;

on_both_engines!(
    all_or_some_combinations_are_made_once,
    single_combinations_say_their_own,
    each_refusal_names_its_combination,
    a_sku_that_is_taken_is_explained,
    variants_are_found_by_family_and_options,
    a_choice_is_told_what_it_comes_to,
    an_ordered_variant_is_made_once,
    many_who_order_one_variant_at_once_get_the_same,
    what_is_archived_is_not_made,
);

/// Shirts of two colours and three sizes.
pub(crate) fn shop(engine: Engine) -> World {
    let world = world(engine);
    crate::options::tests::make(&world, "colour", &["RED", "BLUE"]);
    crate::options::tests::make(&world, "size", &["S", "M", "L"]);
    let family: crate::NewFamily = serde_json::from_value(json!({ "code": "SHIRT", "name": "Shirt",
        "options": ["colour", "size"], "defaults": { "base_unit": "each" } }))
    .unwrap();
    world.run(move |tx, ctx| crate::create_family(tx, ctx, &family)).unwrap();
    world
}

pub(crate) fn make(world: &World, body: Value) -> Result<MadeVariants, Failure> {
    let command: NewVariants = serde_json::from_value(body).unwrap();
    world.run(move |tx, ctx| make_variants(tx, ctx, "shirt", &command))
}

fn change(world: &World, body: Value) {
    let change: crate::ChangeFamily = serde_json::from_value(body).unwrap();
    world.run(move |tx, ctx| crate::change_family(tx, ctx, ("SHIRT", Any), &change)).unwrap();
}

fn problem<T: std::fmt::Debug>(result: Result<T, Failure>) -> Problem {
    match result {
        Err(Failure::Refused(problem)) => *problem,
        other => panic!("not refused: {other:?}"),
    }
}

fn skus(made: &MadeVariants) -> Vec<&str> {
    made.made.iter().map(|variant| variant.sku.as_str()).collect()
}

fn all_or_some_combinations_are_made_once(engine: Engine) {
    let world = shop(engine);
    change(&world, json!({ "excluded": [{ "colour": ["RED"], "size": ["L"] }] }));
    let some = make(&world, json!({ "options": { "size": ["M", "S"] } })).unwrap();
    assert_eq!(skus(&some), ["SHIRT-RED-M", "SHIRT-RED-S", "SHIRT-BLUE-M", "SHIRT-BLUE-S"]);
    assert_eq!((some.present, some.excluded), (0, 0));
    let all = make(&world, json!({})).unwrap();
    assert_eq!((skus(&all), all.present, all.excluded), (vec!["SHIRT-BLUE-L"], 4, 1));
    let item = world.read(|conn| crate::item(conn, "shirt-blue-l")).unwrap();
    assert_eq!(
        (item.name.as_str(), item.family.as_deref(), item.version),
        ("Shirt, blue, l", Some("SHIRT"), 1)
    );
    let again = make(&world, json!({})).unwrap();
    assert_eq!((again.made.len(), again.present), (0, 5));
}

fn single_combinations_say_their_own(engine: Engine) {
    let world = shop(engine);
    let made = make(
        &world,
        json!({ "combinations": [
            { "options": { "colour": "red", "size": "s" }, "sku": "OLD-17", "name": "Old shirt",
              "barcodes": [{ "code": "4006381333931" }] },
            { "options": { "colour": "BLUE", "size": "S" } } ] }),
    )
    .unwrap();
    assert_eq!(skus(&made), ["OLD-17", "SHIRT-BLUE-S"]);
    let item = world.read(|conn| crate::item(conn, "OLD-17")).unwrap();
    assert_eq!((item.name.as_str(), item.barcodes.len()), ("Old shirt", 1));
    let fields = world.db.read_blocking(|conn| variant_of(conn, "old-17")).unwrap().unwrap();
    assert_eq!((fields.own, fields.variant.options["colour"].as_str()), (vec!["name".to_owned()], "RED"));
    world.create(new_item("PLAIN"));
    assert_eq!(world.db.read_blocking(|conn| variant_of(conn, "PLAIN")).unwrap(), None);
}

fn each_refusal_names_its_combination(engine: Engine) {
    let world = shop(engine);
    change(&world, json!({ "excluded": [{ "colour": ["RED"], "size": ["L"] }] }));
    let one = |options: Value| json!({ "combinations": [{ "options": options }] });
    let twice = json!({ "combinations": [
        { "options": { "colour": "RED", "size": "S" } }, { "options": { "colour": "red", "size": "s" } }] });
    let cases = [
        (one(json!({ "colour": "RED" })), "/combinations/0/options"),
        (one(json!({ "colour": "RED", "size": "XL" })), "/combinations/0/options/size"),
        (one(json!({ "colour": "RED", "size": "S", "width": "1" })), "/combinations/0/options"),
        (one(json!({ "colour": "RED", "size": "L" })), "/combinations/0/options"),
        (twice, "/combinations/1/options"),
        (json!({ "options": { "width": ["1"] } }), "/options"),
        (json!({ "options": { "size": ["XL"] } }), "/options/size/0"),
        (json!({ "options": { "size": ["S", "s"] } }), "/options/size/1"),
        (json!({ "options": { "size": [] } }), "/options/size"),
        (json!({ "options": {}, "combinations": [] }), "/combinations"),
        (
            json!({ "combinations": [{ "options": { "colour": "RED", "size": "S" }, "sku": "=1" }] }),
            "/combinations/0/sku",
        ),
    ];
    for (body, pointer) in cases {
        let refused = seen(&problem(make(&world, body.clone())));
        assert_eq!(refused, (Code::InvalidValue, pointer.to_owned()), "{body}");
    }
    let missing = NewVariants::default();
    assert_eq!(world.refused(move |tx, ctx| make_variants(tx, ctx, "none", &missing)).0, Code::NotFound);
    assert_eq!(world.read(|conn| crate::item(conn, "SHIRT-RED-S")), None, "nothing is half done");
}

#[test]
fn a_call_makes_only_so_many() {
    let world = world(Engine::Sqlite);
    let values: Vec<String> = (0..32).map(|n| format!("V{n}")).collect();
    let values: Vec<&'static str> = values.into_iter().map(|value| &*value.leak()).collect();
    crate::options::tests::make(&world, "a", &values);
    crate::options::tests::make(&world, "b", &values);
    let family: crate::NewFamily = serde_json::from_value(json!({ "code": "SHIRT", "name": "Shirt",
        "options": ["a", "b"], "defaults": { "base_unit": "each" } }))
    .unwrap();
    world.run(move |tx, ctx| crate::create_family(tx, ctx, &family)).unwrap();
    // 32 · 32 = 1,024
    let many = problem(make(&world, json!({})));
    assert_eq!(seen(&many), (Code::TooMany, "/options".to_owned()));
    let of = |a: usize, b: usize| json!({ "options": { "a": &values[..a], "b": &values[..b] } });
    assert_eq!(make(&world, of(31, 32)).unwrap().made.len(), 992);
    let exactly: Vec<Value> = values
        .iter()
        .flat_map(|a| values.iter().map(move |b| json!({ "options": { "a": a, "b": b } })))
        .take(VARIANTS_PER_CALL_MAX + 1)
        .collect();
    let refused = problem(make(&world, json!({ "combinations": exactly })));
    assert_eq!(seen(&refused), (Code::TooMany, "/combinations".to_owned()));
    let made = make(&world, json!({ "combinations": &exactly[..VARIANTS_PER_CALL_MAX] })).unwrap();
    assert_eq!((made.made.len(), made.present), (8, 992));
}

fn a_sku_that_is_taken_is_explained(engine: Engine) {
    let world = shop(engine);
    world.create(new_item("shirt-red-s"));
    let taken = problem(make(&world, json!({ "options": { "colour": ["RED"], "size": ["S"] } })));
    assert_eq!(seen(&taken), (Code::CodeTaken, "/options/sku".to_owned()));
    assert!(taken.detail.contains("colour `RED`, size `S`"), "{}", taken.detail);
    assert!(taken.detail.contains("no variant"), "{}", taken.detail);
    let own = json!({ "options": { "colour": "RED", "size": "S" }, "sku": "SHIRT-RED-S-2" });
    make(&world, json!({ "combinations": [own] })).unwrap();
    let two = json!({ "combinations": [
        { "options": { "colour": "BLUE", "size": "S" }, "sku": "X" },
        { "options": { "colour": "BLUE", "size": "M" }, "sku": "x" }] });
    let twice = problem(make(&world, two));
    assert_eq!(seen(&twice), (Code::CodeTaken, "/combinations/1/sku".to_owned()));
    let other = json!({ "options": { "colour": "BLUE", "size": "L" }, "sku": "SHIRT-RED-S-2" });
    let other = problem(make(&world, json!({ "combinations": [other] })));
    assert!(other.detail.contains("a variant of `SHIRT`"), "{}", other.detail);
}

fn variants_are_found_by_family_and_options(engine: Engine) {
    let world = shop(engine);
    make(&world, json!({})).unwrap();
    let family = world.read(|conn| families::family_of(conn, "SHIRT")).unwrap().id;
    let found = |family, chosen: &[(&str, &str)], after, limit| {
        let chosen =
            chosen.iter().map(|(option, value)| ((*option).to_owned(), (*value).to_owned())).collect();
        let filter = store_variants::Filter { family, chosen, after, limit, archived: None };
        world.read(|conn| list(conn, &filter))
    };
    let skus = |variants: Vec<Variant>| variants.into_iter().map(|one| one.sku).collect::<Vec<_>>();
    assert_eq!(skus(found(None, &[("size", "s")], 0, 9)), ["SHIRT-RED-S", "SHIRT-BLUE-S"]);
    assert_eq!(skus(found(Some(family), &[("size", "S"), ("colour", "RED")], 0, 9)), ["SHIRT-RED-S"]);
    assert_eq!(skus(found(Some(family), &[("width", "1")], 0, 9)), [""; 0]);
    let first = found(Some(family), &[], 0, 4);
    let rest = found(Some(family), &[], first[3].id, 4);
    assert_eq!((first.len(), rest.len()), (4, 2));
    assert_eq!(
        first[0].options,
        [("colour", "RED"), ("size", "S")].map(|(a, b)| (a.to_owned(), b.to_owned())).into()
    );
}

fn chosen(options: &[(&str, &str)]) -> BTreeMap<String, String> {
    options.iter().map(|(option, value)| ((*option).to_owned(), (*value).to_owned())).collect()
}

fn a_choice_is_told_what_it_comes_to(engine: Engine) {
    let world = shop(engine);
    change(&world, json!({ "excluded": [{ "colour": ["RED"], "size": ["L"] }] }));
    let ask = |options: &[(&str, &str)]| {
        let chosen = chosen(options);
        world.db.read_blocking(move |conn| configured(conn, "SHIRT", &chosen))
    };
    let begun = ask(&[("colour", "red")]).unwrap();
    assert_eq!((begun.missing, begun.valid, begun.sku), (vec!["size".to_owned()], true, None));
    let possible: Vec<bool> = begun.choices[1].values.iter().map(|value| value.possible).collect();
    assert_eq!(possible, [true, true, false]);
    let would_be = ask(&[("colour", "red"), ("size", "S")]).unwrap();
    assert_eq!((would_be.valid, would_be.made, would_be.sku.as_deref()), (true, false, Some("SHIRT-RED-S")));
    make(&world, json!({ "combinations": [{ "options": { "colour": "RED", "size": "S" }, "sku": "OLD" }] }))
        .unwrap();
    let made = ask(&[("colour", "red"), ("size", "S")]).unwrap();
    assert_eq!((made.valid, made.made, made.sku.as_deref()), (true, true, Some("OLD")));
    let excluded = ask(&[("colour", "red"), ("size", "L")]).unwrap();
    assert_eq!((excluded.valid, excluded.sku, excluded.why.is_some()), (false, None, true));
    for wrong in [&[("width", "1")], &[("size", "XL")]] {
        assert_eq!(seen(&problem(ask(wrong))), (Code::InvalidValue, "?options".to_owned()));
    }
}

fn an_ordered_variant_is_made_once(engine: Engine) {
    let world = shop(engine);
    let order = || {
        let chosen = Chosen { options: chosen(&[("colour", "BLUE"), ("size", "M")]) };
        world.run(move |tx, ctx| configure(tx, ctx, "SHIRT", &chosen))
    };
    let fixed = problem(order());
    assert_eq!(fixed.code, Code::InvalidValue, "the family is not made to order");
    change(&world, json!({ "configurable": true, "excluded": [{ "colour": ["BLUE"], "size": ["L"] }] }));
    let (first, made) = order().unwrap();
    assert_eq!((first.sku.as_str(), made), ("SHIRT-BLUE-M", true));
    assert_eq!(order().unwrap(), (first.clone(), false));
    let excluded = Chosen { options: chosen(&[("colour", "BLUE"), ("size", "L")]) };
    let excluded = world.refused(move |tx, ctx| configure(tx, ctx, "SHIRT", &excluded));
    assert_eq!(excluded, (Code::InvalidValue, "/options".to_owned()));
    let id = first.id;
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, true)).unwrap();
    assert_eq!(problem(order()).code, Code::InvalidValue, "it is out of use");
}

fn many_who_order_one_variant_at_once_get_the_same(engine: Engine) {
    let world = shop(engine);
    change(&world, json!({ "configurable": true }));
    for size in ["S", "M", "L"] {
        let answers: Vec<(String, bool)> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let chosen = Chosen { options: chosen(&[("colour", "RED"), ("size", size)]) };
                        let answer = world.run(move |tx, ctx| configure(tx, ctx, "SHIRT", &chosen));
                        let (item, made) = answer.unwrap();
                        (item.sku, made)
                    })
                })
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|(_, made)| *made).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|(sku, _)| *sku == format!("SHIRT-RED-{size}")));
    }
}

fn what_is_archived_is_not_made(engine: Engine) {
    let world = shop(engine);
    let archived: crate::ChangeOptionValue = serde_json::from_value(json!({ "archived": true })).unwrap();
    world.run(move |tx, ctx| crate::change_option_value(tx, ctx, ("size", Any), "L", &archived)).unwrap();
    let named = problem(make(&world, json!({ "options": { "size": ["L"] } })));
    assert_eq!(seen(&named), (Code::InvalidValue, "/options/size/0".to_owned()));
    assert_eq!(make(&world, json!({})).unwrap().made.len(), 4);
    change(&world, json!({ "archived": true }));
    assert_eq!(problem(make(&world, json!({}))).code, Code::InUse);
}
