//! What the crate keeps for its users: answers, jobs, audit rows, id blocks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod common;
use common::{add, all, id16, world};
use db::idempotency::{self, Key, NewAnswer};
use db::{AuditEntry, Db, DbError, Engine, NewJob, Statement, Tx, audit, ids, jobs};
use testkit::on_both_engines;

on_both_engines!(
    an_answer_is_kept_until_it_expires,
    an_answer_takes_the_place_of_the_one_that_was_seen,
    many_answers_are_loaded_in_the_order_of_their_keys,
    fifty_identical_requests_at_once_have_one_effect,
    fifty_identical_commands_of_fronts_have_one_effect,
    expired_answers_are_purged_in_portions,
    the_audit_chain_holds_and_a_changed_row_breaks_it,
    a_row_of_the_first_form_holds_and_can_lose_its_texts,
    audit_rows_of_many_writers_make_one_chain,
    an_audit_row_of_a_refused_closure_never_was,
    ids_come_in_blocks_and_never_twice,
    a_job_is_run_by_one_and_again_after_its_lease,
    a_job_that_fails_is_due_again_later_and_put_aside_in_the_end,
    a_waiting_job_is_not_added_twice,
    a_waiting_job_is_moved_and_taken_by_its_key,
    jobs_are_claimed_by_kind,
);

const FINGERPRINT: [u8; 32] = [7; 32];

fn answer<'a>(key: &'a str, body: &'a [u8], created_at: i64) -> NewAnswer<'a> {
    NewAnswer {
        key: Key { principal: 1, key },
        fingerprint: &FINGERPRINT,
        status: 201,
        headers: Some("/x"),
        body,
        created_at,
        expires_at: created_at + 100,
        replaces: None,
    }
}

fn an_answer_is_kept_until_it_expires(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    db.write_blocking(|tx| idempotency::store(tx, &answer("a", b"\x00body", 1_000))).unwrap();
    let key = Key { principal: 1, key: "a" };
    let load = |key, now| db.read_blocking(|conn| idempotency::load(conn, key, now)).unwrap();
    let found = load(key, 1_099).unwrap();
    assert_eq!(found.fingerprint, FINGERPRINT);
    assert_eq!(
        (found.status, found.headers.as_deref(), found.body.as_slice()),
        (201, Some("/x"), &b"\x00body"[..])
    );
    assert_eq!(found.created_at, 1_000);
    assert_eq!(load(key, 1_100), None);
    assert_eq!(load(Key { principal: 2, key: "a" }, 1_001), None);
    assert_eq!(load(Key { principal: 1, key: "A" }, 1_001), None);
    // an expired answer gives way to a new one, a living one does not
    db.write_blocking(|tx| idempotency::store(tx, &answer("a", b"new", 1_100))).unwrap();
    assert_eq!(load(key, 1_150).unwrap().body, b"new");
    let refused: Result<(), DbError> =
        db.write_blocking(|tx| idempotency::store(tx, &answer("a", b"third", 1_150)));
    assert!(matches!(refused, Err(DbError::Contention)));
}

fn an_answer_takes_the_place_of_the_one_that_was_seen(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let key = Key { principal: 1, key: "a" };
    let replace = |body: &'static [u8], created_at, replaces| {
        let answer = NewAnswer { replaces: Some(replaces), ..answer("a", body, created_at) };
        db.write_blocking(move |tx| idempotency::store(tx, &answer))
    };
    let body = || db.read_blocking(|conn| idempotency::load(conn, key, 0)).unwrap().map(|found| found.body);
    let lost = |done: Result<(), DbError>| matches!(done, Err(DbError::Contention));
    assert!(lost(replace(b"none", 1_010, 1_000)), "there is nothing to replace");
    db.write_blocking(|tx| idempotency::store(tx, &answer("a", b"first", 1_000))).unwrap();
    replace(b"second", 1_010, 1_000).unwrap();
    assert!(lost(replace(b"third", 1_020, 1_000)), "somebody else was first");
    assert!(lost(replace(b"third", 1_010, 1_010)), "it could not be told from the one before");
    assert_eq!(body().as_deref(), Some(&b"second"[..]));
    replace(b"third", 1_011, 1_010).unwrap();
    assert_eq!(body().as_deref(), Some(&b"third"[..]));
}

