//! Whoever says how much says of which unit, where an item has more than one.

use crate::input::{AllocateInput, LineInput, QtyInput, ReserveInput, Work};
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, world};
use crate::transfer::{self, NewTransfer, NewTransferLine, StepBody, StepLine, TransferShown};
use catalog::{NewItem, NewUnit};
use db::{Engine, Tx};
use domain::ledger::Kind;
use domain::{Code, Qty};
use web::{Caller, Failure, IfMatch};

on_both_engines!(
    a_line_of_an_item_with_several_units_names_one,
    a_claim_on_an_item_with_several_units_names_one,
    a_transfer_of_an_item_with_several_units_names_one,
    serials_are_counted_by_themselves,
    an_item_has_several_units_from_the_first_packaging_to_the_last,
);

/// Forty screws at one place, which come in boxes of ten and cases of a hundred.
fn screws(engine: Engine) -> World {
    let world = world(engine);
    let unit = |unit: &str, factor: &str| NewUnit {
        unit: unit.to_owned(),
        factor: factor.to_owned(),
        ..NewUnit::default()
    };
    let item = NewItem {
        sku: "SCREW".to_owned(),
        name: "Screw".to_owned(),
        base_unit: "each".to_owned(),
        units: vec![unit("case", "100"), unit("box", "10")],
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &item)).unwrap();
    world.post(Kind::Receive, vec![of("box", "4 SCREW at L1")]);
    world
}

fn of(unit: &str, text: &str) -> LineInput {
    LineInput { unit: Some(unit.to_owned()), ..parse(text) }
}

fn a_line_of_an_item_with_several_units_names_one(engine: Engine) {
    let world = screws(engine);
    let counted = |line: LineInput| LineInput { qty: QtyInput::Counted(line.qty.qty()), ..line };
    let lines = [
        (Kind::Receive, "1 SCREW at L1"),
        (Kind::Issue, "1 SCREW at L1"),
        (Kind::Consume, "1 SCREW at L1"),
        (Kind::Move, "1 SCREW at L1 to L2"),
        (Kind::SetStatus, "1 SCREW at L1 becomes hold"),
        (Kind::Adjust, "1 SCREW at L1"),
    ];
    for (kind, text) in lines {
        let shaped = |line: LineInput| if kind == Kind::Adjust { counted(line) } else { line };
        let refused = world.try_post(kind, vec![of("each", "1 SCREW at L1"), shaped(parse(text))]);
        let body: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
        if kind != Kind::Move && kind != Kind::SetStatus {
            assert_eq!(body["code"], "unit_required", "{kind:?}");
            assert_eq!(body["errors"][0]["pointer"], "/lines/1/unit");
            let told =
                "item `SCREW` is kept in `each` and comes in `box`, `case` too; say which `unit` is meant";
            assert_eq!(body["detail"], told);
        }
        assert_eq!(code_of(&world.try_post(kind, vec![shaped(parse(text))])), "unit_required", "{kind:?}");
        assert_eq!(code_of(&world.try_post(kind, vec![shaped(of("each", text))])), "accepted", "{kind:?}");
    }
    assert_eq!(world.stock("SCREW"), ["L1 1", "L1 hold 1", "L2 1"]);
}

fn a_claim_on_an_item_with_several_units_names_one(engine: Engine) {
    let world = screws(engine);
    let reserve = |unit: Option<&str>| {
        world.ask(Work::Reserve(ReserveInput {
            sku: "SCREW".to_owned(),
            site: "L".to_owned(),
            qty: Qty::units(2).unwrap(),
            unit: unit.map(str::to_owned),
            owner: "order-1".to_owned(),
            priority: 0,
            backorder: false,
            expires_at: None,
        }))
    };
    let allocate = |unit: Option<&str>| {
        world.ask(Work::Allocate(AllocateInput {
            unit: unit.map(str::to_owned),
            backorder: false,
            ..allocation("1 SCREW at L1", "order-1")
        }))
    };
    assert_eq!(
        (code_of(&reserve(None)), code_of(&allocate(None))),
        ("unit_required".into(), "unit_required".into())
    );
    assert_eq!(
        (code_of(&reserve(Some("each"))), code_of(&allocate(Some("box")))),
        ("accepted".into(), "accepted".into())
    );
    assert_eq!(world.guard("SCREW", "L"), (40, 2, 10));
}

