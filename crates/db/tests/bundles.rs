//! Bundles: statements that are sent as they are made, and waited for at the end.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use common::{ADD, ADD_MANY, all, world};
use db::{Bundle, DbError, Engine, Rows, Statement};
use testkit::on_both_engines;

on_both_engines!(
    a_bundle_runs_in_the_order_in_which_it_was_added,
    one_failure_in_a_bundle_is_named_whatever_comes_behind_it,
    a_bundle_that_nobody_ends_leaves_the_connection_as_good_as_before,
    more_than_any_buffer_holds_goes_through,
    long_answers_hold_up_nothing_that_is_prepared_behind_them,
);

/// Another text, which has to be prepared by itself.
const ADD_MORE: Statement = Statement::per_engine(
    "shop.add_more",
    ADD.sqlite,
    "insert into shop_account (id, amount)
     select k.id, k.amount
     from unnest(?1::bigint[], ?2::bigint[]) as k (id, amount)
     on conflict (id) do update set amount = shop_account.amount + excluded.amount",
);

fn row(id: i64, amount: i64) -> Rows<'static> {
    let mut rows = Rows::new(2);
    rows.push(&[id.into(), amount.into()]);
    rows
}

fn a_bundle_runs_in_the_order_in_which_it_was_added(engine: Engine) {
    let world = world(engine);
    let counts = world.db.write_blocking(|tx| {
        let mut bundle = Bundle::new(tx);
        let mut two = row(1, 5);
        two.push(&[2_i64.into(), 5_i64.into()]);
        for (place, rows) in [row(1, 1), Rows::new(2), two].into_iter().enumerate() {
            assert_eq!(bundle.add(&ADD_MANY, rows)?, place);
        }
        bundle.end().map(|(_, touched)| touched)
    });
    assert_eq!(counts.unwrap(), [1, 0, 2]);
    assert_eq!(all(&world.db), [(1, 6), (2, 5)]);
}

fn one_failure_in_a_bundle_is_named_whatever_comes_behind_it(engine: Engine) {
    let world = world(engine);
    for behind in [&ADD_MANY, &ADD_MORE] {
        let refused: Result<Vec<u64>, DbError> = world.db.write_blocking(move |tx| {
            let mut bundle = Bundle::new(tx);
            bundle.add(&ADD_MANY, row(1, 1))?;
            bundle.add(&ADD_MANY, row(2, -1))?;
            // a transaction that has failed prepares nothing
            bundle.add(behind, row(3, 1))?;
            bundle.end().map(|(_, touched)| touched)
        });
        assert!(refused.unwrap_err().is_check("shop_account_floor"));
        assert_eq!(all(&world.db), []);
    }
}

fn a_bundle_that_nobody_ends_leaves_the_connection_as_good_as_before(engine: Engine) {
    let world = world(engine);
    let given_up: Result<(), DbError> = world.db.write_blocking(|tx| {
        let mut bundle = Bundle::new(tx);
        for id in 1..20 {
            bundle.add(&ADD_MANY, row(id, 1))?;
        }
        Err(DbError::Internal("given up".into()))
    });
    assert!(matches!(given_up, Err(DbError::Internal(_))), "{given_up:?}");
    let counts = world.db.write_blocking(|tx| {
        let mut bundle = Bundle::new(tx);
        bundle.add(&ADD_MANY, row(1, 7))?;
        bundle.end().map(|(_, touched)| touched)
    });
    assert_eq!(counts.unwrap(), [1]);
    assert_eq!(all(&world.db), [(1, 7)]);
}

fn more_than_any_buffer_holds_goes_through(engine: Engine) {
    let world = world(engine);
    let counts = world.db.write_blocking(|tx| {
        let mut bundle = Bundle::new(tx);
        for turn in 1..=8_i64 {
            let mut rows = Rows::new(2);
            for id in 1..=20_000_i64 {
                rows.push(&[id.into(), turn.into()]);
            }
            bundle.add(&ADD_MANY, rows)?;
        }
        bundle.end().map(|(_, touched)| touched)
    });
    assert_eq!(counts.unwrap(), [20_000; 8]);
    let found = all(&world.db);
    assert_eq!((found.len(), found.first().copied()), (20_000, Some((1, 36))));
}

/// Its answer comes in many parts, of which a connection takes two at most before somebody takes them from it.
const LONG: Statement = Statement::per_engine(
    "test.long",
    "insert into shop_account (id, amount) values (?1, ?2) returning printf('%.*c', 10000, 'x')",
    "insert into shop_account (id, amount)
     select k.id, k.amount
     from unnest(?1::bigint[], ?2::bigint[]) as k (id, amount)
     returning repeat('x', 10000)",
);

fn long_answers_hold_up_nothing_that_is_prepared_behind_them(engine: Engine) {
    let world = world(engine);
    let counts = world.db.write_blocking(|tx| {
        let mut bundle = Bundle::new(tx);
        let mut many = Rows::new(2);
        (1..=200_i64).for_each(|id| many.push(&[id.into(), 1_i64.into()]));
        bundle.add(&LONG, many)?;
        bundle.add(&ADD_MORE, row(1, 1))?;
        bundle.add(&ADD_MANY, row(1, 1))?;
        bundle.end().map(|(_, touched)| touched)
    });
    assert_eq!(counts.unwrap(), [200, 1, 1]);
    assert_eq!(all(&world.db).first().copied(), Some((1, 3)));
}
