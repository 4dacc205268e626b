//! The laws of values over random histories, under both methods, and what a list of them shows.

use super::store::{self, Filter};
use super::{ValuationRow, Worth, everything, groups_within, page, totals};
use crate::as_of::{Moment, laws};
use crate::input::{CostInput, LineInput};
use crate::testing::{World, caller, on_both_engines, parse, world, world_of};
use crate::transfer::{self, NewTransfer, NewTransferLine, StepBody, StepLine};
use catalog::NewItem;
use db::{Engine, Statement};
use domain::ledger::{Group, Kind};
use domain::{Code, Instant, ItemId, LocationId, Zone};
use places::SetUp;
use std::collections::BTreeMap;
use web::{Failure, IfMatch};

on_both_engines!(
    first_in_first_out_value_at_any_moment_is_the_fold_of_its_movements,
    moving_average_value_at_any_moment_is_the_fold_of_its_movements,
    one_group_for_all_sites_has_one_value,
    what_a_receipt_and_an_issue_leave_is_shown_at_each_moment,
    pages_of_one_row_give_what_one_page_gives,
    goods_of_a_third_party_are_shown_with_it_and_worth_nothing,
    the_value_of_a_site_is_for_those_who_reach_all_of_it,
    every_statement_is_understood_and_the_hot_ones_scan_nothing,
);

const MOVEMENTS: Statement = Statement::new(
    "stock.test.every_value",
    "select item, from_group, to_group, qty, value, effective_at, recorded_at
     from stock_movement
     where value is not null
     order by lane, number, line",
);

const LAYERS: Statement = Statement::new(
    "stock.test.every_layer",
    "select item, grp, cast(sum(qty_left) as bigint), cast(sum(value_left) as bigint)
     from stock_layer group by item, grp",
);

type Values = BTreeMap<(ItemId, Group), Worth>;

struct Moved {
    item: ItemId,
    from: Group,
    to: Group,
    worth: Worth,
    effective: Instant,
    recorded: Instant,
}

fn movements(world: &World) -> Vec<Moved> {
    world.read(|conn| {
        conn.query(&MOVEMENTS, &[], |row| {
            Ok(Moved {
                item: ItemId(row.int(0)?),
                from: Group(row.int(1)?),
                to: Group(row.int(2)?),
                worth: Worth { qty: row.int(3)?, value: row.int(4)? },
                effective: Instant(row.int(5)?),
                recorded: Instant(row.int(6)?),
            })
        })
    })
}

/// The naive answer.
fn fold(moved: &[Moved], effective: Option<Instant>, recorded: Option<Instant>) -> Values {
    let mut values = Values::new();
    let known = moved.iter().filter(|moved| {
        effective.is_none_or(|at| moved.effective <= at) && recorded.is_none_or(|at| moved.recorded <= at)
    });
    for Moved { item, from, to, worth, .. } in known {
        *values.entry((*item, *from)).or_default() -= *worth;
        *values.entry((*item, *to)).or_default() += *worth;
    }
    values.retain(|(_, group), worth| group.is_some() && *worth != Worth::NOTHING);
    values
}

fn values(world: &World, item: Option<ItemId>, moment: Option<&Moment>) -> Values {
    let mut found = Values::new();
    world.read(|conn| {
        everything(conn, item, moment, |item, group, worth| {
            assert_eq!(found.insert((item, group), worth), None);
        })
    });
    found
}

fn books(method: &str, grouping: &str) -> SetUp {
    SetUp {
        name: "Books".to_owned(),
        currency: "GBP".to_owned(),
        zone: "UTC".to_owned(),
        valuation_method: Some(method.to_owned()),
        valuation_grouping: Some(grouping.to_owned()),
    }
}

