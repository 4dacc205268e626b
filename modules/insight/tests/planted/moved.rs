//! A store that has seen everything goes into an empty one by its lists.

use crate::world::{World, broken};
use db::Engine;
use exchange::bring::{Bring, List, Said, Watch, Who, bring};
use exchange::export::{Export, Format, What, export};
use exchange::table::{ReadAs, Table};
use serde_json::Value;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use web::Principal;

impl World {
    fn list(&self, what: What, format: Format) -> Vec<u8> {
        let mut out = Vec::new();
        let order = Export { what, format, as_of: None };
        self.db.read_blocking(|conn| export(conn, &order, &mut out)).unwrap();
        out
    }

    fn takes(&self, list: List, bytes: &[u8]) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let table = Arc::new(Table::of(file, ReadAs::default()).unwrap());
        let who = Who { ctx: self.ctx(), principal: Arc::new(Principal::system()) };
        let order = Bring {
            list,
            said: Said::new(),
            each: false,
            dry_run: false,
            again: false,
            file: "moved.csv".to_owned(),
            digest: [0; 32],
            run: 0,
        };
        let watch: Watch = Arc::new(|_| ControlFlow::Continue(()));
        let brought = bring(&self.db, &who, &table, &order, &watch).unwrap();
        assert_eq!(brought.refused, [], "{}", list.word());
    }

    /// What the places of sites hold, and what all of it is worth.
    fn held(&self) -> Vec<String> {
        let of = |what: What, site: &str| {
            let text = String::from_utf8(self.list(what, Format::Jsonl)).unwrap();
            let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            // what is on its way stays behind, and so does what is promised
            rows.retain(|row| row[site].as_str().is_some_and(|site| !site.starts_with("T-")));
            for row in &mut rows {
                row.as_object_mut().unwrap().remove("allocated");
            }
            let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            rows.sort();
            rows
        };
        [of(What::Stock, "site"), of(What::Valuation, "valuation_group")].concat()
    }
}

fn a_store_that_has_seen_everything_goes_into_an_empty_one(engine: Engine) {
    let first = World::filled(engine);
    let second = World::new(engine);
    for list in List::ALL {
        if let Some(what) =
            What::parse(list.word()).filter(|what| !matches!(what, What::Counts | What::Movements))
        {
            second.takes(list, &first.list(what, Format::CSV));
        }
    }
    let (held, before) = (second.held(), first.held());
    let lost: Vec<&String> = before.iter().filter(|row| !held.contains(row)).collect();
    let new: Vec<&String> = held.iter().filter(|row| !before.contains(row)).collect();
    assert_eq!((lost, new), (Vec::new(), Vec::new()));
    assert_eq!(broken(&second.verified(true)), Vec::<String>::new());
}

testkit::on_both_engines!(a_store_that_has_seen_everything_goes_into_an_empty_one);
