//! Lists go in as they are written, or are refused row by row and change nothing.

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
    a_catalogue_goes_into_an_empty_database_and_is_equal,
    what_was_used_goes_into_an_empty_database_and_is_equal,
    places_are_made_as_they_are_told_or_refused,
    what_only_sites_and_places_have_is_laid_over_what_is_there,
    stock_that_was_written_out_opens_other_books,
    movements_that_were_written_out_happen_again,
    columns_that_go_nowhere_are_refused_and_what_was_said_is_kept,
    only_who_may_imports,
    every_statement_can_be_prepared,
    what_a_row_does_not_say_stays,
    what_was_refused_is_decided_anew,
    an_import_that_was_cut_off_goes_on,
    an_import_that_is_stopped_keeps_what_it_says,
    what_is_said_of_sites_is_taken_once_and_refused_by_its_column,
    what_trade_does_not_take_is_refused_by_its_column,
    a_price_that_follows_ends_the_one_before,
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

/// A list as the export writes it.
fn file_of(world: &World, what: What, format: ExportFormat) -> Vec<u8> {
    let mut out = Vec::new();
    let order = export::Export { what, format, as_of: None };
    world.db.read_blocking(|conn| export::export(conn, &order, &mut out)).unwrap();
    out
}

/// The lists of records, each with its export, in the order in which they go in.
fn records() -> impl Iterator<Item = (What, List)> {
    let records = List::ALL.into_iter().filter(|list| !list.is_of_stock());
    records.map(|list| (What::parse(list.word()).unwrap(), list))
}

fn a_catalogue_goes_into_an_empty_database_and_is_equal(engine: Engine) {
    let first = world(engine);
    crate::import_year::load(&first.db, &first.ctx, crate::testing::slice(900), crate::testing::on).unwrap();
    first.takes(List::Attributes, "key,name,kind,unit,choices,least,most\nvolt,Voltage,number,V,,0.5,400\ncolour,\"Colour, main\",choice,,\"[\"\"red\"\",\"\"a|b\"\"]\",,\n");
    first.takes(List::Categories, "path\ngifts/lamps\n");
    first.takes(List::Reasons, "code,name,active\nmoth,\"Eaten, too\",no\n");
    first.takes(List::Locations, "code,kind,parent,x_mm,y_mm,z_mm,walk\nBIN-9,bin,LON,10,20,30,7\n");
    first.takes(List::CategoryAttributes, "category,attribute,required,default,allowed,position\ngifts/lamps,colour,true,\"\"\"red\"\"\",red,3\ngifts/lamps,volt,,,,\n");
    first.takes(List::Items, "sku,name,base_unit,category,attribute.volt,attributes,hazard_class,un_number,packing_group,temperature,storage_class,owner,expiry,shelf_life_days,tracking,whole,units,barcodes\n\
        LAMP,\"=Lamp, \"\"big\"\"\",each,gifts/lamps,12.5,\"{\"\"a\"\":[1,null],\"\"b\"\":\"\"'x\"\"}\",4.1,1263,II,cool,bulky,Someone,shelf_life,30,lot,no,inner=1/3|case=12,'-QUOTED|case:14006381333938\n");
    first.trade();
    first.takes(List::Minimums, "site,sku,least\nLON,LAMP,2.5\n");
    first.takes(List::BackorderRules, "site,sku,rule,cap\nLON,,cap,10\nLON,LAMP,none,\n");
    let de = Locale::parse("de").unwrap();
    for format in [ExportFormat::CSV, ExportFormat::Csv(de), ExportFormat::Xlsx, ExportFormat::Jsonl] {
        let second = world(engine);
        let locale = if format == ExportFormat::Csv(de) { de } else { Locale::ISO };
        let read_as = || ReadAs { locale, ..ReadAs::default() };
        for (what, list) in records() {
            let bytes = file_of(&first, what, format);
            second.is_equal_after(&first, (what, list), &bytes, read_as());
        }
    }
}