/// So many bolts go from `L` to `M`, some of them for good.
fn carry(world: &World, qty: &str, arriving: &str) {
    let line = NewTransferLine { sku: "BOLT".to_owned(), qty: qty.to_owned(), ..NewTransferLine::default() };
    let new = NewTransfer {
        from_site: "L".to_owned(),
        to_site: "M".to_owned(),
        lines: vec![line],
        ..NewTransfer::default()
    };
    let step = |qty: &str, location: &str| StepBody {
        lines: vec![StepLine {
            line: 1,
            location: location.to_owned(),
            qty: Some(qty.to_owned()),
            ..StepLine::default()
        }],
        ..StepBody::default()
    };
    let (leave, arrive) = (step(qty, "L1"), step(arriving, "M1"));
    let made = world.run(move |tx, ctx| {
        let caller = caller(ctx, None);
        let (number, _) = transfer::create(tx, &caller, &new)?;
        transfer::ship(tx, &caller, (&number, IfMatch::Any), &leave)?;
        transfer::receive(tx, &caller, (&number, IfMatch::Any), &arrive)
    });
    made.unwrap();
}

fn law(engine: Engine, books: Option<SetUp>, seed: u64) {
    let mut world = world_of(engine, books);
    let mut chance = laws::Chance(seed);
    let begin = world.ctx.now;
    laws::history(&mut world, &mut chance, 90);
    world.receive("30 BOLT at L1");
    carry(&world, "20", "13");
    laws::full_history(&mut world, &mut chance, 300);
    let moved = movements(&world);
    let span = u64::try_from(world.ctx.now.0 - begin.0).unwrap();
    let items = ["BOLT", "MILK"].map(|sku| world.item(sku));
    for round in 0..45 {
        let at = |chance: &mut laws::Chance| match chance.below(3) {
            0 => moved[usize::try_from(chance.below(u64::try_from(moved.len()).unwrap())).unwrap()].recorded,
            _ => Instant(begin.0 + i64::try_from(chance.below(span)).unwrap()),
        };
        let (effective, recorded) = match round % 3 {
            0 => (Some(at(&mut chance)), None),
            1 => (None, Some(at(&mut chance))),
            _ => (Some(at(&mut chance)), Some(at(&mut chance))),
        };
        let moment = Moment::of(&Zone::UTC, effective, recorded).unwrap();
        let expected = fold(&moved, effective, recorded);
        assert_eq!(values(&world, None, Some(&moment)), expected, "{moment:?}");
        let of_one: Values = expected.iter().filter(|((item, _), _)| *item == items[0]).map(copied).collect();
        assert_eq!(values(&world, Some(items[0]), Some(&moment)), of_one, "{moment:?}");
        let shown: i64 = list(&world, &all(), Some(&moment)).iter().map(|row| minor(&row.value)).sum();
        let total = world.run(move |tx, _| totals(tx, None, None, Some(&moment))).unwrap();
        let sum = expected.values().map(|worth| worth.value).sum::<i64>();
        assert_eq!((shown, minor(&total.value)), (sum, sum), "{moment:?}");
    }
    let now = values(&world, None, None);
    assert_eq!(now, fold(&moved, None, None));
    assert_eq!(now, layers(&world), "the total is what the books hold in layers");
}

fn copied<K: Copy, V: Copy>((key, value): (&K, &V)) -> (K, V) {
    (*key, *value)
}

fn layers(world: &World) -> Values {
    let rows = world.read(|conn| {
        conn.query(&LAYERS, &[], |row| {
            let key = (ItemId(row.int(0)?), Group(row.int(1)?));
            Ok((key, Worth { qty: row.int(2)?, value: row.int(3)? }))
        })
    });
    rows.into_iter().filter(|(_, worth)| *worth != Worth::NOTHING).collect()
}

fn minor(amount: &str) -> i64 {
    amount.replace('.', "").parse().unwrap()
}

fn first_in_first_out_value_at_any_moment_is_the_fold_of_its_movements(engine: Engine) {
    law(engine, None, 0x5eed_0002);
}

fn moving_average_value_at_any_moment_is_the_fold_of_its_movements(engine: Engine) {
    law(engine, Some(books("moving_average", "site")), 0x5eed_0003);
}

