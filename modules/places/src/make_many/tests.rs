//! Making many locations: the levels asked for, all or none, up to the limit.

use super::*;
use crate::testing::{on_both_engines, seen, world};
use db::Engine;
use domain::{Code, LocationKind, Role};
use serde_json::json;

fn command(pattern: &str, levels: &serde_json::Value) -> MakeLocations {
    serde_json::from_value(json!({ "parent": "LON", "pattern": pattern, "levels": levels })).unwrap()
}

on_both_engines!(
    the_levels_asked_for_are_made,
    a_level_may_be_left_out,
    a_hundred_thousand_bins_are_made_in_one_change,
    places_and_numbers_are_handed_out,
    a_code_that_exists_refuses_all,
    refusals_name_their_field,
    a_part_within_reach_is_enough,
);

fn the_levels_asked_for_are_made(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let asked = command(
        "LON-{A..B}-{01..03}-{1..2}",
        &json!([{ "kind": "aisle" }, { "kind": "rack" }, { "kind": "bin", "role": "pick_face" }]),
    );
    let made = world.run(move |tx, ctx| make_locations(tx, ctx, Reached::All, &asked)).unwrap();
    assert_eq!(made.count, 2 + 6 + 12);
    let shown: Vec<_> = made.locations[..4]
        .iter()
        .map(|made| format!("{} {} {}", made.code, made.kind, made.parent.clone().unwrap()))
        .collect();
    assert_eq!(
        shown,
        ["LON-A aisle LON", "LON-A-01 rack LON-A", "LON-A-01-1 bin LON-A-01", "LON-A-01-2 bin LON-A-01"]
    );
    let bin = world.get("lon-b-03-2");
    assert_eq!((bin.parent.as_deref(), bin.site.as_deref()), (Some("LON-B-03"), Some("LON")));
    assert_eq!((bin.kind, bin.role), (LocationKind::Bin, Some(Role::PickFace)));
    world.assert_tree();
    // one change, one event
    assert_eq!(world.events().last(), Some(&("places.locations_created".to_owned(), 1)));
    assert_eq!((world.events().len(), world.audits()), (2, 2));
    // and what happens to one of them later is the first that is told of it
    let id = world.id("LON-A");
    world.run(move |tx, ctx| crate::set_blocked(tx, ctx, id, Some("wet")).map(|_| ())).unwrap();
    assert_eq!(world.events().last(), Some(&("places.location_blocked".to_owned(), 1)));
    assert_eq!(world.get("LON-A").version, 2);
}

fn a_level_may_be_left_out(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let asked = command("{A..B}{1..3}", &json!([null, { "kind": "bin" }]));
    let made = world.run(move |tx, ctx| make_locations(tx, ctx, Reached::All, &asked)).unwrap();
    let codes: Vec<_> = made.locations.iter().map(|made| made.code.as_str()).collect();
    assert_eq!(codes, ["A1", "A2", "A3", "B1", "B2", "B3"]);
    assert!(made.locations.iter().all(|made| made.parent.as_deref() == Some("LON")));
    world.assert_tree();
}

fn a_hundred_thousand_bins_are_made_in_one_change(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let more = command("{1..110001}", &json!([{ "kind": "bin" }]));
    let refused = world.refused(move |tx, ctx| make_locations(tx, ctx, Reached::All, &more));
    assert_eq!(refused, (Code::TooMany, "/pattern".to_owned()));
    let huge = command("{1..999999999}-{1..999999999}", &json!([{ "kind": "rack" }, { "kind": "bin" }]));
    let refused = world.refused(move |tx, ctx| make_locations(tx, ctx, Reached::All, &huge));
    assert_eq!(refused, (Code::TooMany, "/pattern".to_owned()));
    // a hundred thousand bins with their aisles and racks, at the limit exactly
    let kinds = json!([{ "kind": "aisle" }, { "kind": "rack" }, { "kind": "bin" }]);
    let asked = command("X{001..110}-{1..9}-{001..110}", &kinds);
    let made = world.run(move |tx, ctx| make_locations(tx, ctx, Reached::All, &asked)).unwrap();
    let most = usize::try_from(decide::LOCATIONS_PER_CALL_MAX).unwrap();
    assert_eq!((made.count, made.locations.len()), (most, decide::MADE_SHOWN_MAX));
    assert_eq!(made.left_out, most - decide::MADE_SHOWN_MAX);
    let last = world.get("X110-9-110");
    assert_eq!((last.parent.as_deref(), last.site.as_deref()), (Some("X110-9"), Some("LON")));
    assert_eq!(world.read(|conn| crate::subtree(conn, world.id("X110-9"))).len(), 111);
    assert_eq!(world.audits(), 2);
}

