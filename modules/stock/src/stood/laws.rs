//! The law: what was on hand at a site at any moment is the fold of the movements that were booked
//! there, and what stood below a place then is what the tree said then, over random histories in which
//! bins, zones and handling units are put elsewhere between everything else that happens, today and in the past.

use crate::as_of::Moment;
use crate::as_of::laws::{Chance, HOUR};
use crate::as_of::random::History;
use crate::asked::Below;
use crate::input::{LineInput, QtyInput};
use crate::level::store::{Filter, Order};
use crate::testing::{World, caller, on_both_engines, parse, world};
use crate::{block, item_stock, level, unit, upkeep};
use db::{Engine, Statement};
use domain::ledger::Kind;
use domain::{Instant, Zone};
use std::collections::{BTreeMap, BTreeSet};
use web::{Failure, IfMatch};

on_both_engines!(what_stood_where_is_what_was_booked_there_and_what_the_tree_said_then);

/// Both ends of every movement: the code of the location, its status, and the site it was booked at.
const ENDS: Statement = Statement::new(
    "stock.test.every_end",
    "select i.sku, coalesce(l.code, ''), f.code, m.from_status, coalesce(a.code, ''), t.code, m.to_status,
       coalesce(b.code, ''), m.qty, m.effective_at, m.recorded_at
     from stock_movement m
     join stock_known_item i on i.id = m.item
     left join stock_lot l on l.id = m.lot
     join stock_known_place f on f.id = m.from_location
     join stock_known_place t on t.id = m.to_location
     left join stock_known_place a on a.id = m.from_group
     left join stock_known_place b on b.id = m.to_group
     order by m.lane, m.number, m.line",
);

/// SKU, lot, site, location and status.
type Key = (String, String, String, String, String);
/// What is on hand, in millionths.
type Stock = BTreeMap<Key, i64>;

/// One page is enough.
const ALL: item_stock::Slice = item_stock::Slice { after: None, limit: 400 };

struct Moved {
    from: Key,
    to: Key,
    qty: i64,
    effective: Instant,
    recorded: Instant,
}

fn movements(world: &World) -> Vec<Moved> {
    let status = |number: i64| domain::Status::from_number(number).unwrap().word().to_owned();
    world.read(|conn| {
        conn.query(&ENDS, &[], |row| {
            let text = |column| row.text(column).map(str::to_owned);
            let (sku, lot) = (text(0)?, text(1)?);
            Ok(Moved {
                from: (sku.clone(), lot.clone(), text(4)?, text(2)?, status(row.int(3)?)),
                to: (sku, lot, text(7)?, text(5)?, status(row.int(6)?)),
                qty: row.int(8)?,
                effective: Instant(row.int(9)?),
                recorded: Instant(row.int(10)?),
            })
        })
    })
}

/// The naive answer: what was booked, where it was booked.
fn fold(moved: &[Moved], effective: Option<Instant>, recorded: Option<Instant>) -> Stock {
    let mut stock = Stock::new();
    let known = moved.iter().filter(|moved| {
        effective.is_none_or(|at| moved.effective <= at) && recorded.is_none_or(|at| moved.recorded <= at)
    });
    for moved in known {
        *stock.entry(moved.from.clone()).or_default() -= moved.qty;
        *stock.entry(moved.to.clone()).or_default() += moved.qty;
    }
    // what is under way belongs to no site, and what is outside is not ours
    stock.retain(|(.., location, _), qty| *qty != 0 && !location.starts_with('~'));
    stock
}

