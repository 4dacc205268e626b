//! Categories come, move and go; what moves takes all below it along.

use super::*;
use crate::testing::{World, new_item, on_both_engines, seen, world};
use crate::{NewItem, NewRule};
use db::Engine;
use domain::Instant;
use serde_json::json;
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_category_is_made_below_another,
    what_is_not_there_is_made_on_the_way,
    a_category_moves_with_all_below_it,
    a_category_never_stands_below_itself,
    a_move_is_held_back_by_items,
    only_an_empty_category_is_removed,
    items_stand_in_categories_that_are_there,
);

fn category(path: &str) -> Category {
    Category {
        id: CategoryId(i64::try_from(path.len()).unwrap()),
        parent_id: None,
        name: path.rsplit('/').next().unwrap().to_owned(),
        path: path.to_owned(),
        parent: None,
        version: 1,
        created_at: Instant(0),
        changed_at: Instant(5),
    }
}

#[test]
fn a_name_is_one_step_of_a_path() {
    let plan = |name: &str, parent: Option<&str>| {
        let parent = parent.map(category);
        let command = NewCategory { name: name.to_owned(), parent: None };
        decide::plan_new(&command, parent.as_ref(), Instant(0))
    };
    assert_eq!(plan("Pots & Pans", Some("garden")).unwrap().path, "garden/pots & pans");
    assert!(plan(&"x".repeat(64), None).is_ok());
    assert!(plan("h", Some("a/b/c/d/e/f/g")).is_ok());
    for name in ["", " ", "a/b", &"x".repeat(65), "a\nb"] {
        assert_eq!(plan(name, None).unwrap_err().errors[0].pointer, "/name", "{name}");
    }
    assert_eq!(plan("i", Some("a/b/c/d/e/f/g/h")).unwrap_err().code, Code::InvalidValue);
}

#[test]
fn what_is_below_must_still_fit() {
    let before = category("a");
    let deep = "a/b/c/d/e/f/g/h";
    let below = [(before.id, "a".to_owned()), (CategoryId(99), deep.to_owned())];
    let moved = ChangeCategory { parent: Some(Some("x".to_owned())), ..ChangeCategory::default() };
    let refused = decide::plan_change(&before, &moved, Some(&category("xx")), &below, Instant(0));
    assert_eq!(seen(&refused.unwrap_err()), (Code::InvalidValue, "/parent".to_owned()));
    let named = ChangeCategory { name: Some(Some("B".to_owned())), ..ChangeCategory::default() };
    let (after, fields) = decide::plan_change(&before, &named, None, &below, Instant(0)).unwrap();
    assert_eq!((&*after.path, &*after.name, fields, after.version), ("b", "B", vec!["name"], 2));
    assert_eq!(after.changed_at, Instant(5), "the time of a change never runs back");
    let nothing = decide::plan_change(&before, &ChangeCategory::default(), None, &below, Instant(9)).unwrap();
    assert_eq!(nothing, (before, Vec::new()));
}

pub(crate) fn make(world: &World, path: &'static str) -> Category {
    world
        .run(move |tx, ctx| {
            let (parent, name) = path.rsplit_once('/').map_or((None, path), |(up, name)| (Some(up), name));
            let command = NewCategory { name: name.to_owned(), parent: parent.map(str::to_owned) };
            create_category(tx, ctx, &command)
        })
        .unwrap()
}

fn paths(world: &World) -> Vec<String> {
    let all = store_categories::Filter { limit: 100, ..store_categories::Filter::default() };
    world.read(|conn| store_categories::list(conn, &all)).into_iter().map(|category| category.path).collect()
}

fn change(parent: Option<&str>) -> ChangeCategory {
    ChangeCategory { name: None, parent: Some(parent.map(str::to_owned)) }
}

