//! Files of every kind, read as what they are or refused in words.

use super::{
    CELL_BYTES_MAX, COLUMNS_MAX, Cell, Format, LINE_BYTES_MAX, Line, Locale, NoRoom, ROWS_MAX, ReadAs,
    SHEET_TEXT_MAX, Table, Writer,
};
use domain::Code;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use web::Failure;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn open(bytes: &[u8], read_as: ReadAs) -> Result<Table, Failure> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Table::of(file, read_as)
}

fn rows(table: &Table) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    table.rows(&mut |line| {
        lines.push(line);
        Ok(())
    })?;
    Ok(lines)
}

fn read(bytes: &[u8], read_as: ReadAs) -> Result<(Vec<String>, Vec<Line>), Failure> {
    let table = open(bytes, read_as)?;
    let lines = rows(&table)?;
    Ok((table.columns, lines))
}

/// The code and the words of a refusal.
fn refused<T: std::fmt::Debug>(result: Result<T, Failure>) -> (Code, String) {
    match result.unwrap_err() {
        Failure::Refused(problem) => {
            let place = problem.errors.first().map_or("", |error| error.pointer.as_str());
            (problem.code, format!("{place}: {}", problem.detail))
        }
        other => panic!("{other:?}"),
    }
}

fn cells(texts: &[&str]) -> Vec<Cell> {
    texts.iter().map(|text| Cell::of_text(text)).collect()
}

#[test]
fn separated_values_are_read_whatever_separates_them() {
    for text in
        ["sku,name\r\nA,\"Mug, blue\"\r\n", "\u{feff}sku;name\nA;Mug, blue\n", "sku\tname\nA\tMug, blue"]
    {
        let (columns, lines) = read(text.as_bytes(), ReadAs::default()).unwrap();
        assert_eq!(columns, ["sku", "name"], "{text}");
        assert_eq!(lines, [Line { number: 2, cells: cells(&["A", "Mug, blue"]) }], "{text}");
    }
    // a first line for Excel says it, and is none of the rows
    for text in ["sep=;\r\nsku;name\r\nA;Mug, blue\r\n", "\u{feff}\"SEP=|\"\nsku|name\nA|Mug, blue\n"] {
        let (columns, lines) = read(text.as_bytes(), ReadAs::default()).unwrap();
        assert_eq!(columns, ["sku", "name"], "{text}");
        assert_eq!(lines, [Line { number: 3, cells: cells(&["A", "Mug, blue"]) }], "{text}");
    }
    assert!(refused(read(b"sep=#\nsku#name\n", ReadAs::default())).1.contains("cells are separated by"));
    let (columns, _) = read(b"a|b,c\n", ReadAs { separator: Some(b'|'), ..ReadAs::default() }).unwrap();
    assert_eq!(columns, ["a", "b,c"]);
}

#[test]
fn encodings_are_told_apart_or_asked_for() {
    let text = "sku,name\nA,Größe\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let narrow: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let windows = ReadAs { windows_1252: true, ..ReadAs::default() };
    for (bytes, read_as) in [
        (text.as_bytes().to_vec(), ReadAs::default()),
        ([vec![0xFF, 0xFE], wide].concat(), ReadAs::default()),
        (narrow.clone(), windows),
    ] {
        let (columns, lines) = read(&bytes, read_as).unwrap();
        assert_eq!(columns, ["sku", "name"]);
        assert_eq!(lines, [Line { number: 2, cells: cells(&["A", "Größe"]) }]);
    }
    let (code, words) = refused(read(&narrow, ReadAs::default()));
    assert_eq!(code, Code::MalformedFile);
    assert!(words.starts_with("row 2: the text is not in UTF-8"), "{words}");
}

#[test]
fn rows_are_numbered_as_they_stand_and_empty_ones_passed_over() {
    let (_, lines) = read(b"sku,name\n\nA,1\n,\nB\n", ReadAs::default()).unwrap();
    assert_eq!(
        lines,
        [Line { number: 3, cells: cells(&["A", "1"]) }, Line { number: 5, cells: cells(&["B", ""]) }]
    );
    let (_, words) = refused(read(b"Our items\nsku,name\n", ReadAs::default()));
    assert!(words.contains("do the titles of the columns stand in the first row?"), "{words}");
    let (code, words) = refused(read(b"sku,name\nA,1,2\n", ReadAs::default()));
    assert_eq!(code, Code::MalformedFile);
    assert!(words.starts_with("row 2: the row has more cells"), "{words}");
    assert!(read(b"sku,name\nA,1,,\n", ReadAs::default()).is_ok());
}