fn one_group_for_all_sites_has_one_value(engine: Engine) {
    let world = world_of(engine, Some(books("fifo", "organisation")));
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at M1");
    let rows = list(&world, &all(), None);
    assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), ["BOLT organisation 15 20.00 1.333333"]);
    let everyone = caller(&world.ctx, None).scope;
    let named = world.run(move |tx, _| groups_within(tx, &everyone, Some("organisation")));
    assert!(named.unwrap().is_some());
    let site = caller(&world.ctx, Some(world.location("L"))).scope;
    let within = world.run(move |tx, _| groups_within(tx, &site, None)).unwrap();
    assert_eq!(within.as_deref(), Some("[]"), "it is for those who reach all sites");
}

fn all() -> Filter {
    Filter {
        down: false,
        after: None,
        with_zeros: false,
        item: None,
        groups: None,
        by_item: None,
        limit: 100,
    }
}

fn list(world: &World, filter: &Filter, moment: Option<&Moment>) -> Vec<ValuationRow> {
    let found = world.read(|conn| page(conn, filter.clone(), moment));
    assert!(found.next.is_none(), "all of it is on one page");
    found.rows
}

fn shown(row: &ValuationRow) -> String {
    let ValuationRow { sku, unit: _, group, qty, value, unit_cost, currency, owner } = row;
    assert_eq!(currency, "GBP");
    let owner = owner.as_ref().map_or(String::new(), |owner| format!(" of {owner}"));
    format!("{sku} {group} {qty} {value} {}{owner}", unit_cost.as_deref().unwrap_or("-"))
}

fn goods_of_a_third_party_are_shown_with_it_and_worth_nothing(engine: Engine) {
    let world = world(engine);
    let vase = NewItem {
        sku: "VASE".to_owned(),
        name: "Vase".to_owned(),
        base_unit: "each".to_owned(),
        owner: Some("A friend".to_owned()),
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &vase)).unwrap();
    let vases = |text: &str| LineInput { cost: CostInput::Unknown, ..parse(text) };
    let refused = world.try_post(Kind::Receive, vec![parse("1 BOLT at L1"), parse("5 VASE at L1")]);
    let body: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(body["code"], "invalid_value");
    assert_eq!(body["errors"][0]["pointer"], "/lines/1/unit_cost");
    world.receive("10 BOLT at L1");
    world.post(Kind::Receive, vec![vases("5 VASE at L1")]);
    world.post(Kind::Issue, vec![vases("2 VASE at L1")]);
    let rows: Vec<String> = list(&world, &all(), None).iter().map(shown).collect();
    assert_eq!(rows, ["BOLT L 10 10.00 1", "VASE L 3 0.00 0 of A friend"]);
    let total = world.run(|tx, _| totals(tx, None, None, None)).unwrap();
    assert_eq!(total.value, "10.00");
    // it can be promised like all else
    assert_eq!(world.guard("VASE", "L"), (3, 0, 0));
}