fn a_category_is_made_below_another(engine: Engine) {
    let world = world(engine);
    make(&world, "Garden");
    let pots = make(&world, "GARDEN/Pots");
    assert_eq!((&*pots.name, &*pots.path, pots.parent.as_deref()), ("Pots", "garden/pots", Some("garden")));
    assert_eq!(world.read(|conn| category_of(conn, "Garden/POTS")), Some(pots));
    let refused = |name: &'static str, parent: Option<&'static str>| {
        world.refused(move |tx, ctx| {
            let command = NewCategory { name: name.to_owned(), parent: parent.map(str::to_owned) };
            create_category(tx, ctx, &command)
        })
    };
    assert_eq!(refused("pots", Some("garden")), (Code::CodeTaken, "/name".to_owned()));
    assert_eq!(refused("garden", None), (Code::CodeTaken, "/name".to_owned()));
    assert_eq!(refused("pots", Some("kitchen")), (Code::UnknownCategory, "/parent".to_owned()));
    assert_eq!(paths(&world), ["garden", "garden/pots"]);
    assert_eq!(world.events().len(), 2);
}

fn category_of(conn: &mut Conn<'_>, path: &str) -> Result<Option<Category>, DbError> {
    super::category(conn, path)
}

fn what_is_not_there_is_made_on_the_way(engine: Engine) {
    let world = world(engine);
    make(&world, "garden");
    for _ in 0..2 {
        let clay = world.run(|tx, ctx| ensure_category(tx, ctx, "Garden/Pots/Clay")).unwrap();
        assert_eq!((&*clay.path, &*clay.name), ("garden/pots/clay", "Clay"));
        assert_eq!(paths(&world), ["garden", "garden/pots", "garden/pots/clay"]);
    }
    for path in ["", "garden//x", "a/b/c/d/e/f/g/h/i"] {
        let refused = world.run(move |tx, ctx| ensure_category(tx, ctx, path));
        assert_eq!(refused.unwrap_err().problem().code, Code::InvalidValue, "{path}");
    }
    assert_eq!(paths(&world).len(), 3, "nothing of a path that is refused is made");
}

fn a_category_moves_with_all_below_it(engine: Engine) {
    let world = world(engine);
    for path in ["garden", "garden/pots", "garden/pots/clay", "garden/tools", "home"] {
        make(&world, path);
    }
    let item = world.create(NewItem { category: Some("garden/pots/clay".to_owned()), ..new_item("P") });
    assert_eq!(item.category, "garden/pots/clay");
    let moved = world
        .run(|tx, ctx| change_category(tx, ctx, "garden/pots", Version(1), &change(Some("home"))))
        .unwrap();
    assert_eq!((moved.version, &*moved.path, moved.parent.as_deref()), (2, "home/pots", Some("home")));
    assert_eq!(paths(&world), ["garden", "garden/tools", "home", "home/pots", "home/pots/clay"]);
    let held = world.read(|conn| crate::item(conn, "P")).unwrap();
    assert_eq!((&*held.category, held.version), ("home/pots/clay", 1), "the item itself is as it was");
    let named = ChangeCategory { name: Some(Some("Töpfe".to_owned())), parent: Some(None) };
    world.run(move |tx, ctx| change_category(tx, ctx, "home/pots", Version(2), &named)).unwrap();
    assert_eq!(paths(&world), ["garden", "garden/tools", "home", "töpfe", "töpfe/clay"]);
    let below = |path: &str| crate::store_list::Filter {
        among: world.read(|conn| crate::limits::shown(conn, Some(path), None)),
        limit: 9,
        ..crate::store_list::Filter::default()
    };
    for (path, count) in [("töpfe", 1), ("töpfe/clay", 1), ("home", 0), ("garden", 0)] {
        let found = world.read(|conn| crate::store_list::list(conn, &below(path)));
        assert_eq!(found.len(), count, "{path}");
    }
    let stale = world.refused(|tx, ctx| change_category(tx, ctx, "töpfe", Version(1), &change(None)));
    assert_eq!(stale.0, Code::Stale);
}

