//! Creating locations: what is accepted, and every way to be refused.

use super::*;
use crate::organise::Organisation;
use crate::testing::{new, on_both_engines, seen, world};
use crate::{SetUp, set_up};
use db::Engine;
use domain::costing::Method;
use domain::{Currency, Instant, Role, Zone};
use serde_json::json;

fn organisation() -> Organisation {
    Organisation {
        name: None,
        currency: Currency::parse("GBP").unwrap(),
        zone: Zone::parse("Europe/Berlin").unwrap(),
        valuation_method: Method::Fifo,
        valuation_grouping: organise::ValuationGrouping::Site,
        version: 0,
        changed_at: None,
        training: None,
    }
}

fn plan(command: &NewLocation, parent: Option<&Location>) -> Result<Location, Problem> {
    decide::plan(command, None, parent, &organisation(), Instant(0))
}

#[expect(clippy::unnecessary_wraps, reason = "the fields are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_place_is_what_its_role_says_unless_it_says_otherwise() {
    let site = plan(&new("L site"), None).unwrap();
    assert_eq!((site.name.as_str(), site.zone.as_deref()), ("L", Some("Europe/Berlin")));
    let cases = [
        (None, None, None, (Role::Storage, true, true)),
        (Some("staging"), None, None, (Role::Staging, true, false)),
        (Some("quarantine"), None, None, (Role::Quarantine, false, false)),
        (Some("quarantine"), Some(true), None, (Role::Quarantine, true, false)),
        (Some("storage"), Some(false), Some(false), (Role::Storage, false, false)),
    ];
    for (role, sellable, open_to_allocation, expected) in cases {
        let role = role.map(str::to_owned);
        let command = NewLocation { role, sellable, open_to_allocation, ..new("A zone below L") };
        let made = plan(&command, Some(&site)).unwrap();
        assert_eq!((made.role.unwrap(), made.sellable, made.open_to_allocation), expected, "{command:?}");
    }
}

#[test]
fn a_place_of_which_nobody_says_a_role_is_used_as_what_it_stands_in() {
    let site = plan(&new("L site"), None).unwrap();
    let quarantine = NewLocation { role: some("quarantine"), ..new("Q zone below L") };
    let quarantine = plan(&quarantine, Some(&site)).unwrap();
    let shut = Location { sellable: false, ..plan(&new("S zone below L"), Some(&site)).unwrap() };
    let bin = |parent: &Location, role: Option<&str>| {
        let command = NewLocation { role: role.map(str::to_owned), ..new("B bin below Q") };
        let made = plan(&command, Some(parent)).unwrap();
        (made.role.unwrap(), made.sellable, made.open_to_allocation)
    };
    assert_eq!(bin(&quarantine, None), (Role::Quarantine, false, false));
    assert_eq!(bin(&quarantine, Some("storage")), (Role::Storage, true, true));
    // what was said of the place besides its role is taken over with it
    assert_eq!(bin(&shut, None), (Role::Storage, false, true));
    assert_eq!(bin(&shut, Some("storage")), (Role::Storage, true, true));
}

#[test]
fn what_stands_below_a_blocked_place_is_blocked() {
    let site = Location { blocked: true, ..plan(&new("L site"), None).unwrap() };
    assert!(plan(&new("A zone below L"), Some(&site)).unwrap().blocked);
}

#[test]
fn each_refusal_names_its_field() {
    let site = plan(&new("L site"), None).unwrap();
    let bin = Location { kind: LocationKind::Bin, ..site.clone() };
    let zone = || new("A zone below L");
    let cases = [
        (NewLocation { code: String::new(), ..zone() }, &site, Code::InvalidValue, "/code"),
        (NewLocation { code: "a/b".to_owned(), ..zone() }, &site, Code::InvalidValue, "/code"),
        (NewLocation { code: "x".repeat(65), ..zone() }, &site, Code::LimitExceeded, "/code"),
        (NewLocation { name: some("x\u{0}"), ..zone() }, &site, Code::InvalidValue, "/name"),
        (NewLocation { name: Some("x".repeat(201)), ..zone() }, &site, Code::LimitExceeded, "/name"),
        (NewLocation { kind: some("room"), ..zone() }, &site, Code::InvalidValue, "/kind"),
        (NewLocation { kind: some("supplier"), ..zone() }, &site, Code::WrongLocationKind, "/kind"),
        (NewLocation { kind: some("transit"), ..zone() }, &site, Code::WrongLocationKind, "/kind"),
        (NewLocation { kind: some("handling_unit"), ..zone() }, &site, Code::WrongLocationKind, "/kind"),
        (NewLocation { kind: some("site"), ..zone() }, &site, Code::WrongLocationKind, "/parent"),
        (zone(), &bin, Code::WrongLocationKind, "/parent"),
        (NewLocation { role: some("shop"), ..zone() }, &site, Code::InvalidValue, "/role"),
        (NewLocation { zone: some("UTC"), ..zone() }, &site, Code::InvalidValue, "/zone"),
    ];
    for (command, parent, code, pointer) in cases {
        let problem = plan(&command, Some(parent)).unwrap_err();
        assert_eq!(seen(&problem), (code, pointer.to_owned()), "{}", problem.detail);
    }
    let zone = plan(&NewLocation { zone: some("Mars/Base"), ..new("L site") }, None).unwrap_err();
    assert_eq!(seen(&zone), (Code::InvalidValue, "/zone".to_owned()));
    let rootless = plan(&new("A zone"), None).unwrap_err();
    assert_eq!(seen(&rootless), (Code::WrongLocationKind, "/parent".to_owned()));
    let unknown = json!({ "code": "A", "kind": "site", "colour": 1 });
    assert!(serde_json::from_value::<NewLocation>(unknown).is_err());
}

