//! A mark is set once, shows itself wherever the organisation does, and is told.

use super::*;
use crate::testing::{on_both_engines, world};
use crate::{SetUp, set_up};
use db::Engine;

on_both_engines!(a_copy_is_marked_once, a_mark_goes_before_the_books);

fn books() -> SetUp {
    SetUp {
        name: "Shop".to_owned(),
        currency: "EUR".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        valuation_method: None,
        valuation_grouping: None,
    }
}

fn a_copy_is_marked_once(engine: Engine) {
    let world = world(engine);
    world.run(|tx, ctx| set_up(tx, ctx, &books())).unwrap();
    assert_eq!(world.read(training), None);
    assert_eq!(world.read(organise::organisation).training, None);
    let sites = ["LON".to_owned(), "BER".to_owned()];
    let marked = world.run(move |tx, ctx| mark_training(tx, ctx, &sites)).unwrap();
    assert_eq!(
        serde_json::to_value(&marked).unwrap(),
        json!({ "made_at": "2026-03-01T09:30:00Z", "organisation": "Shop", "sites": ["LON", "BER"] })
    );
    assert_eq!(world.read(training), Some(marked.clone()));
    assert_eq!(world.read(organise::organisation).training, Some(marked));
    let (code, ..) = world.refused(|tx, ctx| mark_training(tx, ctx, &[]));
    assert_eq!(code, Code::InUse);
    let told = |kind: &str| (kind.to_owned(), 1);
    assert_eq!(world.events(), [told("places.organisation_set_up"), told("places.training_marked")]);
}

fn a_mark_goes_before_the_books(engine: Engine) {
    let world = world(engine);
    let marked = world.run(|tx, ctx| mark_training(tx, ctx, &[])).unwrap();
    assert_eq!((marked.organisation.as_deref(), marked.sites.len()), (None, 0));
    let after = world.run(|tx, ctx| set_up(tx, ctx, &books())).unwrap();
    assert_eq!(after.training, Some(marked));
    assert_eq!(world.read(organise::organisation), after);
}
