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
    read_at_most(LINES_MAX, source, zone)
}

fn read_at_most(lines_max: usize, source: impl Read, zone: &Zone) -> Result<Table, Problem> {
    let mut rows = Rows::open(source)?;
    let mut reader = Reader::new(zone);
    while let Some(row) = rows.next()? {
        if reader.lines.len() == lines_max {
            let detail = format!("the file has more than {lines_max} lines; split it");
            return Err(Problem::at(Code::TooMany, format!("row {}", row.number), detail));
        }
        reader.take(&row)?;
    }
    reader.finish()
}

/// What was read so far.
struct Reader<'z> {
    zone: &'z Zone,
    lines: Vec<Line>,
    invoices: Names,
    /// Customer and country of each invoice, as its first line has them.
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
        let [invoice, code, description, quantity, time, price, customer, country] = row.fields;
        let [in_invoice, in_code, in_description, in_quantity, in_time, in_price, in_customer, in_country] =
            ROW.map(|column| At { row: row.number, column });
        // column by column, so that of two wrong cells the left one is named
        let kind = in_invoice.check(field::invoice(invoice))?;
        let code = in_code.check(field::code(code))?;
        let description = in_description.check(field::description(description))?;
        let units = in_quantity.check(field::quantity(quantity))?;
        let at = in_time.check(self.instant(time))?;
        let pounds = in_price.check(field::price(price))?;
        let customer = in_customer.check(field::customer(customer))?;
        let country = self.countries.intern(in_country.check(field::country(country))?);
        let line = Line {
            row: row.number,
            invoice: self.invoices.intern(invoice),
            kind,
            item: self.codes.intern(code),
            description: self.descriptions.intern(description),
            quantity: units,
            at,
            price: pounds,
            customer,
            country,
        };
        if line.kind == InvoiceKind::Cancellation && line.quantity > 0 {
            let detail = format!("`{quantity}`: a cancellation (`C`) has a negative quantity");
            return Err(in_quantity.problem(Code::InvalidQuantity, detail));
        }
        if line.kind != InvoiceKind::BadDebt && line.price < Price::ZERO {
            let detail = format!("`{price}`: only a bad debt (`A`) has a negative price");
            return Err(in_price.problem(Code::InvalidValue, detail));
        }
        self.check_invoice(&line, invoice, [in_customer, in_country])?;
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
    fn check_invoice(&mut self, line: &Line, number: &str, at: [At; 2]) -> Result<(), Problem> {
        let Some(first) = self.heads.get(line.invoice.index()) else {
            self.heads.push(Head { customer: line.customer, country: line.country, row: line.row });
            return Ok(());
        };
        let [in_customer, in_country] = at;
        let (at, what) = if first.customer != line.customer {
            (in_customer, "customer")
        } else if first.country != line.country {
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

#[cfg(test)]
mod tests {
    use super::super::tests::HEADER;
    use super::*;

    #[test]
    fn one_line_too_many_is_named() {
        let line = "1,22423,CAKESTAND,2,2011-01-03 10:00:00,12.75,17850.0,UK\n";
        let file = format!("{HEADER}{}", line.repeat(3));
        let read = |lines_max| read_at_most(lines_max, file.as_bytes(), &Zone::UTC);
        assert_eq!(read(3).unwrap().lines.len(), 3);
        let problem = read(2).unwrap_err();
        assert_eq!((problem.code, &*problem.errors[0].pointer), (Code::TooMany, "row 4"));
    }

    #[test]
    fn of_two_wrong_cells_the_left_one_is_named() {
        let file = format!("{HEADER}1,22423,CAKESTAND,two,2011-01-03 10:00:00,12.75,nobody,\n");
        let problem = read(file.as_bytes(), &Zone::UTC).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "row 2/Quantity");
    }
}
