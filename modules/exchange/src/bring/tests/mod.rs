//! Lists go in as they are written, or are refused row by row and change nothing.

mod columns;
mod whole;

use super::*;
use crate::export::{self, Format as ExportFormat, What};
use crate::table::{Locale, ReadAs, Table};
use crate::testing::{World, on_both_engines, world};
use db::Engine;
use domain::Code;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use web::{Failure, IfMatch};

on_both_engines!(
    what_is_there_is_changed_and_what_is_new_is_made,
    a_row_that_is_refused_keeps_all_back_or_only_itself,
    a_dry_run_keeps_nothing,
    parents_may_stand_below_their_children,
    attributes_are_read_by_their_definitions,
    the_rows_that_were_refused_come_back_with_words,
    a_file_of_stock_is_posted_once,
    a_row_says_that_it_comes_late,
    columns_that_go_nowhere_are_refused_and_what_was_said_is_kept,
    only_who_may_imports,
    every_statement_can_be_prepared,
    what_a_row_does_not_say_stays,
    what_was_refused_is_decided_anew,
    an_import_that_was_cut_off_goes_on,
    a_price_that_follows_ends_the_one_before,
    an_import_that_is_stopped_keeps_what_it_says,
    a_file_that_cannot_be_read_to_its_end_keeps_nothing,
);

fn who(world: &World) -> Who {
    Who { ctx: world.ctx.clone(), principal: Arc::new(Principal::system()) }
}

fn nothing() -> Watch {
    Arc::new(|_| ControlFlow::Continue(()))
}

fn order(list: List, bytes: &[u8]) -> Bring {
    Bring {
        list,
        said: Said::new(),
        each: false,
        dry_run: false,
        again: false,
        file: "test.csv".to_owned(),
        digest: Sha256::digest(bytes).into(),
        run: 0,
    }
}

fn sent(bytes: &[u8], read_as: ReadAs) -> Arc<Table> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(Table::of(file, read_as).unwrap())
}

impl World {
    fn send(&self, list: List, text: &str, change: impl FnOnce(&mut Bring)) -> Result<Brought, Failure> {
        let mut bring = order(list, text.as_bytes());
        change(&mut bring);
        let sent = sent(text.as_bytes(), ReadAs::default());
        super::bring(&self.db, &who(self), &sent, &bring, &nothing())
    }

    /// Imports what must be taken whole; created, changed, unchanged.
    fn takes(&self, list: List, text: &str) -> (u64, u64, u64) {
        let brought = self.send(list, text, |_| {}).unwrap();
        assert_eq!(brought.refused, []);
        assert!(brought.kept);
        assert_eq!(brought.rows, brought.created + brought.changed + brought.unchanged);
        (brought.created, brought.changed, brought.unchanged)
    }

    fn list(&self, what: What) -> String {
        self.export(what, ExportFormat::Jsonl, None)
    }
}

/// Row, column and code of each refusal.
fn faults(brought: &Brought) -> Vec<(u64, Option<&str>, &str)> {
    brought.refused.iter().map(|fault| (fault.row, fault.column.as_deref(), fault.code)).collect()
}

