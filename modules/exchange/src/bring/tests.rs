//! Lists go in as they are written, or are refused row by row and change nothing.

use super::*;
use crate::export::{Format as ExportFormat, What};
use crate::table::{Format, Locale, ReadAs, Table, Writer};
use crate::testing::{World, on_both_engines, world};
use db::Engine;
use domain::Code;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write as _};
use web::Failure;

on_both_engines!(
    what_is_there_is_changed_and_what_is_new_is_made,
    a_row_that_is_refused_keeps_all_back_or_only_itself,
    a_dry_run_keeps_nothing,
    parents_may_stand_below_their_children,
    attributes_are_read_by_their_definitions,
    the_rows_that_were_refused_come_back_with_words,
    a_file_of_stock_is_posted_once,
    a_catalogue_goes_into_an_empty_database_and_is_equal,
    columns_that_go_nowhere_are_refused_and_what_was_said_is_kept,
    only_who_may_imports,
    every_statement_can_be_prepared,
);

fn who(world: &World) -> Who {
    Who { ctx: world.ctx.clone(), principal: Arc::new(Principal::system()) }
}

fn nothing() -> Watch {
    Arc::new(|_| {})
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
    }
}

struct Sent {
    table: Arc<Table>,
    _file: tempfile::NamedTempFile,
}

fn sent(bytes: &[u8], read_as: ReadAs) -> Sent {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Sent { table: Arc::new(Table::open(file.path(), read_as).unwrap()), _file: file }
}