fn many_answers_are_loaded_in_the_order_of_their_keys(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    db.write_blocking(|tx| idempotency::store_many(tx, &[answer("c", b"3", 0), answer("a", b"1", 0)]))
        .unwrap();
    let keys: Vec<Key<'_>> = ["a", "b", "c", "d"].map(|key| Key { principal: 1, key }).to_vec();
    let found = db.read_blocking(|conn| idempotency::load_many(conn, &keys, 1)).unwrap();
    let bodies: Vec<Option<&[u8]>> =
        found.iter().map(|found| found.as_ref().map(|found| found.body.as_slice())).collect();
    assert_eq!(bodies, [Some(&b"1"[..]), None, Some(&b"3"[..]), None]);
}

/// Does something once for a key: `true` when it was done now.
fn once(tx: &mut Tx<'_>, key: &str) -> Result<bool, DbError> {
    if idempotency::load(tx, Key { principal: 1, key }, 1)?.is_some() {
        return Ok(false);
    }
    add(tx, 1, 1)?;
    idempotency::store(tx, &answer(key, b"done", 0))?;
    Ok(true)
}

fn fifty_identical_requests_at_once_have_one_effect(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let other = (engine == Engine::Postgres).then(|| Db::open(&world.settings, common::SETS).unwrap());
    let done: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|n| {
                let db = other.as_ref().filter(|_| n % 2 == 0).unwrap_or(db);
                scope.spawn(move || db.write_blocking(|tx| once(tx, "same")).unwrap())
            })
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(done, 1);
    assert_eq!(all(db), [(1, 1)]);
}

fn fifty_identical_commands_of_fronts_have_one_effect(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let other = (engine == Engine::Postgres).then(|| Db::open(&world.settings, common::SETS).unwrap());
    let run = |tx: &mut Tx<'_>, commands: &[&'static str]| {
        commands.iter().map(|key| once(tx, key)).collect::<Result<Vec<_>, _>>()
    };
    let fronts = [db.front(run), other.as_ref().unwrap_or(db).front(run)];
    let done: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|n| {
                let front = &fronts[n % 2];
                scope.spawn(move || front.submit_blocking("same").unwrap())
            })
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(done, 1);
    assert_eq!(all(db), [(1, 1)]);
}