fn what_is_there_is_changed_and_what_is_new_is_made(engine: Engine) {
    let world = world(engine);
    let items = "sku,name,base_unit,units,barcodes\n\
                 MUG,Mug,each,case=12,4006381333931|case:14006381333938\nCUP,Cup,each,,\n";
    assert_eq!(world.takes(List::Items, items), (2, 0, 0));
    assert_eq!(world.takes(List::Items, items), (0, 0, 2));
    assert_eq!(world.takes(List::Items, "sku,name\nmug,Blue mug\nCUP,Cup\n"), (0, 1, 1));
    assert_eq!(
        world.takes(List::Units, "sku,unit,factor,weight_g\nMUG,case,12,350\nMUG,pallet,960,\n"),
        (1, 1, 0)
    );
    assert_eq!(
        world.takes(List::Units, "sku,unit,factor,weight_g\nMUG,case,12,350\nMUG,pallet,960,\n"),
        (0, 0, 2)
    );
    // in the words of whoever wrote the file
    for (text, words) in [
        ("sku,units\nMUG,box=0\n", "the factor of the unit `box` is above zero, `0` is not"),
        (
            "sku,name,base_unit,barcodes\nA,A,each,4006381333948\nB,B,each,4006381333948\n",
            "the barcode `4006381333948` stands twice: the item `A` comes with it too",
        ),
    ] {
        let refused = world.send(List::Items, text, |_| {}).unwrap().refused;
        assert_eq!(refused[0].detail, words, "{refused:?}");
    }
    assert_eq!(world.takes(List::Barcodes, "sku,code,unit\nCUP,X-1,\nMUG,4006381333931,each\n"), (1, 0, 1));
    assert_eq!(world.takes(List::Reasons, "code,name\nmouse,Eaten\nmoth,Eaten too\n").0, 2);
    assert_eq!(world.takes(List::Reasons, "code,name,active\nmouse,Eaten again,\nmoth,,no\n"), (0, 2, 0));
    // one GTIN is one in twelve and in thirteen digits
    let twice =
        world.send(List::Barcodes, "sku,code\nCUP,012345678905\nCUP,0012345678905\n", |_| {}).unwrap();
    assert_eq!(faults(&twice), [(3, Some("code"), "invalid_value")]);
    // a code that a spreadsheet broke is none, of a new item and of one that is there
    for row in ["PEN,4.00638E+12", "PEN,X-2|1.23457E+11", "MUG,case:4.0E+12"] {
        let broken = format!("sku,barcodes,name,base_unit\n{row},,each\n");
        let broken = world.send(List::Items, &broken, |_| {}).unwrap();
        assert_eq!(faults(&broken), [(2, Some("barcodes"), "invalid_value")], "{row}");
        assert!(broken.refused[0].detail.contains("what a spreadsheet made"), "{broken:?}");
    }
    let mug = world.db.read_blocking(|conn| catalog::item(conn, "MUG")).unwrap().unwrap();
    assert_eq!((mug.name.as_str(), mug.units.len(), mug.barcodes.len()), ("Blue mug", 3, 2));
}

fn a_row_that_is_refused_keeps_all_back_or_only_itself(engine: Engine) {
    let world = world(engine);
    let text = "sku,name,base_unit,tracking\nA,One,each,\n,Two,each,\nC,Three,each,sometimes\nD,,each,\na,Again,each,\nF,Six,each,lot\n";
    let all = world.send(List::Items, text, |_| {}).unwrap();
    let wrong = [
        (3, Some("sku"), "invalid_value"),
        (4, Some("tracking"), "invalid_value"),
        (5, Some("name"), "invalid_value"),
        (6, Some("sku"), "invalid_value"),
    ];
    assert_eq!(faults(&all), wrong);
    assert!(!all.kept);
    assert_eq!(world.list(What::Items), "");
    let each = world.send(List::Items, text, |bring| bring.each = true).unwrap();
    assert_eq!(faults(&each), wrong);
    assert_eq!((each.kept, each.rows, each.created), (true, 6, 2));
    assert_eq!(world.list(What::Items).lines().count(), 2);
    // the titles once more are no record, in whichever list and with whatever is left out beside them
    for (list, text) in [
        (List::Suppliers, "Code;name;error\ncode;name;old words\n"),
        (List::Reasons, "code,name\nCODE,Name\n"),
        (List::Categories, "path\npath\n"),
        (List::OptionSets, "set,value\nset,value\n"),
        (List::Items, "sku,name,base unit\nsku,name,base_unit\n"),
    ] {
        let twice = world.send(list, text, |bring| bring.each = true).unwrap();
        assert_eq!((faults(&twice), twice.created), (vec![(2, None, "invalid_value")], 0), "{text}");
        assert!(twice.refused[0].detail.contains("the titles of the columns once more"), "{twice:?}");
    }
    assert_eq!(world.takes(List::Suppliers, "code,name\ncode,Name of one\n"), (1, 0, 0));
    // what is there is not changed where an import cannot
    for (tracking, words) in [("none", "an import does not change"), ("sometimes", "`sometimes`")] {
        let change = world.send(List::Items, &format!("sku,tracking\nF,{tracking}\n"), |_| {}).unwrap();
        assert_eq!(faults(&change), [(2, Some("tracking"), "invalid_value")]);
        assert!(change.refused[0].detail.contains(words), "{change:?}");
    }
}

