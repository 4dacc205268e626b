//! Pages of the ledger: every way to follow it, and every page after the first.

use super::{After, Wanted, read, rows};
use crate::testing::{on_both_engines, parse, world};
use db::Engine;
use domain::Permission;
use domain::ledger::Kind;
use web::Principal;

on_both_engines!(pages_follow_each_other_without_gap, every_filter_finds_what_it_names,);

fn pages_follow_each_other_without_gap(engine: Engine) {
    let world = world(engine);
    for _ in 0..7 {
        world.receive("1 BOLT at L1");
        world.receive("1 BOLT at L2");
    }
    let all = Principal::system();
    let scope = all.scope(Permission::StockRead).unwrap().clone();
    let wanted = [
        Wanted::default(),
        Wanted { item: Some(world.item("BOLT")), ..Wanted::default() },
        Wanted { actor: Some(world.ctx.actor.id), ..Wanted::default() },
    ];
    for wanted in &wanted {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = world.read(|conn| read(conn, &scope, wanted, after, 3));
            after = page.last().map(After::of);
            seen.extend(page.iter().map(After::of));
            if page.len() < 3 {
                break;
            }
        }
        assert_eq!(seen.len(), 14, "{wanted:?}");
        assert!(seen.windows(2).all(|two| two[0] > two[1]), "newest first, each once");
    }
}

fn every_filter_finds_what_it_names(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.post(Kind::Issue, vec![parse("4 BOLT at L1")]);
    world.receive("2 BOLT at L2");
    let all = Principal::system();
    let scope = all.scope(Permission::StockRead).unwrap().clone();
    let location = Some(world.location("L1"));
    let entries = world.read(|conn| {
        let wanted = Wanted { location, ..Wanted::default() };
        read(conn, &scope, &wanted, None, 10)
    });
    let shown = world.read(|conn| rows(conn, entries.clone(), false));
    let lines: Vec<String> = shown
        .iter()
        .map(|row| format!("{} {} {} {}", row.kind, row.qty, row.from.location, row.to.on_hand))
        .collect();
    assert_eq!(lines, ["issue 4 L1 4", "receive 10 ~supplier 10"]);
    assert!(shown.iter().all(|row| row.value.is_none()), "costs are for those who may see them");
    let one = world.read(|conn| super::of_posting(conn, &scope, entries[0].posting));
    assert_eq!(one.len(), 1);
    let none = Wanted { document: Some("NO-SUCH".to_owned()), ..Wanted::default() };
    assert!(world.read(|conn| read(conn, &scope, &none, None, 10)).is_empty());
}
