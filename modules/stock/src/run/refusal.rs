//! A refusal of the ledger as the caller sees it: with the field that it wrote, and without places
//! that it does not reach.

use super::batch::Batch;
use crate::compile::Compiled;
use crate::pointer;
use domain::item::Tracking;
use domain::ledger::{Kind, Place, Refusal};
use domain::{Code, ItemId, LotId, Permission, Problem, SiteId};
use std::sync::Arc;
use web::Principal;

/// What a place out of reach is called.
const ELSEWHERE: &str = "another place";

/// No item: rights for the items of a category do not reach a place of nobody knows what.
const NOTHING: ItemId = ItemId(0);

/// What a refused line is about.
#[derive(Clone, Copy)]
struct About {
    item: ItemId,
    /// None of an item that is kept without.
    lot: LotId,
    /// Where goods would have gone out.
    site: Option<SiteId>,
}

impl Batch<'_> {
    /// The refusal of a posting. A place that the posting does not name (where a serial is, say) is
    /// told only to whoever reaches it.
    pub(super) fn post_problem(
        &self,
        asks: Option<&Arc<Principal>>,
        compiled: &Compiled,
        refusal: &Refusal,
    ) -> Problem {
        let named = |place: Place| {
            let lines = &compiled.post.lines;
            lines.iter().any(|line| [line.from, line.to].iter().any(|end| end.location == place.location))
        };
        let line = refusal.line.and_then(|line| compiled.post.lines.get(line));
        // a place is told of with what stands there, and where nobody knows what, it is told to those who see all
        let item = line.map_or(NOTHING, |line| line.item);
        let reached = |place: Place| {
            let permission = compiled.post.kind.permission();
            asks.is_some_and(|asks| self.names.reaches(asks, permission, (place.location, item)))
        };
        let call = |place| {
            let told = named(place) || reached(place);
            if told { self.names.call(place) } else { ELSEWHERE.to_owned() }
        };
        let site = |place: Place| self.names.location_facts.get(&place.location).map(|facts| facts.site);
        let about = line.map(|line| About { item: line.item, lot: line.lot, site: site(line.from) });
        self.about(about, at(refusal, &call, pointer::of_posting(compiled, refusal)))
    }

    /// The refusal of a reservation.
    pub(super) fn reserve_problem(&self, (item, site): (ItemId, SiteId), refusal: &Refusal) -> Problem {
        let about = About { item, lot: LotId::NONE, site: Some(site) };
        self.about(Some(about), self.claim_problem(Kind::Reserve, refusal))
    }

    /// The refusal of an allocation.
    pub(crate) fn allocate_problem(&self, (item, lot): (ItemId, LotId), refusal: &Refusal) -> Problem {
        let about = About { item, lot, site: None };
        self.about(Some(about), self.claim_problem(Kind::Allocate, refusal))
    }

    /// What is lacking or in the way, with the names of the item, the lot and the site: who posts many
    /// lines need not look up which it was.
    fn about(&self, about: Option<About>, problem: Problem) -> Problem {
        let Some(what) = about.and_then(|about| self.called(about, problem.code)) else { return problem };
        let detail = format!("{what}: {}", problem.detail);
        match problem.errors.first() {
            Some(field) => Problem::at(problem.code, field.pointer.clone(), detail),
            None => Problem::new(problem.code, detail),
        }
    }

    /// How that is called which a refusal of this code is about; `None` where the sentence says enough.
    fn called(&self, about: About, code: Code) -> Option<String> {
        let item = self.names.item_facts.get(&about.item)?;
        let sku = &item.sku;
        match code {
            Code::InsufficientAvailable => {
                let site = &self.names.site_facts.get(&about.site?)?.code;
                Some(format!("`{sku}` at `{site}`"))
            }
            Code::InsufficientStock
            | Code::StockClaimed
            | Code::ReturnExceedsSale
            | Code::LotOnHold
            | Code::LotExpired => Some(match self.names.lot_codes.get(&about.lot) {
                Some(lot) if item.tracking == Tracking::Serial => format!("`{sku}`, serial `{lot}`"),
                Some(lot) => format!("`{sku}`, lot `{lot}`"),
                None => format!("`{sku}`"),
            }),
            _ => None,
        }
    }

    /// The refusal of a reservation, an allocation or a release.
    pub(crate) fn claim_problem(&self, kind: Kind, refusal: &Refusal) -> Problem {
        let pointer = pointer::of_claim(kind, &refusal.why);
        at(refusal, &|place| self.names.call(place), pointer.map(str::to_owned))
    }

    /// The refusal of a reversal. Whoever reverses reaches every place of the original; another one
    /// (where a serial went since, say) is told only to whoever reaches it.
    pub(super) fn reversal_problem(&self, asks: &Arc<Principal>, refusal: &Refusal) -> Problem {
        let pointer = pointer::of_reversal(&refusal.why);
        let call = |place: Place| {
            let told = place.location.get() <= 0
                || self.names.reaches(asks, Permission::StockReverse, (place.location, NOTHING));
            if told { self.names.call(place) } else { ELSEWHERE.to_owned() }
        };
        at(refusal, &call, pointer.map(str::to_owned))
    }

    /// A refusal without a field.
    pub(crate) fn problem(&self, refusal: &Refusal) -> Problem {
        at(refusal, &|place| self.names.call(place), None)
    }
}

/// The problem of a refusal, at a field or as a whole.
fn at(refusal: &Refusal, call: &dyn Fn(Place) -> String, pointer: Option<String>) -> Problem {
    let problem = Refusal::of(refusal.why.clone()).problem(call);
    match pointer {
        Some(pointer) => Problem::at(problem.code, pointer, problem.detail),
        None => problem,
    }
}