/// What the stock of each item answers.
fn by_item(world: &World, moment: &Moment) -> Stock {
    let scope = caller(&world.ctx, None).scope;
    let mut stock = Stock::new();
    for sku in ["BOLT", "MILK", "DRILL"] {
        let item = world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap();
        let found =
            world.read(|conn| item_stock::read(conn, &scope, &item, world.ctx.now, Some(moment), ALL)).0;
        for site in found.sites {
            let mut sum = 0;
            for row in site.balances {
                let lot = row.lot.unwrap_or_default();
                let key =
                    (sku.to_owned(), lot, site.site.clone(), row.location, row.status.word().to_owned());
                sum += row.on_hand.0;
                assert_eq!(stock.insert(key, row.on_hand.0), None);
            }
            assert_eq!(site.on_hand.0, sum);
        }
    }
    stock
}

/// What the list of stock answers, of one site or below one place.
fn by_list(world: &World, moment: &Moment, site: Option<&str>, below: Option<&str>) -> Stock {
    let scope = caller(&world.ctx, None).scope;
    let site = site.map(|code| domain::SiteId(world.location(code).get()));
    let place = below.map(|code| world.location(code));
    let below = world.read(|conn| Below::read_past(conn, &scope, place));
    let (order, limit) = (Order::Sku, 500);
    let filter =
        Filter { order, after: None, then: None, item: None, site, status: None, lot: None, below, limit };
    let page = world.read(|conn| level::page(conn, filter, Some(moment)));
    assert!(page.next.is_none());
    let rows = page.rows.into_iter().filter(|row| !row.location.starts_with('~'));
    rows.map(|row| {
        let (lot, site) = (row.lot.unwrap_or_default(), row.site.unwrap_or_default());
        ((row.sku, lot, site, row.location, row.status.word().to_owned()), row.on_hand.0)
    })
    .collect()
}

/// The places in which stock is, or was.
const PLACES: [&str; 8] = ["L1", "L2", "M1", "Z1", "Y1", "P", "C", "X"];

/// What each place stands below.
type Tree = BTreeSet<(String, String)>;

fn tree(world: &World) -> Tree {
    let mut tree = Tree::new();
    for place in PLACES {
        let id = world.location(place);
        for (_, above) in world.read(|conn| crate::store_below::above(conn, &[id])) {
            let facts = world.read(|conn| places::facts_by_id(conn, &[above]));
            tree.insert((place.to_owned(), facts[0].as_ref().unwrap().code.clone()));
        }
    }
    tree
}

struct Told {
    /// What the tree was, from when.
    trees: Vec<(Instant, Tree)>,
    /// How often something came to another site, by the kind of what was put there.
    other_site: BTreeMap<&'static str, usize>,
    /// How often a posting of the past was refused because of it.
    refused: usize,
}

/// Puts a bin, a zone or a unit elsewhere.
fn put(world: &World, chance: &mut Chance) -> Option<&'static str> {
    let (what, parents): (&str, &[&str]) = match chance.below(5) {
        0 => ("X", &["L", "M", "Z", "Y"]),
        1 => ("Y", &["L", "M"]),
        2 => ("C", &["P", "L1", "M1"]),
        _ => ("P", &["L1", "M1", "Z1", "Y1", "L2"]),
    };
    let parent = parents[usize::try_from(chance.below(u64::try_from(parents.len()).unwrap())).unwrap()];
    let (was, code) = (site(world, what), what.to_owned());
    let is_unit = matches!(what, "P" | "C");
    let done: Result<(), Failure> = world.run(move |tx, ctx| {
        let caller = caller(ctx, None);
        if is_unit {
            unit::set_parent(tx, &caller, (&code, IfMatch::Any), parent).map(|_| ())
        } else {
            block::set_parent(tx, &caller, (&code, IfMatch::Any), parent).map(|_| ())
        }
    });
    let kind = if is_unit { "unit" } else { "place" };
    (done.is_ok() && site(world, what) != was).then_some(kind)
}

fn site(world: &World, code: &str) -> i64 {
    world.read(|conn| places::facts_by_code(conn, &[code]))[0].as_ref().unwrap().site.get()
}

