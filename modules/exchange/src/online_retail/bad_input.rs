//! What is wrong with a file is said once, with row and column, and nothing else comes of it.

use super::tests::HEADER;
use super::*;
use flate2::{Compression, write::GzEncoder};
use std::io::{Cursor, Write};

const GOOD: &str = "1,22423,REGENCY CAKESTAND 3 TIER,2,2011-01-03 10:00:00,12.75,17850.0,UK\n";

/// The only pointer of the refusal, its code, and what it says.
fn refusal(file: impl Read) -> (String, Code, String) {
    let problem = plan(file).unwrap_err();
    let [error] = <[_; 1]>::try_from(problem.errors.clone()).unwrap();
    assert_eq!((problem.code, &*problem.detail), (error.code, &*error.detail));
    (error.pointer, error.code, error.detail)
}

fn refusal_of(bytes: &[u8]) -> (String, Code, String) {
    refusal(Cursor::new(bytes.to_vec()))
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

#[test]
fn each_bad_cell_is_named() {
    let long = "X".repeat(201);
    let too_many = "1".repeat(31);
    let cases: &[(&str, &str, &str, Code)] = &[
        // column, what stands there, instead of what, code
        ("InvoiceNo", "", "1", Code::InvalidValue),
        ("InvoiceNo", "X1", "1", Code::InvalidValue),
        ("StockCode", "", "22423", Code::InvalidValue),
        ("StockCode", &long, "22423", Code::LimitExceeded),
        ("Description", &long, "REGENCY CAKESTAND 3 TIER", Code::LimitExceeded),
        ("Description", "A\tB", "REGENCY CAKESTAND 3 TIER", Code::InvalidValue),
        ("Quantity", "0", "2", Code::InvalidQuantity),
        ("Quantity", "", "2", Code::InvalidQuantity),
        ("Quantity", "NaN", "2", Code::InvalidQuantity),
        ("Quantity", "two", "2", Code::InvalidQuantity),
        ("Quantity", "1.5", "2", Code::FractionRefused),
        ("Quantity", &too_many, "2", Code::LimitExceeded),
        ("InvoiceDate", "", "2011-01-03 10:00:00", Code::InvalidValue),
        ("InvoiceDate", "03/01/2011 10:00", "2011-01-03 10:00:00", Code::InvalidValue),
        ("InvoiceDate", "2011-02-30 10:00:00", "2011-01-03 10:00:00", Code::InvalidValue),
        ("UnitPrice", "", "12.75", Code::InvalidValue),
        ("UnitPrice", "NaN", "12.75", Code::InvalidValue),
        ("UnitPrice", "\"12,75\"", "12.75", Code::InvalidValue),
        ("UnitPrice", "0.1234567", "12.75", Code::InvalidValue),
        ("UnitPrice", &too_many, "12.75", Code::LimitExceeded),
        ("UnitPrice", "-12.75", "12.75", Code::InvalidValue),
        ("CustomerID", "17850.5", "17850.0", Code::InvalidValue),
        ("CustomerID", "somebody", "17850.0", Code::InvalidValue),
        ("Country", "", "UK", Code::InvalidValue),
        ("Country", &long, "UK", Code::LimitExceeded),
    ];
    for (column, bad, good, code) in cases {
        let place = HEADER.trim().split(',').position(|name| name == *column).unwrap();
        let mut cells: Vec<&str> = GOOD.trim().split(',').collect();
        assert_eq!(cells[place], *good);
        cells[place] = bad;
        let file = format!("{HEADER}{GOOD}{}\n{GOOD}", cells.join(","));
        let (pointer, found, detail) = refusal_of(file.as_bytes());
        assert_eq!((pointer, found), (format!("row 3/{column}"), *code), "{bad}: {detail}");
        assert!(detail.starts_with('`') && detail.len() < 200, "{detail}");
    }
}

#[test]
fn what_cells_say_together_is_checked() {
    let cases = [
        (
            "C2,A1,THE THING,2,2011-01-03 10:00:00,1.0,7,UK",
            "row 3/Quantity",
            Code::InvalidQuantity,
            "negative quantity",
        ),
        (
            "C2,A1,THE THING,-2,2011-01-03 10:00:00,-1.0,7,UK",
            "row 3/UnitPrice",
            Code::InvalidValue,
            "negative price",
        ),
        ("1,A1,THE THING,2,2011-01-03 10:00:00,1.0,7,UK", "row 3/CustomerID", Code::InvalidValue, "in row 2"),
        (
            "1,A1,THE THING,2,2011-01-03 10:00:00,1.0,17850,France",
            "row 3/Country",
            Code::InvalidValue,
            "in row 2",
        ),
    ];
    for (line, pointer, code, says) in cases {
        let (at, found, detail) = refusal_of(format!("{HEADER}{GOOD}{line}\n").as_bytes());
        assert_eq!((&*at, found), (pointer, code), "{line}");
        assert!(detail.contains(says), "{detail}");
    }
}

#[test]
fn rows_that_are_no_rows_are_named() {
    let over_long = format!("{},\n", "x".repeat(5000));
    let cases: &[(&[u8], &str, Code, &str)] = &[
        (b"1,22423,NAME,2,2011-01-03 10:00:00\n", "row 3", Code::MalformedFile, "5 of the 8 columns"),
        (
            b"1,22423,NAME, AND MORE,2,2011-01-03 10:00:00,1.0,1,UK\n",
            "row 3",
            Code::MalformedFile,
            "more than 8",
        ),
        (b"1,22423,NAME,2,2011-01-03 10:00:00,1.0,1,UK,,,,\n", "row 3", Code::MalformedFile, "more than 8"),
        (b"1,22423,\"NAME,2,2011-01-03 10:00:00,1.0,1,UK\n1,2\"\n", "row 3", Code::MalformedFile, "quote"),
        (b"\n1,22423,NAME,2,2011-01-03 10:00:00,1.0,1,UK\n", "row 3", Code::MalformedFile, "blank"),
        (
            b"1,22423,CAF\xC9,2,2011-01-03 10:00:00,1.0,1,UK\n",
            "row 3/Description",
            Code::MalformedFile,
            "UTF-8",
        ),
        (b"1,22423,NAME,2,2011-01-03 10:00:00,1.0,1,\xC3\n", "row 3/Country", Code::MalformedFile, "UTF-8"),
        (over_long.as_bytes(), "row 3", Code::LimitExceeded, "4096 bytes"),
        (b"1,22423,NAME,2,2011-01-03 10:00:00,1.0,1,U", "row 3", Code::MalformedFile, "cut off"),
        (b"1,22423,NAME,2", "row 3", Code::MalformedFile, "cut off"),
    ];
    for (line, pointer, code, says) in cases {
        let file = [HEADER.as_bytes(), GOOD.as_bytes(), line].concat();
        for (form, bytes) in [("plain", file.clone()), ("packed", packed(&file))] {
            let (at, found, detail) = refusal_of(&bytes);
            assert_eq!((&*at, found), (*pointer, *code), "{form}: {detail}");
            assert!(detail.contains(says), "{form}: {detail}");
        }
    }
}

#[test]
fn files_of_another_form_are_refused_by_name() {
    let semicolons = format!("{HEADER}{GOOD}").replace(',', ";");
    let tabs = format!("{HEADER}{GOOD}").replace(',', "\t");
    let renamed = HEADER.replace("UnitPrice", "Price");
    let short = HEADER.replace(",Country", "");
    let utf_16: Vec<u8> =
        b"\xFF\xFE".iter().copied().chain(HEADER.bytes().flat_map(|byte| [byte, 0])).collect();
    let cases: &[(&[u8], &str, &str)] = &[
        (b"", "row 1", "is empty"),
        (HEADER.as_bytes(), "row 2", "no line follows"),
        (semicolons.as_bytes(), "row 1", "semicolons"),
        (tabs.as_bytes(), "row 1", "tabs"),
        (renamed.as_bytes(), "row 1/UnitPrice", "column 6 is named `Price`"),
        (short.as_bytes(), "row 1/Country", "column 8 is named ``"),
        (GOOD.as_bytes(), "row 1/InvoiceNo", "column 1 is named `1`"),
        (&utf_16, "row 1", "UTF-16"),
        (b"PK\x03\x04rest", "row 1", "zip"),
        (HEADER.trim_end().as_bytes(), "row 1", "cut off"),
    ];
    for (bytes, pointer, says) in cases {
        for bytes in [bytes.to_vec(), packed(bytes)] {
            let (at, code, detail) = refusal_of(&bytes);
            assert_eq!((&*at, code), (*pointer, Code::MalformedFile), "{detail}");
            assert!(detail.contains(says), "{detail}");
        }
    }
}

#[test]
fn a_compressed_file_that_was_cut_off_or_damaged_is_refused_wherever_it_happened() {
    let lines: String = (1..400).map(|n| GOOD.replacen('1', &n.to_string(), 1)).collect();
    let whole = packed(format!("{HEADER}{lines}").as_bytes());
    assert!(plan(Cursor::new(whole.clone())).is_ok());
    for end in (2..whole.len()).step_by(7).chain([whole.len() - 1, whole.len() - 8]) {
        let (at, code, detail) = refusal_of(&whole[..end]);
        assert!(at.starts_with("row ") && code == Code::MalformedFile, "{end}: {at}");
        assert!(detail.contains("cut off"), "{end}: {detail}");
    }
    let mut damaged = whole.clone();
    let checksum = damaged.len() - 6;
    damaged[checksum] ^= 1;
    let (_, _, detail) = refusal_of(&damaged);
    assert!(detail.contains("damaged"), "{detail}");
    let (_, _, detail) = refusal_of(&[&*whole, b"and something behind it"].concat());
    assert!(detail.contains("damaged"), "{detail}");
}

#[test]
fn a_source_that_fails_is_named_with_its_row() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::PermissionDenied.into())
        }
    }
    let (at, code, detail) = refusal(Cursor::new(format!("{HEADER}{GOOD}")).chain(Failing));
    assert_eq!((&*at, code), ("row 3", Code::MalformedFile));
    assert!(detail.contains("permission denied"), "{detail}");
}

