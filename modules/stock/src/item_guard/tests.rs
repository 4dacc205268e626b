//! Items with stock, claims or open transfers stay as they are.

use super::*;
use crate::balance::{self, Asked};
use crate::input::{CostInput, LineInput};
use crate::testing::{World, caller, code_of, on_both_engines, parse, posting_of, world};
use crate::transfer::{self, NewTransfer, NewTransferLine};
use db::Engine;
use domain::ledger::Kind;
use serde_json::{Value, json};

on_both_engines!(
    tracking_changes_only_without_stock,
    an_item_changes_its_owner_only_without_stock,
    an_archived_item_takes_nothing_until_it_is_back,
    an_open_transfer_keeps_its_item,
    an_item_with_stock_or_claims_is_not_merged,
    what_sites_want_of_a_merged_item_goes_over_where_nothing_is_said,
    stock_never_slips_into_an_item_while_it_is_merged,
    what_lies_beyond_reach_is_not_told,
    stock_never_slips_into_an_item_while_its_tracking_changes,
);

fn trace(world: &World, sku: &'static str, tracking: &'static str) -> Result<Item, Failure> {
    world.run(move |tx, ctx| set_tracking(tx, &caller(ctx, None), (sku, IfMatch::Any), tracking))
}

fn archive(world: &World, sku: &'static str, archived: bool) -> Result<Item, Failure> {
    world.run(move |tx, ctx| set_archived(tx, &caller(ctx, None), (sku, IfMatch::Any), archived))
}

fn code(done: Result<Item, Failure>) -> Code {
    match done {
        Err(Failure::Refused(problem)) => problem.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn tracking_changes_only_without_stock(engine: Engine) {
    let world = world(engine);
    world.receive("1 BOLT at L1");
    assert_eq!(code(trace(&world, "BOLT", "lot")), Code::InUse);
    assert!(trace(&world, "BOLT", "none").is_ok(), "no change is no question");
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    assert_eq!(trace(&world, "bolt", "lot").unwrap().tracking, Tracking::Lot);
    assert_eq!(code_of(&world.try_post(Kind::Receive, vec![parse("1 BOLT at L1")])), "lot_required");
    world.receive("1 BOLT lot A at L1");
    assert_eq!(code(trace(&world, "BOLT", "none")), Code::InUse);
    assert_eq!(code(trace(&world, "BOLT", "colour")), Code::InvalidValue);
    assert_eq!(code(trace(&world, "NUT", "lot")), Code::NotFound);
    assert_eq!(code(trace(&world, "MILK", "none")), Code::Expiry, "what expires has lots");
}

fn an_item_changes_its_owner_only_without_stock(engine: Engine) {
    let world = world(engine);
    let give = |owner: Option<&'static str>| {
        world.run(move |tx, ctx| set_owner(tx, &caller(ctx, None), ("bolt", IfMatch::Any), owner))
    };
    world.receive("1 BOLT at L1 status damaged");
    assert_eq!(code(give(Some("A friend"))), Code::InUse);
    assert!(give(None).is_ok(), "no change is no question");
    let gone = LineInput { cost: CostInput::Unknown, ..parse("1 BOLT at L1 status damaged") };
    world.post(Kind::Adjust, vec![gone]);
    assert_eq!(code(give(Some(""))), Code::InvalidValue);
    assert_eq!(give(Some(" A friend ")).unwrap().owner.as_deref(), Some("A friend"));
    assert_eq!(code_of(&world.try_post(Kind::Receive, vec![parse("1 BOLT at L1")])), "invalid_value");
    world.post(Kind::Receive, vec![LineInput { cost: CostInput::Unknown, ..parse("1 BOLT at L1") }]);
    assert!(give(Some("A friend")).is_ok());
    assert_eq!(code(give(None)), Code::InUse);
    assert_eq!(code(give(Some("Another"))), Code::InUse);
    world.post(Kind::Issue, vec![LineInput { cost: CostInput::Unknown, ..parse("1 BOLT at L1") }]);
    assert_eq!(give(None).unwrap().owner, None);
    world.receive("1 BOLT at L1");
}

fn an_archived_item_takes_nothing_until_it_is_back(engine: Engine) {
    let world = world(engine);
    world.receive("1 BOLT at L1 status damaged");
    assert_eq!(code(archive(&world, "BOLT", true)), Code::InUse);
    world.post(Kind::SetStatus, vec![parse("1 BOLT at L1 status damaged becomes good")]);
    let sale = posting_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT at L1")]));
    assert!(archive(&world, "BOLT", true).unwrap().archived);
    assert_eq!(code_of(&world.try_post(Kind::Receive, vec![parse("1 BOLT at L1")])), "in_use");
    assert_eq!(world.reverse(sale), "in_use", "nor by the reversal of what went out");
    assert_eq!(world.stock("BOLT"), [""; 0]);
    archive(&world, "BOLT", false).unwrap();
    world.receive("1 BOLT at L1");
    assert_eq!(world.reverse(sale), "accepted");
}

fn merged(world: &World, sku: &'static str, into: &'static str) -> Result<Item, Failure> {
    world.run(move |tx, ctx| merge(tx, &caller(ctx, None), (sku, IfMatch::Any), into))
}

fn an_item_with_stock_or_claims_is_not_merged(engine: Engine) {
    let world = world(engine);
    let twin = catalog::NewItem {
        sku: "BOLT-2".to_owned(),
        name: "Bolt".to_owned(),
        base_unit: "each".to_owned(),
        ..catalog::NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &twin)).unwrap();
    world.receive("1 BOLT-2 at L1");
    assert_eq!(code(merged(&world, "BOLT-2", "BOLT")), Code::InUse);
    let sale = posting_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT-2 at L1")]));
    let gone = merged(&world, "bolt-2", "bolt").unwrap();
    assert_eq!((gone.archived, gone.merged_into.as_deref()), (true, Some("BOLT")));
    assert_eq!(code_of(&world.try_post(Kind::Receive, vec![parse("1 BOLT-2 at L1")])), "in_use");
    assert_eq!(world.reverse(sale), "in_use");
    assert_eq!(code(archive(&world, "BOLT-2", false)), Code::InUse, "it does not come back");
    assert_eq!(code(merged(&world, "BOLT-2", "MILK")), Code::InUse);
    assert_eq!(code(merged(&world, "NUT", "BOLT")), Code::NotFound);
}

