//! From rows to typed lines: each cell is checked, and the first that is wrong is the answer.
//!
//! What must hold between cells of a line or an invoice is checked here too, so that the rules
//! that follow never meet a case without an answer:
//!
//! * a cancellation has a negative quantity;
//! * only a bad debt has a negative price;
//! * all lines of an invoice have one customer and one country.

use super::field::{self, COLUMNS, Refused};
use super::line::{InvoiceKind, Line, Table, Totals};
use super::names::{Folded, Ix, Names};
use super::price::Price;
use super::rows::{Row, Rows, cell};
use domain::{Code, Instant, Problem, Zone};
use std::io::Read;

/// Most lines of a file.
pub const LINES_MAX: usize = 5_000_000;

const ROW: [usize; COLUMNS.len()] = [0, 1, 2, 3, 4, 5, 6, 7];

/// Reads the whole file.
///
/// # Errors
/// The first thing that is wrong, with one pointer of the form `row 123` or `row 123/UnitPrice`:
/// `malformed_file`, `invalid_value`, `invalid_quantity`, `fraction_refused`, `limit_exceeded`,
/// `too_many`.
pub(super) fn read(source: impl Read, zone: &Zone) -> Result<Table, Problem> {
    let mut rows = Rows::open(source)?;
    let mut reader = Reader::new(zone);
    while let Some(row) = rows.next()? {
        reader.take(&row)?;
    }
    reader.finish()
}

/// What was read so far.
struct Reader<'z> {
    zone: &'z Zone,
    lines: Vec<Line>,
    invoices: Names,
    /// Kind, customer and country of each invoice, as its first line has them.
    heads: Vec<Head>,
    codes: Folded<fn(&str) -> String>,
    descriptions: Folded<fn(&str) -> String>,
    countries: Names,
    /// The civil time read last and its instant: most lines share it with the one before.
    last_time: (String, Instant),
    total: Totals,
}

#[derive(Clone, Copy)]
struct Head {
    kind: InvoiceKind,
    customer: Option<u32>,
    country: Ix,
    row: u32,
}

impl<'z> Reader<'z> {
    fn new(zone: &'z Zone) -> Reader<'z> {
        Reader {
            zone,
            lines: Vec::new(),
            invoices: Names::default(),
            heads: Vec::new(),
            codes: Folded::new(field::fold_code),
            descriptions: Folded::new(field::fold_description),
            countries: Names::default(),
            last_time: (String::new(), Instant(0)),
            total: Totals::default(),
        }
    }

    /// Checks a row and keeps its line.
    fn take(&mut self, row: &Row<'_>) -> Result<(), Problem> {
        if self.lines.len() == LINES_MAX {
            let detail = format!("the file has more than {LINES_MAX} lines; split it");
            return Err(Problem::at(Code::TooMany, format!("row {}", row.number), detail));
        }
        let [invoice, code, description, quantity, time, price, customer, country] = row.fields;
        let [in_invoice, in_code, in_description, in_quantity, in_time, in_price, in_customer, in_country] =
            ROW.map(|column| At { row: row.number, column });
        let head = Head {
            kind: in_invoice.check(field::invoice(invoice))?,
            customer: in_customer.check(field::customer(customer))?,
            country: self.countries.intern(in_country.check(field::country(country))?),
            row: row.number,
        };
        let line = Line {
            row: row.number,
            invoice: self.invoices.intern(invoice),
            kind: head.kind,
            item: self.codes.intern(in_code.check(field::code(code))?),
            description: self.descriptions.intern(in_description.check(field::description(description))?),
            quantity: in_quantity.check(field::quantity(quantity))?,
            at: in_time.check(self.instant(time))?,
            price: in_price.check(field::price(price))?,
            customer: head.customer,
            country: head.country,
        };
        if line.kind == InvoiceKind::Cancellation && line.quantity > 0 {
            let detail = format!("`{quantity}`: a cancellation (`C`) has a negative quantity");
            return Err(in_quantity.problem(Code::InvalidQuantity, detail));
        }
        if line.kind != InvoiceKind::BadDebt && line.price < Price::ZERO {
            let detail = format!("`{price}`: only a bad debt (`A`) has a negative price");
            return Err(in_price.problem(Code::InvalidValue, detail));
        }
        self.check_invoice(line.invoice, head, invoice, [in_customer, in_country])?;
        self.total.count(&line);
        self.lines.push(line);
        Ok(())
    }

    fn instant(&mut self, time: &str) -> Result<Instant, Refused> {
        if time != self.last_time.0 {
            self.last_time = (time.to_owned(), field::instant(time, self.zone)?);
        }
        Ok(self.last_time.1)
    }

    /// All lines of an invoice have one customer and one country.
    fn check_invoice(&mut self, ix: Ix, head: Head, number: &str, at: [At; 2]) -> Result<(), Problem> {
        let Some(first) = self.heads.get(ix.index()) else {
            self.heads.push(head);
            return Ok(());
        };
        let [in_customer, in_country] = at;
        let (at, what) = if first.customer != head.customer {
            (in_customer, "customer")
        } else if first.country != head.country {
            (in_country, "country")
        } else {
            return Ok(());
        };
        let detail =
            format!("invoice `{number}` has another {what} in row {}; an invoice has one", first.row);
        Err(at.problem(Code::InvalidValue, detail))
    }

    fn finish(self) -> Result<Table, Problem> {
        if self.lines.is_empty() {
            let detail = "no line follows the names of the columns";
            return Err(Problem::at(Code::MalformedFile, "row 2", detail));
        }
        Ok(Table {
            lines: self.lines,
            invoices: self.invoices,
            codes_written: self.codes.written_count(),
            items: self.codes.names,
            descriptions: self.descriptions.names,
            countries: self.countries,
            total: self.total,
            zone: self.zone.clone(),
        })
    }
}

/// A cell of the row that is being read.
#[derive(Clone, Copy)]
struct At {
    row: u32,
    column: usize,
}

impl At {
    fn check<T>(self, result: Result<T, Refused>) -> Result<T, Problem> {
        result.map_err(|refused| self.problem(refused.code, refused.detail))
    }

    fn problem(self, code: Code, detail: String) -> Problem {
        Problem::at(code, cell(self.row, COLUMNS.get(self.column).unwrap_or(&"")), detail)
    }
}
