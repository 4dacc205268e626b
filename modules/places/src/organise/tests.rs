//! The organisation is set up once.

use super::*;
use crate::testing::{on_both_engines, seen, world};
use db::Engine;

fn command() -> SetUp {
    SetUp {
        name: "Shop".to_owned(),
        currency: "EUR".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        valuation_method: Some("moving_average".to_owned()),
        valuation_grouping: None,
    }
}

#[test]
fn each_refusal_names_its_field() {
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        (SetUp { name: String::new(), ..command() }, "/name"),
        (SetUp { currency: "eur".to_owned(), ..command() }, "/currency"),
        (SetUp { currency: "XXX".to_owned(), ..command() }, "/currency"),
        (SetUp { zone: "Mars/Base".to_owned(), ..command() }, "/zone"),
        (SetUp { valuation_method: some("lifo"), ..command() }, "/valuation_method"),
        (SetUp { valuation_grouping: some("zone"), ..command() }, "/valuation_grouping"),
    ];
    for (command, pointer) in cases {
        let problem = plan(&command, Instant(0)).unwrap_err();
        assert_eq!(seen(&problem), (Code::InvalidValue, pointer.to_owned()));
    }
}

on_both_engines!(an_organisation_is_set_up_once, sites_that_are_there_join_the_new_groups);

fn an_organisation_is_set_up_once(engine: Engine) {
    let world = world(engine);
    let before = world.read(organisation);
    assert_eq!((before.version, before.currency.code(), before.zone.name()), (0, "GBP", "UTC"));
    assert_eq!((before.name, before.changed_at), (None, None), "nobody has chosen anything");
    let after = world.run(|tx, ctx| set_up(tx, ctx, &command())).unwrap();
    assert_eq!(world.read(organisation), after);
    assert_eq!((after.version, after.valuation_method), (1, Method::MovingAverage));
    let shown = serde_json::to_value(&after).unwrap();
    assert_eq!(
        shown,
        json!({
            "name": "Shop", "currency": "EUR", "zone": "Europe/Berlin", "valuation_method": "moving_average",
            "valuation_grouping": "site", "version": 1, "changed_at": "2026-03-01T09:30:00Z",
            "training": null
        })
    );
    let again = world.refused(|tx, ctx| set_up(tx, ctx, &command()));
    assert_eq!(again.0, Code::AlreadySetUp);
    assert_eq!(world.events(), [("places.organisation_set_up".to_owned(), 1)]);
}

fn sites_that_are_there_join_the_new_groups(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "L1 bin below L", "M site"]);
    let groups = |codes: &[&str]| -> Vec<i64> {
        let found = world.read(|conn| crate::facts_by_code(conn, codes));
        found.into_iter().map(|facts| facts.unwrap().valuation_group).collect()
    };
    let codes = ["L", "L1", "M"];
    let outside = groups(&["~supplier"]);
    let before = groups(&codes);
    assert_eq!((before[0], before[0] != before[2]), (before[1], true));
    let command = SetUp { valuation_grouping: Some("organisation".to_owned()), ..command() };
    world.run(move |tx, ctx| set_up(tx, ctx, &command)).unwrap();
    assert_eq!(groups(&codes), [1, 1, 1]);
    assert_eq!(groups(&["~supplier"]), outside);
    let zones: Vec<_> =
        world.read(crate::sites).into_iter().map(|site| site.zone.name().to_owned()).collect();
    assert_eq!(zones, ["UTC", "UTC"], "a site keeps its zone");
    world.make(&["N site"]);
    assert_eq!(groups(&["N"]), [1]);
}
