//! From the sale that a line of a return names to the lines that it may be taken from.

use super::Compiler;
use crate::input::{LineInput, SaleInput};
use crate::names::Sold;
use catalog::ItemFacts;
use domain::ledger::{Amount, Kind, Line, SaleLine, TakeBack};
use domain::{Code, LotId, Permission, PostingId, Problem};

/// The most lines of one sale that a line of a return is taken from by its item and lot alone.
const LINES_TRIED_MAX: usize = 100;

impl Compiler<'_> {
    /// Adds what the lines that an input line became take back from the sale it names. `first` is the
    /// number of the first of them in the posting.
    pub(super) fn take_back(
        &self,
        input: &LineInput,
        lines: &[Line],
        first: usize,
        returns: &mut Vec<TakeBack>,
    ) -> Result<(), Problem> {
        let Some(sale) = input.sale else { return Ok(()) };
        let item = self.item(Permission::StockReceive, &input.sku)?;
        for (number, line) in lines.iter().enumerate() {
            let of = self.lines_of(sale, item, line.lot)?;
            if of.is_empty() {
                self.check_sold(sale, item)?;
                return Err(other_lot(sale, input, number, line.lot));
            }
            let (Amount::Move(qty) | Amount::CountTo(qty)) = line.amount;
            returns.push(TakeBack { line: first + number, qty, of });
        }
        Ok(())
    }

    /// The lines of a sale that goods may be part of, as far as the caller reaches.
    fn lines_of(&self, sale: SaleInput, item: &ItemFacts, lot: LotId) -> Result<Vec<SaleLine>, Problem> {
        let SaleInput { posting, line } = sale;
        let fits = |sold: &Sold| sold.kind == Kind::Issue && self.names.reaches_sale(self.principal, sold);
        let found = self.names.sales.goods((posting, line), item.id, lot).into_iter();
        let found: Vec<SaleLine> =
            found.filter(|(_, sold)| fits(sold)).map(|(line, _)| SaleLine { posting, line }).collect();
        if found.len() > LINES_TRIED_MAX {
            let detail = format!(
                "sale `{posting}` has `{}` lines of it, more than the `{LINES_TRIED_MAX}` that are tried; name the line",
                found.len()
            );
            return Err(Problem::at(Code::TooMany, "/sale/line", detail));
        }
        Ok(found)
    }

    /// Why a sale, or the line of it that is named, has nothing of an item; nothing when it has.
    fn check_sold(&self, sale: SaleInput, item: &ItemFacts) -> Result<(), Problem> {
        let SaleInput { posting, line } = sale;
        let reached =
            || self.names.sales.of(posting).filter(|(_, sold)| self.names.reaches_sale(self.principal, sold));
        let Some((_, any)) = reached().next() else { return Err(unknown(posting)) };
        if any.kind != Kind::Issue {
            let detail = format!(
                "posting `{posting}` is of the kind `{}`; only what a goods issue sold comes back",
                any.kind.word()
            );
            return Err(Problem::at(Code::NotASale, "/sale/posting", detail));
        }
        if let Some(number) = line
            && !reached().any(|(at, _)| at == number)
        {
            let detail = format!("sale `{posting}` has no line `{number}`; lines are counted from zero");
            return Err(Problem::at(Code::UnknownSale, "/sale/line", detail));
        }
        let named = |at: &usize| line.is_none_or(|line| line == *at);
        let mut of_item = reached().filter(|(at, sold)| named(at) && sold.sale.item == item.id);
        if of_item.next().is_none() {
            let what = line.map_or_else(String::new, |line| format!("line `{line}` of "));
            let detail = format!("{what}sale `{posting}` was not of item `{}`", item.sku);
            return Err(Problem::at(Code::SaleMismatch, "/sku", detail));
        }
        Ok(())
    }
}

fn unknown(posting: PostingId) -> Problem {
    Problem::at(Code::UnknownSale, "/sale/posting", format!("there is no sale `{posting}`"))
}

/// The item was sold, and not this lot of it.
fn other_lot(sale: SaleInput, input: &LineInput, number: usize, lot: LotId) -> Problem {
    let posting = sale.posting;
    let (pointer, code) = match (input.serials.get(number), &input.lot) {
        (Some(serial), _) => (format!("/serials/{number}"), Some(serial)),
        (None, Some(lot)) => ("/lot".to_owned(), Some(&lot.code)),
        (None, None) => ("/lot".to_owned(), None),
    };
    let detail = match (code, sale.line, lot.is_some()) {
        (Some(code), None, _) => format!("`{code}` was not in sale `{posting}`"),
        (Some(code), Some(line), _) => format!("`{code}` was not on line `{line}` of sale `{posting}`"),
        (None, ..) => format!("sale `{posting}` was of lots; name the one that comes back"),
    };
    Problem::at(Code::SaleMismatch, pointer, detail)
}