fn a_dry_run_keeps_nothing(engine: Engine) {
    let world = world(engine);
    let text = "sku,name,base_unit\nA,One,each\nB,Two,each\n";
    for each in [false, true] {
        let tried = world
            .send(List::Items, text, |bring| {
                bring.dry_run = true;
                bring.each = each;
            })
            .unwrap();
        assert_eq!((tried.kept, tried.created, tried.refused.len()), (false, 2, 0));
        assert_eq!(world.list(What::Items), "");
    }
}

fn parents_may_stand_below_their_children(engine: Engine) {
    let world = world(engine);
    let before = world.list(What::Locations).lines().count();
    let text = "code,kind,parent,role,x_mm,y_mm,z_mm\nB1,bin,A1,pick_face,1,2,3\nA1,aisle,ST,,,,\nST,site,,,,,\nB2,bin,A9,,,,\n";
    let all = world.send(List::Locations, text, |_| {}).unwrap();
    assert_eq!(faults(&all), [(5, Some("parent"), "unknown_location")]);
    let each = world.send(List::Locations, text, |bring| bring.each = true).unwrap();
    assert_eq!((each.created, each.refused.len()), (3, 1));
    assert_eq!(world.list(What::Locations).lines().count(), before + 3);
    assert_eq!(
        world.takes(List::Locations, "code,parent,role,x_mm,y_mm,z_mm\nB1,A1,reserve,1,2,3\n"),
        (0, 1, 0)
    );
    assert_eq!(world.takes(List::Categories, "path\na/b/c\na/b\na\n"), (3, 0, 0));
    let lost = world.send(List::Categories, "path\nx/y\nx/y/z\n", |_| {}).unwrap();
    let words = |brought: &Brought| -> Vec<String> {
        brought.refused.iter().map(|refusal| refusal.detail.clone()).collect()
    };
    assert_eq!(
        words(&lost),
        [
            "there is no category `x`, neither here nor in the file",
            "the category `x/y` is in row 2, which is refused; mend that one first",
        ]
    );
    let above = world.send(List::Categories, "path,parent\nb,\na,b\n", |_| {}).unwrap();
    assert_eq!(words(&above), ["the path says that it stands below nothing; write `b/a` there"]);
    let unread = "code,kind,parent,walk\nB3,bin,A3,\nA3,aisle,ST,far\n";
    let unread = world.send(List::Locations, unread, |_| {}).unwrap();
    assert_eq!(words(&unread)[0], "the location `A3` is in row 3, which is refused; mend that one first");
    // what stands below itself is told as such, in either way
    let round = "code,kind,parent\nX,bin,Y\nY,bin,x\nZ,bin,Y\nSELF,bin,SELF\n";
    let round =
        [false, true].map(|each| world.send(List::Locations, round, |bring| bring.each = each).unwrap());
    for brought in &round {
        let cycle = |row: u64| (row, Some("parent"), "tree_cycle");
        assert_eq!(faults(brought), [cycle(2), cycle(3), (4, Some("parent"), "unknown_location"), cycle(5)]);
        assert_eq!(
            words(brought),
            [
                "nothing stands below itself: `X` → `Y` → `x`",
                "nothing stands below itself: `Y` → `x` → `Y`",
                "the location `Y` is in row 3, which is refused; mend that one first",
                "nothing stands below itself: `SELF` → `SELF`",
            ]
        );
    }
}

