//! What one store has written goes into another, and is equal there.

use super::*;

on_both_engines!(
    a_catalogue_goes_into_an_empty_database_and_is_equal,
    what_was_used_goes_into_an_empty_database_and_is_equal,
    stock_that_was_written_out_opens_other_books,
    movements_that_were_written_out_happen_again,
);

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
    // two barcodes, for their case tells them apart
    first.takes(List::Barcodes, "sku,code\nLAMP,B8\nLAMP,b8\n");
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
pub(super) fn used(engine: Engine) -> World {
    let world = world(engine);
    world.takes(List::Reasons, "code,name,active\ndamaged,Damaged,\nflood,Flood,\n");
    world.takes(
        List::LocationTypes,
        "code,name,kind,role,sellable,archived\nFACE,Pick face,bin,pick_face,,\nOLD-RACK,,rack,reserve,no,\n",
    );
    world.takes(List::Locations, USED_PLACES);
    world.takes(List::Sites, USED_SITES);
    world.takes(List::SiteDays, "site,on,name,hours\nLON,2026-12-25,Christmas,closed\nLON,2026-12-24,\"Eve, short\",08:00-12:00|13:00-14:00\nOLD,2020-01-01,New Year,\n");
    world.takes(
        List::Levels,
        "of,zone,aisle,rack,shelf,bin\nLON,none,any,aisle|site,,any\n~organisation,,,,,aisle|rack\n",
    );
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

fn what_was_used_goes_into_an_empty_database_and_is_equal(engine: Engine) {
    let first = used(engine);
    // an item in use still consists of nothing that is archived
    let bills =
        "sku,kind,component,instead_of,qty\nTIE-M,kit,BULB-2,,1\nTIE-L,kit,BULB,,1\nTIE-L,,BULB-2,BULB,1\n";
    let brought = first.send(List::Boms, bills, |_| {}).unwrap();
    let archived = |row| (row, Some("component"), "invalid_value");
    assert_eq!(faults(&brought), [archived(2), archived(4)]);
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
            "sku,kind,component,instead_of,qty\nLAMP,kit,BULB,,1\nPART,made,BULB,,2\nPART,,BULB-2,BULB,2\n",
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
    pub(super) fn trade(&self) {
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
