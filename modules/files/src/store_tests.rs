//! Every statement is one that both engines understand.

use crate::testing::{on_both_engines, world};
use crate::{samples, store, store_blobs};
use db::{Engine, Statement, Value};

const VIEW: Statement = Statement::new("test.v_item_file", "select v.sku, v.name, v.kind from v_item_file v");

const COLUMNS: Statement = Statement::per_engine(
    "test.v_item_file.columns",
    "select c.name from pragma_table_info('v_item_file') c order by c.cid",
    "select column_name from information_schema.columns
     where table_schema = current_schema() and table_name = 'v_item_file'
     order by ordinal_position",
);

/// The page of the views for people, of which one is of this module.
const PAGE: &str = include_str!("../../../docs/reference/views.md");

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
    let section = PAGE.split("\n## ").find_map(|section| section.strip_prefix("v_item_file\n")).unwrap();
    let told: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(world.read(|conn| conn.query(&COLUMNS, &[], |row| Ok(row.text(0)?.to_owned()))), told);
    let example = section.split("```sql\n").nth(1).unwrap().split(';').next().unwrap();
    let example: &'static str = example.to_owned().leak();
    let example = Statement::new("test.v_item_file.example", example);
    assert_eq!(world.read(|conn| conn.query(&example, &[], |row| Ok(row.text(0)?.to_owned()))), [""; 0]);
}
