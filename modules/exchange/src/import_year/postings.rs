//! A document of the plan as a posting, with the items, bins and lots that the store has for it.

use super::costs::{self, Sales, moving};
use super::ground::{Ground, SIMULATED};
use crate::customers::store::Link;
use crate::online_retail::{Doc, DocKind, DocLine, Effect, Year};
use domain::ledger::{Amount, Cost, Kind, Line, Place, TakeBack};
use domain::{Ctx, LotId, PostingId, Qty, Ratio};
use stock::{Costing, HistoryMovement, HistoryPosting};

/// One after the other, the documents of a part that move stock.
pub(super) struct Part<'y> {
    pub(super) postings: Vec<HistoryPosting>,
    /// The positions of their documents.
    docs: Vec<usize>,
    year: &'y Year,
    sales: &'y mut Sales,
    /// The rows of sales that something comes back from, with what left and the posting.
    pub(super) sold: Vec<(u32, i64, PostingId)>,
    /// Whose the postings are, where a customer is known.
    pub(super) customers: Vec<Link>,
}

impl<'y> Part<'y> {
    pub(super) fn new(
        year: &'y Year,
        ground: &Ground,
        ctx: &Ctx,
        sales: &'y mut Sales,
        (from, to): (usize, usize),
    ) -> Part<'y> {
        let (postings, docs, sold, customers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut part = Part { postings, docs, year, sales, sold, customers };
        for (at, doc) in year.docs.iter().enumerate().take(to).skip(from) {
            let id = PostingId(ctx.ids.next());
            if let Some(mut posting) = posting(year, ground, id, (at, doc)) {
                part.link(at, &mut posting);
                part.customers.extend(doc.customer.map(|number| (number.into(), doc.at, id)));
                part.postings.push(posting);
                part.docs.push(at);
            }
        }
        part
    }

    /// Notes which sales a document makes, and names those that it takes back.
    fn link(&mut self, at: usize, posting: &mut HistoryPosting) {
        let (year, mut first) = (self.year, 0);
        for (number, line, count) in moving(year, at) {
            if let Some((_, row)) = line.source {
                match posting.kind {
                    Kind::Issue if self.sales.expects(row) => self.sales.posted(row, posting.id),
                    Kind::Return => self.take_back((at, number), line, row, first, &mut posting.returns),
                    _ => {}
                }
            }
            first += count;
        }
        posting.returns.sort_by_key(|taken| taken.line);
    }

    /// Adds what a row takes back of which sales; `first` is the first line of the posting that is of it.
    fn take_back(
        &self,
        (at, number): (usize, usize),
        line: &DocLine,
        row: u32,
        first: usize,
        returns: &mut Vec<TakeBack>,
    ) {
        let shares = self.year.lots.of(at, number);
        let mut add = |of, line, units: i64| {
            let qty = units.saturating_mul(domain::qty::SCALE);
            returns.extend(Option::map(of, |of| TakeBack { line, qty, of: vec![of] }));
        };
        if shares.is_empty() {
            for found in self.year.matches(line) {
                add(self.sales.line(self.year, found.sale_row, None), first, found.units);
            }
            return;
        }
        for origin in self.year.lots.origins(row) {
            let lot = origin.share.lot;
            let Some(place) = shares.iter().position(|share| share.lot == lot) else { continue };
            add(self.sales.line(self.year, origin.sale_row, Some(lot)), first + place, origin.share.units);
        }
    }
}

impl Costing for Part<'_> {
    fn price(&mut self, posting: usize, lines: &mut [Line]) {
        let Some(at) = self.docs.get(posting).copied() else { return };
        let Some(kind) = self.year.docs.get(at).map(|doc| doc.kind) else { return };
        let mut rest = lines;
        for (_, line, count) in moving(self.year, at) {
            let Some((parts, later)) = rest.split_at_mut_checked(count) else { return };
            if costs::comes_in(kind, line) {
                split_cost(parts, self.sales.worth(self.year, line), line.units());
            }
            rest = later;
        }
    }

    fn booked(&mut self, posting: usize, movements: &[HistoryMovement]) {
        let Some(at) = self.docs.get(posting).copied() else { return };
        let mut rest = movements;
        for (_, line, count) in moving(self.year, at) {
            let Some((parts, later)) = rest.split_at_checked(count) else { return };
            if let Some((_, row)) = line.source.filter(|(_, row)| self.sales.expects(*row)) {
                let value = parts.iter().filter_map(|movement| movement.value).sum();
                self.sales.left(row, value);
                self.sold.extend(self.sales.posting(row).map(|posting| (row, value, posting)));
            }
            rest = later;
        }
    }
}

