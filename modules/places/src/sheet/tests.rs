//! The list to print: in the walking order, complete, and safe in whatever opens it.

use super::*;
use crate::testing::{on_both_engines, world};
use db::Engine;
use serde_json::json;
use testkit::Client;

on_both_engines!(a_list_has_every_place_as_it_is_walked_to, what_is_asked_wrongly_is_refused);

fn asked(below: Option<&str>, kind: Option<&str>, format: &str) -> Sheet {
    Sheet { below: below.map(str::to_owned), kind: kind.map(str::to_owned), format: Some(format.to_owned()) }
}

fn a_list_has_every_place_as_it_is_walked_to(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L", "B bin below L", "C bin below L", "M site", "D bin below M"]);
    let client = Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone());
    let order = [("C", 1), ("B", 2)].map(|(code, walk)| json!({ "code": code, "walk": walk }));
    client.post("/api/v1/location-layout", &json!({ "locations": order }));
    let blocked = world.id("B");
    world.run(move |tx, ctx| crate::set_blocked(tx, ctx, blocked, Some("wet")).map(|_| ())).unwrap();
    client.patch("/api/v1/locations/A", 1, &json!({ "name": "=1+1, \"<x>\"" }));
    let of =
        |asked: &Sheet| world.read(|conn| Ok::<_, db::DbError>(sheet(conn, Reached::All, asked).unwrap()));
    let text = of(&asked(Some("L"), Some("bin"), "text"));
    assert_eq!(
        text,
        "L: 3 locations\n\n\
         walk  code  name         kind  type  position  state\n\
         1     C     C            bin\n\
         2     B     B            bin                   blocked: wet\n      \
         A     =1+1, \"<x>\"  bin\n"
    );
    let csv = of(&asked(Some("l"), Some("bin"), "csv"));
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "walk,code,name,kind,type,position,state");
    assert_eq!(lines[3], ",A,\"'=1+1, \"\"<x>\"\"\",bin,,,");
    let html = of(&asked(None, None, "html"));
    assert!(html.contains("<title>All sites: 6 locations</title>") && html.contains("table-header-group"));
    assert!(html.contains("=1+1, &quot;&lt;x&gt;&quot;") && !html.contains("<x>"));
    let place = world.id("M");
    let seen = world.read(|conn| {
        let reached = [place];
        Ok::<_, db::DbError>(
            sheet(conn, Reached::Within(&reached), &asked(None, Some("bin"), "text")).unwrap(),
        )
    });
    assert!(seen.starts_with("All sites: 1 locations") && seen.contains("D "));
    let page = client.get("/api/v1/location-sheet?below=L&format=xlsx");
    assert_eq!((page.status.as_u16(), &page.body["code"]), (400, &json!("malformed_parameter")));
}

fn what_is_asked_wrongly_is_refused(engine: Engine) {
    let world = world(engine);
    world.make(&["L site"]);
    let refused = |asked: &Sheet| {
        world.read(|conn| match sheet(conn, Reached::All, asked) {
            Err(Failure::Refused(problem)) => Ok::<_, db::DbError>(crate::testing::seen(&problem)),
            other => panic!("not refused: {other:?}"),
        })
    };
    assert_eq!(refused(&asked(Some("NOPE"), None, "text")), (Code::UnknownLocation, "?below".to_owned()));
    assert_eq!(
        refused(&asked(None, Some("shelves"), "text")),
        (Code::MalformedParameter, "?kind".to_owned())
    );
}