fn attributes_are_read_by_their_definitions(engine: Engine) {
    let world = world(engine);
    let attributes = "key,name,kind,unit,choices,least,most\n\
        volt,Voltage,number,V,,0,400\ncolour,Colour,choice,,red|blue,,\ntags,Tags,choices,,a|b|c,,\nfood,Food safe,boolean,,,,\n";
    assert_eq!(world.takes(List::Attributes, attributes), (4, 0, 0));
    assert_eq!(world.takes(List::Attributes, attributes), (0, 0, 4));
    assert_eq!(world.takes(List::Categories, "category\nlamps\n"), (1, 0, 0));
    let rules = "category,attribute,required,default,allowed,position\nlamps,colour,yes,,red,1\nlamps,volt,no,230,,2\n";
    assert_eq!(world.takes(List::CategoryAttributes, rules), (2, 0, 0));
    assert_eq!(world.takes(List::CategoryAttributes, rules), (0, 0, 2));
    let items = "sku;name;base_unit;category;attribute.volt;attribute.colour;Attribute.Tags;attribute.food;attribute.Free\n\
        L1;Lamp;each;lamps;12,5;red;a|b;ja;x\n";
    let mut bring = order(List::Items, items.as_bytes());
    let read_as = ReadAs { locale: Locale::parse("de").unwrap(), ..ReadAs::default() };
    let file = sent(items.as_bytes(), read_as);
    let brought = super::bring(&world.db, &who(&world), &file, &bring, &nothing()).unwrap();
    assert_eq!(brought.refused, []);
    let item = world.db.read_blocking(|conn| catalog::item(conn, "L1")).unwrap().unwrap();
    let wanted =
        serde_json::json!({ "volt": 12.5, "colour": "red", "tags": ["a", "b"], "food": true, "Free": "x" });
    assert_eq!(serde_json::Value::Object(item.attributes), wanted);
    let wrong = "sku,name,base_unit,category,attribute.volt,attribute.colour\nL2,Lamp,each,lamps,500,red\nL3,Lamp,each,lamps,5,green\nL4,Lamp,each,lamps,x,red\n";
    bring = order(List::Items, wrong.as_bytes());
    let file = sent(wrong.as_bytes(), ReadAs::default());
    let brought = super::bring(&world.db, &who(&world), &file, &bring, &nothing()).unwrap();
    assert_eq!(
        faults(&brought),
        [
            (2, Some("attribute.volt"), "attribute_refused"),
            (3, Some("attribute.colour"), "attribute_refused"),
            (4, Some("attribute.volt"), "invalid_value"),
        ]
    );
    // one that came among others is named in the words
    let among = "sku,name,base_unit,category,attributes\nL2,Lamp,each,lamps,\"{\"\"colour\"\":\"\"blue\"\"}\"\nL1,,,,\"{\"\"tags\"\":[\"\"x\"\"]}\"\n";
    let brought = world.send(List::Items, among, |_| {}).unwrap();
    assert_eq!(
        faults(&brought),
        [(2, Some("attributes"), "attribute_refused"), (3, Some("attributes"), "attribute_refused")]
    );
    assert_eq!(brought.refused[0].detail, "`blue` is not allowed as `colour` here, but `red`");
    assert!(brought.refused[1].detail.starts_with("`x` is no choice of `tags`"), "{brought:?}");
}

