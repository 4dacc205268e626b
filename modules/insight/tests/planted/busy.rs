//! A run beside others who write: it reads one snapshot, and holds up nobody.

use crate::world::{World, broken};
use db::Engine;
use serde_json::json;

/// How often somebody writes while the runs go on.
const ROUNDS: usize = 30;

fn write(world: &World) {
    for round in 0..ROUNDS {
        world.post(
            "postings/receive",
            &json!({ "lines": [{ "sku": "BOLT", "qty": "6", "location": "L1", "unit_cost": "0.55" }] }),
        );
        let owner = format!("busy-{round}");
        let reserve = json!({ "sku": "BOLT", "site": "L", "qty": "3", "owner": owner });
        let reserved = world.post("reservations", &reserve);
        let id = reserved["id"].as_str().unwrap();
        world.post(&format!("reservations/{id}/release"), &json!({ "qty": "1" }));
        world.post("postings/issue", &json!({ "lines": [{ "sku": "BOLT", "qty": "2", "location": "L1" }] }));
        let new = json!({ "from_site": "L", "to_site": "M", "lines": [{ "sku": "BOLT", "qty": "1" }] });
        let made = world.post("transfers", &new);
        let path = format!("transfers/{}", made["number"].as_str().unwrap());
        world.post_at(1, &format!("{path}/ship"), &json!({ "lines": [{ "line": 1, "location": "L1" }] }));
        if round % 3 == 0 {
            world.post_at(
                2,
                &format!("{path}/receive"),
                &json!({ "lines": [{ "line": 1, "location": "M1" }] }),
            );
            insight::digest::make(&world.db, &world.ctx()).unwrap();
        }
    }
}

fn nothing_is_told_of_a_good_database_that_is_written_to(engine: Engine) {
    let world = World::filled(engine);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&world));
        loop {
            let is_last = writer.is_finished();
            for deep in [false, true] {
                assert_eq!(broken(&world.verified(deep)), Vec::<String>::new());
            }
            if is_last {
                break;
            }
        }
    });
}

#[test]
fn nothing_is_told_of_a_good_database_that_is_written_to_on_sqlite() {
    nothing_is_told_of_a_good_database_that_is_written_to(Engine::Sqlite);
}

#[test]
fn nothing_is_told_of_a_good_database_that_is_written_to_on_postgres() {
    nothing_is_told_of_a_good_database_that_is_written_to(Engine::Postgres);
}
