//! Files that are not as they must be, given to the command itself: each is refused by row and field, and
//! changes nothing, neither where nothing is yet nor where half of a year stands.

use crate::{FILE, LINES, Shell, slice};
use db::Engine;
use serde_json::json;

/// What is wrong with a file, the file, where that is told, and in which words.
type Case = (&'static str, Vec<u8>, &'static str, &'static str);

/// Rows of the real file with one cell or row of them made wrong.
struct Good(String);

impl Good {
    /// With another text in place of a row; the row that names the columns is row 1.
    fn with_row(&self, number: usize, change: impl Fn(&str) -> String) -> Vec<u8> {
        let lines = self.0.lines().enumerate();
        let lines: Vec<String> =
            lines.map(|(at, line)| if at + 1 == number { change(line) } else { line.to_owned() }).collect();
        (lines.join("\n") + "\n").into_bytes()
    }

    /// With another text in a cell of row 7.
    fn with_cell(&self, column: &str, text: &str) -> Vec<u8> {
        let place = self.0.lines().next().unwrap().split(',').position(|name| name == column).unwrap();
        self.with_row(7, |line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), 8, "{line}");
            cells[place] = text;
            cells.join(",")
        })
    }
}

fn cases() -> Vec<Case> {
    let good = Good(String::from_utf8(slice(30)).unwrap());
    let mut cases = whole_files(&good);
    let (long, huge) = ("X".repeat(201), format!("1{}", "0".repeat(30)));
    let cells = [
        ("not a number", "Quantity", "NaN", "row 7/Quantity", "invalid_quantity"),
        ("nothing of it", "Quantity", "0", "row 7/Quantity", "invalid_quantity"),
        ("10^30 of it", "Quantity", &huge, "row 7/Quantity", "limit_exceeded"),
        ("a fraction", "Quantity", "1.5", "row 7/Quantity", "1.5"),
        ("no price", "UnitPrice", "NaN", "row 7/UnitPrice", "invalid_value"),
        ("seven decimals", "UnitPrice", "0.1234567", "row 7/UnitPrice", "invalid_value"),
        ("a price of 10^30", "UnitPrice", &huge, "row 7/UnitPrice", "limit_exceeded"),
        ("a code that is too long", "StockCode", &long, "row 7/StockCode", "limit_exceeded"),
        ("a name that is too long", "Description", &long, "row 7/Description", "limit_exceeded"),
        ("a control character", "Description", "A\tB", "row 7/Description", "invalid_value"),
        ("an open quote", "Description", "\"OPEN", "row 7", "quote"),
        ("no such day", "InvoiceDate", "2011-02-30 10:00:00", "row 7/InvoiceDate", "invalid_value"),
        ("a customer by name", "CustomerID", "ann", "row 7/CustomerID", "invalid_value"),
    ];
    cases.extend(
        cells.map(|(what, column, text, pointer, says)| (what, good.with_cell(column, text), pointer, says)),
    );
    cases
}

/// What is wrong with the form of a file.
fn whole_files(good: &Good) -> Vec<Case> {
    let Good(text) = good;
    let mut broken = text.clone().into_bytes();
    broken[text.find("HANGING").unwrap()] = 0xFF;
    let utf_16 = b"\xFF\xFE".iter().copied().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    let header = text.lines().next().unwrap().as_bytes().to_vec();
    let short = good.with_row(5, |line| line.rsplit_once(',').unwrap().0.to_owned());
    let packed = std::fs::read(FILE).unwrap()[..100_000].to_vec();
    vec![
        ("cut off", text.as_bytes()[..text.len() - 20].to_vec(), "row 31", "malformed_file"),
        ("semicolons", text.replace(',', ";").into_bytes(), "row 1", "semicolons"),
        ("not UTF-8", broken, "row 2/Description", "UTF-8"),
        ("UTF-16", utf_16, "row 1", "UTF-16"),
        (
            "wrong header",
            text.replacen("Quantity", "Qty", 1).into_bytes(),
            "row 1/Quantity",
            "malformed_file",
        ),
        ("column missing", short, "row 5", "7 of the 8 columns"),
        ("a blank row in the middle", good.with_row(7, |_| String::new()), "row 7", "blank"),
        ("empty", Vec::new(), "row 1", "is empty"),
        ("no lines", header, "row 1", "cut off"),
        ("cut off, packed", packed, "row ", "cut off"),
    ]
}

fn a_file_that_is_not_as_it_must_be_is_named_by_row_and_field_and_changes_nothing(engine: Engine) {
    let shell = Shell::new(engine);
    for (what, bytes, pointer, says) in cases() {
        let refused = shell.run(&["import", "online-retail", shell.write("bad", &bytes).to_str().unwrap()]);
        assert_eq!(refused.code, 1, "{what}: {refused:?}");
        assert!(refused.err.contains(pointer) && refused.err.contains(says), "{what}: {}", refused.err);
        assert!(!shell.path("data").exists() && shell.documents_done() == 0, "{what}: nothing was made");
    }
    let gone = shell.run(&["import", "online-retail", "nowhere.csv"]);
    assert_eq!((gone.code, gone.err.contains("cannot open `nowhere.csv`")), (4, true), "{gone:?}");
    // what is only another way of writing the same is read
    let good = String::from_utf8(slice(30)).unwrap();
    let windows = format!("\u{feff}{}", good.replace('\n', "\r\n"));
    let first = shell.import(&shell.write("windows.csv", windows.as_bytes())).good().json();
    let again = shell.import(&shell.write("unix.csv", good.as_bytes())).good().json();
    assert_eq!((&first["course"], &again["course"]), (&json!("whole"), &json!("unchanged")));
    assert_eq!(first["reconciliation"], again["reconciliation"]);
}

fn a_bad_file_leaves_a_half_loaded_year_alone(engine: Engine) {
    let shell = Shell::new(engine);
    let year = slice(LINES);
    let file = shell.write("year.csv", &year);
    shell.kill_after_more_than(0, &file).expect("killed in the middle");
    let (done, ledger) = (shell.documents_done(), shell.canonical());
    assert!(done > 0);
    let semicolons = String::from_utf8(year.clone()).unwrap().replace(',', ";");
    for (what, bytes, says) in [
        ("cut off", year[..year.len() - 20].to_vec(), "malformed_file"),
        ("semicolons", semicolons.into_bytes(), "semicolons"),
        ("another year", slice(LINES - 1), "in_use"),
    ] {
        let refused = shell.import(&shell.write("bad.csv", &bytes));
        assert_eq!((refused.code, refused.err.contains(says)), (1, true), "{what}: {refused:?}");
        assert_eq!(shell.documents_done(), done, "{what}");
        assert!(shell.canonical() == ledger, "{what}: the ledger is as it was");
    }
    assert_eq!(shell.import(&file).good().json()["course"], json!({ "continued": done }));
    shell.run(&["verify"]).good();
}

#[test]
fn a_bad_file_is_refused_on_sqlite() {
    a_file_that_is_not_as_it_must_be_is_named_by_row_and_field_and_changes_nothing(Engine::Sqlite);
}

#[test]
fn a_bad_file_is_refused_on_postgres() {
    a_file_that_is_not_as_it_must_be_is_named_by_row_and_field_and_changes_nothing(Engine::Postgres);
}

#[test]
fn a_bad_file_leaves_a_half_loaded_year_alone_on_sqlite() {
    a_bad_file_leaves_a_half_loaded_year_alone(Engine::Sqlite);
}

#[test]
fn a_bad_file_leaves_a_half_loaded_year_alone_on_postgres() {
    a_bad_file_leaves_a_half_loaded_year_alone(Engine::Postgres);
}
