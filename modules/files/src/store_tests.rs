//! Every statement is one that both engines understand.

use crate::testing::{on_both_engines, world};
use crate::{samples, store, store_blobs};
use db::{Engine, Statement, Value};

const VIEW: Statement = Statement::new("test.v_item_file", "select v.sku, v.name, v.kind from v_item_file v");

on_both_engines!(every_statement_is_understood, the_view_for_people_can_be_read);

fn every_statement_is_understood(engine: Engine) {
    let world = world(engine);
    for statement in store::ALL.iter().chain(store_blobs::ALL) {
        let explained = format!("explain {}", statement.text(engine));
        let text: &'static str = explained.leak();
        let count = (1..=30).take_while(|n| text.contains(&format!("?{n}"))).count();
        let params = vec![Value::Null; count];
        let explain = Statement::new(statement.name, text);
        world
            .db
            .write_blocking(move |tx| tx.query(&explain, &params, |_| Ok(())))
            .unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
}

fn the_view_for_people_can_be_read(engine: Engine) {
    let world = world(engine);
    world.attach("front.png", &samples::png()).unwrap();
    let seen = world.read(|conn| {
        conn.query(&VIEW, &[], |row| {
            Ok([row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned()])
        })
    });
    assert_eq!(seen, [["LAMP", "front.png", "image"]]);
}
