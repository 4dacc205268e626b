//! Lots that come into being when goods first come in under them, and those that are serials or
//! parents of serials from then on.
//!
//! Several postings of a batch may name a lot that nobody has stored. It is what the first of them
//! that is *accepted* says: what a refused one says about it was never said. The same holds for a lot
//! that is stored, and was neither named as a serial nor as a parent before: it is *open*.

use crate::lot::store_kept;
use crate::names::Names;
use crate::store_vault as sql;
use catalog::ItemFacts;
use db::{DbError, Rows, Tx};
use domain::code::fold;
use domain::ledger::{LotFacts, Posted, Vault};
use domain::lot::KinError;
use domain::when::Date;
use domain::{AsProblem, Code, Instant, ItemId, Kin, LotId, Problem, Tracking};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a line of a posting says about a lot that is new or open.
#[derive(Debug)]
pub(crate) struct Naming {
    /// The line of the posting.
    pub(crate) line: usize,
    pub(crate) item: ItemId,
    pub(crate) lot: LotId,
    /// The code as it is written on this line.
    pub(crate) code: String,
    /// What it is on this line.
    pub(crate) way: Way,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) made_on: Option<Date>,
    /// Whether goods of this kind of posting may come in under a lot that is not there.
    pub(crate) makes: bool,
}

/// What a line names a lot as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Goods that are traced by lot.
    Lot,
    /// One unit, and the parent that stands beside it, with its code.
    Serial(Option<(LotId, String)>),
    /// The parent of the serials of the line.
    Parent,
}

/// A lot that a posting of the batch has made, or made a serial or a parent of.
#[derive(Debug)]
struct MadeLot {
    id: LotId,
    item: ItemId,
    code: String,
    kin: Kin,
    /// How its parent is called.
    parent_code: Option<String>,
    /// The last sellable day.
    expiry: Option<Date>,
    made_on: Option<Date>,
    is_new: bool,
}

/// The lots that the accepted postings of a batch have made, and those of the one that is decided.
#[derive(Debug, Default)]
pub(crate) struct Made {
    lots: Vec<MadeLot>,
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

    fn get(&self, lot: LotId) -> Option<&MadeLot> {
        self.places.get(&lot).and_then(|place| self.lots.get(*place))
    }

    /// Takes what a line says about a lot: the first one makes it, the others must agree. The vault
    /// knows it from here on.
    ///
    /// # Errors
    /// Why the lot cannot be, or that there is none; the pointer is empty.
    pub(crate) fn name(&mut self, names: &Names, vault: &mut Vault, naming: &Naming) -> Result<(), Problem> {
        let (before, parent_code) = self.kin(names, naming.lot);
        let after = after(before, &naming.way);
        let kin = after.map_err(|error| kin_problem(&naming.code, &naming.way, parent_code, error))?;
        if let Some(made) = self.get(naming.lot) {
            return match naming.way {
                // what stands beside the serial is the day of its parent
                Way::Serial(Some(_)) => Ok(()),
                Way::Parent => check_parents_day(&naming.code, naming.expiry_on, made.expiry),
                _ => check_day(&naming.code, naming.expiry_on, made.expiry),
            };
        }
        let stored = names.lot_facts.get(&naming.lot).filter(|_| !names.is_new(naming.lot));
        let lot = match stored {
            Some(facts) => MadeLot {
                id: naming.lot,
                item: naming.item,
                code: naming.code.clone(),
                kin,
                parent_code: naming.way.parent_code(),
                expiry: facts.expiry,
                made_on: None,
                is_new: false,
            },
            None => self.new_lot(names, naming, kin)?,
        };
        let on_hold = stored.is_some_and(|facts| facts.on_hold)
            || kin.parent.and_then(|parent| names.lot_facts.get(&parent)).is_some_and(|facts| facts.on_hold);
        let is_parent = naming.way == Way::Parent;
        vault.set_lot(lot.id, LotFacts { item: lot.item, expiry: lot.expiry, on_hold, is_parent });
        self.add(lot);
        Ok(())
    }

    fn add(&mut self, lot: MadeLot) {
        self.places.insert(lot.id, self.lots.len());
        self.lots.push(lot);
    }

