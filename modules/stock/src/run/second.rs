//! What of a request needs a second person, once it is decided under its locks: by how much it changes the
//! worth of stock, and what its caller may do alone where it happens.
//!
//! The worth of a posting is what all its movements bring into the books or take out of them, each counted
//! for itself: a plus does not hide a minus. Goods of a third party are worth nothing; of other goods that
//! come or go for nothing the books know no cost, and nobody can say.

use super::batch::Batch;
use crate::input::{Request, Work};
use crate::save::Entry;
use db::held::Held;
use domain::ledger::{Kind, Movement};
use domain::{Condition, LocationId, Permission, Problem, Worth};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use web::{Answer, Failure, Need, Principal};

/// What one permission is used for by a request.
struct Use {
    condition: Condition,
    worth: Worth,
    places: BTreeSet<LocationId>,
}

impl Batch<'_> {
    /// What a request has to wait for that has entered what stands from `entered` on: the row of the
    /// command that is held, and its answer. `None` when it may go on.
    pub(super) fn must_wait(
        &self,
        request: &Request,
        entered: usize,
    ) -> Result<Option<(Option<Held>, Answer)>, Problem> {
        let principal = request.second.judged(&request.principal);
        if !principal.has_conditions() {
            return Ok(None);
        }
        for (permission, used) in self.uses(principal, request, entered) {
            let Use { condition, worth, places } = used;
            let places = Some(places.into_iter().collect());
            let need = Need { permission, condition, worth, places };
            if let Some((sent, need)) = request.second.must_wait(need, self.minor_digits())? {
                let held = sent.hold(&request.ctx, &need);
                return held.map(Some).map_err(|failure: Failure| failure.problem().into_owned());
            }
        }
        Ok(None)
    }

    /// What a request uses which permission for.
    fn uses(
        &self,
        principal: &Arc<Principal>,
        request: &Request,
        entered: usize,
    ) -> BTreeMap<Permission, Use> {
        let mut uses: BTreeMap<Permission, Use> = BTreeMap::new();
        let entries = self.entries.get(entered..).unwrap_or_default();
        for entry in entries.iter().filter(|entry| is_asked_for(&request.work, entry.posted.kind)) {
            let permission = entry.posted.kind.permission();
            let places = places(entry);
            let condition = self.condition(principal, permission, &places);
            let worths = entry.posted.movements.iter().map(|movement| self.worth(movement));
            let worth = worths.fold(Worth::Minor(0), Worth::and);
            let none = || Use { condition: Condition::Free, worth: Worth::Minor(0), places: BTreeSet::new() };
            let entry = uses.entry(permission).or_insert_with(none);
            entry.condition = entry.condition.max(condition);
            entry.worth = entry.worth.and(worth);
            entry.places.extend(places);
        }
        uses
    }

    /// What a permission asks for at all of some places: the strictest of what it does at each.
    fn condition(
        &self,
        principal: &Principal,
        permission: Permission,
        places: &BTreeSet<LocationId>,
    ) -> Condition {
        let at = |place: &LocationId| {
            principal.condition_where(permission, |scope| self.names.lies_in(*place, scope.reached()))
        };
        places.iter().map(at).max().unwrap_or_else(|| principal.condition_anywhere(permission))
    }

    /// By how much a movement changes what the books are worth.
    fn worth(&self, movement: &Movement) -> Worth {
        let is_ours = self.names.item_facts.get(&movement.item).is_none_or(|item| item.owner.is_none());
        match movement.value {
            None => Worth::Minor(0),
            Some(0) if is_ours => Worth::Unknown,
            Some(minor) => Worth::Minor(minor.saturating_abs()),
        }
    }
}

/// Whether a posting is what was asked for, and does not only follow from it.
fn is_asked_for(work: &Work, kind: Kind) -> bool {
    match work {
        Work::Post(_) | Work::Bulk(_) => kind != Kind::Expire,
        Work::Reverse(_) => kind == Kind::Reverse,
        _ => true,
    }
}

/// The real places that a posting touches: those of its movements, and those of its claims.
fn places(entry: &Entry) -> BTreeSet<LocationId> {
    let movements = entry.posted.movements.iter();
    let ends = movements.flat_map(|movement| [movement.from.location, movement.to.location]);
    let claims = entry.posted.claims.iter().filter(|_| entry.posted.movements.is_empty());
    let claimed = claims.map(|claim| claim.bin.map_or(claim.site.root(), |(bin, _)| bin));
    ends.chain(claimed).filter(|place| place.get() > 0).collect()
}