#[test]
fn harmless_ways_of_writing_make_the_same_year() {
    let plain = format!("{HEADER}{GOOD}1,POST,POSTAGE,1,2011-01-03 10:00:00,18,17850,UK\n");
    let expected = plan(Cursor::new(plain.clone())).unwrap();
    let with_mark = format!("\u{feff}{plain}");
    let windows = with_mark.replace('\n', "\r\n");
    let blank_end = format!("{plain}\n\r\n");
    let quoted = plain.replace("REGENCY CAKESTAND 3 TIER", "\"REGENCY CAKESTAND 3 TIER\"");
    let in_two_parts = [packed(&plain.as_bytes()[..150]), packed(&plain.as_bytes()[150..])].concat();
    for file in [
        with_mark.clone().into_bytes(),
        windows.clone().into_bytes(),
        blank_end.into_bytes(),
        quoted.into_bytes(),
        packed(plain.as_bytes()),
        packed(windows.as_bytes()),
        in_two_parts,
    ] {
        let year = plan(Cursor::new(file)).unwrap();
        assert_eq!((&year.items, &year.docs), (&expected.items, &expected.docs));
    }
}

#[test]
fn quotes_and_commas_in_a_text_are_part_of_it() {
    let year = super::tests::year("1,22423,\"CAKESTAND, \"\"LOVE\"\" £5\",2,2011-01-03 10:00:00,12.75,,UK\n");
    assert_eq!(year.items[0].name, "CAKESTAND, \"LOVE\" £5");
}
