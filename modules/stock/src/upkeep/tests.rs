//! What time alone does.

use super::*;
use crate::input::{LineInput, QtyInput};
use crate::store_tests;
use crate::testing::{World, allocation, claim_of, code_of, on_both_engines, parse, posting_of, world};
use db::Engine;
use domain::Qty;
use domain::ledger::Kind;

on_both_engines!(
    lots_expire_at_the_midnight_of_their_site,
    what_has_expired_never_comes_back_as_good,
    what_is_not_for_sale_expires_too,
    what_has_expired_before_is_not_looked_at_again,
    a_sweep_breaks_the_claims_on_what_it_takes,
    a_sweep_is_a_job_that_waits_for_midnight,
    every_site_has_its_own_midnight,
    a_sweep_that_waits_follows_the_zone_of_its_site,
    a_clock_that_is_behind_moves_no_sweep_back,
    reservations_end_when_their_time_is_over,
    reservations_that_cannot_end_do_not_keep_the_others,
    a_claim_that_cannot_be_decided_is_set_aside,
    a_store_that_fails_ends_the_round,
    answers_are_forgotten_after_their_time,
);

fn site(world: &World, code: &str) -> SiteId {
    SiteId(world.location(code).get())
}

fn lots_expire_at_the_midnight_of_their_site(engine: Engine) {
    let mut world = world(engine);
    let tokyo = places::NewLocation {
        code: "T".to_owned(),
        kind: Some("site".to_owned()),
        zone: Some("Asia/Tokyo".to_owned()),
        ..places::NewLocation::default()
    };
    world.run(move |tx, ctx| places::create_location(tx, ctx, web::Reached::All, &tokyo)).unwrap();
    world.place("T1 bin below T");
    world.receive("3 MILK lot A until 2026-03-31 at L1");
    world.receive("4 MILK lot A until 2026-03-31 at T1");
    world.receive("5 MILK lot B until 2026-04-01 at T1");
    // in Tokyo it is the first of April, in the other zone still the last of March
    world.at("2026-03-31T15:00:00Z");
    for code in ["L", "M", "T"] {
        sweep_site(&world.db, &world.ctx, site(&world, code)).unwrap();
    }
    assert_eq!(world.stock("MILK"), ["L1 lot A 3", "T1 lot A expired 4", "T1 lot B 5"]);
    assert_eq!((world.guard("MILK", "L").0, world.guard("MILK", "T").0), (3, 5));
    world.at("2026-04-01T00:00:00Z");
    for _ in 0..2 {
        sweep_site(&world.db, &world.ctx, site(&world, "L")).unwrap();
    }
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 3", "T1 lot A expired 4", "T1 lot B 5"]);
}

fn what_has_expired_never_comes_back_as_good(engine: Engine) {
    let mut world = world(engine);
    world.receive("3 MILK lot A until 2026-03-31 at L1");
    let sale = posting_of(&world.try_post(Kind::Issue, vec![parse("1 MILK lot A at L1")]));
    world.at("2026-04-01T00:00:00Z");
    assert_eq!(world.reverse(sale), "lot_expired");
    let counted = LineInput { qty: QtyInput::Counted(Qty::ONE), ..parse("1 MILK lot A at L1") };
    assert_eq!(code_of(&world.try_post(Kind::Adjust, vec![counted])), "lot_expired");
    // the first touch has swept; what it did is not taken back
    let swept = world.read(store_tests::last_posting);
    assert_eq!(world.reverse(swept), "not_reversible");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 2"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
}

fn what_is_not_for_sale_expires_too(engine: Engine) {
    let mut world = world(engine);
    world.receive("3 MILK lot A until 2026-03-31 at L1");
    let bin = world.location("L2");
    world.run(move |tx, ctx| places::set_sellable(tx, ctx, bin, false)).unwrap();
    world.receive("2 MILK lot A until 2026-03-31 at L2");
    world.at("2026-04-01T00:00:00Z");
    sweep_site(&world.db, &world.ctx, site(&world, "L")).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 3", "L2 lot A expired 2"]);
    assert_eq!(world.read(store_tests::last_actor), Principal::SYSTEM.get());
}

fn what_has_expired_before_is_not_looked_at_again(engine: Engine) {
    let mut world = world(engine);
    let here = site(&world, "L");
    let due = |world: &World, day: &str| {
        let day = domain::when::parse_date(day).unwrap();
        world.read(|conn| store::due(conn, here, day)).len()
    };
    for day in 1..6 {
        world.receive(&format!("3 MILK lot A{day} until 2026-03-0{day} at L1"));
    }
    world.place("Q bin below L");
    let bin = world.location("Q");
    world.run(move |tx, ctx| places::set_sellable(tx, ctx, bin, false)).unwrap();
    world.receive("3 MILK lot A7 until 2026-03-07 at Q");
    assert_eq!((due(&world, "2026-03-01"), due(&world, "2026-03-06")), (0, 1));
    world.at("2026-03-06T00:00:00Z");
    sweep_site(&world.db, &world.ctx, here).unwrap();
    // the next day that matters is that of the lot that is not for sale
    assert_eq!((due(&world, "2026-03-07"), due(&world, "2026-03-08")), (0, 1));
    world.at("2026-03-08T00:00:00Z");
    sweep_site(&world.db, &world.ctx, here).unwrap();
    assert_eq!((world.guard("MILK", "L"), due(&world, "2030-01-01")), ((0, 0, 0), 0));
}