/// A store in which places were blocked and went out of use, and so did suppliers, families and items.
fn used(engine: Engine) -> World {
    let world = world(engine);
    world.takes(List::Reasons, "code,name,active\ndamaged,Damaged,\nflood,Flood,\n");
    world.takes(
        List::LocationTypes,
        "code,name,kind,role,sellable,archived\nFACE,Pick face,bin,pick_face,,\nOLD-RACK,,rack,reserve,no,\n",
    );
    world.takes(List::Locations, USED_PLACES);
    world.takes(List::Sites, USED_SITES);
    world.takes(List::SiteDays, "site,on,name,hours\nLON,2026-12-25,Christmas,closed\nLON,2026-12-24,\"Eve, short\",08:00-12:00|13:00-14:00\nOLD,2020-01-01,New Year,\n");
    world.takes(List::Capacities, USED_CAPACITIES);
    world.takes(List::LocationTypes, "code,archived\nOLD-RACK,yes\n");
    world.used_goods();
    world.takes(List::Reasons, "code,active\nflood,no\n");
    world
}

/// Places with all that can be said of them; what stands above another is not always told before it.
const USED_PLACES: &str = "\
    code,kind,type,parent,role,sellable,open_to_allocation,walk,x_mm,y_mm,z_mm,state,zone,blocked,block_reason,archived,archived_at\n\
    LON,site,,,,,,,,,,pilot,Europe/London,,,,\n\
    A,aisle,,LON,,,,,,,,,,yes,flood,,\n\
    B1,,FACE,A,,no,,4,1,2,3,,,yes,,,\n\
    B2,bin,FACE,A,reserve,,no,,,,,,,yes,Damaged,,\n\
    GONE-1,bin,,GONE,,,,,,,,,,,,yes,2020-01-01T00:00:00Z\n\
    GONE-2,bin,,GONE,quarantine,,,,,,,,,yes,damaged,yes,\n\
    GONE,rack,OLD-RACK,LON,,,,,,,,,,,,yes,\n\
    TOTE,handling_unit,,B1,,,,,,,,,,yes,,,\n\
    CARTON,handling_unit,,TOTE,,,,,,,,,,yes,damaged,yes,\n\
    OLD,site,,,,,,,,,,,,,,yes,\n";

const USED_SITES: &str = "site,lines,city,region,postcode,country,contacts,hours\n\
    LON,\"1 High Street\nDock 3\",London,,N1 9GU,GB,\"[{\"\"label\"\":\"\"Goods in\"\",\"\"phone\"\":\"\"+44 20 5550 0100\"\"},{\"\"label\"\":\"\"Desk\"\",\"\"name\"\":\"\"Ann\"\"}]\",monday 08:00-12:00|monday 13:00-17:30|sunday 10:00-24:00\n\
    OLD,Far away,,,,IS,,closed\n";

const USED_CAPACITIES: &str = "location_type,location,rule,max,of,breach,unknown,lifted\n\
    FACE,,volume,12.5,,warn,,\nFACE,,items,1,,,,\nFACE,,temperature,,cool|none,,,\nOLD-RACK,,weight,900,,,refuse,\n\
    ,B2,items,,,,,yes\n,B2,storage_class,,bulky,,,\n,TOTE,units,40,,,,\n";