    /// What a lot is by now, and how its parent is called.
    fn kin<'a>(&'a self, names: &'a Names, lot: LotId) -> (Kin, Option<&'a str>) {
        match (self.get(lot), names.lineage(lot)) {
            (Some(made), _) => (made.kin, made.parent_code.as_deref()),
            (None, Some(stored)) => (stored.kin, stored.parent_code.as_deref()),
            (None, None) => (Kin::default(), None),
        }
    }

    /// A lot that comes into being. A serial has the days of its parent.
    fn new_lot(&self, names: &Names, naming: &Naming, kin: Kin) -> Result<MadeLot, Problem> {
        let Naming { item, lot, expiry_on, made_on, makes, .. } = *naming;
        let Some(facts) = names.item_facts.get(&item) else {
            return Err(Problem::new(Code::Internal, "the item of a new lot is gone"));
        };
        if !makes {
            return Err(unknown_lot(facts, &naming.code));
        }
        let (expiry, made) = kin.parent.map_or((None, None), |parent| self.days(names, parent));
        let made_on = made.or(made_on);
        // the day of its parent, or else its own
        let day =
            expiry.map_or_else(|| facts.expiry.last_sellable_day(expiry_on, made_on), |day| Ok(Some(day)));
        let expiry = day.map_err(|error| error.problem("/expiry_on"))?;
        let (code, parent_code) = (naming.code.clone(), naming.way.parent_code());
        Ok(MadeLot { id: lot, item, code, kin, parent_code, expiry, made_on, is_new: true })
    }

    /// The last sellable day of a lot, and the day it was made.
    fn days(&self, names: &Names, lot: LotId) -> (Option<Date>, Option<Date>) {
        let made = self.get(lot);
        let expiry = made.map(|made| made.expiry);
        let expiry = expiry.or_else(|| names.lot_facts.get(&lot).map(|facts| facts.expiry)).flatten();
        let stored = names.lineage(lot).and_then(|lineage| lineage.made_on);
        (expiry, stored.or(made.and_then(|made| made.made_on)))
    }

    /// Makes serials of the open lots that a posting has moved without a line of its own that says so,
    /// as a reversal does.
    pub(crate) fn settle(&mut self, names: &Names, posted: &Posted) {
        for movement in &posted.movements {
            let open = names.is_open(movement.lot) && !self.has(movement.lot);
            let item = names.item_facts.get(&movement.item).filter(|_| open);
            if item.is_some_and(|item| item.tracking == Tracking::Serial) {
                self.add(MadeLot {
                    id: movement.lot,
                    item: movement.item,
                    code: String::new(),
                    kin: Kin { role: Some(domain::LotRole::Serial), parent: None },
                    parent_code: None,
                    expiry: names.lot_facts.get(&movement.lot).and_then(|facts| facts.expiry),
                    made_on: None,
                    is_new: false,
                });
            }
        }
    }

    /// Forgets what was made since a mark and not moved: counting none of a lot does not make it. A
    /// parent moves with its serials.
    pub(crate) fn keep_moved(&mut self, mark: usize, posted: &Posted) {
        if self.lots.len() == mark {
            return;
        }
        let mut moved: FxHashSet<LotId> = posted.movements.iter().map(|movement| movement.lot).collect();
        let new = self.lots.split_off(mark.min(self.lots.len()));
        let parents = new.iter().filter(|lot| moved.contains(&lot.id)).filter_map(|lot| lot.kin.parent);
        let parents: Vec<LotId> = parents.collect();
        moved.extend(parents);
        for lot in new {
            if moved.contains(&lot.id) {
                self.add(lot);
            } else {
                self.places.remove(&lot.id);
            }
        }
    }
}

impl Way {
    fn parent_code(&self) -> Option<String> {
        match self {
            Way::Serial(Some((_, code))) => Some(code.clone()),
            _ => None,
        }
    }
}

/// What a lot is after a line has named it.
fn after(before: Kin, way: &Way) -> Result<Kin, KinError> {
    match way {
        Way::Lot => Ok(before),
        Way::Serial(parent) => before.as_serial(parent.as_ref().map(|(parent, _)| *parent)),
        Way::Parent => before.as_parent(),
    }
}

/// Whether a stored lot may be what a line names it as.
///
/// # Errors
/// Why not; the pointer is that of the lot in its line.
pub(crate) fn check_kin(names: &Names, lot: LotId, code: &str, way: &Way) -> Result<(), Problem> {
    let Some(stored) = names.lineage(lot) else { return Ok(()) };
    let (before, parent_code) = (stored.kin, stored.parent_code.as_deref());
    after(before, way).map(|_| ()).map_err(|error| kin_problem(code, way, parent_code, error))
}