fn a_sweep_breaks_the_claims_on_what_it_takes(engine: Engine) {
    let mut world = world(engine);
    world.receive("3 MILK lot A until 2026-03-31 at L1");
    world.receive("3 MILK lot B until 2026-05-31 at L2");
    let allocate = |lot: &str, location: &str, qty: u32| {
        claim_of(
            &world.ask(Work::Allocate(allocation(&format!("{qty} MILK lot {lot} at {location}"), "order"))),
        )
    };
    let (lost, kept) = (allocate("A", "L1", 2), allocate("B", "L2", 2));
    let reserved = world.reserve("MILK", "L", 2);
    world.at("2026-04-01T00:00:00Z");
    sweep_site(&world.db, &world.ctx, site(&world, "L")).unwrap();
    assert_eq!([world.claim(lost), world.claim(kept), world.claim(reserved)], [(0, 5), (2, 1), (1, 1)]);
    assert_eq!(world.guard("MILK", "L"), (3, 1, 2));
}

/// No job of one site stands for another: neither one that failed and is tried again later, nor one that
/// somebody has asked for.
fn every_site_has_its_own_midnight(engine: Engine) {
    let mut world = world(engine);
    let site_in = |world: &World, code: &str, zone: &str| {
        let new = places::NewLocation {
            code: code.to_owned(),
            kind: Some("site".to_owned()),
            zone: Some(zone.to_owned()),
            ..places::NewLocation::default()
        };
        world.run(move |tx, ctx| places::create_location(tx, ctx, web::Reached::All, &new)).unwrap();
        site(world, code)
    };
    let due = |world: &World, site: SiteId| world.read(|conn| store_tests::midnight(conn, site));
    let at = |text: &str| Instant::parse(text).unwrap().0;
    let run = |world: &World| upkeep(&world.db, &world.ctx).unwrap().sites_swept;
    let (tokyo, lima) = (site_in(&world, "T", "Asia/Tokyo"), site_in(&world, "P", "America/Lima"));
    let london = site(&world, "L");
    assert_eq!(run(&world), 0);
    assert_eq!(due(&world, tokyo), Some(at("2026-03-01T15:00:00Z")));
    assert_eq!(due(&world, lima), Some(at("2026-03-02T05:00:00Z")));
    // as many other jobs of the kind as there are sites
    world
        .run(move |tx, ctx| {
            for number in 0..4 {
                let (id, dedupe) = (*ctx.ids.next().as_bytes(), format!("{london} later {number}"));
                let run_at = ctx.now.0 + 90 * 86_400_000_000;
                let payload = london.to_string();
                tx.enqueue(NewJob { id, kind: EXPIRY, payload: &payload, run_at, dedupe: Some(&dedupe) })?;
            }
            Ok(())
        })
        .unwrap();
    world.place("T1 bin below T");
    world.receive("3 MILK lot A until 2026-03-02 at T1");
    for (now, swept, next) in [
        ("2026-03-01T15:00:00Z", 1, "2026-03-02T15:00:00Z"),
        ("2026-03-02T15:00:01Z", 4, "2026-03-03T15:00:00Z"),
    ] {
        world.at(now);
        assert_eq!(run(&world), swept, "{now}");
        assert_eq!(due(&world, tokyo), None, "it was swept");
        assert_eq!(run(&world), 0);
        assert_eq!(due(&world, tokyo), Some(at(next)), "{now}");
    }
    assert_eq!(world.stock("MILK"), ["T1 lot A expired 3"]);
    let kolkata = site_in(&world, "K", "Asia/Kolkata");
    assert_eq!(run(&world), 0);
    assert_eq!(due(&world, kolkata), Some(at("2026-03-02T18:30:00Z")), "one that is added later as well");
    assert_eq!(due(&world, lima), Some(at("2026-03-03T05:00:00Z")));
}

/// Nobody changes the zone of a site; the rules of a zone change with a new build, and the day is another one.
const REZONE: db::Statement =
    db::Statement::new("stock.test.rezone", "update places_site set zone = ?2 where id = ?1");