fn what_only_sites_and_places_have_is_laid_over_what_is_there(engine: Engine) {
    let world = used(engine);
    let of = |what: What, at: usize| world.rows(what).swap_remove(at);
    let lon = of(What::Sites, 0);
    assert_eq!(
        (&lon["lines"], &lon["hours"][1], &lon["contacts"][1]["name"]),
        (&"1 High Street\nDock 3".into(), &"monday 13:00-17:30".into(), &"Ann".into())
    );
    assert_eq!(world.takes(List::Sites, "site,city\nLON,London\n"), (0, 0, 1));
    assert_eq!(world.takes(List::Sites, "site,city,hours\nLON,Leeds,around_the_clock\n"), (0, 1, 0));
    assert_eq!(world.takes(List::Sites, "site,hours\nlon,Friday 09:00-10:00\n"), (0, 1, 0));
    assert_eq!(world.takes(List::SiteDays, "site,on,hours\nLON,2026-12-25,10:00-11:00\n"), (0, 1, 0));
    assert_eq!(world.takes(List::SiteDays, "site,on,name\nLON,2027-01-01,New Year\n"), (1, 0, 0));
    assert_eq!(
        (&of(What::SiteDays, 1)["name"], &of(What::SiteDays, 2)["hours"][0]),
        (&"Christmas".into(), &"closed".into())
    );
    assert_eq!(
        (&of(What::Sites, 0)["postcode"], &of(What::Sites, 0)["city"]),
        (&"N1 9GU".into(), &"Leeds".into())
    );
    assert_eq!(
        world.takes(List::Capacities, "location_type,rule,breach\nFACE,items,warn\nface,volume,\n"),
        (0, 1, 1)
    );
    assert_eq!(world.takes(List::Capacities, "location_type,rule,max\nFACE,volume,12.50\n"), (0, 0, 1));
    assert_eq!(world.takes(List::Capacities, "location,rule,max\nB1,lots,2\n"), (1, 0, 0));
    let rows: [(List, &str, Option<&str>, &str); 17] = [
        (List::Sites, "site,city\nNONE,X\n", None, "not_found"),
        (List::Sites, "site,city\nB1,X\n", None, "not_found"),
        (List::Sites, "site,country\nLON,XX\n", Some("country"), "invalid_value"),
        (List::Sites, "site,hours\nLON,monday\n", Some("hours"), "invalid_value"),
        (List::Sites, "site,hours\nLON,someday 08:00-09:00\n", Some("hours"), "invalid_value"),
        (List::Sites, "site,hours\nLON,monday 09:00-08:00\n", Some("hours"), "invalid_value"),
        (
            List::Sites,
            "site,contacts\nLON,\"[{\"\"label\"\":\"\"X\"\"}]\"\n",
            Some("contacts"),
            "invalid_value",
        ),
        (List::SiteDays, "site,on,hours\nLON,2027-05-01,08:00\n", Some("hours"), "invalid_value"),
        (List::SiteDays, "site,on,name,hours\nLON,2027-05-01,,closed\n", Some("name"), "invalid_value"),
        (List::Capacities, "rule,max\nunits,1\n", None, "invalid_value"),
        (List::Capacities, "location,rule,max\nNONE,units,1\n", None, "not_found"),
        (List::Capacities, "location_type,rule,max\nNONE,units,1\n", None, "not_found"),
        (List::Capacities, "location,rule,max\nB1,size,1\n", Some("rule"), "invalid_value"),
        (List::Capacities, "location,rule,max\nB1,units,0\n", Some("max"), "invalid_value"),
        (List::Capacities, "location,rule,of\nB1,temperature,hot\n", Some("of"), "invalid_value"),
        (List::Capacities, "location,rule,max,lifted\nB1,units,1,yes\n", Some("max"), "invalid_value"),
        (List::Capacities, "location_type,rule,lifted\nFACE,units,yes\n", Some("lifted"), "invalid_value"),
    ];
    let before = [What::Sites, What::SiteDays, What::Capacities].map(|what| world.list(what));
    for (list, text, column, code) in rows {
        let brought = world.send(list, text, |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, column, code)], "{text}: {:?}", brought.refused);
    }
    assert_eq!([What::Sites, What::SiteDays, What::Capacities].map(|what| world.list(what)), before);
}

fn what_was_used_goes_into_an_empty_database_and_is_equal(engine: Engine) {
    let first = used(engine);
    // an item in use still consists of nothing that is archived
    let brought = first.send(List::Boms, "sku,kind,component,qty\nTIE-M,kit,BULB-2,1\n", |_| {}).unwrap();
    assert_eq!(faults(&brought), [(2, Some("component"), "invalid_value")]);
    for format in [ExportFormat::CSV, ExportFormat::Xlsx, ExportFormat::Jsonl] {
        let second = world(engine);
        for (what, list) in records() {
            let bytes = file_of(&first, what, format);
            second.is_equal_after(&first, (what, list), &bytes, ReadAs::default());
        }
    }
}

impl World {
    /// Imports all records of another store.
    fn takes_records_of(&self, first: &World) {
        for (what, list) in records() {
            let bytes = file_of(first, what, ExportFormat::CSV);
            self.is_equal_after(first, (what, list), &bytes, ReadAs::default());
        }
    }

    /// Imports a list of stock that another store has written in a form; how many rows were made and how many said what is there.
    fn takes_stock_of(&self, first: &World, (what, list): (What, List), format: ExportFormat) -> (u64, u64) {
        let bytes = file_of(first, what, format);
        let file = sent(&bytes, ReadAs::default());
        let brought = super::bring(&self.db, &who(self), &file, &order(list, &bytes), &nothing()).unwrap();
        assert_eq!(brought.refused, [], "{} {format:?}", list.word());
        (brought.created, brought.unchanged)
    }

