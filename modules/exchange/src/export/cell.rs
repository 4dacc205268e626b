//! A column of a row, as one of the few things that files know.

use crate::table;
use db::{Conn, DbError, Row};
use domain::attribute::Millionths;
use domain::goods::Grams;
use domain::ledger::Kind;
use domain::when::parse_date;
use domain::{ClaimId, Currency, Delta, Instant, Period, PostingId, Status, hex};

/// What a column holds, in the store and in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holds {
    /// A text as it is.
    Text,
    /// A number as it is.
    Number,
    /// A truth value.
    Truth,
    /// Millionths of the base unit, shown as a decimal text.
    Quantity,
    /// Minor units of the books, shown as a decimal text.
    Money,
    /// What one unit costs: minor units, the millionths that they are the worth of, and from which of these to which
    /// this is about, with `/` between them; shown as a decimal text.
    Cost,
    /// Microseconds, shown as a text in UTC.
    Instant,
    /// A civil date.
    Date,
    /// A month as a number, shown as `2026-10`.
    Month,
    /// A JSON text.
    Json,
    /// A JSON list of texts; with `|` between them in a table.
    List,
    /// Millionths of a number, shown as a decimal text.
    Decimal,
    /// A decimal text as it is.
    Figure,
    /// Milligrams, shown in grams.
    Grams,
    /// The number of a status, shown as its word.
    Status,
    /// The number of a kind of posting, shown as its word.
    Kind,
    /// The id of a posting.
    Posting,
    /// The id of a claim.
    Claim,
    /// The id of a request.
    Request,
    /// A hash, in hexadecimal digits.
    Hash,
    /// The currency of the books, where the column is not null.
    Currency,
}

/// A cell.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Cell {
    Null,
    Number(i64),
    Truth(bool),
    /// Written by the product: a quantity, a date, a word of a closed list.
    Word(String),
    /// Written by people.
    Text(String),
    Json(serde_json::Value),
}

/// The money of the books.
#[derive(Clone, Copy, Debug)]
pub(super) struct Books {
    currency: Currency,
}

impl Books {
    pub(super) fn read(conn: &mut Conn<'_>) -> Result<Books, DbError> {
        Ok(Books { currency: places::organisation(conn)?.currency })
    }

    /// Decimals of the currency.
    pub(super) fn digits(self) -> u32 {
        self.currency.minor_digits()
    }

    /// Minor units as a decimal.
    pub(super) fn amount(self, minor: i64) -> String {
        let digits = usize::try_from(self.currency.minor_digits()).unwrap_or(0);
        let mut text = format!("{:0>width$}", minor.unsigned_abs(), width = digits + 1);
        if digits > 0 {
            text.insert(text.len() - digits, '.');
        }
        if minor < 0 {
            text.insert(0, '-');
        }
        text
    }
}

impl Books {
    /// The cost of a unit, of `value/whole/from/to`. A part has its share of the value to the minor unit, so that
    /// all parts together have all of it.
    fn unit_cost(self, text: &str) -> Option<String> {
        let mut numbers = text.split('/').map(|part| part.parse::<i128>().ok());
        let mut next = || numbers.next().flatten();
        let (value, whole, from, to) = (next()?, next()?, next()?, next()?);
        let share = |upto: i128| value.checked_mul(upto)?.checked_div(whole);
        let of_part = share(to)?.checked_sub(share(from)?)?;
        // both are counted in millionths
        let scale = 10_i128.checked_pow(12_u32.checked_sub(self.digits())?)?;
        let qty = to.checked_sub(from)?;
        let twice = of_part.checked_mul(scale)?.checked_mul(2)?.checked_add(qty)?;
        let cost = twice.checked_div(qty.checked_mul(2)?)?;
        Some(Millionths(i64::try_from(cost).ok()?).to_string())
    }
}

