//! A key that comes again gets the answer that it had. Of a bulk, what was not answered for good is
//! decided anew, and nothing else: what was accepted is never posted twice.

use crate::input::{BulkInput, LineInput, PostInput, Request, RequestKey, Work};
use crate::service::run_in;
use crate::testing::{World, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{Permission, PrincipalId};
use serde_json::Value;
use std::sync::Arc;
use web::{Answer, Grant, Principal, PrincipalKind, Within};

on_both_engines!(
    what_was_not_answered_for_good_is_decided_anew,
    a_bulk_that_comes_again_from_many_sides_is_posted_once,
    a_bulk_that_comes_twice_in_a_batch_is_decided_once,
    a_bulk_with_final_answers_only_is_not_looked_at_again,
    a_refusal_that_is_repeated_takes_no_numbers,
);

/// Whoever may do this only.
fn principal(permissions: &[Permission]) -> Arc<Principal> {
    let permissions = permissions.iter().copied().collect::<Permissions>();
    let grant = Grant::free(permissions, Within::All);
    Arc::new(Principal::new(PrincipalId(1), "ann", PrincipalKind::User, vec![grant], None))
}

fn clerk() -> Arc<Principal> {
    principal(&[Permission::StockRead, Permission::StockIssue])
}

fn head() -> Arc<Principal> {
    principal(&[Permission::StockRead, Permission::StockIssue, Permission::StockReceive])
}

/// One bolt goes, two come, and a hundred go, which there are not.
fn bulk() -> Work {
    let post = |kind, line: &str| PostInput { lines: vec![parse(line)], ..posting(kind) };
    let issue = |line| post(Kind::Issue, line);
    let postings = vec![issue("1 BOLT at L1"), post(Kind::Receive, "2 BOLT at L2"), issue("100 BOLT at L1")];
    Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic: false })
}

fn request(world: &World, principal: &Arc<Principal>, work: Work) -> Request {
    let key = Some(RequestKey { key: "k1".to_owned(), fingerprint: [7; 32] });
    Request {
        ctx: world.ctx.clone(),
        principal: Arc::clone(principal),
        key,
        work,
        second: web::Second::Cannot,
    }
}

fn ask(world: &World, principal: &Arc<Principal>, work: Work) -> Answer {
    let requests = [request(world, principal, work)];
    world.db.write_blocking(move |tx| run_in(tx, &requests)).unwrap().remove(0)
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// `201 403 409`, with how many were accepted and refused.
fn statuses(body: &Value) -> (Vec<u64>, u64, u64) {
    let entries = body["postings"].as_array().unwrap();
    let statuses = entries.iter().map(|entry| entry["status"].as_u64().unwrap()).collect();
    (statuses, body["accepted"].as_u64().unwrap(), body["refused"].as_u64().unwrap())
}

fn what_was_not_answered_for_good_is_decided_anew(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    let first = body(&ask(&world, &clerk(), bulk()));
    assert_eq!(statuses(&first), (vec![201, 403, 409], 1, 2));
    assert_eq!(world.stock("BOLT"), ["L1 9"]);
    // still not for him
    let again = body(&ask(&world, &clerk(), bulk()));
    assert_eq!(statuses(&again), (vec![201, 403, 409], 1, 2));
    world.receive("500 BOLT at L1");
    world.at("2026-03-05T09:30:00Z");
    let second = ask(&world, &head(), bulk());
    assert!(!second.replayed, "some of it was done now");
    let second = body(&second);
    assert_eq!(statuses(&second), (vec![201, 201, 409], 2, 1));
    assert_eq!(second["postings"][0], first["postings"][0], "posted once");
    assert_eq!(second["postings"][2], first["postings"][2], "refused for good, whatever there is by now");
    assert_eq!(world.stock("BOLT"), ["L1 509", "L2 2"]);
    // seven days from the last answer on
    world.at("2026-03-11T09:30:00Z");
    let third = ask(&world, &head(), bulk());
    assert!(third.replayed);
    assert_eq!(body(&third), second);
    assert_eq!(world.stock("BOLT"), ["L1 509", "L2 2"]);
}

fn a_bulk_that_comes_again_from_many_sides_is_posted_once(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    ask(&world, &clerk(), bulk());
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let one = || body(&ask(&world, &head(), bulk()));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses(&answers[0]), (vec![201, 201, 409], 2, 1));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(world.stock("BOLT"), ["L1 9", "L2 2"]);
}

fn a_bulk_that_comes_twice_in_a_batch_is_decided_once(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    ask(&world, &clerk(), bulk());
    let twice = [request(&world, &head(), bulk()), request(&world, &head(), bulk())];
    let answers = world.db.write_blocking(move |tx| run_in(tx, &twice)).unwrap();
    assert_eq!(answers.iter().map(|answer| answer.replayed).collect::<Vec<_>>(), [false, true]);
    assert_eq!(body(&answers[0]), body(&answers[1]));
    assert_eq!(world.stock("BOLT"), ["L1 9", "L2 2"]);
    assert_eq!(body(&ask(&world, &head(), bulk())), body(&answers[0]));
}

fn a_bulk_with_final_answers_only_is_not_looked_at_again(engine: Engine) {
    let world = world(engine);
    let first = ask(&world, &head(), bulk());
    assert_eq!(statuses(&body(&first)), (vec![409, 201, 409], 1, 2));
    world.receive("10 BOLT at L1");
    let again = ask(&world, &head(), bulk());
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    assert_eq!(world.stock("BOLT"), ["L1 10", "L2 2"]);
}

fn a_refusal_that_is_repeated_takes_no_numbers(engine: Engine) {
    let world = world(engine);
    let next = || world.run(|tx, _| Ok(db::ids::take(tx, "stock_lot", 1)?)).unwrap();
    let too_much = || {
        let lines: Vec<LineInput> =
            ["1 MILK lot NEW until 2026-05-01 at L1", "1 BOLT lot NEW at L1"].map(parse).into();
        Work::Post(PostInput { lines, ..posting(Kind::Receive) })
    };
    assert_eq!(ask(&world, &head(), too_much()).status.as_u16(), 422);
    let before = next();
    let again = ask(&world, &head(), too_much());
    assert!(again.replayed && again.status.as_u16() == 422);
    assert_eq!(next(), before + 1);
}