    /// Moves the clock, and imports what must be taken.
    fn at(&mut self, time: &str, list: List, text: &str) {
        self.set_now(time);
        assert_eq!(self.takes(list, text).2, 0, "{text}");
    }

    /// Stock that came, was moved, sold, counted, sent back and set apart, at places of which some are blocked since.
    fn used_stock(&mut self) {
        self.takes(List::Items, "sku,name,base_unit,tracking,units,expiry\nMUG,Mug,each,none,case=12,\nMILK,Milk,each,lot,,named\nDRILL,Drill,each,serial,,\n");
        self.takes(List::Items, "sku,name,base_unit,owner\nVASE,Vase,each,Somebody\n");
        self.takes(List::Locations, "code,kind,parent,block_reason\nLON,site,,\nB1,bin,LON,\nB2,bin,LON,\nB3,bin,LON,damaged\nNYC,site,,\nN1,bin,NYC,\nPAL,handling_unit,B2,\n");
        self.at("2026-03-02T08:00:00Z", List::OpeningStock, "sku,location,qty,unit,lot,expiry_on,serials,unit_cost\n\
            MUG,B1,3,each,,,,10\nMUG,PAL,7,each,,,,3.333333\nMUG,B3,1,each,,,,0.01\nMILK,B1,10,,L1,2030-01-31,,0.80\nDRILL,B2,2,,,,S1|S2,99\nVASE,B1,4,,,,,\n");
        let moved = "kind,sku,location,to_location,to_status,qty,unit,lot,serials,unit_cost,reason,document,made_on,expiry_on\n";
        for (time, row) in [
            ("03-02T09:00:00", "receive,MUG,B1,,,2,case,,,60,,PO-1,,"),
            ("03-02T10:00:00", "issue,MUG,B1,,,4,each,,,,,SO-1,,"),
            ("03-02T11:00:00", "move,MUG,B1,B2,,5,each,,,,,,,"),
            ("03-02T12:00:00", "set_status,MILK,B1,,damaged,2,,L1,,,damaged,,,"),
            ("03-02T13:00:00", "receive,MILK,N1,,,6,,L2,,0.90,,,2026-02-01,2031-02-28"),
            ("03-02T14:00:00", "issue,DRILL,B2,,,,,,S1,,,SO-2,,"),
            ("03-02T15:00:00", "return,MUG,B1,,,1,each,,,2,,SO-1,,"),
            ("03-02T16:00:00", "receive,DRILL,B1,,,,,R-7,S3,45,,,,"),
            ("03-02T17:00:00", "consume,MUG,B2,,,1,each,,,,,,,"),
        ] {
            self.at(&format!("2026-{time}Z"), List::Movements, &format!("{moved}{row}\n"));
        }
        // counted now, and of a time before what was sold meanwhile
        self.at(
            "2026-03-02T18:00:00Z",
            List::Counts,
            "sku,location,counted,unit,lot,reason\nMUG,B2,6,each,,found\nMILK,B1,7,,L1,\n",
        );
        self.at("2026-03-02T19:00:00Z", List::Movements, "kind,sku,location,qty,unit\nissue,MUG,B2,1,each\n");
        self.at(
            "2026-03-02T20:00:00Z",
            List::Counts,
            "sku,location,counted,unit,effective_at,note\nMUG,B2,4,each,2026-03-02T18:30:00Z,late\n",
        );
        self.set_now("2026-03-02T21:00:00Z");
        self.reverses("SO-1");
    }

    /// Reverses the issue of a document.
    fn reverses(&self, document: &str) {
        let postings = self.rows(What::Postings);
        let is_it = |row: &&serde_json::Value| row["document"] == document && row["kind"] == "issue";
        let it = postings.iter().find(is_it).unwrap();
        let posting = domain::PostingId::parse(it["posting"].as_str().unwrap()).unwrap();
        let input =
            stock::ReverseInput { posting, effective_at: None, post_late: false, reason: None, note: None };
        let request = stock::Request {
            ctx: self.ctx.clone(),
            principal: who(self).principal,
            key: None,
            work: stock::Work::Reverse(input),
            second: web::Second::Cannot,
        };
        let answers =
            self.db.write_blocking(move |tx| stock::run_in(tx, std::slice::from_ref(&request))).unwrap();
        assert!(answers.iter().all(|answer| answer.status.is_success()), "{:?}", answers[0].problem());
    }