fn what_a_receipt_and_an_issue_leave_is_shown_at_each_moment(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    world.at("2026-04-02T00:00:00Z");
    world.receive("5 BOLT at L2");
    world.post(Kind::Issue, vec![parse("4 BOLT at L1")]);
    carry(&world, "3", "1");
    let texts = |filter: &Filter, moment: Option<&Moment>| -> Vec<String> {
        list(&world, filter, moment).iter().map(shown).collect()
    };
    // ten came at 1.00 each, and seven of them have gone
    let now = ["BOLT L 8 13.00 1.625", "BOLT M 1 1.00 1", "BOLT T-000001 2 2.00 1"];
    assert_eq!(texts(&all(), None), now);
    let mut down = now;
    down.reverse();
    assert_eq!(texts(&Filter { down: true, ..all() }, None), down);
    assert_eq!(texts(&Filter { item: Some(world.item("MILK")), ..all() }, None), Vec::<String>::new());
    let march = Moment::of(&Zone::UTC, Some(Instant::parse("2026-03-20T00:00:00Z").unwrap()), None).unwrap();
    assert_eq!(texts(&all(), Some(&march)), ["BOLT L 10 10.00 1"]);
    let bolt = Filter { item: Some(world.item("BOLT")), down: true, ..all() };
    assert_eq!(texts(&bolt, Some(&march)), ["BOLT L 10 10.00 1"]);
    let total = world.run(|tx, _| totals(tx, None, None, None)).unwrap();
    let total = serde_json::to_value(total).unwrap();
    let group = |name: &str, value: &str| serde_json::json!({ "group": name, "value": value });
    let expected = serde_json::json!({
        "method": "fifo", "currency": "GBP", "value": "16.00",
        "groups": [group("L", "13.00"), group("M", "1.00"), group("in_transit", "2.00")],
    });
    assert_eq!(total, expected);
    let of = |name: &'static str| {
        let scope = caller(&world.ctx, None).scope;
        world.run(move |tx, _| {
            let groups = groups_within(tx, &scope, Some(name))?;
            Ok(totals(tx, None, groups.as_deref(), None)?.value)
        })
    };
    assert_eq!(of("T-000001").unwrap(), "2.00");
    assert_eq!(of("m").unwrap(), "1.00");
    assert!(of("T-000002").is_err());
}

fn pages_of_one_row_give_what_one_page_gives(engine: Engine) {
    let world = world(engine);
    for line in ["10 BOLT at L1", "3 BOLT at M1", "2 MILK lot A until 2027-01-01 at L1"] {
        world.receive(line);
    }
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    for (down, moment) in [(false, None), (true, None), (false, Some(&then)), (true, Some(&then))] {
        let whole: Vec<String> = list(&world, &Filter { down, ..all() }, moment).iter().map(shown).collect();
        assert_eq!(whole.len(), 3);
        let (mut after, mut rows) = (None, Vec::new());
        loop {
            let filter = Filter { down, after: after.clone(), limit: 1, ..all() };
            let found = world.read(|conn| page(conn, filter, moment));
            assert!(found.rows.len() <= 1);
            rows.extend(found.rows.iter().map(shown));
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(rows, whole);
    }
}

fn the_value_of_a_site_is_for_those_who_reach_all_of_it(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at M1");
    let groups = |below: Option<LocationId>, name: Option<&'static str>| {
        let scope = caller(&world.ctx, below).scope;
        world.run(move |tx, _| groups_within(tx, &scope, name))
    };
    let rows = |groups: Option<String>| -> Vec<String> {
        list(&world, &Filter { groups, ..all() }, None).iter().map(shown).collect()
    };
    let (site, bin) = (world.location("M"), world.location("M1"));
    assert_eq!(rows(groups(Some(site), None).unwrap()), ["BOLT M 5 10.00 2"]);
    assert_eq!(rows(groups(Some(bin), None).unwrap()), Vec::<String>::new());
    assert_eq!(rows(groups(None, Some("l")).unwrap()), ["BOLT L 10 10.00 1"]);
    let of_m = groups(Some(site), None).unwrap();
    let total = world.run(move |tx, _| totals(tx, None, of_m.as_deref(), None)).unwrap();
    assert_eq!((total.value.as_str(), total.groups.len()), ("10.00", 1));
    for (below, name) in [(Some(site), "L"), (Some(bin), "M"), (None, "organisation"), (None, "Z")] {
        match groups(below, Some(name)) {
            Err(Failure::Refused(problem)) => assert_eq!(problem.code, Code::UnknownLocation, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn every_statement_is_understood_and_the_hot_ones_scan_nothing(engine: Engine) {
    let world = world(engine);
    for statement in store::ALL.iter().copied().flatten() {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        if statement.hot || statement.name.starts_with("stock.valuation.all") {
            assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        }
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
        assert!(!sorts || engine == Engine::Postgres, "{}: {plan:#?}", statement.name);
    }
}
