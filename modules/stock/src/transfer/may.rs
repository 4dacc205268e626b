//! What a caller may do to a transfer that they see. Whoever works in one of its two sites sees it; a
//! step that names places is for those who reach them, and the steps that name none are judged here.

use super::record::Transfer;
use crate::reach;
use crate::sight::Sight;
use db::{Conn, DbError};
use domain::ledger::Claim;
use domain::{Code, Problem, SiteId};
use web::{Caller, Failure, Scope};

fn forbidden(detail: &'static str) -> Failure {
    Problem::new(Code::Forbidden, detail).into()
}

/// Who sees which transfers: whoever may work in one of the two sites; where that is for some items only, with each of
/// its items. Its state and its lines are those of all of them: whoever sees a part of it would take it for the whole.
pub(super) struct Reader {
    sight: Sight,
    /// The sites of the scopes that were asked for; none for all.
    sites: Vec<(Scope, Option<Vec<SiteId>>)>,
}

impl Reader {
    pub(super) fn new(scope: &Scope) -> Reader {
        Reader { sight: Sight::new(scope, None), sites: Vec::new() }
    }

    /// Whether it depends on the items of a transfer, and not on its sites alone.
    pub(super) const fn is_by_item(&self) -> bool {
        self.sight.is_by_item()
    }

    pub(super) fn sees(&mut self, conn: &mut Conn<'_>, transfer: &Transfer) -> Result<bool, DbError> {
        self.sight.meet(conn, transfer.lines.iter().map(|line| line.item))?;
        for line in &transfer.lines {
            let scope = self.sight.scope(conn, line.item)?;
            if !self.reaches(conn, scope, &[transfer.from_site, transfer.to_site])? {
                return Ok(false);
            }
        }
        Ok(!transfer.lines.is_empty())
    }

    fn reaches(&mut self, conn: &mut Conn<'_>, scope: Scope, wanted: &[SiteId]) -> Result<bool, DbError> {
        let known = self.sites.iter().position(|(known, _)| *known == scope);
        let at = known.unwrap_or(self.sites.len());
        if known.is_none() {
            let sites = reach::sites(conn, &scope)?;
            self.sites.push((scope, sites));
        }
        let any = |sites: &Vec<SiteId>| wanted.iter().any(|site| sites.contains(site));
        Ok(self.sites.get(at).is_some_and(|(_, sites)| sites.as_ref().is_none_or(any)))
    }
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
