//! Reservations and allocations, from names to ids.

use super::Compiler;
use super::limits::{check_handle, check_together};
use crate::input::{AllocateInput, ReserveInput};
use crate::lots::unknown_lot;
use crate::transfer::Transfer;
use domain::ledger::{Allocate, Reserve};
use domain::{ClaimId, Code, LotId, Permission, PostingId, Problem, SiteId, SiteState};

impl Compiler<'_> {
    /// A reservation.
    pub(crate) fn reserve(&self, input: &ReserveInput) -> Result<Reserve, Problem> {
        check_owner(&input.owner)?;
        let item = self.item(Permission::StockClaim, &input.sku)?;
        let site = self.names.site(&input.site);
        let site = site.filter(|site| self.reaches(Permission::StockClaim, (site.id.root(), item.id)));
        let site = site.ok_or_else(|| {
            let detail = format!("there is no site `{}`", input.site);
            Problem::at(Code::UnknownLocation, "/site", detail)
        })?;
        if site.archived {
            let detail =
                format!("the site `{}` is archived; restore it first, or choose another one", site.code);
            return Err(Problem::at(Code::LocationArchived, "/site", detail));
        }
        if site.state == SiteState::SetUp {
            let detail = format!("the site `{}` is being set up; begin its pilot first", site.code);
            return Err(Problem::at(Code::SiteInSetUp, "/site", detail));
        }
        Ok(Reserve {
            posting: PostingId(self.ctx.ids.next()),
            claim: ClaimId(self.ctx.ids.next()),
            owner: input.owner.clone(),
            item: item.id,
            site: site.id,
            qty: self.to_base(item, input.qty, input.unit.as_deref(), "/qty")?,
            priority: input.priority,
            expires_at: input.expires_at,
            may_wait: input.backorder,
        })
    }

    /// Reservations that are made together; a refusal names the one at fault.
    pub(crate) fn reserve_together(&self, inputs: &[ReserveInput]) -> Result<Vec<Reserve>, Problem> {
        check_together(inputs.len())?;
        let one = |(number, input)| {
            self.reserve(input).map_err(|problem| problem.under(&format!("/reservations/{number}")))
        };
        inputs.iter().enumerate().map(one).collect()
    }

    /// An allocation.
    pub(crate) fn allocate(&self, input: &AllocateInput) -> Result<Allocate, Problem> {
        if let Some(owner) = &input.owner {
            check_owner(owner)?;
        }
        let item = self.item(Permission::StockClaim, &input.sku)?;
        let location = self.location(Permission::StockClaim, (&input.location, item.id), "/location")?;
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
            may_wait: input.backorder,
        })
    }

    /// Whether the caller reaches a claim; one out of reach is as if it were not there.
    pub(crate) fn reaches_claim(&self, claim: ClaimId) -> bool {
        self.names.claims.contains_key(&claim) && !self.is_elsewhere(Permission::StockClaim, claim)
    }

    /// Whether a claim is there, and out of the caller's reach.
    pub(super) fn is_elsewhere(&self, permission: Permission, claim: ClaimId) -> bool {
        self.names.claims.get(&claim).is_some_and(|claim| {
            let site: SiteId = claim.site;
            !self.reaches(permission, (claim.bin.map_or(site.root(), |bin| bin.0), claim.item))
        })
    }
}

/// An owner is the caller's own word, but not one that belongs to the lines of transfers.
fn check_owner(owner: &str) -> Result<(), Problem> {
    check_handle(owner, "/owner")?;
    if !Transfer::is_owner(owner) {
        return Ok(());
    }
    let detail = format!("`{owner}` is a line of a transfer; allocate it there, or name another owner");
    Err(Problem::at(Code::InvalidValue, "/owner", detail))
}
