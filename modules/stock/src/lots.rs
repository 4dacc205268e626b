//! Lots that come into being when goods first come in under them.
//!
//! Several postings of a batch may name a lot that nobody has stored. It is what the first of them
//! that is *accepted* says: what a refused one says about it was never said.

use crate::names::Names;
use crate::store_vault as sql;
use catalog::ItemFacts;
use db::{DbError, Rows, Tx};
use domain::code::fold;
use domain::ledger::{LotFacts, Movement, Vault};
use domain::when::Date;
use domain::{AsProblem, Code, Instant, ItemId, LotId, Problem};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a line of a posting says about a lot that was not in the store when its batch began.
#[derive(Debug)]
pub(crate) struct Naming {
    /// The line of the posting.
    pub(crate) line: usize,
    pub(crate) item: ItemId,
    pub(crate) lot: LotId,
    /// The code as it is written on this line.
    pub(crate) code: String,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) made_on: Option<Date>,
    /// Whether goods of this kind of posting may come in under a lot that is not there.
    pub(crate) makes: bool,
}

/// A lot that a posting of the batch has made.
#[derive(Debug)]
struct NewLot {
    id: LotId,
    item: ItemId,
    code: String,
    /// The last sellable day.
    expiry: Option<Date>,
    made_on: Option<Date>,
}

/// The lots that the accepted postings of a batch have made, and those of the one that is decided.
#[derive(Debug, Default)]
pub(crate) struct Made {
    lots: Vec<NewLot>,
    places: FxHashMap<LotId, usize>,
}

impl Made {
    /// A place that [`Made::roll_back`] returns to.
    pub(crate) fn mark(&self) -> usize {
        self.lots.len()
    }

    /// Forgets the lots made since a mark: their posting was refused.
    pub(crate) fn roll_back(&mut self, mark: usize) {
        for lot in self.lots.drain(mark.min(self.lots.len())..) {
            self.places.remove(&lot.id);
        }
    }

    /// Whether an accepted posting has made the lot.
    pub(crate) fn has(&self, lot: LotId) -> bool {
        self.places.contains_key(&lot)
    }

    /// Takes what a line says about a new lot: the first one makes it, the others must agree. The
    /// vault knows it from here on.
    ///
    /// # Errors
    /// Why the lot cannot be, or that there is none; the pointer is empty.
    pub(crate) fn name(&mut self, names: &Names, vault: &mut Vault, naming: &Naming) -> Result<(), Problem> {
        if let Some(made) = self.places.get(&naming.lot).and_then(|place| self.lots.get(*place)) {
            return check_day(&naming.code, naming.expiry_on, made.expiry);
        }
        let Naming { item, lot, expiry_on, made_on, makes, .. } = *naming;
        let Some(facts) = names.item_facts.get(&item) else {
            return Err(Problem::new(Code::Internal, "the item of a new lot is gone"));
        };
        if !makes {
            return Err(unknown_lot(facts, &naming.code));
        }
        let expiry = facts.expiry.last_sellable_day(expiry_on, made_on);
        let expiry = expiry.map_err(|error| error.problem("/expiry_on"))?;
        vault.set_lot(lot, LotFacts { item, expiry, on_hold: false });
        self.places.insert(lot, self.lots.len());
        self.lots.push(NewLot { id: lot, item, code: naming.code.clone(), expiry, made_on });
        Ok(())
    }

    /// Forgets what was made since a mark and not moved: counting none of a lot does not make it.
    pub(crate) fn keep_moved(&mut self, mark: usize, movements: &[Movement]) {
        if self.lots.len() == mark {
            return;
        }
        let moved: FxHashSet<LotId> = movements.iter().map(|movement| movement.lot).collect();
        let new = self.lots.split_off(mark.min(self.lots.len()));
        for lot in new {
            if moved.contains(&lot.id) {
                self.places.insert(lot.id, self.lots.len());
                self.lots.push(lot);
            } else {
                self.places.remove(&lot.id);
            }
        }
    }
}

/// A day that is named for a lot must be the lot's own.
pub(crate) fn check_day(code: &str, given: Option<Date>, known: Option<Date>) -> Result<(), Problem> {
    match (given, known) {
        (Some(given), Some(known)) if given != known => {
            let detail = format!("lot `{code}` has the last sellable day `{known}`, not `{given}`");
            Err(Problem::at(Code::Expiry, "/expiry_on", detail))
        }
        _ => Ok(()),
    }
}

/// There is no such lot.
pub(crate) fn unknown_lot(item: &ItemFacts, code: &str) -> Problem {
    let detail = format!("item `{}` has no lot `{code}`", item.sku);
    Problem::at(Code::UnknownLot, "/lot", detail)
}

/// Stores the lots that accepted postings have made.
pub(crate) fn insert(tx: &mut Tx<'_>, mut made: Made, created_at: Instant) -> Result<(), DbError> {
    if made.lots.is_empty() {
        return Ok(());
    }
    // in the order of their ids, which is that of their keys, whoever makes the same ones besides
    made.lots.sort_unstable_by_key(|lot| lot.id);
    let folded: Vec<String> = made.lots.iter().map(|lot| fold(&lot.code)).collect();
    let mut rows = Rows::with_capacity(8, made.lots.len());
    for (lot, folded) in made.lots.iter().zip(&folded) {
        rows.push(&[
            lot.id.get().into(),
            lot.item.get().into(),
            (&lot.code).into(),
            folded.into(),
            lot.expiry.into(),
            lot.made_on.into(),
            db::Value::Null,
            created_at.0.into(),
        ]);
    }
    match tx.execute_many(&sql::INSERT_LOTS, &rows) {
        // another process was first: the next run finds its lot
        Err(error) if error.is_unique("stock_lot_code") => Err(tx.again("a new lot is there already")),
        other => other.map(|_| ()),
    }
}
