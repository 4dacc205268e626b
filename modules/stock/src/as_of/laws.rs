//! The law: stock at any moment is the fold of the movements that had taken effect and were known,
//! over random histories with backdated and late postings, and with everything that stands in their way.

use super::random::History;
use super::{Gains, Moment, OnHand, everything, gains, gains_of, store};
use crate::input::{PostInput, Work};
use crate::store_months::MONTHS_OF_KEY;
use crate::store_moves;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::{Engine, Statement};
use domain::ledger::{Key, Kind};
use domain::{Instant, ItemId, LocationId, LotId, Status, Zone};
use std::collections::BTreeMap;

on_both_engines!(
    stock_at_any_moment_is_the_fold_of_its_movements,
    what_is_read_of_a_month_does_not_grow_with_what_comes_later,
    movements_of_a_month_are_found_by_their_instant_or_their_month,
    every_statement_is_understood_and_the_hot_ones_scan_nothing,
);

const MOVEMENTS: Statement = Statement::new(
    "stock.test.every_movement",
    "select item, lot, from_location, from_status, to_location, to_status, qty, effective_at, recorded_at
     from stock_movement
     order by lane, number, line",
);

/// A small source of chance that says the same every time.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    pub(crate) fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(u64::try_from(words.len()).unwrap())).unwrap()]
    }
}

pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const BINS: [&str; 4] = ["L1", "L2", "M1", "M2"];

/// Months of receipts, issues, moves and holds, some of them entered days after the fact.
pub(crate) fn history(world: &mut World, chance: &mut Chance, steps: usize) {
    let mut accepted = 0;
    for _ in 0..steps {
        let pause = i64::try_from(chance.below(40)).unwrap();
        world.ctx.now = Instant(world.ctx.now.0 + pause * HOUR + 7);
        let (bin, qty) = (chance.one_of(&BINS), chance.below(9) + 1);
        let what = chance.one_of(&["BOLT", "MILK lot A until 2027-01-01", "MILK lot B until 2027-02-01"]);
        let site = &bin[..1];
        let other = format!("{site}{}", chance.below(2) + 1);
        let (kind, line) = match chance.below(5) {
            0 | 1 => (Kind::Receive, format!("{qty} {what} at {bin}")),
            2 => (Kind::Issue, format!("{qty} {what} at {bin}")),
            3 => (Kind::Move, format!("{qty} {what} at {bin} to {other}")),
            _ => (Kind::SetStatus, format!("{qty} {what} at {bin} becomes hold")),
        };
        let back = i64::try_from(chance.below(400)).unwrap();
        let effective_at = (chance.below(3) == 0).then(|| Instant(world.ctx.now.0 - back * HOUR));
        let input = PostInput { lines: vec![parse(&line)], effective_at, post_late: true, ..posting(kind) };
        accepted += usize::from(code_of(&world.ask(Work::Post(input))) == "accepted");
    }
    assert!(accepted > steps / 3, "only {accepted} of {steps} were accepted");
}

pub(crate) struct Moved {
    pub(crate) from: Key,
    pub(crate) to: Key,
    pub(crate) qty: i64,
    pub(crate) effective: Instant,
    recorded: Instant,
}

pub(crate) fn movements(world: &World) -> Vec<Moved> {
    world.read(|conn| {
        conn.query(&MOVEMENTS, &[], |row| {
            let (item, lot) = (ItemId(row.int(0)?), LotId(row.int(1)?));
            let key = |location: i64, status: i64| Key {
                item,
                location: LocationId(location),
                lot,
                status: Status::from_number(status).unwrap(),
            };
            Ok(Moved {
                from: key(row.int(2)?, row.int(3)?),
                to: key(row.int(4)?, row.int(5)?),
                qty: row.int(6)?,
                effective: Instant(row.int(7)?),
                recorded: Instant(row.int(8)?),
            })
        })
    })
}

/// The naive answer.
fn fold(moved: &[Moved], effective: Option<Instant>, recorded: Option<Instant>) -> BTreeMap<Key, i64> {
    let mut stock: BTreeMap<Key, i64> = BTreeMap::new();
    let known = moved.iter().filter(|moved| {
        effective.is_none_or(|at| moved.effective <= at) && recorded.is_none_or(|at| moved.recorded <= at)
    });
    for moved in known {
        *stock.entry(moved.from).or_default() -= moved.qty;
        *stock.entry(moved.to).or_default() += moved.qty;
    }
    stock.retain(|key, qty| *qty != 0 && key.location.get() > 0);
    stock
}

/// The same of everything that can happen.
pub(crate) fn full_history(world: &mut World, chance: &mut Chance, steps: usize) {
    let mut history = History::new(&BINS);
    for _ in 0..steps {
        let pause = i64::try_from(chance.below(20)).unwrap();
        world.ctx.now = Instant(world.ctx.now.0 + pause * HOUR + 7);
        history.step(world, chance);
    }
    history.saw_everything();
}

