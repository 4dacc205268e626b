//! What a caller may do to a transfer that they see. Whoever works in one of its two sites sees it; a
//! step that names places is for those who reach them, and the steps that name none are judged here.

use super::record::Transfer;
use crate::reach;
use crate::sight::Sight;
use db::{Conn, DbError};
use domain::ledger::Claim;
use domain::{Code, Problem};
use web::{Caller, Failure};

fn forbidden(detail: &'static str) -> Failure {
    Problem::new(Code::Forbidden, detail).into()
}

/// A transfer is seen by whoever may work in one of its two sites; where that is for some items only, with each of its
/// items. Its state and its lines are those of all of them: whoever sees a part of it would take it for the whole.
pub(super) fn see(conn: &mut Conn<'_>, sight: &mut Sight, transfer: &Transfer) -> Result<bool, DbError> {
    let sites = [transfer.from_site, transfer.to_site];
    if !sight.is_by_item() {
        return reach::any(conn, sight.whole(), &sites);
    }
    sight.meet(conn, transfer.lines.iter().map(|line| line.item))?;
    for line in &transfer.lines {
        let scope = sight.scope(conn, line.item)?;
        if !reach::any(conn, &scope, &sites)? {
            return Ok(false);
        }
    }
    Ok(!transfer.lines.is_empty())
}

/// Allocations are given up by those who reach the bins that they bind.
pub(super) fn release(conn: &mut Conn<'_>, caller: &Caller, claims: &[Claim]) -> Result<(), Failure> {
    let mut sight = Sight::new(&caller.scope, None);
    for claim in claims {
        let bound = claim.bin.map_or(claim.site.root(), |(location, _)| location);
        if !sight.sees(conn, claim.item, &[bound])? {
            return Err(forbidden("what is allocated is given up by those who reach all of its places"));
        }
    }
    Ok(())
}

/// A draft is given up where the goods are, by those who answer for all of the receiving site, or by
/// whoever asked for it.
pub(super) fn cancel(conn: &mut Conn<'_>, caller: &Caller, transfer: &Transfer) -> Result<(), Failure> {
    if transfer.created_by == caller.principal.id().get()
        || reach::any(conn, &caller.scope, &[transfer.from_site])?
        || reach::location(conn, &caller.scope, transfer.to_site.root())?
    {
        return Ok(());
    }
    let detail = "a transfer is cancelled where its goods are, by those who reach all of the receiving site, or by \
                  whoever asked for it";
    Err(forbidden(detail))
}

/// Only who answers for all of the site that the goods were sent to may say that they will not come.
pub(super) fn write_off(conn: &mut Conn<'_>, caller: &Caller, transfer: &Transfer) -> Result<(), Failure> {
    if reach::location(conn, &caller.scope, transfer.to_site.root())? {
        return Ok(());
    }
    Err(forbidden(
        "closing writes off what is in transit, which is for those who reach all of the receiving site",
    ))
}
