//! What happens to the files of an item is told in the history of the item.

use super::decide::ChangeFile;
use super::*;
use crate::samples;
use crate::testing::{World, on_both_engines, world};
use db::Engine;
use domain::{Actor, PrincipalId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_both_engines!(the_history_of_an_item_tells_of_its_files);

/// What is said of a file that anybody can change; all else is what its bytes are.
const CHANGES: [&str; 3] = ["name", "caption", "position"];
/// What its bytes are, and what counts and dates its changes.
const FIXED: [&str; 12] = [
    "id",
    "kind",
    "media_type",
    "bytes",
    "sha256",
    "sent_sha256",
    "width",
    "height",
    "thumbnails",
    "added_at",
    "changed_at",
    "version",
];

fn shown(world: &World) -> Vec<Value> {
    world.all().iter().map(|file| serde_json::to_value(file).unwrap()).collect()
}

/// Somebody does something to the first file, a minute after what was done before.
fn act(
    world: &World,
    minute: i64,
    mut act: impl FnMut(&mut Tx<'_>, &Ctx, (Record<'_>, FileId, IfMatch)) -> Result<(), Failure> + Send + 'static,
) {
    let actor = Actor { id: PrincipalId(100 + minute), name: format!("person {minute}") };
    let ctx = Ctx { actor, now: world.ctx.now.plus_seconds(60 * minute), ..world.ctx.clone() };
    let (item, id) = (world.item.clone(), world.all()[0].id);
    world.db.write_blocking(move |tx| act(tx, &ctx, (item.record(), id, IfMatch::Any))).unwrap();
}

fn the_history_of_an_item_tells_of_its_files(engine: Engine) {
    let world = world(engine);
    // of more pages than one, so that the item of before is looked for behind them
    let history = |before, limit| {
        world.db.read_blocking(move |conn| catalog::changes_of(conn, "LAMP", before, limit)).unwrap()
    };
    let told = |minute: i64, was: Value, is: Value| {
        let change = history(None, 1).remove(0);
        let at = world.ctx.now.plus_seconds(60 * minute);
        let by = (change.actor.id, change.actor.name.as_str(), change.at, change.version);
        assert_eq!(by, (100 + minute, format!("person {minute}").as_str(), at, 1));
        let fields = change.changes.into_iter().map(|told| (told.field, told.before, told.after));
        assert_eq!(fields.collect::<Vec<_>>(), [("file".to_owned(), was, is)]);
    };
    world.attach("front.txt", b"the front").unwrap();
    let attached = history(None, 1).remove(0);
    assert_eq!((attached.action.as_str(), attached.version), ("files.file.attach", 1));
    let [file] = shown(&world).try_into().unwrap();
    assert_eq!((&attached.changes[0].before, &attached.changes[0].after), (&Value::Null, &file));
    let keys: BTreeSet<&str> = file.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        CHANGES.into_iter().chain(FIXED).collect(),
        "what a file shows, and what is walked over here"
    );
    for (minute, (field, value)) in
        (1..).zip(CHANGES.into_iter().zip([json!("top.txt"), json!("From above"), json!(7)]))
    {
        let was = shown(&world).remove(0);
        let command: ChangeFile = serde_json::from_value(json!({ field: value })).unwrap();
        act(&world, minute, move |tx, ctx, at| change(tx, ctx, at, &command).map(drop));
        let is = shown(&world).remove(0);
        assert_eq!(is[field], value);
        told(minute, was, is);
    }
    // another file, and the item itself, in between
    world.attach("sheet.pdf", &samples::pdf()).unwrap();
    let renamed: catalog::ChangeItem = serde_json::from_value(json!({ "name": "Garden lamp" })).unwrap();
    world.run(move |tx, ctx| catalog::change_item(tx, ctx, "LAMP", IfMatch::Any, &renamed)).unwrap();
    let change = history(None, 1).remove(0);
    assert_eq!((change.version, change.changes[0].field.as_str()), (2, "name"));
    assert_eq!(
        (&change.changes[0].before, &change.changes[0].after),
        (&json!("Lamp"), &json!("Garden lamp"))
    );
    let first =
        world.all().into_iter().find(|file| file.kind == domain::FileKind::Document && file.position == 7);
    let was = serde_json::to_value(first.unwrap()).unwrap();
    world.remove(&world.all()[0]);
    let removed = history(None, 1).remove(0);
    assert_eq!((removed.action.as_str(), removed.version), ("files.file.remove", 2));
    assert_eq!((&removed.changes[0].before, &removed.changes[0].after), (&was, &Value::Null));
    let all = history(None, 20);
    assert_eq!(all.len(), 8);
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let page = history(before, 3);
        let Some(end) = page.last() else { break };
        before = Some(end.n);
        pages.extend(page);
    }
    assert_eq!(pages, all);
}
