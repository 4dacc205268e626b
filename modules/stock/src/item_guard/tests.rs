//! Items with stock, claims or open transfers stay as they are.

use super::*;
use crate::input::{CostInput, LineInput};
use crate::testing::{World, caller, code_of, on_both_engines, parse, posting_of, world};
use crate::transfer::{self, NewTransfer, NewTransferLine};
use db::Engine;
use domain::ledger::Kind;

on_both_engines!(
    tracking_changes_only_without_stock,
    an_item_changes_its_owner_only_without_stock,
    an_archived_item_takes_nothing_until_it_is_back,
    an_open_transfer_keeps_its_item,
    an_item_with_stock_or_claims_is_not_merged,
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