fn twin(world: &World, sku: &'static str, base_unit: &'static str, whole: bool) {
    let (sku, name, base_unit) = (sku.to_owned(), "Bolt".to_owned(), base_unit.to_owned());
    let twin = catalog::NewItem { sku, name, base_unit, whole: Some(whole), ..catalog::NewItem::default() };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &twin)).unwrap();
}

fn least(world: &World, site: &'static str, sku: &'static str, qty: Option<&'static str>) {
    let set = move |tx: &mut Tx<'_>, ctx: &domain::Ctx| {
        minimum::set(tx, &caller(ctx, None), (site, sku), IfMatch::Any, qty).map(drop)
    };
    world.run(set).unwrap();
}

fn may_wait(
    world: &World,
    site: &'static str,
    sku: &'static str,
    said: (&'static str, Option<&'static str>),
) {
    let set = move |tx: &mut Tx<'_>, ctx: &domain::Ctx| {
        backorder::set(tx, &caller(ctx, None), (site, Some(sku)), IfMatch::Any, said).map(drop)
    };
    world.run(set).unwrap();
}

/// What is wanted of an item at the sites `L` and `M`: its minimum and what may wait, each with the count of its
/// changes.
fn wanted(world: &World, sku: &'static str) -> Vec<String> {
    let scope = caller(&world.ctx, None).scope;
    let at = |site| {
        let read = |conn: &mut Conn<'_>| {
            let least = minimum::get(conn, &scope, site, sku)?;
            let rule = backorder::get(conn, &scope, (site, Some(sku)))?;
            Ok::<_, Failure>((least, rule))
        };
        let (least, rule) = world.db.read_blocking(read).unwrap();
        let text = |qty: Option<Delta>| qty.map_or("-".to_owned(), |qty| qty.to_string());
        let (cap, version) = (text(rule.cap), rule.version);
        format!("{site} {} v{} {} {cap} v{version}", text(least.least), least.version, rule.accepts)
    };
    ["L", "M"].map(at).to_vec()
}