fn a_sweep_that_waits_follows_the_zone_of_its_site(engine: Engine) {
    let mut world = world(engine);
    let here = site(&world, "L");
    let run = |world: &World| upkeep(&world.db, &world.ctx).unwrap().sites_swept;
    let due = |world: &World| world.read(|conn| store_tests::midnight(conn, here));
    let at = |text: &str| Some(Instant::parse(text).unwrap().0);
    let rezone = |world: &World, zone: &'static str| {
        let set = move |tx: &mut Tx<'_>| tx.execute(&REZONE, &[here.get().into(), zone.into()]);
        assert_eq!(world.db.write_blocking(set).unwrap(), 1);
    };
    assert_eq!((run(&world), due(&world)), (0, at("2026-03-02T00:00:00Z")));
    rezone(&world, "America/Lima");
    assert_eq!((run(&world), due(&world)), (0, at("2026-03-02T05:00:00Z")), "later");
    rezone(&world, "Asia/Tokyo");
    assert_eq!((run(&world), due(&world)), (0, at("2026-03-01T15:00:00Z")), "earlier");
    world.at("2026-03-01T15:00:00Z");
    // what is due stays due, although the next midnight of the new zone is another one
    rezone(&world, "America/Lima");
    assert_eq!((run(&world), due(&world)), (1, None));
    assert_eq!((run(&world), due(&world)), (0, at("2026-03-02T05:00:00Z")));
    world.at("2026-03-02T05:00:00Z");
    assert_eq!([run(&world), run(&world)], [2, 0], "the other site as well, and each once");
    assert_eq!(due(&world), at("2026-03-03T05:00:00Z"));
}

fn a_clock_that_is_behind_moves_no_sweep_back(engine: Engine) {
    let mut world = world(engine);
    let here = site(&world, "L");
    let run = |world: &World| upkeep(&world.db, &world.ctx).unwrap().sites_swept;
    let due = |world: &World| world.read(|conn| store_tests::midnight(conn, here));
    let at = |text: &str| Some(Instant::parse(text).unwrap().0);
    world.at("2026-03-01T23:00:00Z");
    assert_eq!(run(&world), 0);
    world.at("2026-03-02T00:00:05Z");
    assert_eq!([run(&world), run(&world)], [2, 0]);
    assert_eq!(due(&world), at("2026-03-03T00:00:00Z"));
    world.at("2026-03-01T23:59:55Z");
    assert_eq!(run(&world), 0);
    assert_eq!(due(&world), at("2026-03-03T00:00:00Z"));
    world.at("2026-03-02T00:00:10Z");
    assert_eq!(run(&world), 0, "the day is swept once");
}

fn a_sweep_is_a_job_that_waits_for_midnight(engine: Engine) {
    let mut world = world(engine);
    world.receive("3 MILK lot A until 2026-03-01 at L1");
    let run = |world: &World| upkeep(&world.db, &world.ctx).unwrap().sites_swept;
    assert_eq!([run(&world), run(&world)], [0, 0]);
    let waiting = |world: &World| world.read(jobs::counts).iter().map(|count| count.open).sum::<i64>();
    assert_eq!(waiting(&world), 3, "one for each site, and the hourly one");
    world.at("2026-03-01T23:59:59Z");
    assert_eq!(run(&world), 0);
    assert_eq!(world.stock("MILK"), ["L1 lot A 3"]);
    world.at("2026-03-02T00:00:00Z");
    let report = upkeep(&world.db, &world.ctx).unwrap();
    let mut runs: Vec<_> = report.jobs.iter().map(|run| (run.kind, run.failed)).collect();
    runs.sort_unstable();
    assert_eq!(runs, [(EXPIRY, false), (EXPIRY, false)]);
    assert_eq!((report.sites_swept, run(&world)), (2, 0));
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 3"]);
    assert_eq!(waiting(&world), 3, "they wait for the next night");
    // somebody asks for it now
    assert_eq!(world.run(sweep_soon).unwrap(), 2);
    assert_eq!([run(&world), run(&world)], [2, 0]);
}

fn reservations_end_when_their_time_is_over(engine: Engine) {
    let mut world = world(engine);
    world.receive("500 BOLT at L1");
    let soon: Vec<_> =
        (0..150).map(|_| world.reserve_until("BOLT", "L", 1, Some("2026-03-01T10:00:00Z"))).collect();
    let later = world.reserve_until("BOLT", "L", 1, Some("2026-03-01T10:00:01Z"));
    let never = world.reserve("BOLT", "L", 1);
    assert_eq!(upkeep(&world.db, &world.ctx).unwrap().claims_expired, 0);
    world.at("2026-03-01T10:00:00Z");
    assert_eq!(upkeep(&world.db, &world.ctx).unwrap().claims_expired, 150);
    assert_eq!(world.guard("BOLT", "L"), (500, 2, 0));
    assert_eq!([world.claim(soon[0]), world.claim(later), world.claim(never)], [(0, 3), (1, 1), (1, 1)]);
}