    /// What each place holds and what all of it is worth.
    fn held(&self) -> (Vec<String>, Vec<String>) {
        (self.plain(What::Stock), self.plain(What::Valuation))
    }
}

fn stock_that_was_written_out_opens_other_books(engine: Engine) {
    let mut first = world(engine);
    first.used_stock();
    for format in [ExportFormat::CSV, ExportFormat::Xlsx, ExportFormat::Jsonl] {
        let mut second = world(engine);
        second.set_now("2026-03-03T08:00:00Z");
        second.takes_records_of(&first);
        let rows = first.rows(What::OpeningStock).len();
        let opened = second.takes_stock_of(&first, (What::OpeningStock, List::OpeningStock), format);
        assert_eq!(opened, (u64::try_from(rows).unwrap(), 0));
        assert_eq!(second.held(), first.held());
        assert_eq!(second.plain(What::OpeningStock), first.plain(What::OpeningStock));
    }
}

fn movements_that_were_written_out_happen_again(engine: Engine) {
    let mut first = world(engine);
    first.used_stock();
    // what was counted says what is there
    let counts = first.rows(What::Counts).len();
    let again = first.takes_stock_of(&first, (What::Counts, List::Counts), ExportFormat::CSV);
    assert_eq!((again, counts), ((0, 3), 3));
    for format in [ExportFormat::CSV, ExportFormat::Xlsx, ExportFormat::Jsonl] {
        let mut second = world(engine);
        second.set_now("2026-03-03T08:00:00Z");
        second.takes_records_of(&first);
        let rows = first.rows(What::MovementsIn).len();
        let posted = second.takes_stock_of(&first, (What::MovementsIn, List::Movements), format);
        assert_eq!(posted, (u64::try_from(rows).unwrap(), 0));
        assert_eq!(second.held(), first.held());
        assert_eq!(second.plain(What::MovementsIn), first.plain(What::MovementsIn));
    }
}

fn places_are_made_as_they_are_told_or_refused(engine: Engine) {
    let world = used(engine);
    let state = |code: &str| {
        let there = world.rows(What::Locations).into_iter().find(|row| row["code"] == code).unwrap();
        let text = |name: &str| there[name].as_str().map(str::to_owned);
        (
            text("block_reason"),
            there["blocked"] == true,
            there["archived"] == true,
            text("archived_at").is_some(),
        )
    };
    let reason = |text: &str| Some(text.to_owned());
    for (code, wanted) in [
        ("LON", (None, false, false, false)),
        ("A", (reason("flood"), true, false, false)),
        ("B1", (None, true, false, false)),
        ("B2", (reason("damaged"), true, false, false)),
        ("GONE", (None, false, true, true)),
        ("GONE-1", (None, false, true, true)),
        ("GONE-2", (reason("damaged"), true, true, false)),
        ("TOTE", (None, true, false, false)),
        ("CARTON", (reason("damaged"), true, true, true)),
    ] {
        assert_eq!(state(code), wanted, "{code}");
    }
    let before = world.list(What::Locations);
    let rows: [(&str, &str, &str); 11] = [
        ("N,bin,B-0,,,,,,", "parent", "unknown_location"),
        ("N,bin,LON,,yes,,,,", "blocked", "invalid_value"),
        ("N,bin,LON,,,mice,,,", "block_reason", "unknown_reason"),
        ("N,bin,A,,no,,,,", "blocked", "invalid_value"),
        ("N,bin,GONE,,,,,,", "parent", "location_archived"),
        ("N,bin,GONE,,,,no,,", "parent", "location_archived"),
        ("N,bin,LON,SHELF,,,,,", "type", "invalid_value"),
        ("N,handling_unit,A,FACE,,,,,", "type", "wrong_location_kind"),
        ("N,handling_unit,A,,,,,no,", "sellable", "wrong_location_kind"),
        ("N,handling_unit,,,,,,,", "parent", "wrong_location_kind"),
        ("N,transit,,,,,,,", "kind", "wrong_location_kind"),
    ];
    let columns = "code,kind,parent,type,blocked,block_reason,archived,sellable,walk\n";
    for (row, column, code) in rows {
        let brought = world.send(List::Locations, &format!("{columns}{row}\n"), |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, Some(column), code)], "{row}: {:?}", brought.refused);
    }
    // of a place that is there an import changes none of it
    for (row, column) in [
        ("B2,,,,no,,,,", "blocked"),
        ("A,,,,,damaged,,,", "block_reason"),
        ("GONE,,,,,,no,,", "archived"),
        ("B1,,,,,,yes,,", "archived"),
        ("TOTE,,B2,,,,,,", "parent"),
    ] {
        let brought = world.send(List::Locations, &format!("{columns}{row}\n"), |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, Some(column), "invalid_value")], "{row}: {:?}", brought.refused);
    }
    assert_eq!(world.list(What::Locations), before);
}