/// Why a lot is not what a line names it as. `parent` is how the parent is called that a serial has.
fn kin_problem(code: &str, way: &Way, parent: Option<&str>, error: KinError) -> Problem {
    let named = way.parent_code().unwrap_or_default();
    let (problem, detail) = match (error, parent) {
        (KinError::IsParent, _) => (
            Code::LotIsParent,
            format!("`{code}` is the parent of serials and has no stock of its own; name its serials"),
        ),
        (KinError::IsSerial, _) => {
            (Code::NotAParent, format!("`{code}` is a serial itself, not the lot that serials were made in"))
        }
        (KinError::OtherParent { parent: Some(_) }, Some(parent)) => (
            Code::ParentMismatch,
            format!("the serial `{code}` was made in the lot `{parent}`, not in `{named}`"),
        ),
        (KinError::OtherParent { .. }, _) => (
            Code::ParentMismatch,
            format!("the serial `{code}` is known without a parent lot, so it was not made in `{named}`"),
        ),
    };
    Problem::at(problem, "/lot", detail)
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

/// A day that is named for a parent must be the parent's own. One that is known without has none to give,
/// and none of its serials has one alone.
pub(crate) fn check_parents_day(code: &str, given: Option<Date>, known: Option<Date>) -> Result<(), Problem> {
    if given.is_some() && known.is_none() {
        let detail = format!(
            "lot `{code}` has no last sellable day, and its serials have that of the lot; \
             leave `expiry_on` out, or mend the day of the lot first"
        );
        return Err(Problem::at(Code::Expiry, "/expiry_on", detail));
    }
    check_day(code, given, known)
}

/// There is no such lot.
pub(crate) fn unknown_lot(item: &ItemFacts, code: &str) -> Problem {
    let detail = format!("item `{}` has no lot `{code}`", item.sku);
    Problem::at(Code::UnknownLot, "/lot", detail)
}

/// Stores the lots that accepted postings have made, and what has become of stored ones.
pub(crate) fn store(tx: &mut Tx<'_>, made: Made, created_at: Instant) -> Result<(), DbError> {
    let (new, settled): (Vec<MadeLot>, Vec<MadeLot>) = made.lots.into_iter().partition(|lot| lot.is_new);
    settle(tx, settled)?;
    insert(tx, new, created_at)
}

fn insert(tx: &mut Tx<'_>, mut lots: Vec<MadeLot>, created_at: Instant) -> Result<(), DbError> {
    if lots.is_empty() {
        return Ok(());
    }
    // in the order of their ids, which is that of their keys, whoever makes the same ones besides
    lots.sort_unstable_by_key(|lot| lot.id);
    let folded: Vec<String> = lots.iter().map(|lot| fold(&lot.code)).collect();
    let mut rows = Rows::with_capacity(9, lots.len());
    for (lot, folded) in lots.iter().zip(&folded) {
        rows.push(&[
            lot.id.get().into(),
            lot.item.get().into(),
            (&lot.code).into(),
            folded.into(),
            lot.expiry.into(),
            lot.made_on.into(),
            lot.kin.role.map(domain::LotRole::number).into(),
            lot.kin.parent.map(LotId::get).into(),
            created_at.0.into(),
        ]);
    }
    match tx.execute_many(&sql::INSERT_LOTS, &rows) {
        // another process was first: the next run finds its lot
        Err(error) if error.is_unique("stock_lot_code") => Err(tx.again("a new lot is there already")),
        other => other.map(|_| ()),
    }
}

fn settle(tx: &mut Tx<'_>, mut lots: Vec<MadeLot>) -> Result<(), DbError> {
    if lots.is_empty() {
        return Ok(());
    }
    lots.sort_unstable_by_key(|lot| lot.id);
    let serials: Vec<(LotId, LotId)> =
        lots.iter().filter_map(|lot| lot.kin.parent.map(|parent| (lot.id, parent))).collect();
    store_kept::begin_under(tx, &serials)?;
    let mut rows = Rows::with_capacity(3, lots.len());
    for lot in &lots {
        let role = lot.kin.role.map(domain::LotRole::number);
        rows.push(&[lot.id.get().into(), role.into(), lot.kin.parent.map(LotId::get).into()]);
    }
    let settled = tx.execute_many(&sql::SETTLE_LOTS, &rows)?;
    if usize::try_from(settled) == Ok(lots.len()) {
        return Ok(());
    }
    // another process was first: the next run finds what it has made of them
    Err(tx.again("a lot is a serial or a parent by now"))
}