#[test]
fn json_lines_have_the_columns_of_all_objects() {
    let text = "{\"sku\":\"A\",\"n\":1.5}\n\n{\"sku\":\"B\",\"tags\":[\"x\"],\"on\":true,\"n\":null}\n";
    let (columns, lines) = read(text.as_bytes(), ReadAs::default()).unwrap();
    assert_eq!(columns, ["n", "sku", "on", "tags"]);
    let number = Cell::Number("1.5".to_owned());
    let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((first.number, &first.cells[0]), (1, &number));
    assert_eq!(second.number, 3);
    let tags = Cell::Json(serde_json::json!(["x"]));
    assert_eq!(second.cells, [Cell::Empty, Cell::Text("B".to_owned()), Cell::Truth(true), tags]);
    let (code, words) = refused(read(b"{\"a\":1}\n{\"a\":\n", ReadAs::default()));
    assert_eq!(code, Code::MalformedFile);
    assert!(words.starts_with("row 2: the line is not a JSON object"), "{words}");
    // with nothing in it, its name says what it is
    for blank in ["", "\n"] {
        let called = ReadAs { jsonl: true, ..ReadAs::default() };
        assert_eq!(read(blank.as_bytes(), called).unwrap(), (Vec::new(), Vec::new()));
        assert_eq!(refused(read(blank.as_bytes(), ReadAs::default())).0, Code::MalformedFile);
    }
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(LINE_BYTES_MAX));
    assert_eq!(refused(read(long.as_bytes(), ReadAs::default())).0, Code::MalformedFile);
}

#[test]
fn what_is_written_is_read_again_in_every_form() {
    let day = domain::when::parse_date("2026-11-30").unwrap();
    let rows_written = [
        vec![Cell::Text("=1+1".to_owned()), Cell::Number("1234.5".to_owned()), Cell::Date(day)],
        vec![Cell::Text("'quoted; \"x\",\ny".to_owned()), Cell::Number("0".to_owned()), Cell::Empty],
        vec![Cell::Text("＝1".to_owned()), Cell::Empty, Cell::Civil("2026-11-30T14:05:09".to_owned())],
        vec![Cell::Text("001".to_owned()), Cell::Number("1234567890123456".to_owned()), Cell::Empty],
    ];
    let columns = || ["text", "number", "when"].map(str::to_owned).to_vec();
    for locale in Locale::ALL {
        for format in [Format::Csv, Format::Xlsx, Format::Jsonl] {
            let mut out = Cursor::new(Vec::new());
            let mut writer = Writer::begin(format, columns(), (locale, None), &mut out).unwrap();
            for row in &rows_written {
                writer.row(row).unwrap();
            }
            writer.end().unwrap();
            let read_as = ReadAs { locale, ..ReadAs::default() };
            let table = open(out.get_ref(), read_as).unwrap();
            assert_eq!((table.format, table.columns.len()), (format, 3));
            let lines = rows(&table).unwrap();
            assert_eq!(lines.len(), rows_written.len(), "{format:?}");
            for (line, written) in lines.iter().zip(&rows_written) {
                use super::Holds::{Decimal, Instant, Text};
                // of an object the names stand in their order
                let at = if format == Format::Jsonl { [1, 0, 2] } else { [0, 1, 2] };
                let cells = at.map(|at| &line.cells[at]);
                for ((cell, written), holds) in cells.iter().zip(written).zip([Text, Decimal, Instant]) {
                    let [cell, written] =
                        [*cell, written].map(|cell| holds.read(cell, table.locale()).unwrap());
                    assert_eq!(cell, written, "{format:?} {} {line:?}", locale.name);
                }
            }
        }
    }
}

#[test]
fn what_a_spreadsheet_would_run_is_never_written_as_such() {
    let mut out = Cursor::new(Vec::new());
    let columns = vec!["=cmd".to_owned()];
    let mut writer = Writer::begin(Format::Csv, columns, (Locale::ISO, None), &mut out).unwrap();
    for text in ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", "'x", "x"] {
        writer.row(&[Cell::Text(text.to_owned())]).unwrap();
    }
    writer.end().unwrap();
    let text = String::from_utf8(out.into_inner()).unwrap();
    let starts: Vec<&str> = text.split("\r\n").collect();
    for line in starts.iter().take(13) {
        let line = line.trim_start_matches('"');
        assert!(line.starts_with('\'') || line.starts_with('x'), "{line:?}");
    }
}

