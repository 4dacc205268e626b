//! Questions that are asked together are answered as if each were asked alone.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{ADD, all, world};
use db::{Ask, DbError, Engine, Listing, Question, Row, Statement};
use testkit::on_both_engines;

on_both_engines!(
    each_key_has_its_answer_or_none,
    nothing_is_sent_for_no_keys,
    large_answers_do_not_hold_up_each_other,
    the_first_failure_is_told,
    questions_see_what_the_transaction_did_before,
);

const AMOUNTS: Statement = Statement::per_engine(
    "shop.amounts",
    "select ?2, amount from shop_account where id = ?1",
    "select k.position, a.amount
     from unnest(?1::bigint[], ?2::bigint[]) as k (id, position)
     join shop_account a on a.id = k.id",
);

/// Texts of a thousand characters: more than any buffer on the way takes.
const MANY: Statement = Statement::per_engine(
    "shop.many",
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < ?1)
     select i, printf('%01000d', i) from n",
    "select i, lpad(i::text, 1000, '0') from generate_series(1, ?1::bigint) as i",
);

const NO_TABLE: Statement = Statement::new("shop.no_table", "select 1 from shop_account where id / 0 = ?1");

/// Fails while it runs, on both engines.
const FAILS: Statement = Statement::per_engine(
    "shop.fails",
    "select json_extract('{', '$.a'), ?1",
    "select 1 / (?1::bigint - ?1::bigint)",
);

fn amounts(keys: &[Option<i64>]) -> Question<'static, i64> {
    Question::new(&AMOUNTS, keys.iter().map(|key| Some([(*key)?.into()])), |row| row.int(1))
}

fn length(row: &Row<'_>) -> Result<usize, DbError> {
    Ok(row.text(1)?.len())
}

fn each_key_has_its_answer_or_none(engine: Engine) {
    let world = world(engine);
    let found = world.db.write_blocking(|tx| {
        for (id, amount) in [(1_i64, 10_i64), (2, 20), (3, 30)] {
            tx.execute(&ADD, &[id.into(), amount.into()])?;
        }
        let (mut first, mut second) = (amounts(&[Some(3), None, Some(9), Some(1)]), amounts(&[Some(2)]));
        tx.ask(&mut [&mut first, &mut second])?;
        Ok::<_, DbError>((first.answers(), second.answers()))
    });
    assert_eq!(found.unwrap(), (vec![Some(30), None, None, Some(10)], vec![Some(20)]));
}

fn nothing_is_sent_for_no_keys(engine: Engine) {
    let world = world(engine);
    let none: Question<'_, i64> =
        Question::new(&NO_TABLE, std::iter::empty::<Option<[db::Value<'_>; 0]>>(), |row| row.int(0));
    assert_eq!(world.db.read_blocking(|conn| conn.answers(none)).unwrap(), []);
}

fn large_answers_do_not_hold_up_each_other(engine: Engine) {
    let world = world(engine);
    let mut asked: Vec<Listing<'_, usize>> =
        [3_000_i64, 1, 4_000].map(|rows| Listing::new(&MANY, &[rows.into()], length)).into();
    world
        .db
        .read_blocking(|conn| {
            let mut all: Vec<&mut dyn Ask> = Vec::new();
            for one in &mut asked {
                all.push(one);
            }
            conn.ask(&mut all)
        })
        .unwrap();
    let rows: Vec<Vec<usize>> = asked.into_iter().map(Listing::rows).collect();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [3_000, 1, 4_000]);
    assert!(rows.iter().flatten().all(|length| *length == 1_000));
}

fn the_first_failure_is_told(engine: Engine) {
    let world = world(engine);
    let refused: Result<(), DbError> = world.db.write_blocking(|tx| {
        tx.execute(&ADD, &[1_i64.into(), 1_i64.into()])?;
        let mut good = amounts(&[Some(1)]);
        let mut bad = Listing::new(&FAILS, &[1_i64.into()], |row| row.int(0));
        let mut behind = amounts(&[Some(1)]);
        tx.ask(&mut [&mut good, &mut bad, &mut behind])
    });
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("shop.fails"), "{told}");
    assert_eq!(all(&world.db), [], "and nothing is kept");
}

fn questions_see_what_the_transaction_did_before(engine: Engine) {
    let world = world(engine);
    let seen = world.db.write_blocking(|tx| {
        let mut before = amounts(&[Some(7)]);
        tx.ask(&mut [&mut before])?;
        tx.execute(&ADD, &[7_i64.into(), 5_i64.into()])?;
        let mut after = amounts(&[Some(7)]);
        tx.ask(&mut [&mut after])?;
        Ok::<_, DbError>((before.answers(), after.answers()))
    });
    assert_eq!(seen.unwrap(), (vec![None], vec![Some(5)]));
    assert_eq!(all(&world.db), [(7, 5)]);
}