impl World {
    fn send(&self, list: List, text: &str, change: impl FnOnce(&mut Bring)) -> Result<Brought, Failure> {
        let mut bring = order(list, text.as_bytes());
        change(&mut bring);
        let sent = sent(text.as_bytes(), ReadAs::default());
        super::bring(&self.db, &who(self), &sent.table, &bring, &nothing())
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
    assert_eq!(world.takes(List::Barcodes, "sku,code,unit\nCUP,X-1,\nMUG,4006381333931,each\n"), (1, 0, 1));
    assert_eq!(world.takes(List::Reasons, "code,name\nmouse,Eaten\nmoth,Eaten too\n").0, 2);
    assert_eq!(world.takes(List::Reasons, "code,name,active\nmouse,Eaten again,\nmoth,,no\n"), (0, 2, 0));
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
    // what is there is not changed where an import cannot
    let change = world.send(List::Items, "sku,tracking\nF,none\n", |_| {}).unwrap();
    assert_eq!(faults(&change), [(2, Some("tracking"), "invalid_value")]);
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
    let lost = world.send(List::Categories, "path\nx/y\n", |_| {}).unwrap();
    assert_eq!(lost.refused.len(), 1);
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
    let brought = super::bring(&world.db, &who(&world), &file.table, &bring, &nothing()).unwrap();
    assert_eq!(brought.refused, []);
    let item = world.db.read_blocking(|conn| catalog::item(conn, "L1")).unwrap().unwrap();
    let wanted =
        serde_json::json!({ "volt": 12.5, "colour": "red", "tags": ["a", "b"], "food": true, "Free": "x" });
    assert_eq!(serde_json::Value::Object(item.attributes), wanted);
    let wrong = "sku,name,base_unit,category,attribute.volt,attribute.colour\nL2,Lamp,each,lamps,500,red\nL3,Lamp,each,lamps,5,green\nL4,Lamp,each,lamps,x,red\n";
    bring = order(List::Items, wrong.as_bytes());
    let file = sent(wrong.as_bytes(), ReadAs::default());
    let brought = super::bring(&world.db, &who(&world), &file.table, &bring, &nothing()).unwrap();
    assert_eq!(
        faults(&brought),
        [
            (2, Some("attribute.volt"), "attribute_refused"),
            (3, Some("attribute.colour"), "attribute_refused"),
            (4, Some("attribute.volt"), "invalid_value"),
        ]
    );
}

fn the_rows_that_were_refused_come_back_with_words(engine: Engine) {
    let world = world(engine);
    let text = "Nr;name;base_unit;error\nA;=One;each;old words\nB;;each;\n";
    for each in [false, true] {
        let mut bring = order(List::Items, text.as_bytes());
        bring.each = each;
        bring.said = [("Nr".to_owned(), "sku".to_owned())].into();
        let file = sent(text.as_bytes(), ReadAs::default());
        let brought = super::bring(&world.db, &who(&world), &file.table, &bring, &nothing()).unwrap();
        assert_eq!(brought.refused.len(), 1);
        let mut out = Cursor::new(Vec::new());
        write_refused(&file.table, &brought, &mut out).unwrap();
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

/// A list as a file of a kind.
fn file_of(world: &World, what: What, format: Format) -> Vec<u8> {
    let text = world.export(what, ExportFormat::CSV, None);
    if format == Format::Csv {
        return text.into_bytes();
    }
    let file = sent(text.as_bytes(), ReadAs::default());
    let mut out = Cursor::new(Vec::new());
    let mut writer =
        Writer::begin(format, file.table.columns.clone(), (Locale::ISO, None), &mut out).unwrap();
    file.table
        .rows(&mut |line| writer.row(&line.cells).map_err(|error| Failure::fault(error.to_string())))
        .unwrap();
    writer.end().unwrap();
    out.into_inner()
}

fn a_catalogue_goes_into_an_empty_database_and_is_equal(engine: Engine) {
    let lists = [
        (What::Attributes, List::Attributes),
        (What::Categories, List::Categories),
        (What::CategoryAttributes, List::CategoryAttributes),
        (What::Items, List::Items),
        (What::Units, List::Units),
        (What::Barcodes, List::Barcodes),
    ];
    let first = world(engine);
    crate::import_year::load(&first.db, &first.ctx, crate::testing::slice(900), crate::testing::on).unwrap();
    first.takes(List::Attributes, "key,name,kind,unit,choices,least,most\nvolt,Voltage,number,V,,0.5,400\ncolour,\"Colour, main\",choice,,red|blue,,\n");
    first.takes(List::Categories, "path\ngifts/lamps\n");
    first.takes(List::CategoryAttributes, "category,attribute,required,default,allowed,position\ngifts/lamps,colour,true,\"\"\"red\"\"\",red|blue,3\n");
    first.takes(List::Items, "sku,name,base_unit,category,attribute.volt,attributes,hazard_class,un_number,packing_group,temperature,storage_class,owner,expiry,shelf_life_days,tracking,whole,units,barcodes\n\
        LAMP,\"=Lamp, \"\"big\"\"\",each,gifts/lamps,12.5,\"{\"\"a\"\":[1,null],\"\"b\"\":\"\"'x\"\"}\",4.1,1263,II,cool,bulky,Someone,shelf_life,30,lot,no,inner=1/3|case=12,'-QUOTED|case:14006381333938\n");
    for format in [Format::Csv, Format::Xlsx, Format::Jsonl] {
        let second = world(engine);
        for (what, list) in lists {
            let bytes = file_of(&first, what, format);
            let file = sent(&bytes, ReadAs::default());
            let brought =
                super::bring(&second.db, &who(&second), &file.table, &order(list, &bytes), &nothing())
                    .unwrap();
            assert_eq!(brought.refused, [], "{} {format:?}", list.word());
            assert_eq!(second.plain(what), first.plain(what), "{} {format:?}", list.word());
            let again =
                super::bring(&second.db, &who(&second), &file.table, &order(list, &bytes), &nothing())
                    .unwrap();
            assert_eq!((again.refused.len(), again.unchanged), (0, again.rows), "{} {format:?}", list.word());
        }
    }
}

impl World {
    /// A list without versions, in the order of its text.
    fn plain(&self, what: What) -> Vec<String> {
        let mut rows = self.rows(what);
        for row in &mut rows {
            row.as_object_mut().unwrap().remove("version");
        }
        let mut texts: Vec<String> = rows.iter().map(ToString::to_string).collect();
        texts.sort();
        texts
    }
}

fn columns_that_go_nowhere_are_refused_and_what_was_said_is_kept(engine: Engine) {
    let world = world(engine);
    let text = "Art,Bez,uom,Farbe\nA,One,each,red\n";
    let refused = world.send(List::Items, text, |_| {}).unwrap_err();
    assert!(matches!(&refused, Failure::Refused(problem) if problem.detail.contains("`Art` goes nowhere")));
    let said = [("Art", "sku"), ("Bez", "name"), ("farbe", "-")];
    let said: Said = said.iter().map(|(title, field)| ((*title).to_owned(), (*field).to_owned())).collect();
    let kept = world.send(List::Items, text, |bring| bring.said = said);
    assert_eq!(kept.unwrap().created, 1);
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
        let refused = super::bring(&world.db, &who, &file.table, &order(list, b""), &nothing()).unwrap_err();
        assert!(
            matches!(&refused, Failure::Refused(problem) if problem.code == Code::Forbidden),
            "{refused:?}"
        );
    }
}

fn every_statement_can_be_prepared(engine: Engine) {
    let world = world(engine);
    for statement in store::STATEMENTS {
        world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
}