#[test]
fn headers_are_refused_in_words() {
    for (text, code, words) in [
        ("", Code::MalformedFile, "the file is empty"),
        (",,\nA\n", Code::MalformedFile, "names its columns"),
        ("sku,name,SKU\n", Code::MalformedFile, "the column `SKU` stands twice"),
        ("%PDF-1.7\n", Code::MalformedFile, "a PDF"),
        ("\u{feff}\n <!DOCTYPE HTML><table>", Code::MalformedFile, "a web page (HTML)"),
        ("<?xml version=\"1.0\"?>\n", Code::MalformedFile, "an XML file"),
        ("<html xmlns:x=\"urn:x\">\n", Code::MalformedFile, "a web page (HTML)"),
        ("a\0b\n", Code::MalformedFile, "neither a text nor a workbook"),
    ] {
        let (found, said) = refused(open(text.as_bytes(), ReadAs::default()));
        assert_eq!(found, code, "{text:?}");
        assert!(said.contains(words), "{text:?}: {said}");
    }
    assert!(refused(open(&[0x1F, 0x8B, 8, 0], ReadAs::default())).1.contains("packed by gzip"));
    assert!(refused(open(&[0xD0, 0xCF, 0x11, 0xE0, 1], ReadAs::default())).1.contains("an old workbook"));
    let many = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    assert!(open(many(COLUMNS_MAX).as_bytes(), ReadAs::default()).is_ok());
    assert_eq!(refused(open(many(COLUMNS_MAX + 1).as_bytes(), ReadAs::default())).0, Code::TooMany);
}

#[test]
fn rows_and_cells_have_limits() {
    let mut text = "a\n".to_owned();
    for _ in 0..ROWS_MAX {
        text.push_str("1\n");
    }
    let count = read(text.as_bytes(), ReadAs::default()).unwrap().1.len();
    assert_eq!(u64::try_from(count), Ok(ROWS_MAX));
    text.push_str("1\n");
    let (code, words) = refused(read(text.as_bytes(), ReadAs::default()));
    assert_eq!(code, Code::TooMany);
    let last = ROWS_MAX + 2;
    assert_eq!(words, format!("row {last}: the file has more than {ROWS_MAX} rows; split it"));
    let cell = |bytes: usize| format!("a\n{}\n", "x".repeat(bytes));
    assert!(read(cell(CELL_BYTES_MAX).as_bytes(), ReadAs::default()).is_ok());
    let (code, words) = refused(read(cell(CELL_BYTES_MAX + 1).as_bytes(), ReadAs::default()));
    assert_eq!(code, Code::LimitExceeded);
    assert!(words.starts_with("row 2/a: "), "{words}");
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read() {
    let mut out = Cursor::new(Vec::new());
    let mut zip = ZipWriter::new(&mut out);
    let block = vec![b' '; 1 << 20];
    zip.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default().large_file(true)).unwrap();
    for _ in 0..=(super::UNPACKED_BYTES_MAX >> 20) {
        zip.write_all(&block).unwrap();
    }
    zip.finish().unwrap();
    let bomb = out.into_inner();
    assert!(bomb.len() < 1 << 20, "it is small: {}", bomb.len());
    let (code, words) = refused(open(&bomb, ReadAs::default()));
    assert_eq!(code, Code::LimitExceeded);
    assert!(words.contains("unpacks to more than 512 MiB"), "{words}");
}