on_both_engines!(
    a_tree_is_built_level_by_level,
    a_code_that_differs_in_case_alone_is_taken,
    whoever_reaches_a_part_creates_only_there,
    one_valuation_group_when_the_organisation_is_one,
    a_tree_has_a_depth,
    of_many_who_want_a_code_at_once_one_gets_it,
);

fn a_tree_is_built_level_by_level(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["LON site", "LON-A aisle below lon", "LON-A-1 bin below LON-A", "BER site"]);
    assert_eq!(world.get("lon-a-1"), made[2]);
    assert_eq!((made[2].site.as_deref(), made[2].parent.as_deref()), (Some("LON"), Some("LON-A")));
    assert_eq!(made[2].site_id.root(), made[0].id);
    assert_eq!(world.get("LON"), made[0]);
    assert!(made[0].id.get() > decide::ORGANISATION_GROUP);
    world.assert_tree();
    assert_eq!(world.events(), vec![("places.location_created".to_owned(), 1); 4]);
}

fn a_code_that_differs_in_case_alone_is_taken(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    for text in ["lon site", "Lon zone below LON"] {
        let refused = world.refused(move |tx, ctx| create_location(tx, ctx, Reached::All, &new(text)));
        assert_eq!(refused, (Code::CodeTaken, "/code".to_owned()), "{text}");
    }
    // what the product names for itself, now or later, nobody else takes
    for text in ["~Supplier zone below LON", "~T-000001 zone below LON", "~ zone below LON"] {
        let refused = world.refused(move |tx, ctx| create_location(tx, ctx, Reached::All, &new(text)));
        assert_eq!(refused, (Code::InvalidValue, "/code".to_owned()), "{text}");
    }
    let missing = world.refused(|tx, ctx| create_location(tx, ctx, Reached::All, &new("A zone below X")));
    assert_eq!(missing, (Code::UnknownLocation, "/parent".to_owned()));
    let outside = world.refused(|tx, ctx| create_location(tx, ctx, Reached::All, &new("A zone below ~loss")));
    assert_eq!(outside, (Code::WrongLocationKind, "/parent".to_owned()));
    assert_eq!(world.audits(), 1, "a refusal leaves nothing behind");
}

fn whoever_reaches_a_part_creates_only_there(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["L site", "A zone below L", "B zone below L"]);
    let roots = [made[1].id];
    let create = move |text: &'static str| {
        move |tx: &mut Tx<'_>, ctx: &Ctx| create_location(tx, ctx, Reached::Within(&roots), &new(text))
    };
    assert!(world.run(create("A1 bin below A")).is_ok());
    assert!(world.run(create("A2 bin below A")).is_ok());
    assert_eq!(world.refused(create("B1 bin below B")), (Code::UnknownLocation, "/parent".to_owned()));
    assert_eq!(world.refused(create("C zone below L")), (Code::UnknownLocation, "/parent".to_owned()));
    assert_eq!(world.refused(create("M site")), (Code::Forbidden, "/parent".to_owned()));
}

fn one_valuation_group_when_the_organisation_is_one(engine: Engine) {
    let world = world(engine);
    let command = SetUp {
        name: "Shop".to_owned(),
        currency: "GBP".to_owned(),
        zone: "Europe/London".to_owned(),
        valuation_grouping: some("organisation"),
        ..SetUp::default()
    };
    world.run(move |tx, ctx| set_up(tx, ctx, &command)).unwrap();
    let made = world.make(&["L site", "A zone below L", "M site"]);
    assert!(made.iter().all(|location| location.valuation_group == decide::ORGANISATION_GROUP));
    assert_eq!(made[0].zone.as_deref(), Some("Europe/London"));
    let transit = world.run(|tx, ctx| crate::create_transit(tx, ctx, "T")).unwrap();
    assert_eq!(world.get("T").valuation_group, transit.get(), "transit has a group of its own");
}

fn a_tree_has_a_depth(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L"]);
    let mut parent = world.id("A");
    for level in 3..=decide::TREE_DEPTH_MAX + 1 {
        let code = format!("U{level}");
        let made = world.run(move |tx, ctx| {
            let unit = crate::NewHandlingUnit { code: &code, name: None, parent };
            crate::create_handling_unit(tx, ctx, &unit)
        });
        match made {
            Ok(unit) => parent = unit.id,
            Err(Failure::Refused(problem)) => {
                assert_eq!(seen(&problem), (Code::LimitExceeded, "/parent".to_owned()));
                assert_eq!(level, decide::TREE_DEPTH_MAX + 1);
                return;
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("never refused");
}

fn of_many_who_want_a_code_at_once_one_gets_it(engine: Engine) {
    let world = world(engine);
    world.make(&["L site"]);
    let outcomes: Vec<Result<Location, Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (world, text) = (&world, if n % 2 == 0 { "a bin below L" } else { "A bin below L" });
                scope.spawn(move || {
                    world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &new(text)))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(outcome.problem().code, Code::CodeTaken, "{outcome}");
    }
    world.assert_tree();
}
