//! The stock of an item, as it is answered.

use super::{available, read, store};
use crate::testing::{on_both_engines, world};
use db::Engine;
use domain::permission::Permissions;
use domain::{Delta, PrincipalId, SiteId};
use web::{Grant, Principal, PrincipalKind, Within};

on_both_engines!(
    what_there_is_of_an_item_and_where,
    a_site_out_of_reach_is_not_there,
    the_hot_statements_scan_no_table,
);

fn what_there_is_of_an_item_and_where(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at L2");
    world.reserve("BOLT", "L", 4);
    let all = Principal::system();
    let scope = all.scope(domain::Permission::StockRead).unwrap().clone();
    let now = world.ctx.now;
    let stock = world.read(|conn| read(conn, &scope, "bolt", now)).unwrap();
    let site = &stock.sites[0];
    assert_eq!((stock.sku.as_str(), site.site.as_str()), ("BOLT", "L"));
    let numbers = [site.on_hand, site.sellable, site.reserved, site.allocated, site.available];
    assert_eq!(numbers.map(|number| number.to_string()), ["15", "15", "4", "0", "11"]);
    let balances: Vec<String> =
        site.balances.iter().map(|row| format!("{} {}", row.location, row.on_hand)).collect();
    assert_eq!(balances, ["L1 10", "L2 5"]);
    let item = world.item("BOLT");
    let site = SiteId(world.location("L").get());
    assert_eq!(world.read(|conn| available(conn, item, site, now)), Delta(11_000_000));
    assert!(world.read(|conn| read(conn, &scope, "NO-SUCH", now)).is_none());
}

fn a_site_out_of_reach_is_not_there(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let here = |root| {
        let grant = Grant { permissions: Permissions::all(), within: Within::Subtree(root) };
        let principal = Principal::new(PrincipalId(7), "p", PrincipalKind::User, vec![grant], None);
        let scope = principal.scope(domain::Permission::StockRead).unwrap().clone();
        let now = world.ctx.now;
        world.read(|conn| read(conn, &scope, "BOLT", now)).unwrap().sites.len()
    };
    assert_eq!(here(world.location("L")), 1);
    assert_eq!(here(world.location("L1")), 0, "a bin does not open the numbers of its site");
}

fn the_hot_statements_scan_no_table(engine: Engine) {
    let world = world(engine);
    for statement in store::STATEMENTS.iter().chain(crate::ledger_page::store::STATEMENTS) {
        let plan = world.db.plan(statement).unwrap();
        if statement.hot && engine == Engine::Sqlite {
            assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:?}", statement.name);
        }
    }
}