fn places_and_numbers_are_handed_out(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let step = |x: i64, y: i64, z: i64| json!({ "x_mm": x, "y_mm": y, "z_mm": z });
    let mut asked = json!({
        "parent": "LON", "pattern": "{A..B}-{1..2}-{1..3}",
        "levels": [
            { "kind": "aisle", "step": step(3_000, 0, 0) }, null, { "kind": "bin", "step": step(0, 0, 400) }
        ],
        "origin": step(1_000, 2_000, 0), "walk": { "from": 100, "step": 10 }
    });
    let make = |asked: &serde_json::Value| {
        let command: MakeLocations = serde_json::from_value(asked.clone()).unwrap();
        world.run(move |tx, ctx| make_locations(tx, ctx, Reached::All, &command))
    };
    make(&asked).unwrap();
    let at = |code: &str| {
        let found = world.get(code);
        (found.position.map(|at| (at.x_mm, at.y_mm, at.z_mm)), found.walk)
    };
    assert_eq!(at("A"), (Some((1_000, 2_000, 0)), None), "an aisle is not walked to");
    assert_eq!(at("A-1-1"), (Some((1_000, 2_000, 0)), Some(100)));
    assert_eq!(at("B-2-3"), (Some((4_000, 2_000, 800)), Some(210)));
    // what would lie outside of every site, or has no number, is refused
    asked["pattern"] = json!("Q{1..2}-{1..1}-{1..1}");
    for (field, value, pointer) in [
        ("origin", step(10_000_001, 0, 0), "/origin/x_mm"),
        ("origin", step(9_999_999, 0, 0), "/levels"),
        ("walk", json!({ "from": 1, "step": 0 }), "/walk/step"),
        ("walk", json!({ "from": -1 }), "/walk/from"),
        ("walk", json!({ "from": 5, "step": -6 }), "/walk"),
    ] {
        let mut wrong = asked.clone();
        wrong[field] = value;
        let Failure::Refused(problem) = make(&wrong).unwrap_err() else { panic!("{wrong}") };
        assert_eq!(seen(&problem).1, pointer, "{}", problem.detail);
    }
    assert_eq!(world.audits(), 2);
}

fn a_code_that_exists_refuses_all(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site", "b2 bin below LON"]);
    let asked = command("{A..C}{1..3}", &json!([null, { "kind": "bin" }]));
    let refused = world.refused(move |tx, ctx| make_locations(tx, ctx, Reached::All, &asked));
    assert_eq!(refused, (Code::CodeTaken, "/pattern".to_owned()));
    let twice = command("{1..11}{1..11}", &json!([null, { "kind": "bin" }]));
    let refused = world.refused(move |tx, ctx| make_locations(tx, ctx, Reached::All, &twice));
    assert_eq!(refused, (Code::CodeTaken, "/pattern".to_owned()));
    assert_eq!(world.audits(), 2);
}

fn refusals_name_their_field(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let bin = || json!({ "kind": "bin" });
    let cases = [
        ("A", json!([bin()]), Code::InvalidValue, "/pattern"),
        ("{2..1}", json!([bin()]), Code::InvalidValue, "/pattern"),
        ("a/{1..2}", json!([bin()]), Code::InvalidValue, "/pattern"),
        ("={1..2}", json!([bin()]), Code::InvalidValue, "/pattern"),
        ("{1..2}", json!([]), Code::InvalidValue, "/levels"),
        ("{1..2}-{1..2}", json!([bin()]), Code::InvalidValue, "/levels"),
        ("{1..2}-{1..2}", json!([bin(), null]), Code::InvalidValue, "/levels/1"),
        ("{1..2}-{1..2}", json!([bin(), { "kind": "rack" }]), Code::WrongLocationKind, "/levels/1/kind"),
        ("{1..2}", json!([{ "kind": "site" }]), Code::WrongLocationKind, "/levels/0/kind"),
        ("{1..2}", json!([{ "kind": "handling_unit" }]), Code::WrongLocationKind, "/levels/0/kind"),
        ("{1..2}", json!([{ "kind": "loss" }]), Code::WrongLocationKind, "/levels/0/kind"),
        ("{1..2}", json!([{ "kind": "box" }]), Code::InvalidValue, "/levels/0/kind"),
        ("{1..2}", json!([{ "kind": "bin", "role": "x" }]), Code::InvalidValue, "/levels/0/role"),
        ("{1..2}", json!([{}]), Code::InvalidValue, "/levels/0/kind"),
        ("{1..2}", json!([{ "type": "x" }]), Code::InvalidValue, "/levels/0/type"),
    ];
    for (pattern, levels, code, pointer) in cases {
        let asked = command(pattern, &levels);
        let refused = world.refused(move |tx, ctx| make_locations(tx, ctx, Reached::All, &asked));
        assert_eq!(refused, (code, pointer.to_owned()), "{pattern} {levels}");
    }
}

fn a_part_within_reach_is_enough(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["LON site", "A zone below LON"]);
    let roots = [made[1].id];
    let below = |parent: &str| MakeLocations {
        parent: parent.to_owned(),
        ..command(&format!("{parent}-{{1..2}}"), &json!([{ "kind": "bin" }]))
    };
    let (inside, outside) = (below("A"), below("LON"));
    assert!(world.run(move |tx, ctx| make_locations(tx, ctx, Reached::Within(&roots), &inside)).is_ok());
    let refused =
        world.run(move |tx, ctx| make_locations(tx, ctx, Reached::Within(&roots), &outside)).unwrap_err();
    let Failure::Refused(problem) = refused else { panic!("{refused}") };
    assert_eq!(seen(&problem), (Code::UnknownLocation, "/parent".to_owned()));
}
