//! From names to ids: a request as the ledger's decision takes it. What is refused here is refused
//! before anything is locked.

mod claims;
mod limits;
mod new_lots;
mod sales;
mod serials;

pub use limits::{HANDLE_CHARS_MAX, NOTE_CHARS_MAX};
pub(crate) use limits::{check_bulk, check_length, check_together, check_words, too_many_postings};

use crate::answer::EnteredAnswer;
use crate::input::{CostInput, LINES_PER_POSTING_MAX, LineInput, LotInput, PostInput, QtyInput};
use crate::lots::{Naming, check_day, unknown_lot};
use crate::names::{Names, outside};
use crate::pointer;
use catalog::ItemFacts;
use domain::ledger::{Amount, Cost, Kind, Line, Place, Post};
use domain::unit::convert;
use domain::{
    AsProblem, ClaimId, Code, Ctx, ItemId, LocationId, LotId, Permission, PostingId, Problem, Qty, Ratio,
    Status, Tracking,
};
use places::LocationFacts;
use std::borrow::Cow;
use std::sync::Arc;
use web::Principal;

/// A posting ready to be decided, with what the decision need not know.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) post: Post,
    /// For each line of `post`, the pointer of the input line, or of the serial on it, it came from.
    pub(crate) origins: Vec<String>,
    /// What lines say about lots that were not in the store when the batch began.
    pub(crate) namings: Vec<Naming>,
    /// The lines of `post` that say `hold` of what they bring, by whatever their lot is.
    pub(crate) says_hold: Vec<usize>,
    /// What lines of `post` move as it was entered, where that was in another unit than the item's.
    pub(crate) entered: Vec<(usize, EnteredAnswer)>,
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
}

/// Who asks, and what its names mean.
pub(crate) struct Compiler<'a> {
    pub(crate) names: &'a Names,
    pub(crate) ctx: &'a Ctx,
    pub(crate) principal: &'a Arc<Principal>,
    /// Decimals of the currency of the books.
    pub(crate) minor_digits: u32,
}

/// Whether goods of this kind of posting may come in under a lot that does not exist yet.
pub(crate) const fn makes_lots(kind: Kind) -> bool {
    matches!(kind, Kind::Opening | Kind::Receive | Kind::Return | Kind::Produce | Kind::Adjust)
}

