//! A customer of a real slice: what is told of them, and that nothing is left when they are forgotten.

use super::*;
use crate::import_year;
use crate::testing::{World, on, slice, world};
use db::{DbError, Engine};
use testkit::on_both_engines;

on_both_engines!(
    a_customer_is_told_whole_and_forgotten_without_a_trace,
    what_somebody_posted_is_told,
    every_statement_is_understood,
);

fn imported(engine: Engine) -> World {
    let world = world(engine);
    import_year::load(&world.db, &world.ctx, slice(200), on).unwrap();
    world
}

fn told(world: &World, number: i64) -> Vec<Value> {
    let mut lines = Vec::new();
    let read = world.db.read_blocking(|conn| {
        goods(conn, number, |line| {
            lines.push(line);
            Ok(())
        })
    });
    read.unwrap();
    lines
}

fn a_customer_is_told_whole_and_forgotten_without_a_trace(engine: Engine) {
    let world = imported(engine);
    let found = world.db.read_blocking(|conn| customer(conn, 17850)).unwrap();
    assert_eq!(found["country"], "United Kingdom");
    let lines = told(&world, 17850);
    assert!(lines.len() > 10, "{}", lines.len());
    assert_eq!(lines[0]["sku"], "85123A");
    assert_eq!((&lines[0]["quantity"], &lines[0]["to"]), (&json!("6"), &json!("~customer")));
    let others = told(&world, 13047).len();
    let postings = world.db.write_blocking(|tx| forget_customer(tx, 17850)).unwrap();
    assert!(postings > 0);
    assert!(!world.db.read_blocking(|conn| is_customer(conn, 17850)).unwrap());
    assert_eq!(told(&world, 17850), [Value::Null; 0]);
    assert_eq!(told(&world, 13047).len(), others, "somebody else");
    let again = world.db.write_blocking(|tx| forget_customer(tx, 17850));
    assert!(matches!(again, Err(Failure::Refused(problem)) if problem.code == domain::Code::NotFound));
}

fn what_somebody_posted_is_told(engine: Engine) {
    let world = imported(engine);
    let (actor, mut count) = (world.ctx.actor.id.get(), 0);
    let read = world.db.read_blocking(|conn| {
        postings(conn, actor, |posting| {
            assert!(posting["posting"].is_string() && posting["recorded_at"].is_string(), "{posting}");
            count += 1;
            Ok(())
        })
    });
    read.unwrap();
    assert!(count > 10, "{count}");
    let of_nobody = world.db.read_blocking(|conn| postings(conn, 7_777, |_| Err(DbError::Busy)));
    of_nobody.unwrap();
}

fn every_statement_is_understood(engine: Engine) {
    let world = world(engine);
    for statement in store::STATEMENTS {
        world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
}