fn the_rows_that_were_refused_come_back_with_words(engine: Engine) {
    let world = world(engine);
    let text = "Nr;name;base_unit;error\nA;=One;each;old words\nB;;each;\n";
    for each in [false, true] {
        let mut bring = order(List::Items, text.as_bytes());
        bring.each = each;
        bring.said = [("Nr".to_owned(), "sku".to_owned())].into();
        let file = sent(text.as_bytes(), ReadAs::default());
        let brought = super::bring(&world.db, &who(&world), &file, &bring, &nothing()).unwrap();
        assert_eq!(brought.refused.len(), 1);
        let mut out = Cursor::new(Vec::new());
        write_refused(&file, &brought, &mut out).unwrap();
        let back = String::from_utf8(out.into_inner()).unwrap();
        let lines: Vec<&str> = back.split("\r\n").collect();
        assert_eq!(lines[0], "Nr;name;base_unit;error");
        if each {
            assert!(lines[1].starts_with("B;;each;\"name: a new one needs"), "{back}");
            assert_eq!(lines.len(), 3, "{back}");
        } else {
            assert_eq!(lines[1], "A;'=One;each;");
            assert!(lines[2].starts_with("B;;each;\"name: a new one needs"), "{back}");
        }
        // mended, it goes in as it is
        let mended = back.replace("B;;", "B;Two;");
        let brought = world.send(List::Items, &mended, |bring| {
            bring.dry_run = !each;
            bring.said = [("Nr".to_owned(), "sku".to_owned())].into();
        });
        assert_eq!(brought.unwrap().refused, []);
    }
    let one = world.db.read_blocking(|conn| catalog::item(conn, "A")).unwrap().unwrap();
    assert_eq!(one.name, "=One");
}

fn ground(world: &World) {
    world.takes(List::Items, "sku,name,base_unit,tracking,units,expiry\nMUG,Mug,each,none,case=12,\nMILK,Milk,each,lot,,named\nDRILL,Drill,each,serial,,\n");
    world.takes(List::Locations, "code,kind,parent\nST,site,\nB1,bin,ST\nB2,bin,ST\n");
}

fn a_row_says_that_it_comes_late(engine: Engine) {
    const CLOSE: db::Statement = db::Statement::new(
        "test.bring.close",
        "insert into stock_period (period, state, changed_at, changed_by, version) values (202602, 2, ?1, 1, 1)",
    );
    let mut world = world(engine);
    world.set_now("2026-03-02T08:00:00Z");
    ground(&world);
    let now = world.ctx.now.0;
    world.db.write_blocking(move |tx| tx.execute(&CLOSE, &[now.into()]).map(drop)).unwrap();
    let late = "kind,sku,location,qty,unit,effective_at,post_late\n\
        receive,MUG,B1,3,each,2026-02-10T12:00:00Z,yes\nreceive,MUG,B1,4,each,2026-02-11T12:00:00Z,\n";
    let brought = world.send(List::Movements, late, |bring| bring.each = true).unwrap();
    assert_eq!((brought.created, faults(&brought)), (1, vec![(3, Some("effective_at"), "period_closed")]));
    let posted = world.rows(What::Postings);
    assert_eq!(posted[0]["late_from"], "2026-02-10T12:00:00Z", "{posted:?}");
    assert_eq!(world.rows(What::Periods)[0]["period"], "2026-02");
}