impl Holds {
    /// Reads a column of a row.
    pub(super) fn read(self, books: &Books, row: &Row<'_>, column: usize) -> Result<Cell, DbError> {
        let wanted = |wanted| DbError::Column { column, wanted };
        Ok(match self {
            Holds::Text => row.opt_text(column)?.map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
            Holds::Number => row.opt_int(column)?.map_or(Cell::Null, Cell::Number),
            Holds::Truth => row.opt_bool(column)?.map_or(Cell::Null, Cell::Truth),
            Holds::Quantity => word(row.opt_int(column)?.map(|millionths| Delta(millionths).to_string())),
            Holds::Money => word(row.opt_int(column)?.map(|minor| books.amount(minor))),
            Holds::Cost => match row.opt_text(column)? {
                Some(text) => Cell::Word(books.unit_cost(text).ok_or(wanted("a cost"))?),
                None => Cell::Null,
            },
            Holds::Instant => word(row.opt_int(column)?.map(|micros| Instant(micros).to_string())),
            Holds::Date => word(row.opt_date(column)?.map(|date| date.to_string())),
            Holds::Month => word(match row.opt_int(column)? {
                Some(number) => {
                    let period = i32::try_from(number).ok().and_then(Period::from_number);
                    Some(period.ok_or(wanted("a month"))?.to_string())
                }
                None => None,
            }),
            Holds::Figure => word(row.opt_text(column)?.map(str::to_owned)),
            Holds::Decimal => word(row.opt_int(column)?.map(|number| Millionths(number).to_string())),
            Holds::Grams => word(row.opt_int(column)?.map(|weight| Grams(weight).to_string())),
            Holds::Json | Holds::List => match row.opt_text(column)? {
                Some(text) => Cell::Json(serde_json::from_str(text).map_err(|_| wanted("a JSON text"))?),
                None => Cell::Null,
            },
            Holds::Status => match row.opt_int(column)? {
                Some(number) => {
                    let status = Status::from_number(number).ok_or(wanted("a status"))?;
                    Cell::Word(status.word().to_owned())
                }
                None => Cell::Null,
            },
            Holds::Kind => match row.opt_int(column)? {
                Some(number) => {
                    let kind = Kind::from_number(number).ok_or(wanted("a kind of posting"))?;
                    Cell::Word(kind.word().to_owned())
                }
                None => Cell::Null,
            },
            Holds::Posting => word(row.opt_id16(column)?.map(|id| PostingId::from_bytes(id).to_string())),
            Holds::Claim => word(row.opt_id16(column)?.map(|id| ClaimId::from_bytes(id).to_string())),
            Holds::Request => word(row.opt_id16(column)?.map(|id| format!("req_{}", hex::digits(&id)))),
            Holds::Hash => word(row.opt_hash(column)?.map(|hash| hex::digits(&hash))),
            Holds::Currency => word(row.opt_int(column)?.map(|_| books.currency.to_string())),
        })
    }
}

impl Holds {
    /// A cell as it stands in a table of people: quantities and money as numbers, days as days.
    pub(super) fn in_table(self, cell: Cell) -> table::Cell {
        match (self, cell) {
            (_, Cell::Null) => table::Cell::Empty,
            (_, Cell::Number(number)) => table::Cell::Number(number.to_string()),
            (_, Cell::Truth(truth)) => table::Cell::Truth(truth),
            (
                Holds::Quantity | Holds::Money | Holds::Decimal | Holds::Figure | Holds::Grams | Holds::Cost,
                Cell::Word(text),
            ) => table::Cell::Number(text),
            (Holds::Date, Cell::Word(text)) => {
                parse_date(&text).map_or(table::Cell::Text(text), table::Cell::Date)
            }
            (_, Cell::Word(text) | Cell::Text(text)) => table::Cell::Text(text),
            (Holds::List, Cell::Json(serde_json::Value::Array(list))) => {
                let texts: Vec<String> =
                    list.iter().filter_map(serde_json::Value::as_str).map(str::to_owned).collect();
                if texts.iter().any(|text| text.contains('|') || text.starts_with('[')) {
                    table::Cell::Text(serde_json::Value::from(list).to_string())
                } else {
                    table::Cell::of_text(&texts.join("|"))
                }
            }
            (_, Cell::Json(value)) => table::Cell::Json(value),
        }
    }
}

fn word(text: Option<String>) -> Cell {
    text.map_or(Cell::Null, Cell::Word)
}

impl Cell {
    /// As JSON.
    pub(super) fn json(self) -> serde_json::Value {
        match self {
            Cell::Null => serde_json::Value::Null,
            Cell::Number(number) => number.into(),
            Cell::Truth(truth) => truth.into(),
            Cell::Word(text) | Cell::Text(text) => text.into(),
            Cell::Json(value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_value_cost_what_is_theirs() {
        let books = |code: &str| Books { currency: Currency::parse(code).unwrap() };
        for (code, text, cost) in [
            ("GBP", "1000/4000000/0/4000000", Some("2.5")),
            // ten pounds for three
            ("GBP", "1000/3000000/0/1000000", Some("3.33")),
            ("GBP", "1000/3000000/1000000/2000000", Some("3.33")),
            ("GBP", "1000/3000000/2000000/3000000", Some("3.34")),
            ("GBP", "1000/3000000/0/3000000", Some("3.333333")),
            ("GBP", "0/3000000/0/3000000", Some("0")),
            ("JPY", "7/2000000/0/2000000", Some("3.5")),
            ("KWD", "1/1000000/0/1000000", Some("0.001")),
            ("GBP", "9223372036854775807/9223372036854775807/0/1000000", Some("10000")),
            ("GBP", "1/0/0/0", None),
            ("GBP", "1/1", None),
        ] {
            assert_eq!(books(code).unit_cost(text).as_deref(), cost, "{text}");
        }
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let books = |code: &str| Books { currency: Currency::parse(code).unwrap() };
        for (code, minor, text) in [
            ("GBP", 0, "0.00"),
            ("GBP", 5, "0.05"),
            ("GBP", -5, "-0.05"),
            ("GBP", 123_456, "1234.56"),
            ("JPY", -7, "-7"),
            ("KWD", 1, "0.001"),
            ("GBP", i64::MIN, "-92233720368547758.08"),
        ] {
            assert_eq!(books(code).amount(minor), text);
        }
    }
}