fn expired_answers_are_purged_in_portions(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    db.write_blocking(|tx| {
        for number in 0..10 {
            idempotency::store(tx, &answer(&format!("k{number}"), b"", number))?;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
    let purge = |now, limit| db.write_blocking(move |tx| idempotency::purge(tx, now, limit)).unwrap();
    assert_eq!(purge(107, 5), 5);
    assert_eq!(purge(107, 5), 3);
    assert_eq!(purge(107, 5), 0);
    let left = db.read_blocking(|conn| idempotency::load(conn, Key { principal: 1, key: "k8" }, 0)).unwrap();
    assert!(left.is_some());
}

fn audit(tx: &mut Tx<'_>, target: &str) {
    tx.audit(AuditEntry {
        at: 1_700_000_000_000_001,
        actor_id: 3,
        actor_name: "Ada",
        action: "shop.open",
        target,
        request_id: id16(9),
        outcome: "done",
        details: "{\"b\": 1, \"a\": 2}".to_owned(),
    });
}

/// The last number, or the first wrong one.
fn verify(db: &Db) -> Result<i64, i64> {
    let mut state = audit::START;
    loop {
        match db.read_blocking(|conn| audit::verify_chain(conn, state, 3)).unwrap() {
            Err(wrong) => return Err(wrong),
            Ok(next) if next == state => break,
            Ok(next) => state = next,
        }
    }
    assert_eq!(db.read_blocking(audit::head).unwrap(), state);
    Ok(state.n)
}

fn the_audit_chain_holds_and_a_changed_row_breaks_it(engine: Engine) {
    const DROP: Statement = Statement::per_engine(
        "test.drop",
        "drop trigger db_audit_no_update",
        "drop trigger db_audit_no_change on db_audit",
    );
    const FORGE: Statement =
        Statement::new("test.forge", "update db_audit set target = 'account 3' where n = 5");
    const OTHER: Statement =
        Statement::new("test.other", "update db_audit set target = 'account 4' where n = 5");
    let world = world(engine);
    let db = &world.db;
    assert_eq!(verify(db), Ok(0));
    for number in 1..=4 {
        db.write_blocking(move |tx| {
            audit(tx, &format!("account {number}"));
            audit(tx, "account");
            Ok::<(), DbError>(())
        })
        .unwrap();
    }
    assert_eq!(verify(db), Ok(8));
    let refused: Result<u64, DbError> = db.write_blocking(|tx| tx.execute(&FORGE, &[]));
    assert!(matches!(refused, Err(DbError::Raised(_))));
    db.write_blocking(|tx| {
        tx.execute(&DROP, &[])?;
        tx.execute(&FORGE, &[])
    })
    .unwrap();
    assert_eq!(verify(db), Ok(8), "the same target is no change");
    db.write_blocking(|tx| tx.execute(&OTHER, &[])).unwrap();
    assert_eq!(verify(db), Err(5));
}

/// The hash of a row as it was made before digests were salted.
fn first_form(n: i64, (actor_name, target, details): (&str, &str, &str), prev_hash: &[u8; 32]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    let payload_hash: [u8; 32] = Sha256::digest(details.as_bytes()).into();
    let numbers = [n, 1_700_000_000_000_001, 3].map(i64::to_be_bytes);
    let fields: [&[u8]; 10] = [
        &numbers[0],
        &numbers[1],
        &numbers[2],
        actor_name.as_bytes(),
        b"shop.open",
        target.as_bytes(),
        &id16(9),
        b"done",
        &payload_hash,
        prev_hash,
    ];
    let mut hasher = Sha256::new_with_prefix(b"stockwell.audit.v1");
    for field in fields {
        hasher.update(u32::try_from(field.len()).unwrap().to_be_bytes());
        hasher.update(field);
    }
    hasher.finalize().into()
}

fn a_row_of_the_first_form_holds_and_can_lose_its_texts(engine: Engine) {
    const ROW: Statement = Statement::new(
        "test.first_form",
        "insert into db_audit
           (n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash)
         values (?1, ?2, 3, ?3, 'shop.open', ?4, ?5, 'done', ?6, ?7, ?8, ?9)",
    );
    const HEAD: Statement =
        Statement::new("test.first_form.head", "update db_audit_head set n = ?1, hash = ?2 where id = 1");
    const DROP: Statement = Statement::per_engine(
        "test.drop",
        "drop trigger db_audit_no_update",
        "drop trigger db_audit_no_change on db_audit",
    );
    const FORGE: Statement =
        Statement::new("test.forge", "update db_audit set target = 'erased:4' where n = 2");
    let world = world(engine);
    let db = &world.db;
    db.write_blocking(|tx| {
        let (mut prev_hash, request_id) = ([0; 32], id16(9));
        for n in 1..=3 {
            let (name, target, details) = ("Ada", format!("account {n}"), "{\"a\":1}");
            let hash = first_form(n, (name, &target, details), &prev_hash);
            let payload_hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(details).into();
            let params = [
                n.into(),
                1_700_000_000_000_001_i64.into(),
                name.into(),
                (&target).into(),
                (&request_id).into(),
                details.into(),
                (&payload_hash).into(),
                (&prev_hash).into(),
                (&hash).into(),
            ];
            tx.execute(&ROW, &params)?;
            tx.execute(&HEAD, &[n.into(), (&hash).into()])?;
            prev_hash = hash;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
    db.write_blocking(|tx| {
        audit(tx, "account 4");
        Ok::<(), DbError>(())
    })
    .unwrap();
    assert_eq!(verify(db), Ok(4), "both forms are one chain");
    let erased = db.write_blocking(|tx| {
        audit::erase::erase(tx, &id16(8), |row| {
            let target = (row.n % 2 == 0).then(|| "account erased:3".to_owned());
            Some(audit::erase::Texts { actor_name: Some("erased:3".into()), target, details: None })
        })
    });
    assert_eq!(erased.unwrap().rows(), 4);
    assert_eq!(verify(db), Ok(4));
    let again = db.write_blocking(|tx| audit::erase::erase(tx, &id16(7), |_| None));
    assert_eq!(again.unwrap().rows(), 0);
    db.write_blocking(|tx| {
        tx.execute(&DROP, &[])?;
        tx.execute(&FORGE, &[])
    })
    .unwrap();
    assert_eq!(verify(db), Err(2), "what was left of it was written down");
}

fn audit_rows_of_many_writers_make_one_chain(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    std::thread::scope(|scope| {
        for number in 0..30 {
            scope.spawn(move || {
                db.write_blocking(move |tx| {
                    add(tx, number, 1)?;
                    audit(tx, &format!("account {number}"));
                    Ok::<(), DbError>(())
                })
                .unwrap();
            });
        }
    });
    assert_eq!(verify(db), Ok(30));
}

fn an_audit_row_of_a_refused_closure_never_was(engine: Engine) {
    let world = world(engine);
    let refused: Result<(), DbError> = world.db.write_blocking(|tx| {
        audit(tx, "x");
        Err(DbError::Busy)
    });
    assert!(refused.is_err());
    assert_eq!(verify(&world.db), Ok(0));
}

fn ids_come_in_blocks_and_never_twice(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let take = |name: &'static str, count| db.write_blocking(move |tx| ids::take(tx, name, count)).unwrap();
    assert_eq!(take("item", 10), 1);
    assert_eq!(take("item", 1), 11);
    assert_eq!(take("place", 5), 1);
    assert_eq!(take("item", 3), 12);
    db.write_blocking(|tx| ids::reserve_below(tx, "item", 100)).unwrap();
    db.write_blocking(|tx| ids::reserve_below(tx, "item", 50)).unwrap();
    assert_eq!(take("item", 1), 100);
    let mut firsts: Vec<i64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(|| take("lot", 7))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    firsts.sort_unstable();
    assert_eq!(firsts, (0..20).map(|n| 1 + n * 7).collect::<Vec<_>>());
}

fn enqueue(db: &Db, number: u64, kind: &'static str, run_at: i64, dedupe: Option<&'static str>) {
    db.write_blocking(move |tx| tx.enqueue(NewJob { id: id16(number), kind, payload: "{}", run_at, dedupe }))
        .unwrap();
}

fn claim(db: &Db, kind: &'static str, now: i64) -> Vec<jobs::Job> {
    db.write_blocking(move |tx| jobs::claim(tx, &[kind], now, now + 10, 100)).unwrap()
}

fn a_job_is_run_by_one_and_again_after_its_lease(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    enqueue(db, 1, "mail", 100, None);
    assert_eq!(claim(db, "mail", 99), []);
    let first = claim(db, "mail", 100).remove(0);
    assert_eq!((first.id, first.attempt, first.payload.as_str()), (id16(1), 1, "{}"));
    assert_eq!(claim(db, "mail", 105), [], "leased");
    let second = claim(db, "mail", 110).remove(0);
    assert_eq!(second.attempt, 2);
    assert!(!db.write_blocking(move |tx| jobs::done(tx, &first)).unwrap(), "the first holder is late");
    assert!(db.write_blocking(move |tx| jobs::done(tx, &second)).unwrap());
    assert_eq!(claim(db, "mail", 1_000), []);
    // many claim at once, each job goes to one
    for number in 10..40 {
        enqueue(db, number, "many", 0, None);
    }
    let mut claimed: Vec<[u8; 16]> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| db.write_blocking(|tx| jobs::claim(tx, &["many"], 1, 9, 8)).unwrap()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).map(|job| job.id).collect()
    });
    claimed.sort_unstable();
    assert_eq!(claimed, (10..40).map(id16).collect::<Vec<_>>());
}

fn a_job_that_fails_is_due_again_later_and_put_aside_in_the_end(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    enqueue(db, 1, "mail", 0, None);
    let mut now = 0;
    for attempt in 1..=jobs::ATTEMPTS_MAX {
        let job = claim(db, "mail", now).remove(0);
        assert_eq!(job.attempt, attempt);
        let failed_at = now;
        assert!(db.write_blocking(move |tx| jobs::failed(tx, &job, failed_at, "no route")).unwrap());
        assert_eq!(claim(db, "mail", now + 999_999), [], "not before its pause is over");
        now += 3_600_000_000;
    }
    assert_eq!(claim(db, "mail", i64::MAX / 4), []);
    let counts = db.read_blocking(jobs::counts).unwrap();
    assert_eq!((counts[0].kind.as_str(), counts[0].open, counts[0].dead), ("mail", 0, 1));
    assert!(db.write_blocking(move |tx| jobs::revive(tx, &id16(1), now)).unwrap());
    assert_eq!(claim(db, "mail", now).len(), 1);
}

fn a_waiting_job_is_not_added_twice(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    enqueue(db, 1, "sweep", 0, Some("site 1"));
    enqueue(db, 2, "sweep", 0, Some("site 1"));
    enqueue(db, 3, "sweep", 0, Some("site 2"));
    let claimed = claim(db, "sweep", 0);
    assert_eq!(claimed.len(), 2);
    // it runs already, so what came since needs another one
    enqueue(db, 4, "sweep", 0, Some("site 1"));
    assert_eq!(claim(db, "sweep", 0).len(), 1);
}

fn a_waiting_job_is_moved_and_taken_by_its_key(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    enqueue(db, 1, "night", 5, Some("02"));
    enqueue(db, 2, "night", 5, Some("14"));
    enqueue(db, 3, "other", 5, Some("02"));
    let waiting = || {
        let all = db.read_blocking(|conn| jobs::waiting(conn, "night")).unwrap();
        all.into_iter().map(|job| (job.key, job.run_at)).collect::<Vec<_>>()
    };
    let moved = |key: &'static str, now, to| {
        db.write_blocking(move |tx| jobs::move_waiting(tx, "night", key, now, to)).unwrap()
    };
    let take = |key: &'static str, now| {
        let taken = db.write_blocking(move |tx| jobs::claim_waiting(tx, "night", key, now, 99)).unwrap();
        taken.map(|job| (job.id, job.attempt))
    };
    assert!(moved("02", 4, 8));
    assert_eq!(waiting(), [("02".to_owned(), 8), ("14".to_owned(), 5)]);
    assert!(!moved("14", 5, 9), "it is due");
    assert!(!moved("07", 0, 9), "there is none");
    assert_eq!(take("02", 7), None, "it waits");
    assert_eq!(take("02", 8), Some((id16(1), 1)));
    assert_eq!(take("02", 200), None, "whoever took it has it, also when the lease is over");
    assert!(!moved("02", 0, 9), "it does not wait any more");
    assert_eq!((take("07", 9), waiting()), (None, vec![("14".to_owned(), 5)]));
    assert_eq!(claim(db, "other", 5).len(), 1, "nobody touched the other kind");
}

fn jobs_are_claimed_by_kind(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    enqueue(db, 1, "a", 0, None);
    enqueue(db, 2, "ab", 0, None);
    assert_eq!(claim(db, "a", 0).iter().map(|job| job.id).collect::<Vec<_>>(), [id16(1)]);
    assert_eq!(claim(db, "b", 0), []);
    let signal = db.job_signal();
    let before = *signal.borrow();
    enqueue(db, 3, "a", 0, None);
    assert!(*signal.borrow() > before);
}