fn a_file_of_stock_is_posted_once(engine: Engine) {
    let world = world(engine);
    ground(&world);
    let opening = "sku,location,qty,unit,lot,expiry_on,serials,unit_cost\n\
        MUG,B1,2,case,,,,60\nMILK,B1,10,,L1,2030-01-31,,0.80\nDRILL,B2,2,,,,S1|S2,99\n";
    let tried = world.send(List::OpeningStock, opening, |bring| bring.dry_run = true).unwrap();
    assert_eq!((tried.created, tried.refused.as_slice(), tried.kept), (3, [].as_slice(), false));
    assert_eq!(world.list(What::Stock), "");
    assert_eq!(world.takes(List::OpeningStock, opening), (3, 0, 0));
    let stock = world.list(What::Stock);
    assert_eq!(stock.lines().count(), 4);
    assert!(stock.contains("\"on_hand\":\"24\""), "{stock}");
    // a second time is refused, and tried it says what it would be
    let refused = world.send(List::OpeningStock, opening, |_| {}).unwrap_err();
    assert!(matches!(&refused, Failure::Refused(problem) if problem.code == Code::InUse), "{refused:?}");
    assert_eq!(world.list(What::Stock), stock);
    // a count of what is there changes nothing and is posted once
    let counts = "sku,location,counted,lot,unit\nMUG,B1,23,,each\nMILK,B1,10,L1,each\n";
    assert_eq!(world.takes(List::Counts, counts), (1, 0, 1));
    assert!(world.list(What::Stock).contains("\"on_hand\":\"23\""));
    let moves = "kind,sku,location,to_location,qty,lot,document,unit\n\
        move,MUG,B1,B2,3,,,each\nissue,MILK,B1,,4,L1,SO-1,\nmove,MUG,B1,B2,21,,,each\ndance,MUG,B1,B2,1,,,each\n";
    let all = world.send(List::Movements, moves, |_| {}).unwrap();
    assert_eq!(faults(&all), [(4, Some("qty"), "insufficient_stock"), (5, Some("kind"), "invalid_value")]);
    let each = world.send(List::Movements, moves, |bring| bring.each = true).unwrap();
    assert_eq!((each.created, each.refused.len()), (2, 2));
    let twice = world.send(List::Movements, moves, |bring| bring.each = true).unwrap_err();
    assert!(matches!(&twice, Failure::Refused(problem) if problem.code == Code::InUse), "{twice:?}");
    let again = world.send(List::Movements, moves, |bring| {
        bring.each = true;
        bring.again = true;
    });
    assert_eq!(again.unwrap().created, 2, "it happened twice");
}

fn columns_that_go_nowhere_are_refused_and_what_was_said_is_kept(engine: Engine) {
    let world = world(engine);
    let text = "Art,Bez,uom,Farbe\nA,One,each,red\n";
    let refused = world.send(List::Items, text, |_| {}).unwrap_err();
    let Failure::Refused(problem) = &refused else { panic!("{refused:?}") };
    let (nowhere, nobody) = problem.detail.split_once("; besides, ").unwrap();
    assert!(
        nowhere
            .starts_with("the columns `Art`, `Bez`, `Farbe` go nowhere: say which field each is, or `Art=-`")
    );
    assert_eq!(nobody, "no column is the field `sku`, which every row needs");
    let said = [("Art", "sku"), ("Bez", "name"), ("farbe", "-")];
    let said: Said = said.iter().map(|(title, field)| ((*title).to_owned(), (*field).to_owned())).collect();
    let kept = world.send(List::Items, text, |bring| bring.said = said);
    assert_eq!(kept.unwrap().created, 1);
    let sign = world.send(List::Items, "sku,#,€\nA,x,y\n", |bring| {
        bring.said = [("#".to_owned(), "-".to_owned())].into();
    });
    assert!(
        matches!(&sign, Err(Failure::Refused(problem)) if problem.detail.contains("`€` goes nowhere")),
        "{sign:?}"
    );
    let nameless = world.send(List::Items, "sku,,name\nA,x,One\n", |_| {}).unwrap();
    assert_eq!(nameless.refused.len(), 1, "{nameless:?}");
    // the next file of the same kind needs nothing said
    assert_eq!(world.takes(List::Items, "Art,Bez,uom,Farbe\nB,Two,each,blue\n"), (1, 0, 0));
}

fn only_who_may_imports(engine: Engine) {
    let world = world(engine);
    let nobody = Principal::new(domain::PrincipalId(9), "nobody", web::PrincipalKind::User, Vec::new(), None);
    let who = Who { ctx: world.ctx.clone(), principal: Arc::new(nobody) };
    for list in List::ALL {
        assert_eq!(List::parse(list.word()), Some(list));
        let file = sent(b"sku\nA\n", ReadAs::default());
        let refused = super::bring(&world.db, &who, &file, &order(list, b""), &nothing()).unwrap_err();
        assert!(
            matches!(&refused, Failure::Refused(problem) if problem.code == Code::Forbidden),
            "{refused:?}"
        );
    }
}