fn reservations_that_cannot_end_do_not_keep_the_others(engine: Engine) {
    let mut world = world(engine);
    world.receive("500 BOLT at L1");
    for _ in 0..AT_ONCE + 50 {
        world.reserve_until("BOLT", "L", 1, Some("2026-03-01T10:00:00Z"));
    }
    world.at("2026-03-01T10:00:00Z");
    let mut asked = Vec::new();
    let expired = expire_by(&world.db, &world.ctx, |requests| {
        asked.push(requests.len());
        if asked.len() > 1 {
            return world.db.write_blocking(move |tx| service::run_in(tx, &requests));
        }
        let problem = domain::Problem::new(domain::Code::Internal, "a claim that cannot be released");
        Ok(requests.iter().map(|request| Answer::refused(&problem, request.ctx.request_id)).collect())
    });
    assert_eq!((expired.unwrap(), asked), (Expired { released: 50, set_aside: AT_ONCE }, vec![AT_ONCE, 50]));
    assert_eq!(world.guard("BOLT", "L").1, 100);
    // they are tried again the next time
    let again = expire_claims(&world.db, &world.ctx).unwrap();
    assert_eq!(again, Expired { released: AT_ONCE, set_aside: 0 });
}

/// Forgets what is promised of an item, so that no promise of it can be taken back; or knows it again.
const FORGET: db::Statement =
    db::Statement::new("stock.test.forget", "update stock_site set reserved = ?2 where item = ?1");

fn a_claim_that_cannot_be_decided_is_set_aside(engine: Engine) {
    let mut world = world(engine);
    world.receive("500 BOLT at L1");
    world.receive("5 MILK lot A until 2026-05-31 at L1");
    let until = Some("2026-03-01T10:00:00Z");
    let mut claims: Vec<_> = (0..70).map(|_| world.reserve_until("BOLT", "L", 1, until)).collect();
    let poison = world.reserve_until("MILK", "L", 2, until);
    claims.extend((0..79).map(|_| world.reserve_until("BOLT", "L", 1, until)));
    let milk = world.item("MILK");
    let forget = |reserved: i64| {
        let set = move |tx: &mut Tx<'_>| tx.execute(&FORGET, &[milk.get().into(), reserved.into()]);
        assert_eq!(world.db.write_blocking(set).unwrap(), 1);
    };
    forget(0);
    let mut later = world.ctx.clone();
    later.now = Instant::parse("2026-03-01T10:00:00Z").unwrap();
    let done = upkeep(&world.db, &later).unwrap();
    assert_eq!((done.claims_expired, done.claims_set_aside), (149, 1));
    assert!(claims.iter().all(|claim| world.claim(*claim) == (0, 3)));
    assert_eq!((world.claim(poison), world.guard("BOLT", "L")), ((2, 1), (500, 0, 0)));
    // it is tried again in the next round
    forget(2_000_000);
    let done = upkeep(&world.db, &later).unwrap();
    assert_eq!((done.claims_expired, done.claims_set_aside), (1, 0));
    world.at("2026-03-01T10:00:00Z");
}

fn a_store_that_fails_ends_the_round(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 BOLT at L1");
    for _ in 0..3 {
        world.reserve_until("BOLT", "L", 1, Some("2026-03-01T10:00:00Z"));
    }
    world.at("2026-03-01T10:00:00Z");
    for error in [DbError::Busy, DbError::StorageFull, DbError::Closed, DbError::Contention] {
        let mut asked = 0;
        let failed = expire_by(&world.db, &world.ctx, |_| {
            asked += 1;
            Err(error.clone())
        });
        assert_eq!((failed.unwrap_err().to_string(), asked), (error.to_string(), 1));
    }
}

fn answers_are_forgotten_after_their_time(engine: Engine) {
    let mut world = world(engine);
    let key = idempotency::Key { principal: 1, key: "a" };
    let kept = |world: &World| world.read(|conn| idempotency::load(conn, key, 0)).is_some();
    world
        .run(move |tx, ctx| {
            let (created_at, expires_at) = (ctx.now.0, ctx.now.0 + idempotency::KEPT_MICROS);
            let (fingerprint, status, headers, body) = (&[0; 32], 200, None, b"x".as_slice());
            let answer = idempotency::NewAnswer {
                key,
                fingerprint,
                status,
                headers,
                body,
                created_at,
                expires_at,
                replaces: None,
            };
            Ok(idempotency::store(tx, &answer)?)
        })
        .unwrap();
    hourly(&world.db, &world.ctx).unwrap();
    assert!(kept(&world));
    world.at("2026-03-08T09:30:00Z");
    hourly(&world.db, &world.ctx).unwrap();
    assert!(!kept(&world));
}
