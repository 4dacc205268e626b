//! What comes back of a sale: a line that takes goods back names the lines of a goods issue that they
//! were part of, and takes back what they were worth.
//!
//! **How much.** Never more than was shipped, all returns that stand taken together.
//!
//! **What it is worth.** Of a line that shipped `n` and took the value `v` out of the books, `k` units
//! that are back are worth `v·k/n` in all, rounded down; a return is worth what is missing of that when
//! its units are back too. So every part is worth its share to the minor unit, the last one takes the
//! rest, and all of them together are worth exactly `v`.
//!
//! A reversed return gives its quantity and its worth back to the sale. A sale with returns that stand
//! is not reversed, and what was reversed takes nothing back.

use super::kind::Kind;
use super::posted::Movement;
use super::refusal::{Refusal, Why};
use super::reverse::Original;
use super::step::Step;
use super::vault::Vault;
use crate::{Instant, ItemId, LotId, PostingId};

/// A line of a goods issue: the posting, and the line of its movement, counted from zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SaleLine {
    /// The goods issue.
    pub posting: PostingId,
    /// The line of the movement.
    pub line: usize,
}

/// What was shipped on a line of a goods issue, and how much of it came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sale {
    /// The item.
    pub item: ItemId,
    /// The lot or serial.
    pub lot: LotId,
    /// How much was shipped, in millionths.
    pub qty: i64,
    /// What it took out of the books, in minor units.
    pub value: i64,
    /// When it left.
    pub effective_at: Instant,
    /// What came back by returns that stand.
    pub back: Back,
    /// The goods issue was reversed: it never happened.
    pub reversed: bool,
    /// The store has a row of it.
    pub stored: bool,
}

/// So much came back, worth so much.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Back {
    /// Millionths.
    pub qty: i64,
    /// Minor units.
    pub value: i64,
}

/// What a line of a return takes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakeBack {
    /// The line of the posting.
    pub line: usize,
    /// How much of the line's quantity, in millionths.
    pub qty: i64,
    /// The lines of sales that it is taken from, one after the other.
    pub of: Vec<SaleLine>,
}

/// What a line of an accepted return has taken back of one line of a sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Returned {
    /// The line of the return.
    pub line: usize,
    /// The line of the sale.
    pub sale: SaleLine,
    /// Millionths, above zero.
    pub qty: i64,
    /// Its share of what the sale was worth, in minor units. What the return was booked at is this, unless
    /// the caller named a cost.
    pub value: i64,
}

impl Sale {
    /// A line as it was shipped, with nothing back.
    pub fn shipped(movement: &Movement, effective_at: Instant) -> Sale {
        Sale {
            item: movement.item,
            lot: movement.lot,
            qty: movement.qty,
            value: movement.value.unwrap_or(0),
            effective_at,
            back: Back::default(),
            reversed: false,
            stored: false,
        }
    }

    /// What may still come back.
    pub const fn left(&self) -> i64 {
        self.qty.saturating_sub(self.back.qty)
    }

    /// What `qty` more are worth when they come back.
    fn worth(&self, qty: i64) -> i64 {
        let units = i128::from(self.back.qty) + i128::from(qty);
        let all = i128::from(self.value) * units / i128::from(self.qty.max(1));
        // a part of the value, so it fits; a reversal may have left more back than the share
        i64::try_from(all).unwrap_or(i64::MAX).saturating_sub(self.back.value).max(0)
    }
}

/// Takes back what a line says, and notes from which lines of sales; what it is worth in all.
pub(super) fn take_back(
    vault: &mut Vault,
    returns: &[TakeBack],
    (line, step, at): (usize, &Step, Instant),
    taken: &mut Vec<Returned>,
) -> Result<Back, Refusal> {
    let from = returns.partition_point(|wanted| wanted.line < line);
    let of_line = returns.iter().skip(from).take_while(|wanted| wanted.line == line);
    let mut all = Back::default();
    for wanted in of_line {
        let (mut missing, mut left) = (wanted.qty, 0_i64);
        for of in &wanted.of {
            let sale = vault.sale(*of)?;
            check(&sale, step, at)?;
            let qty = missing.min(sale.left());
            left = left.saturating_add(sale.left());
            if qty > 0 {
                let value = sale.worth(qty);
                let back = Back { qty: sale.back.qty + qty, value: sale.back.value + value };
                vault.set_sale(*of, Sale { back, ..sale });
                note(taken, Returned { line, sale: *of, qty, value });
                (all.qty, all.value) = (all.qty + qty, all.value.saturating_add(value));
                missing -= qty;
            }
        }
        if missing > 0 {
            return Err(Refusal::of(Why::BeyondSale { left, wanted: wanted.qty }));
        }
    }
    if all.qty > step.qty {
        return Err(Refusal::of(Why::BeyondSale { left: step.qty, wanted: all.qty }));
    }
    Ok(all)
}

/// Notes it, together with what the line has taken back of the same line of a sale before.
fn note(taken: &mut Vec<Returned>, more: Returned) {
    let of_line = taken.iter_mut().rev().take_while(|known| known.line == more.line);
    match of_line.into_iter().find(|known| known.sale == more.sale) {
        Some(known) => (known.qty, known.value) = (known.qty + more.qty, known.value + more.value),
        None => taken.push(more),
    }
}

fn check(sale: &Sale, step: &Step, at: Instant) -> Result<(), Refusal> {
    let why = if sale.item != step.item || sale.lot != step.lot {
        Why::OtherSale
    } else if sale.reversed {
        Why::SaleReversed
    } else if at < sale.effective_at {
        Why::BeforeSale { sold: sale.effective_at }
    } else {
        return Ok(());
    };
    Err(Refusal::of(why))
}

/// Notes what a goods issue has shipped, where something of it may come back in the same batch.
pub(super) fn ship(vault: &mut Vault, id: PostingId, movements: &[Movement], effective_at: Instant) {
    if !vault.awaits_sales() {
        return;
    }
    for movement in movements {
        let line = SaleLine { posting: id, line: movement.line };
        if vault.awaits(line) {
            vault.set_sale(line, Sale::shipped(movement, effective_at));
        }
    }
}

/// What a reversal means for sales: a sale that something came back from stands, and a return gives back
/// what it took.
pub(super) fn undo(vault: &mut Vault, original: &Original) -> Result<(), Refusal> {
    match original.kind {
        Kind::Issue => {
            for movement in &original.movements {
                let line = SaleLine { posting: original.id, line: movement.line };
                let sale = vault.sale(line)?;
                if sale.back.qty > 0 {
                    return Err(Refusal::of(Why::SaleReturned { returned: sale.back.qty }));
                }
                vault.set_sale(line, Sale { reversed: true, ..sale });
            }
        }
        Kind::Return => {
            for taken in &original.returns {
                let sale = vault.sale(taken.sale)?;
                let back = Back { qty: sale.back.qty - taken.qty, value: sale.back.value - taken.value };
                vault.set_sale(taken.sale, Sale { back, ..sale });
            }
        }
        _ => {}
    }
    Ok(())
}