/// What the parts of a workbook are named by.
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// As many rows as a sheet has: small to send, and refused where it has too many, without the rest being read.
#[test]
fn a_full_sheet_is_refused_by_the_row_that_is_too_many() {
    const SHEET_ROWS: u32 = 1_048_576;
    let mut out = Cursor::new(Vec::new());
    let mut zip = ZipWriter::new(&mut out);
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let relations = |kind: &str, target: &str| {
        let (of, office) = ("http://schemas.openxmlformats.org/package/2006/relationships", OFFICE);
        format!(
            "<Relationships xmlns=\"{of}\"><Relationship Id=\"r1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    part("_rels/.rels", &relations("officeDocument", "xl/workbook.xml"));
    part("xl/_rels/workbook.xml.rels", &relations("worksheet", "worksheets/sheet1.xml"));
    let book = "<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets>";
    part("xl/workbook.xml", &format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{book}</workbook>"));
    let head = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>sku</t></is></c></row>";
    let mut sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{head}");
    for row in 2..=SHEET_ROWS {
        write!(sheet, "<row r=\"{row}\"><c r=\"A{row}\"><v>1</v></c></row>").unwrap();
    }
    sheet.push_str("</sheetData></worksheet>");
    part("xl/worksheets/sheet1.xml", &sheet);
    zip.finish().unwrap();
    let (code, words) = refused(read(out.get_ref(), ReadAs::default()));
    assert_eq!(code, Code::TooMany);
    let last = ROWS_MAX + 2;
    assert_eq!(words, format!("row {last}: the file has more than {ROWS_MAX} rows; split it"));
}

#[test]
fn a_zip_that_is_no_workbook_is_refused() {
    let mut out = Cursor::new(Vec::new());
    let mut zip = ZipWriter::new(&mut out);
    zip.start_file("readme.txt", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"hello").unwrap();
    zip.finish().unwrap();
    let (code, words) = refused(open(out.get_ref(), ReadAs::default()));
    assert_eq!(code, Code::MalformedFile);
    assert!(words.contains("a ZIP and no Excel workbook"), "{words}");
    assert_eq!(refused(open(b"PK\x03\x04 and nothing more", ReadAs::default())).0, Code::MalformedFile);
}

#[test]
fn a_sheet_is_chosen_by_name_and_its_errors_are_told() {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write_string(0, 0, "x").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("Items").unwrap();
    sheet.write_string(1, 0, "sku").unwrap().write_string(1, 1, "n").unwrap();
    sheet.write_number(3, 0, 123).unwrap().write_number(3, 1, 0.1 + 0.2).unwrap();
    sheet.write_string(4, 0, "B").unwrap().write_number(4, 1, 1e16).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let named = |sheet: &str| ReadAs { sheet: Some(sheet.to_owned()), ..ReadAs::default() };
    let (columns, lines) = read(&bytes, named("items")).unwrap();
    assert_eq!(columns, ["sku", "n"]);
    let number = |text: &str| Cell::Number(text.to_owned());
    assert_eq!(lines[0], Line { number: 4, cells: vec![number("123"), number("0.3")] });
    assert!(matches!(&lines[1].cells[1], Cell::Bad(words) if words.contains("more than 15 digits")));
    let (code, words) = refused(open(&bytes, named("stock")));
    assert_eq!(code, Code::InvalidValue);
    assert!(words.contains("it has `Notes`, `Items`"), "{words}");
    assert_eq!(open(&bytes, ReadAs::default()).unwrap().columns, ["x"]);
}

#[test]
fn a_workbook_that_tells_of_more_texts_than_it_has_is_refused() {
    for (told, is_refused) in [("9000000000000000000", true), ("100000", true), ("1", false)] {
        let mut out = Cursor::new(Vec::new());
        let mut zip = ZipWriter::new(&mut out);
        zip.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).unwrap();
        write!(zip, "<sst uniqueCount=\"{told}\"><si><t>x</t></si></sst>").unwrap();
        zip.finish().unwrap();
        let (code, words) = refused(open(out.get_ref(), ReadAs::default()));
        assert_eq!(code, Code::MalformedFile);
        assert_eq!(words.contains("it tells of"), is_refused, "{told}: {words}");
    }
}

#[test]
fn what_two_encodings_would_make_of_a_text_is_refused() {
    let windows = || ReadAs { windows_1252: true, ..ReadAs::default() };
    let (code, words) = refused(open("sku\nGröße\n".as_bytes(), windows()));
    assert_eq!(code, Code::InvalidValue);
    assert!(words.contains("in UTF-8 already"), "{words}");
    assert!(open(b"sku\nplain\n", windows()).is_ok());
}

#[test]
fn numbers_of_json_lines_are_exact_or_refused() {
    let (_, lines) =
        read(b"{\"a\":1234567890123456,\"b\":0.25,\"c\":123456789012.123456}\n", ReadAs::default()).unwrap();
    assert_eq!(lines[0].cells[0], Cell::Number("1234567890123456".to_owned()));
    assert_eq!(lines[0].cells[1], Cell::Number("0.25".to_owned()));
    assert!(matches!(&lines[0].cells[2], Cell::Bad(_)));
}

#[test]
fn a_workbook_is_full_at_its_last_row_and_cell_and_says_so() {
    let write = |rows: u32, text: &str| {
        let mut out = Vec::new();
        let columns = vec!["sku".to_owned()];
        let writer = Writer::begin(Format::Xlsx, columns, (Locale::ISO, None), &mut out).unwrap();
        let mut writer = writer.with_rows(4);
        let row = [Cell::Text(text.to_owned())];
        let done = (0..rows).try_for_each(|_| writer.row(&row)).and_then(|()| writer.end());
        (done.map_err(|error| error.downcast::<NoRoom>().unwrap()), out)
    };
    let long = "x".repeat(SHEET_TEXT_MAX);
    for (rows, text, full) in [
        (3, "A", None),
        (4, "A", Some(NoRoom::Rows(3))),
        (1, long.as_str(), None),
        (1, &format!("{long}x"), Some(NoRoom::Text("sku".to_owned(), 2))),
    ] {
        let (done, out) = write(rows, text);
        assert_eq!(done.err().as_ref(), full.as_ref());
        if full.is_some() {
            assert!(out.is_empty(), "nothing is written of what has no room");
        } else {
            let (_, lines) = read(&out, ReadAs::default()).unwrap();
            assert_eq!(u32::try_from(lines.len()).unwrap(), rows);
        }
    }
}