fn balanced(world: &World, sku: &str) -> bool {
    let asked = Asked { days: 30, cover: 15, lacking: false, movable: false, now: world.ctx.now };
    let scope = caller(&world.ctx, None).scope;
    let listed = world.read(|conn| {
        let weighed = balance::Weighed::read(conn, &scope)?;
        balance::page(conn, &weighed, &asked, None, 100)
    });
    listed.rows.iter().any(|row| row.sku == sku)
}

/// What the history of `BOLT` says last of what else became of a merged one.
fn besides(world: &World) -> (Value, Value) {
    let changes = world.db.read_blocking(|conn| catalog::changes_of(conn, "BOLT", None, 1)).unwrap();
    let after = &changes[0].changes.iter().find(|change| change.field == "merged").unwrap().after;
    (after["minimums"].clone(), after["backorder_rules"].clone())
}

fn what_sites_want_of_a_merged_item_goes_over_where_nothing_is_said(engine: Engine) {
    let world = world(engine);
    for (sku, unit, whole) in [("TWIN", "each", true), ("LOOSE", "each", false), ("HEAVY", "kg", false)] {
        twin(&world, sku, unit, whole);
    }
    // what was said of the one that stays wins, also that nothing waits; what it took back is nothing
    least(&world, "L", "TWIN", Some("7"));
    least(&world, "L", "BOLT", Some("5"));
    least(&world, "M", "TWIN", Some("8"));
    least(&world, "M", "BOLT", Some("9"));
    least(&world, "M", "BOLT", None);
    may_wait(&world, "L", "TWIN", ("cap", Some("3")));
    may_wait(&world, "M", "TWIN", ("cap", Some("4")));
    may_wait(&world, "M", "BOLT", ("none", None));
    assert!(balanced(&world, "TWIN"));
    // refused, nothing of it has gone over
    world.receive("1 TWIN at L1");
    assert_eq!(code(merged(&world, "TWIN", "BOLT")), Code::InUse);
    assert_eq!(wanted(&world, "BOLT"), ["L 5 v1 as_site - v0", "M - v2 none - v1"]);
    world.post(Kind::Issue, vec![parse("1 TWIN at L1")]);
    let told = || (world.events("minimum").len(), world.events("backorder_rule").len());
    let before = told();
    merged(&world, "TWIN", "BOLT").unwrap();
    assert_eq!(wanted(&world, "BOLT"), ["L 5 v1 cap 3 v1", "M 8 v3 none - v1"]);
    assert_eq!(wanted(&world, "TWIN"), ["L - v2 as_site - v2", "M - v2 as_site - v2"]);
    assert!(!balanced(&world, "TWIN") && balanced(&world, "BOLT"));
    assert_eq!(told(), (before.0 + 3, before.1 + 3), "each has its own trace");
    let counted = |moved: u8, dropped: u8| json!({ "moved": moved, "dropped": dropped });
    assert_eq!(besides(&world), (counted(1, 1), counted(1, 1)));
    // what the other cannot have is dropped: a fraction of whole goods, and so many kilograms
    least(&world, "L", "BOLT", None);
    least(&world, "L", "LOOSE", Some("1.5"));
    merged(&world, "LOOSE", "BOLT").unwrap();
    assert_eq!(besides(&world), (counted(0, 1), Value::Null));
    least(&world, "L", "HEAVY", Some("2"));
    may_wait(&world, "M", "HEAVY", ("cap", Some("2")));
    may_wait(&world, "M", "BOLT", ("as_site", None));
    merged(&world, "HEAVY", "BOLT").unwrap();
    assert_eq!(besides(&world), (counted(0, 1), counted(0, 1)));
    assert_eq!(wanted(&world, "BOLT"), ["L - v2 cap 3 v1", "M 8 v3 as_site - v2"]);
    assert_eq!(wanted(&world, "HEAVY"), ["L - v2 as_site - v0", "M - v0 as_site - v2"]);
}

