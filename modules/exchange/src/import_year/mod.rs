//! The real year into the ledger: a planned [`Year`] becomes a site with bins, items, and postings
//! in the order in which things happened, each recorded now and effective then.
//!
//! * The site is `LON`, its calendar London's, its books in pounds by FIFO.
//! * Bins are `LON-A-01-1` to `LON-D-25-3`; every item has its home bin, by its place in the list.
//! * A document of the file is one posting with its number as the document; the customer's number
//!   and country are its note. Services move no stock and so are not posted.
//! * Opening stock and weekly receipts are simulated: their documents begin with `SIM-` and their
//!   reason is `simulated`. They come in at the plan's cost for a unit.
//! * Goods that are taken back come in at the average cost that the item has at that moment.
//! * The giant mistakes move no stock, as the plan says.
//! * Two items that the file does not have show lots and serials: `DEMO-SOUP` and `DEMO-DRILL`,
//!   marked as simulated like all else that is.
//!
//! It goes into an empty database only, so that nothing of it is ever mixed with what people did.

mod extras;
mod ground;

use crate::online_retail::{Doc, DocKind, DocLine, Effect, Year};
use db::Db;
use domain::ledger::{Amount, Cost, Kind, Line, Place};
use domain::{Code, Ctx, ItemId, LocationId, LotId, Problem};
use serde::Serialize;
use std::sync::Arc;
use stock::{HistoryPosting, Loader};
use web::Failure;

/// Lines that go into one transaction, about.
const LINES_PER_CHUNK: usize = 20_000;

/// What was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Items made.
    pub items: usize,
    /// Locations made.
    pub locations: usize,
    /// Postings of documents of the file.
    pub postings: usize,
    /// Postings of simulated documents.
    pub postings_simulated: usize,
    /// Movements of both.
    pub movements: usize,
    /// Lines of the file that moved stock.
    pub lines_moved: usize,
    /// Net units that the lines of the file moved, with the sign of what they did to stock.
    pub units_moved: i64,
}

/// Where the plan's positions are in the store.
struct Ground {
    items: Vec<ItemId>,
    bins: Vec<LocationId>,
}

/// Loads a year. `progress` hears how many of how many documents are done.
///
/// # Errors
/// `in_use` when the database is not empty, and failures of the store. What was committed before a
/// failure stays; begin again with a fresh folder.
pub fn load(
    db: &Db,
    ctx: &Ctx,
    year: Year,
    mut progress: impl FnMut(usize, usize),
) -> Result<Loaded, Failure> {
    let year = Arc::new(year);
    let (planned, made) = (Arc::clone(&year), ctx.clone());
    let ground = db.write_blocking(move |tx| ground::prepare(tx, &made, &planned))?;
    let mut loaded = Loaded { items: ground.items.len(), locations: ground.bins.len(), ..Loaded::default() };
    let total = year.docs.len();
    let loader = Loader::default();
    let mut first = 0;
    while first < total {
        let last = chunk(&year.docs, first);
        let mut postings = Vec::new();
        for doc in year.docs.get(first..last).unwrap_or_default() {
            if let Some(posting) = posting(&ground, doc, &mut loaded) {
                postings.push(posting);
            }
        }
        let (ctx, loader) = (ctx.clone(), loader.clone());
        loaded.movements += db.write_blocking(move |tx| loader.load(tx, &ctx, &postings))?.len();
        first = last;
        progress(first, total);
    }
    extras::load(db, ctx, &ground)?;
    Ok(loaded)
}

/// Where a chunk that begins with a document ends.
fn chunk(docs: &[Doc], first: usize) -> usize {
    let mut lines = 0;
    for (number, doc) in docs.iter().enumerate().skip(first) {
        lines += doc.lines.len();
        if lines >= LINES_PER_CHUNK {
            return number + 1;
        }
    }
    docs.len()
}

/// The posting of a document; `None` when it moves no stock.
fn posting(ground: &Ground, doc: &Doc, loaded: &mut Loaded) -> Option<HistoryPosting> {
    let lines: Vec<Line> = doc.lines.iter().filter_map(|line| line_of(ground, doc, line)).collect();
    if lines.is_empty() {
        return None;
    }
    if doc.kind.is_simulated() {
        loaded.postings_simulated += 1;
    } else {
        loaded.postings += 1;
        loaded.lines_moved += lines.len();
        loaded.units_moved += doc.lines.iter().map(DocLine::stock_units).sum::<i64>();
    }
    Some(HistoryPosting {
        kind: kind_of(doc.kind)?,
        effective_at: doc.at,
        document: Some(doc.number.to_string()),
        reason: reason_of(doc.kind),
        note: note_of(doc),
        lines,
    })
}

const fn kind_of(kind: DocKind) -> Option<Kind> {
    match kind {
        DocKind::OpeningStock => Some(Kind::Opening),
        DocKind::Receipt => Some(Kind::Receive),
        DocKind::Sale => Some(Kind::Issue),
        DocKind::Return => Some(Kind::Return),
        DocKind::Adjustment(_) => Some(Kind::Adjust),
        DocKind::Mistake | DocKind::BadDebt => None,
    }
}

fn reason_of(kind: DocKind) -> Option<String> {
    match kind {
        DocKind::OpeningStock | DocKind::Receipt => Some(ground::SIMULATED.to_owned()),
        DocKind::Adjustment(cause) => Some(cause.word().to_owned()),
        _ => None,
    }
}

fn note_of(doc: &Doc) -> Option<String> {
    match (doc.customer, &doc.country) {
        (Some(customer), Some(country)) => Some(format!("customer {customer}, {country}")),
        (None, Some(country)) => Some(format!("customer unknown, {country}")),
        _ => None,
    }
}

fn line_of(ground: &Ground, doc: &Doc, line: &DocLine) -> Option<Line> {
    let position = line.item.index();
    let item = *ground.items.get(position)?;
    let bin = *ground.bins.get(position.checked_rem(ground.bins.len())?)?;
    let here = Place::good(bin);
    let outside = match doc.kind {
        DocKind::OpeningStock => places::OPENING,
        DocKind::Receipt => places::SUPPLIER,
        DocKind::Sale | DocKind::Return => places::CUSTOMER,
        DocKind::Adjustment(_) => places::ADJUSTMENT,
        DocKind::Mistake | DocKind::BadDebt => return None,
    };
    let (from, to) = match line.effect {
        Effect::In => (Place::good(outside), here),
        Effect::Out => (here, Place::good(outside)),
        Effect::None => return None,
    };
    let cost = if doc.kind.is_simulated() {
        line.price.unit_cost().map_or(Cost::Unknown, Cost::Each)
    } else {
        Cost::Unknown
    };
    Some(Line {
        item,
        lot: LotId::NONE,
        from,
        to,
        amount: Amount::Move(line.quantity.millionths()),
        claim: None,
        split: None,
        cost,
    })
}

/// Refuses a database that somebody has begun with.
fn not_empty() -> Problem {
    let detail = "there are locations or items already; the real year goes into an empty database, such as a fresh folder";
    Problem::new(Code::InUse, detail)
}
