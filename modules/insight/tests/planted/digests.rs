//! When digests are written, and that what a backup tells is one of them.

use crate::with_fault;
use crate::world::{World, broken};
use db::{Engine, Row, Statement};
use insight::digest::{self, Anchor};
use serde_json::json;

/// Postings, movements, and whether it names heads alone, of each.
fn digests(world: &World) -> Vec<(i64, i64, bool)> {
    let digest = |row: &Row<'_>| Ok((row.int(0)?, row.int(1)?, row.int(2)? == 0));
    world.db.read_blocking(|conn| conn.query(&DIGESTS, &[], digest)).unwrap()
}

fn a_digest_comes_with_each_ten_thousandth_posting(engine: Engine) {
    let world = World::new(engine);
    world.places_and_items();
    let line = json!({ "sku": "NAIL", "qty": "1", "location": "L1", "unit_cost": "1" });
    let posting = json!({ "kind": "receive", "lines": [line] });
    let post = |many: usize| world.post("postings/bulk", &json!({ "postings": vec![&posting; many] }));
    let digests = || digests(&world);
    for _ in 0..9 {
        post(1_000);
    }
    post(999);
    assert_eq!(digests(), []);
    post(1);
    assert_eq!(digests(), [(10_000, 10_000, true)]);
    let state = digest::make(&world.db, &world.ctx()).unwrap();
    assert!(state.postings == 10_000 && state.state_hash.is_some(), "a backup says more of the same moment");
    assert_eq!(digest::make(&world.db, &world.ctx()).unwrap(), state, "nothing came since");
    assert_eq!(digests(), [(10_000, 10_000, true), (10_000, 10_000, false)]);
    post(999);
    let made = digest::make(&world.db, &world.ctx()).unwrap();
    assert_eq!((made.postings, made.movements), (10_999, 10_999), "counted on from the last one");
    for _ in 0..8 {
        post(1_000);
    }
    post(500);
    post(1_000);
    assert_eq!(digests()[3..], [(20_000, 20_000, true)], "in the midst of a bulk");
    // read before another one was written, it may know less of some lane, whatever it counts
    let outdated = world.db.read_blocking(stock::heads).unwrap();
    let outdated = Anchor { n: outdated.n - 1, postings: outdated.postings + 1, ..outdated };
    let ctx = world.ctx();
    assert!(!world.db.write_blocking(move |tx| stock::anchor(tx, &ctx, &outdated)).unwrap());
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new());
    for (plant, expected) in [(FORGOTTEN, "behind 10000"), (SKIPPED, "between 0 and 20000")] {
        let told = broken(&with_fault(&world, plant, false));
        assert!(told.iter().any(|told| told.starts_with("I-15") && told.contains(expected)), "{told:?}");
    }
}

const DIGESTS: Statement = Statement::new(
    "test.digests",
    "select postings, movements, cast(length(state_hash) as bigint) from stock_digest order by n",
);

/// Those behind the first ten thousand were not made.
const FORGOTTEN: &[Statement] =
    &[Statement::new("test.forgotten", "delete from stock_digest where postings > 10000")];
/// Those between were not made.
const SKIPPED: &[Statement] = &[
    Statement::new("test.between", "delete from stock_digest where postings < 20000"),
    Statement::new("test.first", "update stock_digest set n = 1"),
];

/// The last digest of heads alone comes once more.
const AGAIN: &[Statement] = &[Statement::new(
    "test.again",
    "insert into stock_digest (n, made_at, heads, postings, movements, state_hash)
     select (select max(n) + 1 from stock_digest), made_at, heads, postings, movements, state_hash
     from stock_digest
     where n = 1",
)];
/// A digest of a state comes behind one that tells a later one.
const TURNED: &[Statement] = &[
    Statement::new("test.turned.1", "update stock_digest set n = -n where n in (2, 4)"),
    Statement::new("test.turned.2", "update stock_digest set n = 6 + n where n < 0"),
];

fn what_a_backup_tells_is_kept_whatever_lanes_write_meanwhile(engine: Engine) {
    let world = World::new(engine);
    world.places_and_items();
    let post = |many: usize| {
        for _ in 0..many {
            let lines = json!([
                { "sku": "NAIL", "qty": "1", "location": "L1", "unit_cost": "1" },
                { "sku": "NAIL", "qty": "2", "location": "M1", "unit_cost": "1" },
            ]);
            world.post("postings/receive", &json!({ "lines": lines }));
        }
    };
    let read = || world.db.read_blocking(digest::read).unwrap();
    let keep = |digest: &Anchor| digest::keep(&world.db, &world.ctx(), digest.clone()).unwrap();
    let lane_writes = || {
        let (ctx, heads) = (world.ctx(), world.db.read_blocking(stock::heads).unwrap());
        assert!(world.db.write_blocking(move |tx| stock::anchor(tx, &ctx, &heads)).unwrap());
    };
    let nothing = keep(&read());
    assert_eq!((nothing.postings, digests(&world)), (0, vec![]), "nothing has no digest");
    post(3);
    let early = read();
    post(1);
    lane_writes();
    let kept = keep(&early);
    assert_eq!(kept, Anchor { n: 2, ..early }, "it comes behind the one of the lane");
    post(2);
    lane_writes();
    assert_eq!(digests(&world), [(4, 8, true), (3, 6, false), (6, 12, true)]);
    // of two backups at once, the one that was read first is written last, or not at all
    let (first, second) = (read(), {
        post(1);
        read()
    });
    assert_eq!(keep(&second), Anchor { n: 4, ..second.clone() });
    assert_eq!(keep(&first), Anchor { n: 4, ..second.clone() }, "what is told stands there");
    // the same postings and another state: nothing but a change by hand leads there, and it is not told as the old one
    let changed = Anchor { state_hash: Some([7; 32]), ..second };
    assert_eq!(keep(&changed), changed);
    assert_eq!(digests(&world)[3..], [(7, 14, false)]);
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new());
    for plant in [AGAIN, TURNED] {
        let told = broken(&with_fault(&world, plant, false));
        assert!(
            told.iter().any(|told| told.starts_with("I-15") && told.contains("the digest before")),
            "{told:?}"
        );
    }
}

testkit::on_both_engines!(
    a_digest_comes_with_each_ten_thousandth_posting,
    what_a_backup_tells_is_kept_whatever_lanes_write_meanwhile,
);
