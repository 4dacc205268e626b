//! Rows as Parquet, for programs that read columns: exact decimals, instants and days in their own types.
//!
//! A column of a group of rows is written together, so that a group stands in memory and the list does not.

use super::cell::{Books, Cell, Holds};
use domain::Instant;
use domain::when::{Date, days_between, parse_date};
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;

/// Rows of a group.
const GROUP_ROWS: usize = 50_000;
/// Bytes of texts of a group, beyond which it is written before it has all of its rows.
const GROUP_BYTES: usize = 32 << 20;
/// The day from which days are counted.
const EPOCH: Date = Date::constant(1970, 1, 1);
/// Digits of a decimal: as many as fit into a number of 64 bits whatever they are.
const DIGITS: u32 = 18;

/// Writes rows.
pub(super) struct Parquet {
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

/// A column of the group that is being gathered.
struct Column {
    kind: Kind,
    values: Values,
    /// For each row, whether it has a value.
    defined: Vec<i16>,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Truth,
    Number,
    /// A number with so many decimals.
    Decimal(u32),
    Instant,
    Day,
    Text,
    Json,
}

enum Values {
    Truths(Vec<bool>),
    Numbers(Vec<i64>),
    Days(Vec<i32>),
    Texts(Vec<ByteArray>),
}

impl Kind {
    fn of(holds: Holds, books: &Books) -> Kind {
        match holds {
            Holds::Truth => Kind::Truth,
            Holds::Number => Kind::Number,
            Holds::Quantity | Holds::Decimal | Holds::Cost | Holds::Figure => Kind::Decimal(6),
            Holds::Grams => Kind::Decimal(3),
            Holds::Money => Kind::Decimal(books.digits()),
            Holds::Instant => Kind::Instant,
            Holds::Date => Kind::Day,
            Holds::Json | Holds::List => Kind::Json,
            Holds::Text
            | Holds::Status
            | Holds::Kind
            | Holds::Posting
            | Holds::Claim
            | Holds::Request
            | Holds::Hash
            | Holds::Month
            | Holds::Currency => Kind::Text,
        }
    }

    /// The type of its column in a schema.
    fn type_of(self, name: &str) -> String {
        match self {
            Kind::Truth => format!("optional BOOLEAN {name};"),
            Kind::Number => format!("optional INT64 {name};"),
            Kind::Decimal(scale) => format!("optional INT64 {name} (DECIMAL({DIGITS},{scale}));"),
            Kind::Instant => format!("optional INT64 {name} (TIMESTAMP(MICROS,true));"),
            Kind::Day => format!("optional INT32 {name} (DATE);"),
            Kind::Text => format!("optional BYTE_ARRAY {name} (STRING);"),
            Kind::Json => format!("optional BYTE_ARRAY {name} (JSON);"),
        }
    }