fn stock_at_any_moment_is_the_fold_of_its_movements(engine: Engine) {
    let mut world = world(engine);
    let mut chance = Chance(0x5eed_0001);
    let begin = world.ctx.now;
    full_history(&mut world, &mut chance, 400);
    let moved = movements(&world);
    let span = u64::try_from(world.ctx.now.0 - begin.0 + 400 * HOUR).unwrap();
    let at = |chance: &mut Chance| {
        // now and then an instant at which something happened
        match chance.below(3) {
            0 => moved[usize::try_from(chance.below(u64::try_from(moved.len()).unwrap())).unwrap()].effective,
            _ => Instant(begin.0 - 400 * HOUR + i64::try_from(chance.below(span)).unwrap()),
        }
    };
    let items = ["BOLT", "MILK", "DRILL"].map(|sku| world.item(sku));
    for round in 0..60 {
        let (effective, recorded) = match round % 3 {
            0 => (Some(at(&mut chance)), None),
            1 => (None, Some(at(&mut chance))),
            _ => (Some(at(&mut chance)), Some(at(&mut chance))),
        };
        let moment = Moment::of(&Zone::UTC, effective, recorded).unwrap();
        let expected = fold(&moved, effective, recorded);
        let mut found = BTreeMap::new();
        world.read(|conn| {
            everything(conn, Some(&moment), |key, qty| assert_eq!(found.insert(key, qty), None))
        });
        assert_eq!(found, expected, "{moment:?}");
        let (all, some) =
            world.read(|conn| Ok((gains::<OnHand>(conn, &moment, None)?, gains_of(conn, &moment, &items)?)));
        assert_eq!(all, some, "{moment:?}");
        let one = world.read(|conn| gains_of(conn, &moment, &items[..1]));
        let of_one: Gains = all.into_iter().filter(|(key, _)| key.item == items[0]).collect();
        assert_eq!(one, of_one, "{moment:?}");
    }
    let mut now = BTreeMap::new();
    world.read(|conn| everything(conn, None, |key, qty| assert_eq!(now.insert(key, qty), None)));
    assert_eq!(now, fold(&moved, None, None));
}

/// What the two indexes lead to for a month of an item: the rows that the statement looks at, see
/// the test of its plan.
const LOOKED_AT: Statement = Statement::per_engine(
    "stock.test.looked_at",
    "select (select count(*) from stock_movement m
             where m.item = ?1 and m.recorded_at > ?3 and m.recorded_at <= ?4)
          + (select count(*) from stock_movement m
             where m.period = ?2 and m.item = ?1 and m.effective_at > ?3
               and m.recorded_at - m.effective_at > 86400000000)",
    "select (select count(*) from stock_movement m
             where m.item = ?1::bigint and m.recorded_at > ?3::timestamptz and m.recorded_at <= ?4::timestamptz)
          + (select count(*) from stock_movement m
             where m.period = ?2::integer and m.item = ?1::bigint and m.effective_at > ?3::timestamptz
               and m.recorded_at - m.effective_at > interval '1 day')",
);

fn what_is_read_of_a_month_does_not_grow_with_what_comes_later(engine: Engine) {
    let mut world = world(engine);
    let item = world.item("BOLT");
    let since = Instant::parse("2026-03-01T23:00:00Z").unwrap();
    let moment = Moment::of(&Zone::UTC, Some(since), None).unwrap();
    let month = moment.month;
    let looked_at = |world: &World| {
        let until = month.ends.plus_micros(24 * HOUR);
        let params = [item.get().into(), month.period.number().into(), since.0.into(), until.0.into()];
        world.read(|conn| conn.query_one(&LOOKED_AT, &params, |row| row.int(0)))
    };
    let found = |world: &World| {
        let (mut of_item, mut of_all) = (0, 0);
        world.read(|conn| store_moves::of_month_of(conn, [(item, month, since)], |_| of_item += 1));
        world.read(|conn| store_moves::of_month(conn, &month, since, |_| of_all += 1));
        assert_eq!(of_item, of_all);
        of_item
    };
    world.receive("1 BOLT at L1");
    for day in 2..5 {
        world.at(&format!("2026-03-0{day}T00:00:00Z"));
        world.receive("1 BOLT at L1");
    }
    assert_eq!((looked_at(&world), found(&world)), (3, 3));
    let late = |world: &World, back: &str| {
        let effective_at = Some(Instant::parse(back).unwrap());
        let lines = vec![parse("1 BOLT at L2")];
        let input = PostInput { effective_at, lines, ..posting(Kind::Receive) };
        assert_eq!(code_of(&world.ask(Work::Post(input))), "accepted");
    };
    for month in 4..8 {
        for day in 10..20 {
            world.at(&format!("2026-0{month}-{day}T00:00:00Z"));
            world.receive("1 BOLT at L1");
            // one of the month before, recorded late
            late(&world, &format!("2026-0{}-20T00:00:00Z", month - 1));
        }
    }
    // what was recorded late in that month, and nothing of the months between
    assert_eq!((looked_at(&world), found(&world)), (13, 13));
    late(&world, "2026-03-31T23:30:00Z");
    late(&world, "2026-03-01T22:00:00Z");
    assert_eq!((looked_at(&world), found(&world)), (14, 14));
}

fn movements_of_a_month_are_found_by_their_instant_or_their_month(engine: Engine) {
    let world = world(engine);
    for (statement, sqlite, postgres) in store_moves::FOUND_BY {
        let plan = world.db.plan(statement).unwrap().join("\n");
        let wanted = if engine == Engine::Sqlite { sqlite } else { postgres };
        for wanted in wanted {
            assert!(plan.contains(wanted), "{}: no `{wanted}` in {plan}", statement.name);
        }
    }
    // the months are few: each is found by a seek, and is a seek an item or key
    for statement in [&store::MONTHS_OF, &MONTHS_OF_KEY] {
        let plan = world.db.plan(statement).unwrap();
        let reads = |table: &str| {
            let of = |line: &&String| line.contains(table) && !line.contains("CTE");
            plan.iter().filter(of).all(|line| line.contains("SEARCH") || line.contains("Index"))
        };
        assert!(reads(" n") && reads(" m ") && reads("stock_month"), "{plan:#?}");
    }
}

fn every_statement_is_understood_and_the_hot_ones_scan_nothing(engine: Engine) {
    let world = world(engine);
    for statement in store::ALL.iter().chain(store_moves::ALL) {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        if statement.hot {
            assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        }
    }
}
