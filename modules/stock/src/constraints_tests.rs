//! The last layer under every invariant: the database itself refuses a row that cannot be, whatever the
//! program that asks. Each constraint by its name, so that none is lost when a migration makes a table anew.

use crate::input::{AllocateInput, Work};
use crate::testing::{World, allocation, code_of, on_both_engines, world};
use db::{DbError, Engine, Statement};
use std::collections::BTreeSet;

on_both_engines!(no_row_can_be_what_cannot_be, what_is_refused_is_what_the_law_says_and_no_more);

/// A constraint, with statements that each break it and nothing else.
const BROKEN: &[(&str, &[&str])] = &[
    (
        "stock_balance_on_hand",
        &["update stock_balance set on_hand = -1 where location > 0"],
    ),
    (
        "stock_balance_allocated",
        &[
            "update stock_balance set allocated = on_hand + 1 where location > 0",
            "update stock_balance set allocated = -1 where location > 0",
        ],
    ),
    (
        "stock_site_guard",
        &[
            "update stock_site set reserved = sellable - allocated + 1",
            "update stock_site set reserved = -1",
            "update stock_site set allocated = -1",
            "update stock_site set sellable = 0",
        ],
    ),
    (
        "stock_site_backordered",
        &["update stock_site set backordered = 1", "update stock_site set backordered = -1"],
    ),
    ("stock_claim_qty", &["update stock_claim set qty = 0", "update stock_claim set qty = -1"]),
    (
        "stock_claim_backordered",
        &[
            "update stock_claim set backordered = 1, may_wait = false",
            "update stock_claim set backordered = -1",
        ],
    ),
    ("stock_claim_lost", &["update stock_claim set lost = -1"]),
    (
        "stock_stack_worth",
        &[
            "update stock_stack set qty = 0 where value > 0",
            "update stock_stack set qty = -1, value = 0",
            "update stock_stack set value = -1",
        ],
    ),
    (
        "stock_layer_left",
        &[
            "update stock_layer set qty_left = qty_in + 1",
            "update stock_layer set qty_left = -1, value_left = 0",
            "update stock_layer set qty_left = 0 where value_left > 0",
            "update stock_layer set value_left = value_in + 1",
            "update stock_layer set value_left = -1",
        ],
    ),
    (
        "stock_movement_ends",
        &["insert into stock_movement (lane, number, line, item, lot, from_location, from_status, to_location,
             to_status, qty, from_after, from_ver, to_after, to_ver, from_group, to_group, value, recorded_at,
             effective_at, effective_on, period)
           select lane, number, line + 1, item, lot, to_location, to_status, to_location, to_status, qty, from_after,
             from_ver, to_after, to_ver, from_group, to_group, value, recorded_at, effective_at, effective_on, period
           from stock_movement"],
    ),
    (
        "stock_transfer_line_sums",
        &[
            "insert into stock_transfer_line (transfer, line, item, lot, qty, shipped, received, short)
             select id, 1, 1, 0, 5, 6, 0, 0 from stock_posting",
            "insert into stock_transfer_line (transfer, line, item, lot, qty, shipped, received, short)
             select id, 1, 1, 0, 5, 5, 3, 3 from stock_posting",
        ],
    ),
    (
        "stock_sale_back",
        &[
            "insert into stock_sale (posting, line, item, lot, qty, value, effective_at, returned, value_back)
             select id, 1, 1, 0, 5, 10, 0, 6, 0 from stock_posting",
            "insert into stock_sale (posting, line, item, lot, qty, value, effective_at, returned, value_back)
             select id, 1, 1, 0, 5, 10, 0, 5, 11 from stock_posting",
        ],
    ),
    (
        "stock_backorder_rule",
        &["insert into stock_backorder (site, item, rule, cap, version) values (1, 0, 1, null, 1)"],
    ),
    (
        "stock_backorder_cap",
        &[
            "insert into stock_backorder (site, item, rule, cap, version) values (1, 1, 3, null, 1)",
            "insert into stock_backorder (site, item, rule, cap, version) values (1, 1, 3, -1, 1)",
        ],
    ),
    (
        "stock_lot_role",
        &[
            "insert into stock_lot (id, item, code, code_folded, on_hold, created_at, version, role)
             values (900, 1, 'X', 'x', false, (select max(recorded_at) from stock_posting), 1, 3)",
            "insert into stock_lot (id, item, code, code_folded, on_hold, created_at, version, role, parent)
             values (900, 1, 'X', 'x', false, (select max(recorded_at) from stock_posting), 1, 2, 7)",
        ],
    ),
    (
        "stock_stood_span",
        &["insert into stock_stood (place, above, since, until, is_site)
           select 1, 1, recorded_at, recorded_at, false from stock_posting"],
    ),
    ("stock_kept_qty", &["insert into stock_kept (lot, location, status, qty) values (1, 1, 1, 0)"]),
    ("stock_held_ver", &["insert into stock_held (lot, location, ver) values (1, 1, 0)"]),
    (
        "stock_released_ver",
        &["insert into stock_released (lot, location, from_ver, to_ver) values (1, 1, 2, 2)"],
    ),
    (
        "stock_period_digest_hash",
        &["insert into stock_period_digest (period, version, closed_at, postings, movements, hash)
           select 202601, 1, max(recorded_at), 1, null, null from stock_posting"],
    ),
    (
        "stock_room_rule_scope",
        &["insert into stock_room_rule (scope, id, rules, version) values (3, 1, '{}', 1)"],
    ),
    (
        "stock_room_rule_version",
        &["insert into stock_room_rule (scope, id, rules, version) values (1, 1, '{}', 0)"],
    ),
    ("stock_home_version", &["insert into stock_home (site, item, version) values (1, 1, 0)"]),
    (
        "stock_home_place_rank",
        &["insert into stock_home_place (site, item, rank, location) values (1, 1, 0, 1)"],
    ),
    (
        "stock_minimum_version",
        &["insert into stock_minimum (site, item, least, version) values (1, 1, 1, 0)"],
    ),
    (
        "stock_minimum_least",
        &["insert into stock_minimum (site, item, least, version) values (1, 1, 0, 1)"],
    ),
];

/// A check that a migration names and nobody breaks here would be lost unseen.
#[test]
fn every_constraint_that_has_a_name_is_broken_here() {
    let texts = crate::MIGRATIONS.migrations.iter().map(|migration| migration.text);
    let named: BTreeSet<&str> = texts
        .flat_map(|text| text.split("constraint ").skip(1))
        .filter_map(|rest| {
            let mut words = rest.split_ascii_whitespace();
            let name = words.next()?;
            words.next()?.starts_with("check").then_some(name)
        })
        .collect();
    assert_eq!(named, BROKEN.iter().map(|(name, _)| *name).collect());
}

/// Three of which one is reserved and one bound to its bin.
fn filled(engine: Engine) -> World {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    world.reserve("BOLT", "L", 1);
    let bound = AllocateInput { backorder: false, ..allocation("1 BOLT at L1", "order-2") };
    assert_eq!(code_of(&world.ask(Work::Allocate(bound))), "accepted");
    world
}

fn statement(text: &'static str) -> &'static Statement {
    Box::leak(Box::new(Statement::new("stock.test.broken", text)))
}

fn no_row_can_be_what_cannot_be(engine: Engine) {
    let world = filled(engine);
    for (constraint, broken) in BROKEN {
        for text in *broken {
            let asked = statement(text);
            let done = world.db.write_blocking(move |tx| tx.execute(asked, &[]));
            let error = done.expect_err(text);
            // less than nothing is less than what is bound, too: which of the two is told is the engine's choice
            let implied = *constraint == "stock_balance_on_hand" && error.is_check("stock_balance_allocated");
            assert!(implied || error.is_check(constraint), "{constraint}: {text}: {error}");
        }
    }
    assert_eq!((world.stock("BOLT"), world.guard("BOLT", "L")), (vec!["L1 3".to_owned()], (3, 1, 1)));
}

/// How a transaction ended that was not to be kept.
#[derive(Debug)]
enum Undone {
    /// It had touched so many rows.
    After(u64),
    #[expect(dead_code, reason = "shown when the test fails")]
    By(DbError),
}

impl From<DbError> for Undone {
    fn from(error: DbError) -> Undone {
        Undone::By(error)
    }
}

/// Just inside of what the constraints allow: so a refusal above is of the law and of nothing else.
fn what_is_refused_is_what_the_law_says_and_no_more(engine: Engine) {
    let world = filled(engine);
    for text in [
        "update stock_balance set allocated = on_hand where location > 0",
        "update stock_balance set on_hand = -7 where location < 0",
        "update stock_site set reserved = sellable - allocated",
        "update stock_site set reserved = sellable - allocated, backordered = 1",
        "update stock_stack set qty = 0, value = 0",
        "update stock_layer set qty_left = 0, value_left = 0",
        "update stock_layer set qty_left = qty_in, value_left = value_in",
        "update stock_claim set lost = 0",
    ] {
        let asked = statement(text);
        // it is taken back: the books would not be sound
        let done = world.db.write_blocking(move |tx| Err::<(), _>(Undone::After(tx.execute(asked, &[])?)));
        assert!(matches!(done, Err(Undone::After(rows)) if rows > 0), "{text}: {done:?}");
    }
}
