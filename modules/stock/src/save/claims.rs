//! Claims, as far as they changed.

use super::Stores;
use crate::store_claims as sql;
use db::{DbError, Rows};
use domain::ledger::Claim;

/// The claims that changed: what was stored, if anything, and what is now.
pub(super) fn add<'r>(
    stores: &mut Stores<'r, '_, '_>,
    claims: &'r [(Option<Claim>, Claim)],
) -> Result<(), DbError> {
    let mut new = Rows::new(15);
    let mut changed = Rows::new(8);
    for (before, claim) in claims {
        let location = claim.bin.map(|(location, _)| location.get());
        let lot = claim.bin.map(|(_, lot)| lot.get());
        let state = claim.state.number();
        if before.is_some() {
            changed.push(&[
                claim.id.bytes().into(),
                location.into(),
                lot.into(),
                claim.qty.into(),
                state.into(),
                claim.backordered.into(),
                claim.told.into(),
                claim.lost.into(),
            ]);
            continue;
        }
        new.push(&[
            claim.id.bytes().into(),
            (&claim.owner).into(),
            claim.item.get().into(),
            claim.site.get().into(),
            location.into(),
            lot.into(),
            claim.qty.into(),
            claim.priority.into(),
            claim.made_at.0.into(),
            claim.expires_at.map(|at| at.0).into(),
            state.into(),
            claim.backordered.into(),
            claim.may_wait.into(),
            claim.told.into(),
            claim.lost.into(),
        ]);
    }
    stores.add(&sql::INSERT_CLAIMS, new)?;
    stores.add(&sql::UPDATE_CLAIMS, changed)
}
