//! The balance across sites: its numbers are those of the ledger, and of what the caller reaches.

use super::minimum::Minimum;
use super::*;
use crate::testing::{World, caller, on_both_engines, parse, posting_of, world};
use db::Engine;
use domain::Code;
use domain::ledger::Kind;
use web::IfMatch;

on_both_engines!(
    surplus_and_lack_are_those_of_the_ledger,
    pages_have_every_item_once,
    who_reaches_one_site_is_told_that_there_are_others,
    a_minimum_is_set_changed_and_taken_away,
);

fn asked(world: &World) -> Asked {
    Asked { days: 30, cover: 15, lacking: false, movable: false, now: world.ctx.now }
}

fn all(world: &World, asked: Asked, limit: usize) -> Vec<BalanceAcross> {
    let scope = caller(&world.ctx, None).scope;
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let part = world.read(|conn| {
            let weighed = Weighed::read(conn, &scope)?;
            page(conn, &weighed, &asked, after.clone(), limit)
        });
        rows.extend(part.rows);
        match part.next {
            Some(next) => after = Some(next),
            None => return rows,
        }
    }
}

fn set(world: &World, site: &'static str, sku: &'static str, qty: Option<&'static str>) -> Minimum {
    let done = world.run(move |tx, ctx| minimum::set(tx, &caller(ctx, None), (site, sku), IfMatch::Any, qty));
    done.unwrap()
}

fn surplus_and_lack_are_those_of_the_ledger(engine: Engine) {
    let mut world = world(engine);
    world.receive("141 BOLT at L1");
    world.receive("65 BOLT at M1");
    // what went out before the thirty days does not count
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    world.at("2026-05-20T12:00:00Z");
    world.post(Kind::Issue, vec![parse("40 BOLT at L1")]);
    world.post(Kind::Issue, vec![parse("60 BOLT at M1")]);
    let sold = posting_of(&world.try_post(Kind::Issue, vec![parse("5 BOLT at M1")]));
    // what was undone did not go out, and a move goes nowhere
    assert_eq!(world.reverse(sold), "accepted");
    world.post(Kind::Move, vec![parse("5 BOLT at M1 to M2")]);
    set(&world, "M", "BOLT", Some("10"));
    let rows = all(&world, asked(&world), 10);
    let row = rows.iter().find(|row| row.sku == "BOLT").unwrap();
    let numbers = |site: &SiteAcross| {
        let whole = |qty: Delta| qty.0 / 1_000_000;
        let least = site.minimum.map(whole);
        (
            whole(site.available),
            least,
            whole(site.out),
            whole(site.needs),
            whole(site.surplus),
            whole(site.lack),
            site.lasts_days,
        )
    };
    assert_eq!(
        row.sites.iter().map(numbers).collect::<Vec<_>>(),
        [(100, None, 40, 20, 80, 0, Some(75)), (5, Some(10), 60, 30, 0, 25, Some(2))]
    );
    assert_eq!(row.moves, [ProposedMove { from: "L".into(), to: "M".into(), qty: Delta(25_000_000) }]);
    assert!(row.complete);
}

fn pages_have_every_item_once(engine: Engine) {
    let world = world(engine);
    world.receive("1 BOLT at L1");
    world.receive("1 MILK lot A until 2026-09-01 at M1");
    set(&world, "L", "DRILL", Some("3"));
    let skus = |rows: Vec<BalanceAcross>| rows.into_iter().map(|row| row.sku).collect::<Vec<_>>();
    assert_eq!(skus(all(&world, asked(&world), 1)), ["BOLT", "DRILL", "MILK"]);
    assert_eq!(skus(all(&world, Asked { lacking: true, ..asked(&world) }, 1)), ["DRILL"]);
    assert_eq!(skus(all(&world, Asked { movable: true, ..asked(&world) }, 1)), Vec::<String>::new());
}

fn who_reaches_one_site_is_told_that_there_are_others(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    set(&world, "M", "BOLT", Some("3"));
    let there = world.location("M");
    let scope = caller(&world.ctx, Some(there)).scope;
    let part = world.read(|conn| {
        let weighed = Weighed::read(conn, &scope)?;
        page(conn, &weighed, &asked(&world), None, 10)
    });
    let row = &part.rows[0];
    assert!(!row.complete && row.moves.is_empty());
    assert_eq!(row.sites.iter().map(|site| site.site.as_str()).collect::<Vec<_>>(), ["M"]);
    let whole = &all(&world, asked(&world), 10)[0];
    assert!(whole.complete);
    assert_eq!(whole.moves, [ProposedMove { from: "L".into(), to: "M".into(), qty: Delta(3_000_000) }]);
}

fn a_minimum_is_set_changed_and_taken_away(engine: Engine) {
    let world = world(engine);
    assert_eq!(set(&world, "L", "BOLT", Some("5")).version, 1);
    assert_eq!(set(&world, "l", "bolt", Some("5")).version, 1);
    assert_eq!(set(&world, "L", "BOLT", Some("6")).version, 2);
    assert_eq!(set(&world, "L", "BOLT", None).least, None);
    let scope = caller(&world.ctx, None).scope;
    let shown = world.read(|conn| Ok::<_, DbError>(minimum::get(conn, &scope, "L", "BOLT").unwrap()));
    assert_eq!((shown.least, shown.version), (None, 3));
    for (site, sku, qty, code) in [
        ("L", "BOLT", "0", Code::InvalidQuantity),
        ("L", "BOLT", "1.5", Code::FractionRefused),
        ("L", "BOLT", "much", Code::InvalidQuantity),
        ("L1", "BOLT", "1", Code::NotFound),
        ("L", "NOPE", "1", Code::NotFound),
    ] {
        let refused = world.refused(move |tx, ctx| {
            minimum::set(tx, &caller(ctx, None), (site, sku), IfMatch::Any, Some(qty)).map(|_| ())
        });
        assert_eq!(refused.0, code, "{site} {sku} {qty}");
    }
    assert_eq!(world.events("minimum").len(), 3);
}
