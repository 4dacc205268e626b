//! A ledger with a past: movements by the million, through the door that history takes.

use crate::commands::Operator;
use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use domain::ledger::{Amount, Cost, Kind, Line, Place};
use domain::{Ctx, ItemId, LocationId, LotId, PostingId};
use stock::{Costing, HistoryMovement, HistoryPosting, Loader};
use web::Failure;

use super::Size;
use super::askers::{BINS_PER_ITEM, Dice};

/// Lines of a posting.
const LINES: usize = 10;
/// Postings of a transaction.
const POSTINGS: usize = 400;
/// One piece, in millionths.
const ONE: i64 = 1_000_000;
/// What a piece costs, in minor units.
const WORTH: i64 = 250;

/// The costs are those of the lines.
struct AsGiven;

impl Costing for AsGiven {
    fn price(&mut self, _: usize, _: &mut [Line]) {}
    fn booked(&mut self, _: usize, _: &[HistoryMovement]) {}
}

/// What movements are about.
struct Known {
    items: Vec<ItemId>,
    bins: Vec<LocationId>,
}

/// Adds so many movements to the world: receipts of one piece of any item into one of its bins, and as many
/// issues of one piece from where the opening stock lies.
pub(crate) fn fill(config: &Config, size: &Size, movements: u64, progress: &Progress) -> Result<(), Stop> {
    if movements == 0 {
        return Ok(());
    }
    let operator = Operator::open(config)?;
    let known = known(&operator, size)?;
    let (loader, mut dice) = (Loader::default(), Dice::new(movements));
    let mut left = movements;
    while left > 0 {
        progress.counts(movements - left, movements, "movements of a past are loaded");
        let count = left.min(u64::try_from(LINES * POSTINGS).unwrap_or(u64::MAX));
        let postings = postings(&known, &operator.ctx, &mut dice, count);
        let (ctx, loader) = (operator.ctx.clone(), loader.clone());
        operator.db.write_blocking(move |tx| {
            loader.load(tx, &ctx, &postings, &mut AsGiven)?;
            Ok::<_, Failure>(())
        })?;
        left -= count;
    }
    operator.db.close();
    Ok(())
}

fn known(operator: &Operator, size: &Size) -> Result<Known, Stop> {
    let skus: Vec<String> = (0..size.items).map(|number| format!("I{number:06}")).collect();
    let codes: Vec<String> = (1..=size.bins).map(|number| format!("BEN-{number:03}")).collect();
    let found = operator.db.read_blocking(move |conn| {
        let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let items = catalog::facts_by_sku(conn, &skus)?;
        let bins = places::facts_by_code(conn, &codes)?;
        Ok::<_, Failure>(Known {
            items: items.into_iter().flatten().map(|item| item.id).collect(),
            bins: bins.into_iter().flatten().map(|bin| bin.id).collect(),
        })
    })?;
    Ok(found)
}

fn postings(known: &Known, ctx: &Ctx, dice: &mut Dice, lines: u64) -> Vec<HistoryPosting> {
    let mut lines: Vec<u64> = (0..lines).collect();
    let chunks = lines.chunks_mut(LINES).enumerate();
    let posting = |(number, chunk): (usize, &mut [u64])| {
        let kind = if number % 2 == 0 { Kind::Receive } else { Kind::Issue };
        HistoryPosting {
            id: PostingId(ctx.ids.next()),
            kind,
            effective_at: ctx.now,
            document: None,
            reason: None,
            note: None,
            lines: chunk.iter().filter_map(|_| line(known, dice, kind)).collect(),
            returns: Vec::new(),
        }
    };
    chunks.map(posting).collect()
}

/// The opening stock of an item lies in the bin of its own number, see `world`.
fn line(known: &Known, dice: &mut Dice, kind: Kind) -> Option<Line> {
    let roll = |dice: &mut Dice, below: usize| {
        usize::try_from(dice.roll(u64::try_from(below).unwrap_or(1).max(1))).unwrap_or(0)
    };
    let number = roll(dice, known.items.len());
    let bins = known.bins.len().max(1);
    let bin = match kind {
        Kind::Issue => (number + super::world::SPECIAL) % bins,
        _ => (number + roll(dice, BINS_PER_ITEM)) % bins,
    };
    let (item, bin) = (*known.items.get(number)?, Place::good(*known.bins.get(bin)?));
    let (from, to) = match kind {
        Kind::Issue => (bin, Place::good(places::CUSTOMER)),
        _ => (Place::good(places::SUPPLIER), bin),
    };
    Some(Line {
        item,
        lot: LotId::NONE,
        from,
        to,
        amount: Amount::Move(ONE),
        claim: None,
        split: None,
        cost: if kind == Kind::Issue { Cost::Unknown } else { Cost::Total(WORTH) },
    })
}