/// Nothing is found any more in the bin that is put elsewhere, so that it may be.
fn empty(world: &World) {
    // what is past its day is no more what it was
    upkeep::upkeep(&world.db, &world.ctx).unwrap();
    for sku in ["BOLT", "MILK", "DRILL"] {
        for stood in world.stock(sku) {
            let words: Vec<&str> = stood.split(' ').collect();
            let lot = words.iter().position(|word| *word == "lot").map(|at| words[at + 1]);
            let status = words[words.len() - 2];
            let status = if domain::Status::parse(status).is_some() { status } else { "good" };
            if words[0] == "X" {
                let named = match (sku, lot) {
                    (_, None) => String::new(),
                    ("DRILL", Some(serial)) => format!("serials {serial} "),
                    (_, Some(lot)) => format!("lot {lot} "),
                };
                let line = parse(&format!("1 {sku} {named}at X status {status}"));
                let qty = QtyInput::Counted(domain::Qty::parse("0").unwrap());
                world.post(Kind::Adjust, vec![LineInput { qty, ..line }]);
            }
        }
    }
}

fn history(world: &mut World, chance: &mut Chance, steps: usize) -> Told {
    let mut told = Told { trees: Vec::new(), other_site: BTreeMap::new(), refused: 0 };
    let mut happens = History::new(&PLACES);
    for step in 0..steps {
        let pause = i64::try_from(chance.below(30)).unwrap();
        world.ctx.now = Instant(world.ctx.now.0 + pause * HOUR + 1_000);
        if step % 10 == 9 {
            empty(world);
        }
        if step % 3 == 0 {
            if let Some(kind) = put(world, chance) {
                *told.other_site.entry(kind).or_default() += 1;
            }
        } else {
            told.refused += usize::from(happens.step(world, chance).1 == "stood_elsewhere");
        }
        told.trees.push((world.ctx.now, tree(world)));
    }
    happens.saw_everything();
    told
}

fn what_stood_where_is_what_was_booked_there_and_what_the_tree_said_then(engine: Engine) {
    let mut world = world(engine);
    for text in ["Z zone below L", "Z1 bin below Z", "Y zone below M", "Y1 bin below Y", "X bin below L"] {
        world.place(text);
    }
    for (code, parent) in [("P", "L1"), ("C", "P")] {
        world
            .run(move |tx, ctx| unit::create(tx, &caller(ctx, None), Some(code), None, parent).map(|_| ()))
            .unwrap();
    }
    for place in PLACES {
        world.receive(&format!("6 BOLT at {place}"));
    }
    let mut chance = Chance(0x5eed_0010);
    let begin = world.ctx.now;
    let told = history(&mut world, &mut chance, 400);
    let often = |kind: &str| told.other_site.get(kind).copied().unwrap_or(0);
    assert!(often("unit") > 3 && often("place") > 1, "{:?}", told.other_site);
    assert!(told.refused > 1, "only {} postings of the past were refused", told.refused);
    let moved = movements(&world);
    let moments = moments(&mut chance, begin, world.ctx.now, &moved);
    for (effective, recorded) in &moments {
        hold_sites(&world, &moved, *effective, *recorded);
        hold_paths(&world, &moved, &told, (*effective, *recorded), &PLACES);
    }
    // what the ledger knows by itself says the same, of sites, and of units that stood in bins
    world.run(|tx, _| Ok(tx.execute(&FORGET, &[]).map(|_| ())?)).unwrap();
    let statements = filling(engine);
    world
        .run(move |tx, _| {
            for statement in &statements {
                tx.execute(statement, &[])?;
            }
            Ok(())
        })
        .unwrap();
    for (effective, recorded) in &moments {
        hold_sites(&world, &moved, *effective, *recorded);
        hold_paths(&world, &moved, &told, (*effective, *recorded), &["L1", "L2", "M1", "Z1", "Y1", "P"]);
    }
}

const FORGET: Statement = Statement::new("stock.test.forget", "delete from stock_stood");