fn a_transfer_of_an_item_with_several_units_names_one(engine: Engine) {
    let world = screws(engine);
    let draft = |unit: Option<&str>| {
        let line = NewTransferLine {
            sku: "SCREW".to_owned(),
            qty: "2".to_owned(),
            unit: unit.map(str::to_owned),
            lot: None,
        };
        let (from_site, to_site) = ("L".to_owned(), "M".to_owned());
        let new = NewTransfer { from_site, to_site, note: None, expected_on: None, lines: vec![line] };
        world.run(move |tx, ctx| transfer::create(tx, &caller(ctx, None), &new))
    };
    assert_eq!(code(&draft(None)), Code::UnitRequired);
    let number = draft(Some("box")).unwrap().0;
    let step = |decide: StepOf, qty: Option<&str>, unit: Option<&str>, location: &str| {
        let line = StepLine {
            line: 1,
            location: location.to_owned(),
            qty: qty.map(str::to_owned),
            unit: unit.map(str::to_owned),
            ..StepLine::default()
        };
        let (number, body) = (number.clone(), StepBody { lines: vec![line], ..StepBody::default() });
        world.run(move |tx, ctx| decide(tx, &caller(ctx, None), (&number, IfMatch::Any), &body))
    };
    assert_eq!(code(&step(transfer::ship, Some("5"), None, "L1")), Code::UnitRequired);
    step(transfer::ship, Some("5"), Some("each"), "L1").unwrap();
    // what is left of the line is so much, whatever it is counted in
    step(transfer::ship, None, None, "L1").unwrap();
    step(transfer::receive, None, None, "M1").unwrap();
    assert_eq!(world.stock("SCREW"), ["L1 20", "M1 20"]);
}

type StepOf = fn(&mut Tx<'_>, &Caller, (&str, IfMatch), &StepBody) -> Result<TransferShown, Failure>;

fn code<T>(done: &Result<T, Failure>) -> Code {
    match done {
        Err(Failure::Refused(problem)) => problem.code,
        _ => panic!("not refused"),
    }
}

fn serials_are_counted_by_themselves(engine: Engine) {
    let world = world(engine);
    let pair = |tx: &mut Tx<'_>, ctx: &domain::Ctx| {
        let pair = NewUnit { unit: "pair".to_owned(), factor: "2".to_owned(), ..NewUnit::default() };
        catalog::add_unit(tx, ctx, ("DRILL", IfMatch::Any), &pair)
    };
    world.run(pair).unwrap();
    world.receive("2 DRILL serials S1,S2 at L1");
    let lot = LineInput { serials: Vec::new(), ..parse("1 DRILL lot S1 at L1") };
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![lot.clone()])), "unit_required");
    world.post(Kind::Issue, vec![LineInput { unit: Some("each".to_owned()), ..lot }]);
    assert_eq!(world.stock("DRILL"), ["L1 lot S2 1"]);
}

fn an_item_has_several_units_from_the_first_packaging_to_the_last(engine: Engine) {
    let world = world(engine);
    world.receive("5 BOLT at L1");
    let case = NewUnit { unit: "case".to_owned(), factor: "12".to_owned(), ..NewUnit::default() };
    world.run(move |tx, ctx| catalog::add_unit(tx, ctx, ("BOLT", IfMatch::Any), &case)).unwrap();
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT at L1")])), "unit_required");
    world.run(|tx, ctx| catalog::remove_unit(tx, ctx, ("BOLT", IfMatch::Any), "case")).unwrap();
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    assert_eq!(world.stock("BOLT"), ["L1 4"]);
}