impl World {
    /// Goods whose suppliers, families, options and parts went out of use; there are the sites `LON` and `OLD`.
    fn used_goods(&self) {
        self.takes(List::Items, "sku,name,base_unit\nLAMP,Lamp,each\nBULB,Bulb,each\nBULB-2,Other bulb,each\nTIE-S,Tie,each\nTIE-M,Tie,each\nTIE-L,Tie,each\nPART,Part,each\n");
        self.takes(List::OptionSets, "set,value\nsize,S\nsize,M\nsize,L\n");
        self.takes(
            List::Families,
            "code,name,options,defaults\nTIE,Tie,size,\"{\"\"base_unit\"\":\"\"each\"\"}\"\n",
        );
        self.takes(List::Variants, "sku,family,values\nTIE-S,TIE,S\nTIE-M,TIE,M\nTIE-L,TIE,L\n");
        self.takes(
            List::Boms,
            "sku,kind,component,instead_of,qty\nLAMP,kit,BULB,,1\nLAMP,,BULB-2,BULB,1\nPART,made,BULB,,2\n",
        );
        self.takes(List::Suppliers, "code,name\nGONE,Gone\nACME,Acme\n");
        self.takes(List::Supplies, "sku,supplier,supplier_sku,rank\nLAMP,GONE,G-1,1\nLAMP,ACME,,2\n");
        self.takes(
            List::Prices,
            "sku,kind,supplier,currency,amount,valid_from\nLAMP,purchase,GONE,EUR,5,2020-01-01\n",
        );
        self.takes(List::Units, "sku,unit,factor\nLAMP,crate,20\n");
        self.takes(
            List::Prices,
            "sku,kind,unit,currency,amount,valid_from,valid_until\nLAMP,sales,crate,EUR,99,2020-01-01,2020-12-31\n",
        );
        self.takes(List::Minimums, "site,sku,least\nLON,LAMP,2\nLON,PART,2\nOLD,LAMP,3\n");
        self.takes(List::BackorderRules, "site,sku,rule,cap\nOLD,,cap,10\nLON,PART,none,\n");
        // and then
        let ctx = self.ctx.clone();
        let remove =
            move |tx: &mut db::Tx<'_>| catalog::remove_unit(tx, &ctx, ("LAMP", IfMatch::Any), "crate");
        self.db.write_blocking(remove).unwrap();
        self.takes(List::OptionSets, "set,value,archived\nsize,M,yes\n");
        self.takes(List::Families, "code,archived,excluded\nTIE,yes,\"[{\"\"size\"\":[\"\"L\"\"]}]\"\n");
        self.takes(List::Suppliers, "code,archived\nGONE,yes\n");
        for sku in ["PART", "BULB-2", "TIE-S"] {
            let ctx = self.ctx.clone();
            let archive = move |tx: &mut db::Tx<'_>| {
                let item = catalog::item(tx, sku)?.unwrap();
                catalog::set_archived(tx, &ctx, item.id, true).map(|_| ())
            };
            self.db.write_blocking(archive).unwrap();
        }
    }

    /// Variants of a family, and what suppliers sell at which price; there is a lamp already.
    fn trade(&self) {
        let items = "sku,name,base_unit\nSHIRT-S,Shirt small,each\nSHIRT-M,Shirt medium,each\n";
        self.takes(List::Items, items);
        let options = "set,name,value,value_name,archived\nsize,Size,S,Small,\nsize,,M,,\nsize,,XXL,,yes\n";
        assert_eq!(self.takes(List::OptionSets, options), (3, 0, 0));
        let families = "code,name,options,sku_pattern,configurable,defaults,archived\n\
            SHIRT,Shirt,size,{family}-{size},yes,\"{\"\"base_unit\"\":\"\"each\"\",\"\"storage_class\"\":\"\"rail\"\"}\",\n\
            HAT,Hat,size,,,\"{\"\"base_unit\"\":\"\"each\"\"}\",yes\n";
        assert_eq!(self.takes(List::Families, families), (2, 0, 0));
        let variants = "sku,family,values\nSHIRT-S,SHIRT,S\nSHIRT-M,SHIRT,m\n";
        assert_eq!(self.takes(List::Variants, variants), (0, 2, 0));
        let boms = "sku,kind,yield,note,component,instead_of,qty,unit,scrap_percent\n\
            LAMP,kit,2,\"Pack, well\",SHIRT-S,,2,each,2.5\nLAMP,,,,SHIRT-M,SHIRT-S,3,,\nLAMP,,,,SHIRT-M,,1,,\n";
        assert_eq!(self.takes(List::Boms, boms), (3, 0, 0));
        let suppliers = "code,name,archived\nACME,\"Acme, Ltd\",\nOLD,Old one,yes\n";
        assert_eq!(self.takes(List::Suppliers, suppliers), (2, 0, 0));
        let sold = "sku,supplier,supplier_sku,unit,factor,least,multiple,lead_time_days,rank\n\
            LAMP,ACME,L-1,case,,2,0.5,14,1\nSHIRT-S,ACME,,bag,10,,,,\n";
        assert_eq!(self.takes(List::Supplies, sold), (2, 0, 0));
        let prices = "sku,kind,list,supplier,currency,least,amount,valid_from,valid_until\n\
            LAMP,sales,,,EUR,,19.9,2099-01-01,2099-06-30\nLAMP,sales,,,EUR,,21,2099-07-01,\n\
            LAMP,sales,Friends,,EUR,10,18,2099-01-01,\nLAMP,purchase,,ACME,USD,,9.123456,2099-01-01,\n\
            LAMP,cost,,,EUR,,8,2020-01-01,\n";
        assert_eq!(self.takes(List::Prices, prices), (5, 0, 0));
    }

    /// Imports what the first has written; what both write is the same then, and so it is a second time.
    fn is_equal_after(&self, first: &World, (what, list): (What, List), bytes: &[u8], read_as: ReadAs) {
        // nothing as JSON lines is an empty file
        let read_as = ReadAs { jsonl: bytes.is_empty(), ..read_as };
        let file = &sent(bytes, read_as);
        let bring = || super::bring(&self.db, &who(self), file, &order(list, bytes), &nothing()).unwrap();
        let brought = bring();
        let said = format!("{} {:?}", list.word(), file.format);
        assert_eq!(brought.refused, [], "{said}");
        assert_eq!(self.plain(what), first.plain(what), "{said}");
        let again = bring();
        assert_eq!((again.refused.len(), again.unchanged), (0, again.rows), "{said}");
    }

    /// A list without versions and the time of an import, in the order of its text.
    fn plain(&self, what: What) -> Vec<String> {
        let mut rows = self.rows(what);
        for row in &mut rows {
            let row = row.as_object_mut().unwrap();
            row.remove("version");
            if let Some(at) = row.get_mut("archived_at").filter(|at| !at.is_null()) {
                *at = true.into();
            }
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

fn what_trade_does_not_take_is_refused_by_its_column(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit,units\nLAMP,Lamp,each,case=12\nPOT,Pot,kg,\n");
    world.trade();
    let rows: [(List, &str, &str, &str); 20] = [
        (List::OptionSets, "set,value\nsi ze,S\n", "set", "invalid_value"),
        (List::OptionSets, "set,value\nsize,\"S/M\"\n", "value", "invalid_value"),
        (
            List::Families,
            "code,name,options,defaults\nX,X,weight,\"{\"\"base_unit\"\":\"\"each\"\"}\"\n",
            "options",
            "invalid_value",
        ),
        (List::Variants, "sku,family,values\nNONE,SHIRT,S\n", "", "not_found"),
        (List::Variants, "sku,family,values\nLAMP,SHIRT,S|M\n", "values", "invalid_value"),
        (List::Variants, "sku,family,values\nLAMP,SHIRT,L\n", "", "invalid_value"),
        (List::Variants, "sku,family,values\nLAMP,SHIRT,S\n", "", "code_taken"),
        (List::Variants, "sku,family,values\nPOT,SHIRT,S\n", "family", "invalid_value"),
        (List::Boms, "sku,kind,component,qty\nSHIRT-S,made,LAMP,1\n", "component", "tree_cycle"),
        (List::Boms, "sku,component,qty\nLAMP,NONE,1\n", "component", "unknown_item"),
        (List::Boms, "sku,component,instead_of,qty\nLAMP,POT,POT,1\n", "instead_of", "invalid_value"),
        (List::Boms, "sku,component,qty\nPOT,LAMP,1\n", "", "invalid_value"),
        (List::Suppliers, "code,name\nNEW,\n", "name", "invalid_value"),
        (List::Supplies, "sku,supplier\nLAMP,NOBODY\n", "supplier", "invalid_value"),
        (List::Supplies, "sku,supplier,supplier_sku,unit\nLAMP,ACME,L-1,each\n", "unit", "invalid_value"),
        (List::Homes, "sku,location,rank\nLAMP,B1,0\n", "rank", "invalid_value"),
        (List::Homes, "sku,location,rank\nLAMP,B1,17\n", "rank", "invalid_value"),
        (List::Homes, "sku,location\nLAMP,NOWHERE\n", "location", "unknown_location"),
        (
            List::Prices,
            "sku,kind,currency,amount,valid_from\nLAMP,sales,EUR,20,2099-07-01\n",
            "amount",
            "code_taken",
        ),
        (
            List::Prices,
            "sku,kind,currency,amount,valid_from\nLAMP,sales,EUR,20,2098-07-01\n",
            "valid_from",
            "code_taken",
        ),
    ];
    for (list, text, column, code) in rows {
        let brought = world.send(list, text, |_| {}).unwrap();
        let wrong = [(2, Some(column).filter(|column| !column.is_empty()), code)];
        assert_eq!(faults(&brought), wrong, "{text}: {:?}", brought.refused);
    }
}

fn what_is_said_of_sites_is_taken_once_and_refused_by_its_column(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit\nLAMP,Lamp,each\n");
    world.takes(List::Locations, "code,kind\nLON,site\n");
    assert_eq!(world.takes(List::Minimums, "site,sku,least\nLON,LAMP,2\n"), (1, 0, 0));
    assert_eq!(world.takes(List::Minimums, "site,sku,least,unit\nlon,lamp,3,each\n"), (0, 1, 0));
    assert_eq!(world.takes(List::Minimums, "site,sku,least\nLON,LAMP,3\n"), (0, 0, 1));
    assert_eq!(
        world.takes(List::BackorderRules, "site,sku,rule,cap\nLON,LAMP,cap,7\nLON,,none,\n"),
        (2, 0, 0)
    );
    assert_eq!(world.takes(List::BackorderRules, "site,sku,rule,cap\nLON,LAMP,as_site,\n"), (0, 1, 0));
    let rows: [(List, &str, Option<&str>, &str); 6] = [
        (List::Minimums, "site,sku,least\nNONE,LAMP,1\n", None, "not_found"),
        (List::Minimums, "site,sku,least\nLON,NONE,1\n", None, "not_found"),
        (List::Minimums, "site,sku,least\nLON,LAMP,0\n", Some("least"), "invalid_quantity"),
        (List::Minimums, "site,sku,least\nLON,LAMP,1.5\n", Some("least"), "fraction_refused"),
        (List::BackorderRules, "site,rule,cap\nLON,as_site,\n", Some("rule"), "invalid_value"),
        (List::BackorderRules, "site,rule,cap\nLON,cap,\n", Some("cap"), "invalid_value"),
    ];
    for (list, text, column, code) in rows {
        let brought = world.send(list, text, |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, column, code)], "{text}: {:?}", brought.refused);
    }
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
