//! What comes out is what is in, on both engines the same.

use super::*;
use crate::import_year;
use crate::testing::{World, on, on_both_engines, slice, world};
use serde_json::Value;

/// A world with the first lines of the real year, and a text of people that a spreadsheet would run.
fn loaded(engine: db::Engine) -> World {
    let world = world(engine);
    import_year::load(&world.db, &world.ctx, slice(900), on).unwrap();
    let ctx = world.ctx.clone();
    let item = serde_json::json!({
        "sku": "FORMULA", "name": "=SUM(A1:A9), \"really\"", "base_unit": "kg", "attributes": { "b": 1, "a": [1.5, null] }
    });
    world
        .db
        .write_blocking(move |tx| {
            catalog::create_item(tx, &ctx, &serde_json::from_value(item.clone())?).map(|_| ())
        })
        .unwrap();
    world
}

impl World {
    pub(crate) fn export(&self, what: What, format: Format, as_of: Option<&str>) -> String {
        let as_of = as_of.map(|text| Instant::parse(text).unwrap());
        let mut out = Vec::new();
        let rows =
            self.db.read_blocking(|conn| export(conn, &Export { what, format, as_of }, &mut out)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines = u64::try_from(text.lines().count()).unwrap();
        assert_eq!(lines - u64::from(format == Format::CSV), rows);
        text
    }

    pub(crate) fn rows(&self, what: What) -> Vec<Value> {
        let text = self.export(what, Format::Jsonl, None);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn canonical(&self) -> String {
        let mut out = Vec::new();
        let lines = self.db.read_blocking(|conn| canonical(conn, &mut out)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(u64::try_from(text.lines().count()).unwrap(), lines);
        text
    }
}

/// A decimal text in millionths.
fn millionths(value: &Value) -> i64 {
    domain::Delta::parse(value.as_str().unwrap()).unwrap().0
}

fn parquet(world: &World, what: What) -> Vec<parquet::record::Row> {
    let mut out = Vec::new();
    let asked = Export { what, format: Format::Parquet, as_of: None };
    let rows = world.db.read_blocking(|conn| export(conn, &asked, &mut out)).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    io::Write::write_all(&mut file, &out).unwrap();
    let file = parquet::file::reader::SerializedFileReader::new(file).unwrap();
    let found: Vec<_> = file.into_iter().map(Result::unwrap).collect();
    assert_eq!(u64::try_from(found.len()).unwrap(), rows, "{}", what.word());
    found
}

/// A field of a row of Parquet as JSON lines have it.
fn as_json(field: &parquet::record::Field, holds: cell::Holds) -> Value {
    use parquet::record::Field;
    match field {
        Field::Null => Value::Null,
        Field::Bool(truth) => (*truth).into(),
        Field::Long(number) => (*number).into(),
        Field::TimestampMicros(micros) => Instant(*micros).to_string().into(),
        Field::Date(days) => {
            let first = domain::when::Date::constant(1970, 1, 1);
            domain::when::plus_days(first, *days).unwrap().to_string().into()
        }
        Field::Str(text) if matches!(holds, cell::Holds::Json | cell::Holds::List) => {
            serde_json::from_str(text).unwrap()
        }
        Field::Str(text) => text.as_str().into(),
        Field::Decimal(decimal) => {
            let number = i64::from_be_bytes(decimal.data().try_into().unwrap());
            let scale = usize::try_from(decimal.scale()).unwrap();
            let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let sign = if number < 0 { "-" } else { "" };
            match holds {
                cell::Holds::Money => format!("{sign}{whole}.{fraction}").into(),
                // quantities without the zeros at their end
                _ => match fraction.trim_end_matches('0') {
                    "" => format!("{sign}{whole}").into(),
                    fraction => format!("{sign}{whole}.{fraction}").into(),
                },
            }
        }
        other => panic!("{other:?}"),
    }
}

fn a_file_of_columns_says_what_lines_say(engine: db::Engine) {
    let world = loaded(engine);
    for what in What::ALL.iter().copied() {
        let (lines, rows) = (world.rows(what), parquet(&world, what));
        assert_eq!(lines.len(), rows.len(), "{}", what.word());
        for (line, row) in lines.iter().zip(rows) {
            for ((name, field), (column, holds)) in row.get_column_iter().zip(what.sheet().columns) {
                assert_eq!(name, column);
                assert_eq!(as_json(field, *holds), line[*column], "{} {column}", what.word());
            }
        }
    }
}

fn every_list_can_be_written_in_both_forms(engine: db::Engine) {
    let world = loaded(engine);
    for what in What::ALL.iter().copied() {
        assert_eq!(What::parse(what.word()), Some(what));
        let columns = what.sheet().columns;
        let objects = world.rows(what);
        let csv = world.export(what, Format::CSV, None);
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        assert!(csv.starts_with(&format!("{}\r\n", names.join(","))), "{}", what.word());
        assert_eq!(csv.matches("\r\n").count(), objects.len() + 1, "{}", what.word());
        for object in &objects {
            assert_eq!(object.as_object().unwrap().len(), columns.len(), "{object}");
        }
        let empty = matches!(
            what,
            What::Attributes
                | What::CategoryAttributes
                | What::Claims
                | What::Barcodes
                | What::Transfers
                | What::BackorderRules
                | What::Periods
                | What::LocationTypes
                | What::SiteDays
                | What::LocationLevels
                | What::Capacities
                | What::UnitMoves
                | What::OptionSets
                | What::Families
                | What::Variants
                | What::Boms
                | What::Minimums
                | What::Homes
                | What::Suppliers
                | What::Supplies
                | What::Prices
        );
        assert_eq!(objects.is_empty(), empty, "{}", what.word());
    }
}

fn stock_is_what_the_movements_add_up_to_now_and_then(engine: db::Engine) {
    let world = loaded(engine);
    let then = "2010-12-01T10:00:00Z";
    let at = Instant::parse(then).unwrap();
    let mut sums = [0_i64; 2];
    for movement in world.rows(What::Movements) {
        let inwards = movement["to_location"].as_str().unwrap().starts_with("LON");
        let qty = if inwards { millionths(&movement["qty"]) } else { -millionths(&movement["qty"]) };
        sums[0] += qty;
        if Instant::parse(movement["effective_at"].as_str().unwrap()).unwrap() <= at {
            sums[1] += qty;
        }
    }
    let on_hand = |text: &str| -> i64 {
        text.lines().map(|line| millionths(&serde_json::from_str::<Value>(line).unwrap()["on_hand"])).sum()
    };
    assert_eq!(on_hand(&world.export(What::Stock, Format::Jsonl, None)), sums[0]);
    assert_eq!(on_hand(&world.export(What::Stock, Format::Jsonl, Some(then))), sums[1]);
    assert!(sums[0] != sums[1] && sums[1] > 0);
    let to_then = world.export(What::Movements, Format::Jsonl, Some(then)).lines().count();
    assert!(to_then > 0 && to_then < world.rows(What::Movements).len());
    assert_eq!(world.export(What::Stock, Format::Jsonl, Some("2000-01-01T00:00:00Z")), "");
}

/// The quantities and values of a valuation, added up: millionths and pence.
fn worth(text: &str) -> [i64; 2] {
    let mut sums = [0, 0];
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&row["valuation_group"], &row["currency"]), (&"LON".into(), &"GBP".into()));
        sums[0] += millionths(&row["qty"]);
        sums[1] += row["value"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    }
    sums
}

fn valuation_is_what_the_movements_add_up_to_now_and_then(engine: db::Engine) {
    let world = loaded(engine);
    let then = "2010-12-01T10:00:00Z";
    let at = Instant::parse(then).unwrap();
    let mut sums = [[0_i64; 2]; 2];
    for movement in world.rows(What::Movements) {
        let inwards = movement["to_location"].as_str().unwrap().starts_with("LON");
        let qty = if inwards { millionths(&movement["qty"]) } else { -millionths(&movement["qty"]) };
        let value: i64 = movement["value"].as_str().unwrap().replace(['.', '-'], "").parse().unwrap();
        let value = if inwards { value } else { -value };
        let was = Instant::parse(movement["effective_at"].as_str().unwrap()).unwrap() <= at;
        for [all_qty, all_value] in sums.iter_mut().take(if was { 2 } else { 1 }) {
            *all_qty += qty;
            *all_value += value;
        }
    }
    assert_eq!(worth(&world.export(What::Valuation, Format::Jsonl, None)), sums[0]);
    assert_eq!(worth(&world.export(What::Valuation, Format::Jsonl, Some(then))), sums[1]);
    assert!(sums[0] != sums[1] && sums[1][1] > 0);
    assert_eq!(world.export(What::Valuation, Format::Jsonl, Some("2000-01-01T00:00:00Z")), "");
}

fn the_audit_log_comes_out_whole_and_in_order(engine: db::Engine) {
    let world = loaded(engine);
    let rows = world.rows(What::Audit);
    let numbers: Vec<i64> = rows.iter().map(|row| row["n"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=i64::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
    let last = rows.last().unwrap();
    assert_eq!((&last["actor"], &last["action"]), (&"ann".into(), &"catalog.item.create".into()));
    assert_eq!(last["request"].as_str().map(str::len), Some("req_".len() + 32));
    assert!(last["details"].is_object() && last["hash"].as_str().is_some_and(|hash| hash.len() == 64));
}

fn a_list_without_a_past_is_refused_one(engine: db::Engine) {
    let world = world(engine);
    for what in What::ALL.iter().copied() {
        let asked = Export { what, format: Format::CSV, as_of: Some(Instant(0)) };
        let mut out = Vec::new();
        let done = world.db.read_blocking(|conn| export(conn, &asked, &mut out));
        match done {
            Ok(rows) => assert!(what.has_past() && rows == 0),
            Err(Failure::Refused(problem)) => {
                assert_eq!((what.has_past(), problem.code), (false, Code::InvalidValue));
                assert!(out.is_empty(), "nothing is written before it is refused");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn what_people_wrote_comes_out_as_they_wrote_it_and_runs_nowhere(engine: db::Engine) {
    let world = loaded(engine);
    let csv = world.export(What::Items, Format::CSV, None);
    assert!(csv.contains("FORMULA,\"'=SUM(A1:A9), \"\"really\"\"\",kg,false,none,"), "{csv}");
    assert!(csv.contains("\"{\"\"a\"\":[1.5,null],\"\"b\"\":1}\""), "keys in order on both engines");
    let items = world.rows(What::Items);
    let item = items.iter().find(|item| item["sku"] == "FORMULA").unwrap();
    assert_eq!(item["name"], "=SUM(A1:A9), \"really\"");
}

fn a_file_that_cannot_be_written_ends_the_export(engine: db::Engine) {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let world = loaded(engine);
    let asked = Export { what: What::Movements, format: Format::CSV, as_of: None };
    for done in [
        world.db.read_blocking(|conn| export(conn, &asked, &mut Full)),
        world.db.read_blocking(|conn| canonical(conn, &mut Full)),
    ] {
        assert!(matches!(&done, Err(Failure::Fault(text)) if text.contains("cannot be written")), "{done:?}");
    }
    assert!(!world.rows(What::Items).is_empty(), "the database is none the worse");
}

#[test]
fn a_list_that_a_workbook_has_no_room_for_is_refused_in_words() {
    let full = io::Error::other(NoRoom::Rows(1_048_575));
    let Failure::Refused(problem) = unwritable(full) else { panic!("a fault") };
    assert_eq!(problem.code, Code::LimitExceeded);
    let words = "a sheet of a workbook holds 1048575 rows below its titles, and there are more; \
                 take the list as CSV, JSON lines or Parquet";
    assert_eq!(problem.detail, words);
}

on_both_engines!(
    a_file_of_columns_says_what_lines_say,
    every_list_can_be_written_in_both_forms,
    stock_is_what_the_movements_add_up_to_now_and_then,
    valuation_is_what_the_movements_add_up_to_now_and_then,
    the_audit_log_comes_out_whole_and_in_order,
    a_list_without_a_past_is_refused_one,
    what_people_wrote_comes_out_as_they_wrote_it_and_runs_nowhere,
    a_file_that_cannot_be_written_ends_the_export,
);

#[test]
fn the_canonical_text_is_the_same_on_both_engines() {
    let [sqlite, postgres] =
        [db::Engine::Sqlite, db::Engine::Postgres].map(|engine| loaded(engine).canonical());
    for (number, (a, b)) in sqlite.lines().zip(postgres.lines()).enumerate() {
        assert_eq!(a, b, "line {number}");
    }
    assert_eq!(sqlite.len(), postgres.len());
    assert!(sqlite.starts_with("stockwell canonical 3\nbalance {"), "{}", &sqlite[..200]);
    let mut sorted: Vec<&str> = sqlite.lines().skip(1).collect();
    sorted.sort_unstable();
    assert!(sqlite.lines().skip(1).eq(sorted), "sorted by bytes");
    for thing in [
        "customer",
        "customer_posting",
        "guard",
        "item",
        "layer",
        "location",
        "lot",
        "movement",
        "organisation",
        "posting",
        "serial",
        "unit",
        "use",
    ] {
        assert!(sqlite.contains(&format!("\n{thing} {{")), "{thing}");
    }
}

#[test]
fn the_canonical_text_shows_a_difference_of_one_unit() {
    let [a, b] = [900, 901].map(|lines| {
        let world = world(db::Engine::Sqlite);
        import_year::load(&world.db, &world.ctx, slice(lines), on).unwrap();
        world.canonical()
    });
    assert_ne!(a, b);
}

#[test]
fn every_statement_is_one_that_the_engines_take() {
    for engine in [db::Engine::Sqlite, db::Engine::Postgres] {
        let world = world(engine);
        for statement in store::STATEMENTS {
            world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        }
    }
}