    fn values(self) -> Values {
        match self {
            Kind::Truth => Values::Truths(Vec::new()),
            Kind::Number | Kind::Decimal(_) | Kind::Instant => Values::Numbers(Vec::new()),
            Kind::Day => Values::Days(Vec::new()),
            Kind::Text | Kind::Json => Values::Texts(Vec::new()),
        }
    }
}

impl Parquet {
    /// Begins a file without a name.
    pub(super) fn begin(columns: &[(&'static str, Holds)], books: &Books) -> io::Result<Parquet> {
        let mut schema = "message list {".to_owned();
        let mut gathered = Vec::with_capacity(columns.len());
        for (name, holds) in columns {
            let kind = Kind::of(*holds, books);
            // writing to a string never fails
            let _ = write!(schema, " {}", kind.type_of(name));
            gathered.push(Column { kind, values: kind.values(), defined: Vec::new() });
        }
        schema.push_str(" }");
        let schema = parse_message_type(&schema).map_err(unwritten)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("stockwell ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(tempfile::tempfile()?, Arc::new(schema), Arc::new(properties));
        Ok(Parquet { writer: writer.map_err(unwritten)?, columns: gathered, rows: 0, bytes: 0 })
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl Iterator<Item = Cell>) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes = self.bytes.saturating_add(column.add(cell)?);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(unwritten)?;
        for column in &mut self.columns {
            let mut out = group
                .next_column()
                .map_err(unwritten)?
                .ok_or_else(|| io::Error::other("a file has fewer columns than its list"))?;
            column.write(&mut out).map_err(unwritten)?;
            out.close().map_err(unwritten)?;
        }
        group.close().map_err(unwritten)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Ends the file, and hands it over from its beginning.
    pub(super) fn end(mut self) -> io::Result<File> {
        self.write_group()?;
        let mut file = self.writer.into_inner().map_err(unwritten)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

impl Column {
    /// Adds a cell; how many bytes of text it has.
    fn add(&mut self, cell: Cell) -> io::Result<usize> {
        if cell == Cell::Null {
            self.defined.push(0);
            return Ok(0);
        }
        self.defined.push(1);
        let wrong = |cell: &Cell| io::Error::other(format!("`{cell:?}` does not fit into its column"));
        match (&mut self.values, self.kind, cell) {
            (Values::Truths(truths), _, Cell::Truth(truth)) => truths.push(truth),
            (Values::Numbers(numbers), Kind::Number, Cell::Number(number)) => numbers.push(number),
            (Values::Numbers(numbers), Kind::Decimal(scale), Cell::Word(text)) => {
                numbers.push(scaled(&text, scale).ok_or_else(|| wrong(&Cell::Word(text)))?);
            }
            (Values::Numbers(numbers), Kind::Instant, Cell::Word(text)) => {
                numbers.push(Instant::parse(&text).map_err(|_| wrong(&Cell::Word(text)))?.0);
            }
            (Values::Days(days), _, Cell::Word(text)) => {
                let date = parse_date(&text).map_err(|_| wrong(&Cell::Word(text)))?;
                days.push(days_between(EPOCH, date));
            }
            (Values::Texts(texts), _, Cell::Word(text) | Cell::Text(text)) => {
                let bytes = text.len();
                texts.push(ByteArray::from(text.into_bytes()));
                return Ok(bytes);
            }
            (Values::Texts(texts), _, Cell::Json(value)) => {
                let text = value.to_string();
                let bytes = text.len();
                texts.push(ByteArray::from(text.into_bytes()));
                return Ok(bytes);
            }
            (_, _, cell) => return Err(wrong(&cell)),
        }
        Ok(0)
    }

    /// Writes what was gathered, and begins anew.
    fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        fn put<T: DataType>(
            out: &mut SerializedColumnWriter<'_>,
            values: &mut Vec<T::T>,
            defined: &[i16],
        ) -> Result<(), ParquetError> {
            out.typed::<T>().write_batch(values, Some(defined), None)?;
            values.clear();
            Ok(())
        }
        match &mut self.values {
            Values::Truths(truths) => put::<BoolType>(out, truths, &self.defined),
            Values::Numbers(numbers) => put::<Int64Type>(out, numbers, &self.defined),
            Values::Days(days) => put::<Int32Type>(out, days, &self.defined),
            Values::Texts(texts) => put::<ByteArrayType>(out, texts, &self.defined),
        }?;
        self.defined.clear();
        Ok(())
    }
}

/// A decimal text as a whole number of its last place: `-1.5` with three decimals is `-1500`.
fn scaled(text: &str, scale: u32) -> Option<i64> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= scale)?;
    let factor = 10_i64.checked_pow(scale)?;
    let small = match fraction {
        "" => 0,
        fraction => fraction.parse::<i64>().ok()?.checked_mul(10_i64.checked_pow(scale - places)?)?,
    };
    let number = whole.parse::<i64>().ok()?.checked_mul(factor)?.checked_add(small)?;
    (number < 10_i64.checked_pow(DIGITS)?).then_some(sign * number)
}

#[expect(clippy::needless_pass_by_value, reason = "made to follow `map_err`")]
fn unwritten(error: ParquetError) -> io::Error {
    io::Error::other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_whole_numbers_of_their_last_place() {
        for (text, scale, number) in [
            ("0", 6, Some(0)),
            ("1", 6, Some(1_000_000)),
            ("-1.5", 3, Some(-1_500)),
            ("-0.000001", 6, Some(-1)),
            ("12.34", 2, Some(1_234)),
            ("7", 0, Some(7)),
            ("7.5", 0, None),
            ("1.2345", 3, None),
            ("999999999999.999999", 6, Some(999_999_999_999_999_999)),
            ("1000000000000", 6, None),
            ("", 6, None),
            ("x", 6, None),
        ] {
            assert_eq!(scaled(text, scale), number, "{text}");
        }
    }
}