fn stock_never_slips_into_an_item_while_it_is_merged(engine: Engine) {
    let world = world(engine);
    for round in 0..6 {
        let sku: &'static str = format!("TWIN-{round}").leak();
        let twin = catalog::NewItem {
            sku: sku.to_owned(),
            name: "Bolt".to_owned(),
            base_unit: "each".to_owned(),
            ..catalog::NewItem::default()
        };
        world.run(move |tx, ctx| catalog::create_item(tx, ctx, &twin)).unwrap();
        let (received, gone) = std::thread::scope(|scope| {
            let line = format!("1 {sku} at L1");
            let world = &world;
            let received = scope.spawn(move || world.try_post(Kind::Receive, vec![parse(&line)]));
            let gone = scope.spawn(move || merged(world, sku, "BOLT").is_ok());
            (code_of(&received.join().unwrap()), gone.join().unwrap())
        });
        assert!((received == "accepted") != gone, "{round}: one of them: {received} {gone}");
    }
}

fn an_open_transfer_keeps_its_item(engine: Engine) {
    let world = world(engine);
    let made = world.run(|tx, ctx| {
        let line =
            NewTransferLine { sku: "BOLT".to_owned(), qty: "1".to_owned(), ..NewTransferLine::default() };
        let (from_site, to_site) = ("L".to_owned(), "M".to_owned());
        let new = NewTransfer { from_site, to_site, note: None, expected_on: None, lines: vec![line] };
        transfer::create(tx, &caller(ctx, None), &new).map(|(number, _)| number)
    });
    let number = made.unwrap();
    assert_eq!(code(archive(&world, "BOLT", true)), Code::InUse);
    world
        .run(move |tx, ctx| transfer::cancel(tx, &caller(ctx, None), (&number, IfMatch::Any)).map(|_| ()))
        .unwrap();
    archive(&world, "BOLT", true).unwrap();
}

fn what_lies_beyond_reach_is_not_told(engine: Engine) {
    let world = world(engine);
    let refused_below = |root: &str| {
        let root = world.location(root);
        let below = move |ctx: &domain::Ctx| caller(ctx, Some(root));
        match world.run(move |tx, ctx| set_archived(tx, &below(ctx), ("BOLT", IfMatch::Any), true)) {
            Err(Failure::Refused(problem)) => {
                assert_eq!(problem.code, Code::InUse);
                problem.detail.into_owned()
            }
            other => panic!("not refused: {other:?}"),
        }
    };
    let asked = |found: &str| (refused_below("L").contains(found), refused_below("M").contains(found));
    world.receive("7 BOLT at L1");
    assert_eq!((asked("`L1`"), asked("`7`")), ((true, false), (true, false)));
    world.post(Kind::Issue, vec![parse("7 BOLT at L1")]);
    world.place("N site");
    let line = NewTransferLine { sku: "BOLT".to_owned(), qty: "1".to_owned(), ..NewTransferLine::default() };
    let (from_site, to_site) = ("L".to_owned(), "N".to_owned());
    let new = NewTransfer { from_site, to_site, note: None, expected_on: None, lines: vec![line] };
    world.run(move |tx, ctx| transfer::create(tx, &caller(ctx, None), &new).map(drop)).unwrap();
    assert_eq!(asked("`T-000001`"), (true, false));
}

fn stock_never_slips_into_an_item_while_its_tracking_changes(engine: Engine) {
    let world = world(engine);
    for round in 0..10 {
        std::thread::scope(|scope| {
            let (world, kind) = (&world, if round % 2 == 0 { "lot" } else { "none" });
            scope.spawn(move || {
                world.try_post(Kind::Receive, vec![parse("1 BOLT at L1")]);
            });
            scope.spawn(move || drop(trace(world, "BOLT", kind)));
        });
        // whoever came first has won: stock without lots and tracking by lot never meet
        let item = world.read(|conn| catalog::facts_by_sku(conn, &["BOLT"])).remove(0).unwrap();
        let stock = world.stock("BOLT");
        assert!(stock.is_empty() || item.tracking == Tracking::None, "{stock:?}");
        if !stock.is_empty() {
            world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
        }
    }
}