fn every_statement_can_be_prepared(engine: Engine) {
    let world = world(engine);
    for statement in store::STATEMENTS.into_iter().chain(crate::imports::STATEMENTS) {
        world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
}

fn what_a_row_does_not_say_stays(engine: Engine) {
    let world = world(engine);
    world.takes(
        List::Items,
        "sku,name,base_unit,whole,hazard_class,un_number,packing_group\nPAINT,Paint,kg,no,3,1263,II\n",
    );
    assert_eq!(world.takes(List::Items, "sku,hazard_class\nPAINT,3\n"), (0, 0, 1));
    assert_eq!(world.takes(List::Items, "sku,packing_group\nPAINT,III\n"), (0, 1, 0));
    let item = world.db.read_blocking(|conn| catalog::item(conn, "PAINT")).unwrap().unwrap();
    let hazard = serde_json::to_value(item.hazard).unwrap();
    assert_eq!(hazard, serde_json::json!({ "class": "3", "un_number": 1263, "packing_group": "III" }));
    world.takes(List::Attributes, "key,kind,choices\ncolour,choice,red|blue\n");
    world.takes(List::Categories, "path\nlamps\n");
    world.takes(
        List::CategoryAttributes,
        "category,attribute,required,allowed,position\nlamps,colour,no,red,4\n",
    );
    assert_eq!(
        world.takes(List::CategoryAttributes, "category,attribute,required\nlamps,colour,yes\n"),
        (0, 1, 0)
    );
    let rule = world.rows(What::CategoryAttributes).remove(0);
    assert_eq!(
        (&rule["required"], &rule["allowed"], &rule["position"]),
        (&true.into(), &serde_json::json!(["red"]), &4.into())
    );
    // a thousand of `de` is a thousand
    let units = "sku;unit;factor\nPAINT;pallet;1.000\n";
    let file = sent(units.as_bytes(), ReadAs { locale: Locale::parse("de").unwrap(), ..ReadAs::default() });
    let brought =
        super::bring(&world.db, &who(&world), &file, &order(List::Units, units.as_bytes()), &nothing());
    assert_eq!(brought.unwrap().refused, []);
    assert_eq!(world.takes(List::Units, "sku,unit,factor\nPAINT,pallet,1000.0\n"), (0, 0, 1));
    world.takes(List::Locations, "code,kind,parent\nBER,site,\nB1,bin,BER\n");
    assert_eq!(world.takes(List::Locations, "code,parent\nb1,ber\n"), (0, 0, 1));
    let mapped = world.send(List::Items, "sku,Spannung\nPAINT,5\n", |bring| {
        bring.said = [("Spannung".to_owned(), "attribute.volt".to_owned())].into();
    });
    assert_eq!(mapped.unwrap().changed, 1);
}

fn what_was_refused_is_decided_anew(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit\nMUG,Mug,each\n");
    let opening = "sku,location,qty\nMUG,B1,5\n";
    let first = world.send(List::OpeningStock, opening, |bring| bring.each = true).unwrap();
    assert_eq!((first.created, first.refused.len()), (0, 1));
    world.takes(List::Locations, "code,kind,parent\nST,site,\nB1,bin,ST\n");
    let second = world.send(List::OpeningStock, opening, |bring| bring.each = true).unwrap();
    assert_eq!((second.created, second.refused.as_slice()), (1, [].as_slice()));
    // the same file as counts is another import
    assert_eq!(world.takes(List::Counts, opening), (0, 0, 1));
    let tried = world.send(List::OpeningStock, opening, |bring| bring.dry_run = true).unwrap_err();
    assert!(matches!(&tried, Failure::Refused(problem) if problem.code == Code::InUse), "{tried:?}");
}

fn an_import_that_was_cut_off_goes_on(engine: Engine) {
    let world = world(engine);
    ground(&world);
    let mut text = "sku,location,qty,unit\n".to_owned();
    for number in 0..1_200 {
        let location = if number == 700 { "NOWHERE" } else { "B1" };
        writeln!(text, "MUG,{location},1,each").unwrap();
    }
    let bring = Bring { each: true, ..order(List::OpeningStock, text.as_bytes()) };
    let file = sent(text.as_bytes(), ReadAs::default());
    // the process ends behind the first part
    let ended: Watch = Arc::new(|_| panic!("it ends here"));
    let cut_off = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        super::bring(&world.db, &who(&world), &file, &bring, &ended)
    }));
    assert!(cut_off.is_err());
    let brought = super::bring(&world.db, &who(&world), &file, &bring, &nothing()).unwrap();
    assert_eq!((brought.rows, brought.earlier, brought.created, brought.refused.len()), (1_200, 500, 699, 1));
    assert!(world.list(What::Stock).contains("\"on_hand\":\"1199\""), "{}", world.list(What::Stock));
}

