//! From names to ids: a request as the ledger's decision takes it. What is refused here is refused
//! before anything is locked.

use crate::input::{
    AllocateInput, CostInput, LINES_PER_POSTING_MAX, LineInput, LotInput, POSTINGS_PER_BULK_MAX, PostInput,
    QtyInput, ReserveInput,
};
use crate::names::{Names, outside};
use crate::pointer;
use catalog::ItemFacts;
use domain::code::CODE_CHARS_MAX;
use domain::ledger::{Allocate, Amount, Cost, Kind, Line, Place, Post, Reserve};
use domain::{
    AsProblem, ClaimId, Code, Ctx, LocationId, LotId, Permission, PostingId, Problem, Qty, SiteId, Status,
    Tracking,
};
use places::LocationFacts;
use std::sync::Arc;
use web::Principal;

/// A posting ready to be decided, with what the decision need not know.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) post: Post,
    /// For each line of `post`, the pointer of the input line, or of the serial on it, it came from.
    pub(crate) origins: Vec<String>,
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

/// Longest document handle, owner and reason code.
pub const HANDLE_CHARS_MAX: usize = 64;
/// Longest note.
pub const NOTE_CHARS_MAX: usize = 20_000;

impl Compiler<'_> {
    /// Whether the caller may post this kind at all.
    fn check_permission(&self, permission: Permission) -> Result<(), Problem> {
        if self.principal.scope(permission).is_some() {
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
        let reason = crate::reason::of_posting(self.names, input)?;
        let count: usize = input.lines.iter().map(|line| line.serials.len().max(1)).sum();
        if input.lines.is_empty() {
            return Err(Problem::at(Code::InvalidValue, "/lines", "a posting has at least one line"));
        }
        if count > LINES_PER_POSTING_MAX {
            let detail = format!("`{count}` lines and serials are more than `{LINES_PER_POSTING_MAX}`");
            return Err(Problem::at(Code::TooMany, "/lines", detail));
        }
        let mut lines = Vec::with_capacity(count);
        let mut origins = Vec::with_capacity(count);
        for (number, line) in input.lines.iter().enumerate() {
            let pointer = format!("/lines/{number}");
            let compiled =
                self.line(input.kind, permission, line).map_err(|problem| problem.under(&pointer))?;
            match line.serials.len() {
                0 => origins.resize(origins.len() + compiled.len(), pointer),
                serials => origins.extend((0..serials).map(|serial| pointer::of_serial(&pointer, serial))),
            }
            lines.extend(compiled);
        }
        Ok(Compiled {
            post: Post {
                id: PostingId(self.ctx.ids.next()),
                kind: input.kind,
                effective_at: input.effective_at,
                post_late: input.post_late,
                lines,
            },
            origins,
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
        let item = self.item(&line.sku)?;
        let here = self.location(permission, &line.location, "/location")?;
        if line.claim.is_some_and(|claim| self.is_elsewhere(permission, claim)) {
            return Err(Problem::at(Code::UnknownClaim, "/claim", "there is no such claim"));
        }
        let (from, to) = self.ends(kind, permission, line, here)?;
        let base = self.to_base(item, line.qty.qty(), line.unit.as_deref(), line.qty.field())?;
        let amount = match line.qty {
            QtyInput::Moves(_) => Amount::Move(base),
            QtyInput::Counted(_) => Amount::CountTo(base),
        };
        let cost = self.cost(line)?;
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
            return Ok(vec![Line { lot: self.lot(kind, item, line.lot.as_ref())?, ..made }]);
        }
        self.serial_lines(kind, item, line, &made)
    }

    /// A line for each serial; the quantity must be their number.
    fn serial_lines(
        &self,
        kind: Kind,
        item: &ItemFacts,
        line: &LineInput,
        made: &Line,
    ) -> Result<Vec<Line>, Problem> {
        if item.tracking != Tracking::Serial {
            let detail = "the item is not tracked by serial; leave `serials` out";
            return Err(Problem::at(Code::LotNotAllowed, "/serials", detail));
        }
        let count = i64::try_from(line.serials.len()).unwrap_or(i64::MAX);
        let (Amount::Move(qty) | Amount::CountTo(qty)) = made.amount;
        if qty != count.saturating_mul(Qty::ONE.millionths()) {
            let detail = format!("`{count}` serials are named for a quantity of `{}`", domain::Delta(qty));
            return Err(Problem::at(Code::SerialNotOne, line.qty.field(), detail));
        }
        let one = Qty::ONE.millionths();
        let amount = match made.amount {
            Amount::Move(_) => Amount::Move(one),
            Amount::CountTo(_) => Amount::CountTo(one),
        };
        let mut total_left = made.cost;
        let mut lines = Vec::with_capacity(line.serials.len());
        for (number, code) in line.serials.iter().enumerate() {
            let input = LotInput {
                code: code.clone(),
                expiry_on: line.lot.as_ref().and_then(|lot| lot.expiry_on),
                made_on: line.lot.as_ref().and_then(|lot| lot.made_on),
            };
            let lot = self
                .lot(kind, item, Some(&input))
                .map_err(|problem| Problem::at(problem.code, format!("/serials/{number}"), problem.detail))?;
            let cost = share_of(&mut total_left, line.serials.len() - number);
            let split = made.claim.map(|_| ClaimId(self.ctx.ids.next()));
            lines.push(Line { lot, amount, cost, split, ..*made });
        }
        Ok(lines)
    }

    /// The two ends of a line, by the kind of posting.
    fn ends(
        &self,
        kind: Kind,
        permission: Permission,
        line: &LineInput,
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
                let there = self.location(permission, code, "/to_location")?;
                (place, Place { location: there.id, status })
            }
            _ => {
                let detail = format!("`{kind}` is not a kind that is posted by hand", kind = kind.word());
                return Err(Problem::at(Code::InvalidValue, "/kind", detail));
            }
        })
    }

    /// A reservation.
    pub(crate) fn reserve(&self, input: &ReserveInput) -> Result<Reserve, Problem> {
        check_handle(&input.owner, "/owner")?;
        let item = self.item(&input.sku)?;
        let site = self.names.site(&input.site);
        let site = site.filter(|site| self.reaches(Permission::StockClaim, site.id.root()));
        let site = site.ok_or_else(|| {
            let detail = format!("there is no site `{}`", input.site);
            Problem::at(Code::UnknownLocation, "/site", detail)
        })?;
        Ok(Reserve {
            posting: PostingId(self.ctx.ids.next()),
            claim: ClaimId(self.ctx.ids.next()),
            owner: input.owner.clone(),
            item: item.id,
            site: site.id,
            qty: self.to_base(item, input.qty, input.unit.as_deref(), "/qty")?,
            priority: input.priority,
            expires_at: input.expires_at,
        })
    }

    /// An allocation.
    pub(crate) fn allocate(&self, input: &AllocateInput) -> Result<Allocate, Problem> {
        if let Some(owner) = &input.owner {
            check_handle(owner, "/owner")?;
        }
        let item = self.item(&input.sku)?;
        let location = self.location(Permission::StockClaim, &input.location, "/location")?;
        let lot = match &input.lot {
            None => LotId::NONE,
            Some(code) => self.names.lot(item.id, code).ok_or_else(|| unknown_lot(item, code))?,
        };
        if input.owner.is_none() && input.reservation.is_none() {
            let detail = "an allocation has an owner: name one, or the reservation it is taken from";
            return Err(Problem::at(Code::InvalidValue, "/owner", detail));
        }
        Ok(Allocate {
            posting: PostingId(self.ctx.ids.next()),
            claim: ClaimId(self.ctx.ids.next()),
            owner: input.owner.clone(),
            reservation: input.reservation,
            item: item.id,
            location: location.id,
            lot,
            qty: self.to_base(item, input.qty, input.unit.as_deref(), "/qty")?,
            priority: input.priority,
        })
    }

    /// Whether the caller reaches a location with a permission.
    pub(crate) fn reaches(&self, permission: Permission, location: LocationId) -> bool {
        self.names.reaches(self.principal, permission, location)
    }

    /// Whether the caller reaches a claim; one out of reach is as if it were not there.
    pub(crate) fn reaches_claim(&self, claim: ClaimId) -> bool {
        self.names.claims.contains_key(&claim) && !self.is_elsewhere(Permission::StockClaim, claim)
    }

    /// Whether a claim is there, and out of the caller's reach.
    fn is_elsewhere(&self, permission: Permission, claim: ClaimId) -> bool {
        self.names.claims.get(&claim).is_some_and(|claim| {
            let site: SiteId = claim.site;
            !self.reaches(permission, claim.bin.map_or(site.root(), |bin| bin.0))
        })
    }

    pub(crate) fn item(&self, sku: &str) -> Result<&ItemFacts, Problem> {
        match self.names.item(sku) {
            Some(item) if item.archived => {
                let detail = format!("item `{sku}` is archived; take it back into use first");
                Err(Problem::at(Code::InUse, "/sku", detail))
            }
            Some(item) => Ok(item),
            None => {
                let detail = format!("there is no item with the SKU `{sku}`");
                Err(Problem::at(Code::UnknownItem, "/sku", detail))
            }
        }
    }

    fn location(&self, permission: Permission, code: &str, pointer: &str) -> Result<&LocationFacts, Problem> {
        let found = self.names.location(code);
        found.filter(|location| self.reaches(permission, location.id)).ok_or_else(|| {
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
                return Err(error.problem("/lot"));
            }
            return Err(unknown_lot(item, &input.code));
        };
        let known = self.names.lot_facts.get(&lot).and_then(|facts| facts.expiry);
        match (input.expiry_on, known) {
            (Some(given), Some(known)) if given != known => {
                let detail =
                    format!("lot `{}` has the last sellable day `{known}`, not `{given}`", input.code);
                Err(Problem::at(Code::Expiry, "/lot", detail))
            }
            _ => Ok(lot),
        }
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
        let unit = unit.unwrap_or(&item.base_unit);
        let factor = self.names.factor(item, unit).ok_or_else(|| {
            let detail =
                format!("item `{}` has no unit `{unit}`; its base unit is `{}`", item.sku, item.base_unit);
            Problem::at(Code::UnknownUnit, "/unit", detail)
        })?;
        factor.exact(qty.millionths()).ok_or_else(|| {
            let detail = format!(
                "`{qty}` {unit} of {}/{} {} each is not exact to six decimals",
                factor.num(),
                factor.den(),
                item.base_unit
            );
            Problem::at(Code::InexactConversion, field, detail)
        })
    }

    /// The cost of a line as a whole, rounded once.
    fn cost(&self, line: &LineInput) -> Result<Cost, Problem> {
        match line.cost {
            CostInput::Unknown => Ok(Cost::Unknown),
            CostInput::Total(total) => Ok(Cost::Total(total)),
            CostInput::Each(each) => {
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

fn unknown_lot(item: &ItemFacts, code: &str) -> Problem {
    let detail = format!("item `{}` has no lot `{code}`", item.sku);
    Problem::at(Code::UnknownLot, "/lot", detail)
}

/// One serial's part of the cost of its line; the last one takes the rest.
fn share_of(left: &mut Cost, serials_left: usize) -> Cost {
    let Cost::Total(total) = left else { return *left };
    let count = i64::try_from(serials_left).unwrap_or(1).max(1);
    let part = *total / count;
    *total -= part;
    Cost::Total(part)
}

/// What a posting or a reversal says about itself, held to its form.
pub(crate) fn check_words(
    document: Option<&str>,
    reason: Option<&str>,
    note: Option<&str>,
) -> Result<(), Problem> {
    for (text, pointer) in [(document, "/document"), (reason, "/reason")] {
        if let Some(text) = text {
            check_handle(text, pointer)?;
        }
    }
    if let Some(note) = note
        && note.chars().count() > NOTE_CHARS_MAX
    {
        let detail = format!("a note has at most `{NOTE_CHARS_MAX}` characters");
        return Err(Problem::at(Code::LimitExceeded, "/note", detail));
    }
    Ok(())
}

/// A short handle: 1 to [`HANDLE_CHARS_MAX`] characters, none of them control characters.
pub(crate) fn check_handle(text: &str, pointer: &str) -> Result<(), Problem> {
    let length = text.chars().count();
    if length == 0 || text.trim() != text || text.chars().any(char::is_control) {
        let detail = "it has at least one character, no blanks around it and no control characters";
        return Err(Problem::at(Code::InvalidValue, pointer, detail));
    }
    if length > HANDLE_CHARS_MAX {
        let detail = format!("it has `{length}` characters, and at most `{HANDLE_CHARS_MAX}` fit");
        return Err(Problem::at(Code::LimitExceeded, pointer, detail));
    }
    Ok(())
}

/// Refuses a name of something that is longer than any name is, before it is looked for.
pub(crate) fn check_length(name: &str, pointer: &str) -> Result<(), Problem> {
    // few texts have more bytes than a code has characters, so few are counted
    if name.len() <= CODE_CHARS_MAX || name.chars().count() <= CODE_CHARS_MAX {
        return Ok(());
    }
    let detail = format!("a code has at most `{CODE_CHARS_MAX}` characters");
    Err(Problem::at(Code::LimitExceeded, pointer, detail))
}

/// Refuses a bulk that is empty or too large.
pub(crate) fn check_bulk(count: usize) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::at(Code::InvalidValue, "/postings", "a bulk has at least one posting"));
    }
    if count > POSTINGS_PER_BULK_MAX {
        let detail = format!("`{count}` postings are more than `{POSTINGS_PER_BULK_MAX}`");
        return Err(Problem::at(Code::TooMany, "/postings", detail));
    }
    Ok(())
}