/// The statements of the migration that write down what was before it.
fn filling(engine: Engine) -> Vec<&'static Statement> {
    let text = include_str!("../../migrations/0013_stood.sql");
    let (_, text) = text.split_once("-- what the ledger knows of the time before").unwrap();
    let mut kept = String::new();
    let mut skips = false;
    for line in text.lines().skip(1) {
        match line.trim() {
            "-- only sqlite" => skips = engine != Engine::Sqlite,
            "-- only postgres" => skips = engine != Engine::Postgres,
            "-- end" => skips = false,
            note if note.starts_with("--") => {}
            _ if skips => {}
            _ => kept = kept + line + "\n",
        }
    }
    let leaked = |text: &str| -> &'static Statement {
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        Box::leak(Box::new(Statement::new("stock.test.fill", text)))
    };
    kept.split(";\n").map(str::trim).filter(|text| !text.is_empty()).map(leaked).collect()
}

/// What is asked about: an effective instant, and a recorded one.
type Asked = (Option<Instant>, Option<Instant>);

/// Any moments, and the very instants at which something happened.
fn moments(chance: &mut Chance, begin: Instant, end: Instant, moved: &[Moved]) -> Vec<Asked> {
    let span = u64::try_from(end.0 - begin.0).unwrap();
    let mut any = || Some(Instant(begin.0 + i64::try_from(chance.below(span)).unwrap()));
    let mut moments: Vec<Asked> = Vec::new();
    for round in 0..45 {
        moments.push(match round % 3 {
            0 => (any(), None),
            1 => (None, any()),
            _ => (any(), any()),
        });
    }
    let happened = moved.iter().step_by(20);
    moments.extend(happened.flat_map(|moved| [(Some(moved.effective), None), (None, Some(moved.recorded))]));
    moments
}

type Entry<'a> = (&'a Key, &'a i64);

/// Part of some stock.
fn part(stock: &Stock, keep: impl Fn(&Key) -> bool) -> Stock {
    let keep = |(key, _): &Entry<'_>| keep(key);
    stock.iter().filter(keep).map(|(key, qty)| (key.clone(), *qty)).collect()
}

/// What the stock of items and the list of stock answer is what was booked.
fn hold_sites(world: &World, moved: &[Moved], effective: Option<Instant>, recorded: Option<Instant>) {
    let moment = Moment::of(&Zone::UTC, effective, recorded).unwrap();
    let expected = fold(moved, effective, recorded);
    assert_eq!(by_item(world, &moment), expected, "{moment:?}");
    assert_eq!(by_list(world, &moment, None, None), expected, "{moment:?}");
    let at_m = part(&expected, |(_, _, site, ..)| site == "M");
    assert_eq!(by_list(world, &moment, Some("M"), None), at_m, "{moment:?}");
    let at_l = part(&expected, |(_, _, site, ..)| site == "L");
    assert_eq!(by_list(world, &moment, None, Some("L")), at_l, "{moment:?}");
}

/// What the list of stock answers below a place is what the tree was, of some places.
fn hold_paths(world: &World, moved: &[Moved], told: &Told, (effective, recorded): Asked, places: &[&str]) {
    let moment = Moment::of(&Zone::UTC, effective, recorded).unwrap();
    let expected = fold(moved, effective, recorded);
    let at = moment.effective;
    let Some((since, tree)) = told.trees.iter().rev().find(|(since, _)| *since <= at) else { return };
    // a step takes less than a millisecond: what the tree was in the middle of one is not known here
    if at.0 - since.0 < 900 {
        return;
    }
    let asked = |(.., place, _): &Key| places.contains(&place.as_str());
    for root in ["Z", "Y", "P", "L1", "X"] {
        let within = |key: &Key| asked(key) && tree.contains(&(key.3.clone(), root.to_owned()));
        let found = part(&by_list(world, &moment, None, Some(root)), asked);
        assert_eq!(found, part(&expected, within), "below {root}, {moment:?}");
    }
}