fn a_price_that_follows_ends_the_one_before(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit\nLAMP,Lamp,each\n");
    let price =
        |rest: &str| format!("sku,kind,currency,amount,valid_from,valid_until\nLAMP,sales,EUR,{rest}\n");
    assert_eq!(world.takes(List::Prices, &price("10,2099-01-01,")), (1, 0, 0));
    assert_eq!(world.takes(List::Prices, &price("11,2099-03-01,")), (1, 0, 0));
    assert_eq!(world.takes(List::Prices, &price("11,2099-03-01,")), (0, 0, 1));
    assert_eq!(world.takes(List::Prices, &price("11,2099-03-01,2099-12-31")), (0, 1, 0));
    let spans: Vec<String> = world
        .rows(What::Prices)
        .iter()
        .map(|row| format!("{} {} {}", row["amount"], row["valid_from"], row["valid_until"]))
        .collect();
    assert_eq!(spans, [r#""10" "2099-01-01" "2099-02-28""#, r#""11" "2099-03-01" "2099-12-31""#]);
}

fn an_import_that_is_stopped_keeps_what_it_says(engine: Engine) {
    let world = world(engine);
    let mut text = "sku,name,base_unit\n".to_owned();
    for number in 0..1_200 {
        writeln!(text, "I{number:04},Item,each").unwrap();
    }
    let at_once: Watch = Arc::new(|_| ControlFlow::Break(()));
    for (each, kept) in [(false, ""), (true, "I0499")] {
        let bring = Bring { each, ..order(List::Items, text.as_bytes()) };
        let file = sent(text.as_bytes(), ReadAs::default());
        let brought = super::bring(&world.db, &who(&world), &file, &bring, &at_once).unwrap();
        assert_eq!((brought.stopped, brought.rows, brought.kept), (true, 500, each));
        let items = world.list(What::Items);
        assert_eq!((items.is_empty(), items.contains("I0500")), (kept.is_empty(), false));
        assert!(items.contains(kept));
    }
    assert_eq!(world.takes(List::Items, &text), (700, 0, 500));
}

fn a_file_that_cannot_be_read_to_its_end_keeps_nothing(engine: Engine) {
    let world = world(engine);
    let mut text = "sku,name,base_unit\n".to_owned();
    for number in 0..1_000 {
        writeln!(text, "I{number},Item,each").unwrap();
    }
    for (end, words) in [("X,Y,each,more\n", "more cells"), ("X,\"Y,each\nZ,Z,each\n", "not closed")] {
        let refused =
            world.send(List::Items, &format!("{text}{end}"), |bring| bring.each = true).unwrap_err();
        assert!(
            matches!(&refused, Failure::Refused(problem) if problem.detail.contains(words)),
            "{refused:?}"
        );
        assert_eq!(world.list(What::Items), "");
    }
}