fn a_category_never_stands_below_itself(engine: Engine) {
    let world = world(engine);
    for path in ["a", "a/b", "a/b/c"] {
        make(&world, path);
    }
    for parent in ["a", "a/b", "a/b/c"] {
        let refused = world.refused(move |tx, ctx| change_category(tx, ctx, "a", Any, &change(Some(parent))));
        assert_eq!(refused, (Code::TreeCycle, "/parent".to_owned()), "{parent}");
    }
    assert_eq!(paths(&world), ["a", "a/b", "a/b/c"]);
}

fn a_move_is_held_back_by_items(engine: Engine) {
    let world = world(engine);
    for path in ["paint", "paint/old", "shelf"] {
        make(&world, path);
    }
    world
        .run(|tx, ctx| {
            let colour: crate::NewAttribute =
                serde_json::from_value(json!({ "key": "colour", "kind": "text" })).unwrap();
            crate::create_attribute(tx, ctx, &colour)?;
            let required = NewRule { required: Some(true), ..NewRule::default() };
            crate::set_rule(tx, ctx, ("paint", "colour"), Any, &required)
        })
        .unwrap();
    world.create(NewItem { category: Some("shelf".to_owned()), ..new_item("BARE") });
    let refused = world.refused(|tx, ctx| change_category(tx, ctx, "shelf", Any, &change(Some("paint"))));
    assert_eq!(refused, (Code::RulesBroken, "/parent".to_owned()));
    assert_eq!(paths(&world), ["paint", "paint/old", "shelf"], "nothing is half moved");
    let red = json!({ "attributes": { "colour": "red" } });
    let red: crate::ChangeItem = serde_json::from_value(red).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "BARE", Version(1), &red)).unwrap();
    world.run(|tx, ctx| change_category(tx, ctx, "shelf", Any, &change(Some("paint")))).unwrap();
    assert_eq!(paths(&world), ["paint", "paint/old", "paint/shelf"]);
}

fn only_an_empty_category_is_removed(engine: Engine) {
    let world = world(engine);
    for path in ["a", "a/b"] {
        make(&world, path);
    }
    world.create(NewItem { category: Some("a/b".to_owned()), ..new_item("I") });
    for path in ["a", "a/b"] {
        let refused = world.refused(move |tx, ctx| remove_category(tx, ctx, path, Any));
        assert_eq!(refused.0, Code::InUse, "{path}");
    }
    let nowhere: crate::ChangeItem = serde_json::from_value(json!({ "category": null })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "I", Version(1), &nowhere)).unwrap();
    for path in ["a/b", "a"] {
        world.run(move |tx, ctx| remove_category(tx, ctx, path, Any)).unwrap();
    }
    assert!(paths(&world).is_empty());
    let again = make(&world, "a");
    assert_eq!(again.id, CategoryId(3), "an id is never given twice");
    assert_eq!(world.refused(|tx, ctx| remove_category(tx, ctx, "b", Any)).0, Code::NotFound);
}

fn items_stand_in_categories_that_are_there(engine: Engine) {
    let world = world(engine);
    make(&world, "garden");
    let lost = NewItem { category: Some("gardn".to_owned()), ..new_item("A") };
    let refused = world.refused(move |tx, ctx| crate::create_item(tx, ctx, &lost));
    assert_eq!(refused, (Code::UnknownCategory, "/category".to_owned()));
    world.create(NewItem { category: Some("Garden".to_owned()), ..new_item("A") });
    let lost: crate::ChangeItem = serde_json::from_value(json!({ "category": "gardn" })).unwrap();
    let refused = world.refused(move |tx, ctx| crate::change_item(tx, ctx, "A", Version(1), &lost));
    assert_eq!(refused, (Code::UnknownCategory, "/category".to_owned()));
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap().category, "garden");
}