impl Compiler<'_> {
    /// Whether the caller may post this kind at all.
    fn check_permission(&self, permission: Permission) -> Result<(), Problem> {
        if self.principal.holds(permission) {
            return Ok(());
        }
        let detail = format!("`{permission}` is needed, and is not granted");
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// A posting.
    pub(crate) fn post(&self, input: &PostInput) -> Result<Compiled, Problem> {
        let permission = input.kind.permission();
        self.check_permission(permission)?;
        check_words(input.document.as_deref(), input.reason.as_deref(), input.note.as_deref())?;
        let count = input.size();
        if count > LINES_PER_POSTING_MAX {
            // before anything that it names: that was not looked up
            let detail = format!("`{count}` lines and serials are more than `{LINES_PER_POSTING_MAX}`");
            return Err(Problem::at(Code::TooMany, "/lines", detail));
        }
        let reason = crate::reason::of_posting(self.names, input.kind, input.reason.as_deref())?;
        if input.lines.is_empty() {
            return Err(Problem::at(Code::InvalidValue, "/lines", "a posting has at least one line"));
        }
        let mut lines = Vec::with_capacity(count);
        let mut origins = Vec::with_capacity(count);
        let (mut namings, mut returns, mut says_hold) = (Vec::new(), Vec::new(), Vec::new());
        let mut entered = Vec::new();
        for (number, line) in input.lines.iter().enumerate() {
            let pointer = format!("/lines/{number}");
            let line = as_it_stood(input, line);
            let compiled =
                self.line(input.kind, permission, &line).map_err(|problem| problem.under(&pointer))?;
            match line.serials.len() {
                0 => origins.resize(origins.len() + compiled.len(), pointer),
                serials => origins.extend((0..serials).map(|serial| pointer::of_serial(&pointer, serial))),
            }
            self.name_lots(input.kind, &line, &compiled, lines.len(), &mut namings);
            let taken = self.take_back(&line, &compiled, lines.len(), &mut returns);
            taken.map_err(|problem| problem.under(&format!("/lines/{number}")))?;
            if says_hold_of(input.kind, &line) {
                says_hold.extend(lines.len()..lines.len() + compiled.len());
            }
            entered.extend(self.entered(&line).map(|entered| (lines.len(), entered)));
            lines.extend(compiled);
        }
        Ok(Compiled {
            post: Post {
                id: PostingId(self.ctx.ids.next()),
                kind: input.kind,
                effective_at: input.effective_at,
                post_late: input.post_late,
                lines,
                returns,
            },
            origins,
            namings,
            says_hold,
            entered,
            document: input.document.clone(),
            reason,
            note: input.note.clone(),
        })
    }

    /// One line; several when it names serials.
    pub(crate) fn line(
        &self,
        kind: Kind,
        permission: Permission,
        line: &LineInput,
    ) -> Result<Vec<Line>, Problem> {
        let item = self.item(permission, &line.sku)?;
        let here = self.location(permission, (&line.location, item.id), "/location")?;
        if line.claim.is_some_and(|claim| self.is_elsewhere(permission, claim)) {
            return Err(Problem::at(Code::UnknownClaim, "/claim", "there is no such claim"));
        }
        let (from, to) = self.ends(kind, permission, (line, item.id), here)?;
        // serials are counted by themselves
        let one_by_one = (!line.serials.is_empty()).then_some(item.base_unit.as_str());
        let unit = line.unit.as_deref().or(one_by_one);
        let base = self.to_base(item, line.qty.qty(), unit, line.qty.field())?;
        let amount = match line.qty {
            QtyInput::Moves(_) => Amount::Move(base),
            QtyInput::Counted(_) => Amount::CountTo(base),
        };
        let cost = self.cost(item, line)?;
        let made = Line {
            item: item.id,
            lot: LotId::NONE,
            from,
            to,
            amount,
            claim: line.claim,
            split: line.claim.map(|_| ClaimId(self.ctx.ids.next())),
            cost,
        };
        if line.serials.is_empty() {
            let lot = self.lot(kind, item, line.lot.as_ref())?;
            return Ok(vec![self.usual(kind, line, Line { lot, ..made }, None)]);
        }
        self.serial_lines(kind, item, line, &made)
    }

    /// The two ends of a line, by the kind of posting.
    fn ends(
        &self,
        kind: Kind,
        permission: Permission,
        (line, item): (&LineInput, ItemId),
        here: &LocationFacts,
    ) -> Result<(Place, Place), Problem> {
        let status = line.status.unwrap_or(Status::Good);
        let place = Place { location: here.id, status };
        Ok(match (kind, outside(kind).map(Place::good)) {
            (Kind::Opening | Kind::Receive | Kind::Return | Kind::Produce, Some(outside)) => (outside, place),
            (_, Some(outside)) => (place, outside),
            (Kind::SetStatus, None) => {
                let Some(to) = line.to_status else {
                    let detail = "a change of status names the status it ends in";
                    return Err(Problem::at(Code::InvalidValue, "/to_status", detail));
                };
                (place, Place { location: here.id, status: to })
            }
            (Kind::Move, None) => {
                let Some(code) = &line.to_location else {
                    let detail = "a move names the location it ends in";
                    return Err(Problem::at(Code::InvalidValue, "/to_location", detail));
                };
                let there = self.location(permission, (code, item), "/to_location")?;
                (place, Place { location: there.id, status })
            }
            _ => {
                let detail = format!("`{kind}` is not a kind that is posted by hand", kind = kind.word());
                return Err(Problem::at(Code::InvalidValue, "/kind", detail));
            }
        })
    }

    /// A line that names no status is about good stock. Where it may bring goods, and their lot is on
    /// hold as a whole, or the parent of the serial is, it is about stock on hold.
    fn usual(&self, kind: Kind, input: &LineInput, line: Line, parent: Option<LotId>) -> Line {
        let held = |lot: LotId| self.names.lot_facts.get(&lot).is_some_and(|lot| lot.on_hold);
        let on_hold = held(line.lot) || parent.is_some_and(held);
        if input.status.is_some() || !on_hold || !makes_lots(kind) {
            return line;
        }
        let held = |place: Place| match outside(kind) {
            Some(outside) if place.location == outside => place,
            _ => Place { status: Status::Hold, ..place },
        };
        Line { from: held(line.from), to: held(line.to), ..line }
    }

    /// Whether the caller reaches goods of an item at a location with a permission.
    pub(crate) fn reaches(&self, permission: Permission, end: (LocationId, ItemId)) -> bool {
        self.names.reaches(self.principal, permission, end)
    }

    pub(crate) fn item(&self, permission: Permission, sku: &str) -> Result<&ItemFacts, Problem> {
        let known = self.names.item(sku);
        match known.filter(|item| self.names.knows(self.principal, permission, item.id)) {
            Some(item) if item.archived => {
                let detail = format!(
                    "item `{sku}` is archived; take it back into use first, or name the one that it was merged into"
                );
                Err(Problem::at(Code::InUse, "/sku", detail))
            }
            Some(item) => Ok(item),
            None => {
                let detail = format!("there is no item with the SKU `{sku}`");
                Err(Problem::at(Code::UnknownItem, "/sku", detail))
            }
        }
    }

    fn location(
        &self,
        permission: Permission,
        (code, item): (&str, ItemId),
        pointer: &str,
    ) -> Result<&LocationFacts, Problem> {
        let found = self.names.location(code);
        found.filter(|location| self.reaches(permission, (location.id, item))).ok_or_else(|| {
            let detail = format!("there is no location with the code `{code}`");
            Problem::at(Code::UnknownLocation, pointer, detail)
        })
    }

    /// The lot of a line. An untracked item has none; whether one is needed is for the ledger.
    pub(crate) fn lot(
        &self,
        kind: Kind,
        item: &ItemFacts,
        input: Option<&LotInput>,
    ) -> Result<LotId, Problem> {
        let Some(input) = input else { return Ok(LotId::NONE) };
        if item.tracking == Tracking::None {
            let detail = "the item is not tracked by lot; leave the lot out";
            return Err(Problem::at(Code::LotNotAllowed, "/lot", detail));
        }
        let Some(lot) = self.names.lot(item.id, &input.code) else {
            if makes_lots(kind)
                && let Err(error) = item.expiry.last_sellable_day(input.expiry_on, input.made_on)
            {
                return Err(error.problem("/expiry_on"));
            }
            return Err(unknown_lot(item, &input.code));
        };
        if self.names.is_new(lot) {
            // whether it is there, and what it is, is known when its turn comes
            return Ok(lot);
        }
        let known = self.names.lot_facts.get(&lot).and_then(|facts| facts.expiry);
        check_day(&input.code, input.expiry_on, known).map(|()| lot)
    }

    /// The unit that is meant: where there is only the base unit, it need not be named.
    fn unit<'u>(item: &'u ItemFacts, unit: Option<&'u str>) -> Result<&'u str, Problem> {
        match unit {
            Some(unit) => Ok(unit),
            None if item.packagings.is_empty() => Ok(&item.base_unit),
            None => {
                let detail = format!(
                    "item `{}` is kept in `{}` and comes in `{}` too; say which `unit` is meant",
                    item.sku,
                    item.base_unit,
                    item.packagings.join("`, `")
                );
                Err(Problem::at(Code::UnitRequired, "/unit", detail))
            }
        }
    }

    /// How many base units one unit is.
    fn factor(&self, item: &ItemFacts, unit: &str) -> Result<Ratio, Problem> {
        self.names.factor(item, unit).ok_or_else(|| {
            let detail =
                format!("item `{}` has no unit `{unit}`; its base unit is `{}`", item.sku, item.base_unit);
            Problem::at(Code::UnknownUnit, "/unit", detail)
        })
    }

    /// A quantity in the base unit, exactly.
    ///
    /// `field` is the pointer of the quantity in its line.
    pub(crate) fn to_base(
        &self,
        item: &ItemFacts,
        qty: Qty,
        unit: Option<&str>,
        field: &str,
    ) -> Result<i64, Problem> {
        let unit = Self::unit(item, unit)?;
        let factor = self.factor(item, unit)?;
        let base = convert(qty, (unit, &item.base_unit), factor).map_err(|error| error.problem(field))?;
        Ok(base.millionths())
    }

    /// What a line moves, in the unit that it names beside that of its item. What was counted is not what
    /// moves, and serials move one by one.
    fn entered(&self, line: &LineInput) -> Option<EnteredAnswer> {
        let unit = line.unit.as_deref().filter(|_| line.serials.is_empty())?;
        let item = self.names.item(&line.sku).filter(|item| item.base_unit != unit)?;
        let QtyInput::Moves(qty) = line.qty else { return None };
        let is_other = self.names.factor(item, unit).is_some_and(|factor| factor != Ratio::ONE);
        is_other.then(|| EnteredAnswer { qty, unit: unit.to_owned() })
    }

    /// The cost of a line: as a whole, rounded once; or, since only the ledger knows how much of what
    /// was counted is new, of each unit that was found.
    fn cost(&self, item: &ItemFacts, line: &LineInput) -> Result<Cost, Problem> {
        match (line.cost, line.qty) {
            (CostInput::Unknown, _) => Ok(Cost::Unknown),
            (CostInput::Total(total), _) => Ok(Cost::Total(total)),
            (CostInput::Each(cost), QtyInput::Counted(_)) => {
                let unit = self.factor(item, Self::unit(item, line.unit.as_deref())?)?;
                Ok(Cost::Each { cost, unit })
            }
            (CostInput::Each(each), QtyInput::Moves(_)) => {
                let total = each.extend(line.qty.qty(), self.minor_digits);
                let total = total.ok_or_else(|| {
                    Problem::at(
                        Code::LimitExceeded,
                        "/unit_cost",
                        "the value of the line does not fit the books",
                    )
                })?;
                Ok(Cost::Total(total))
            }
        }
    }
}

/// Whether a line puts what it brings on hold, rather than the hold of its lot.
fn says_hold_of(kind: Kind, line: &LineInput) -> bool {
    match kind {
        Kind::SetStatus => line.to_status == Some(Status::Hold),
        _ => makes_lots(kind) && line.status == Some(Status::Hold),
    }
}

/// A count of the past that names no status is about stock that was good: that its lot is on hold by
/// now says nothing of then.
fn as_it_stood<'a>(input: &PostInput, line: &'a LineInput) -> Cow<'a, LineInput> {
    let dated = input.effective_at.is_some() && matches!(line.qty, QtyInput::Counted(_));
    if dated && line.status.is_none() {
        return Cow::Owned(LineInput { status: Some(Status::Good), ..line.clone() });
    }
    Cow::Borrowed(line)
}
