//! What the requests of a batch call by name.

use super::{lines, postings};
use crate::input::{Request, Work};
use domain::LocationId;
use domain::ledger::Kind;
use rustc_hash::FxHashSet;

/// The virtual location at the other end of a kind of posting.
pub(crate) const fn outside(kind: Kind) -> Option<LocationId> {
    match kind {
        Kind::Opening => Some(places::OPENING),
        Kind::Receive => Some(places::SUPPLIER),
        Kind::Return | Kind::Issue => Some(places::CUSTOMER),
        Kind::Produce | Kind::Consume => Some(places::PRODUCTION),
        Kind::Adjust => Some(places::ADJUSTMENT),
        _ => None,
    }
}

/// What requests call by name, each once.
pub(super) struct Named<'r> {
    pub(super) skus: Vec<&'r str>,
    pub(super) locations: Vec<&'r str>,
    pub(super) sites: Vec<&'r str>,
    /// The virtual locations of the kinds of their postings.
    pub(super) outside: Vec<LocationId>,
}

impl<'r> Named<'r> {
    /// What these requests call.
    pub(super) fn of(requests: &[&'r Request]) -> Named<'r> {
        let mut skus: FxHashSet<&str> = FxHashSet::default();
        let mut locations: FxHashSet<&str> = FxHashSet::default();
        let mut sites: FxHashSet<&str> = FxHashSet::default();
        for line in lines(requests) {
            skus.insert(&line.sku);
            locations.insert(&line.location);
            locations.extend(line.to_location.as_deref());
        }
        for request in requests {
            for reserve in request.work.reservations() {
                skus.insert(&reserve.sku);
                sites.insert(&reserve.site);
            }
            if let Work::Allocate(allocate) = &request.work {
                skus.insert(&allocate.sku);
                locations.insert(&allocate.location);
            }
        }
        let kinds = requests.iter().flat_map(|request| postings(request)).map(|post| post.kind);
        let outside: FxHashSet<LocationId> = kinds.filter_map(outside).collect();
        Named {
            skus: skus.into_iter().collect(),
            locations: locations.into_iter().collect(),
            sites: sites.into_iter().collect(),
            outside: outside.into_iter().collect(),
        }
    }
}