/// Divides the worth of a line among its lots, to the penny.
fn split_cost(parts: &mut [Line], worth: i64, units: i64) {
    let mut before = 0;
    for part in parts {
        let Amount::Move(millionths) = part.amount else { continue };
        let after = before + millionths / domain::qty::SCALE;
        part.cost = Cost::Total(costs::share(worth, units, after) - costs::share(worth, units, before));
        before = after;
    }
}

/// The posting of a document; `None` when it moves no stock.
fn posting(year: &Year, ground: &Ground, id: PostingId, (at, doc): (usize, &Doc)) -> Option<HistoryPosting> {
    let kind = kind_of(doc.kind)?;
    let mut lines = Vec::with_capacity(doc.lines.len());
    for (number, line, _) in moving(year, at) {
        add_lines(&mut lines, year, ground, doc.kind, (at, number), line)?;
    }
    if lines.is_empty() {
        return None;
    }
    Some(HistoryPosting {
        id,
        kind,
        effective_at: doc.at,
        document: Some(doc.number.to_string()),
        reason: reason_of(doc.kind),
        note: note_of(doc),
        lines,
        returns: Vec::new(),
    })
}

const fn kind_of(kind: DocKind) -> Option<Kind> {
    match kind {
        DocKind::OpeningStock => Some(Kind::Opening),
        DocKind::Receipt => Some(Kind::Receive),
        DocKind::Sale | DocKind::Gift | DocKind::SentFree => Some(Kind::Issue),
        DocKind::Return => Some(Kind::Return),
        DocKind::Adjustment(_) => Some(Kind::Adjust),
        DocKind::Mistake | DocKind::BadDebt => None,
    }
}

fn reason_of(kind: DocKind) -> Option<String> {
    match kind {
        DocKind::OpeningStock | DocKind::Receipt => Some(SIMULATED.to_owned()),
        DocKind::Adjustment(cause) => Some(cause.word().to_owned()),
        // they went to a customer as what is sold does, and say that nobody paid for them
        DocKind::Gift | DocKind::SentFree => Some(kind.to_string()),
        DocKind::Sale | DocKind::Return | DocKind::Mistake | DocKind::BadDebt => None,
    }
}

/// Whose it was stands in a table of its own, from where it can be taken away; a note is there for good.
fn note_of(doc: &Doc) -> Option<String> {
    doc.country.as_deref().map(str::to_owned)
}

/// Where goods of a document come from or go to.
const fn outside(kind: DocKind) -> Option<Place> {
    match kind {
        DocKind::OpeningStock => Some(Place::good(places::OPENING)),
        DocKind::Receipt => Some(Place::good(places::SUPPLIER)),
        DocKind::Sale | DocKind::Gift | DocKind::SentFree | DocKind::Return => {
            Some(Place::good(places::CUSTOMER))
        }
        DocKind::Adjustment(_) => Some(Place::good(places::ADJUSTMENT)),
        DocKind::Mistake | DocKind::BadDebt => None,
    }
}

/// A line for each lot, or one for an item that is not kept by lot.
fn add_lines(
    lines: &mut Vec<Line>,
    year: &Year,
    ground: &Ground,
    kind: DocKind,
    (at, number): (usize, usize),
    line: &DocLine,
) -> Option<()> {
    let item = *ground.items.get(line.item.index())?;
    let here = Place::good(ground.bin_of(line.item)?);
    let outside = outside(kind)?;
    let (from, to) = if line.effect == Effect::In { (outside, here) } else { (here, outside) };
    let cost = match line.price.unit_cost() {
        Some(each) if kind.is_simulated() => Cost::Each { cost: each, unit: Ratio::ONE },
        _ => Cost::Unknown,
    };
    let new =
        |lot, qty| Line { item, lot, from, to, amount: Amount::Move(qty), claim: None, split: None, cost };
    let shares = year.lots.of(at, number);
    if shares.is_empty() {
        lines.push(new(LotId::NONE, line.quantity.millionths()));
    }
    for share in shares {
        let qty = u32::try_from(share.units).ok().and_then(Qty::units)?;
        lines.push(new(*ground.lots.get(share.lot)?, qty.millionths()));
    }
    Some(())
}
