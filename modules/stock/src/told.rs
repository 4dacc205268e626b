//! What owners are told of changes that they did not ask for: their claim got the stock that it waited
//! for, or lost what it held. Each is an event of the claim itself, beside that of the posting.

use crate::answer::ClaimAnswer;
use crate::names::Names;
use crate::save::Event;
use domain::ledger::{Claim, ClaimChange, ClaimEntry, Posted, Vault};
use domain::{Ctx, Delta, PostingId};
use serde::Serialize;

/// An event of a claim.
#[derive(Debug)]
pub(crate) struct Told {
    /// The claim.
    pub(crate) claim: String,
    /// How many its owner was told of, with this one.
    pub(crate) number: i64,
    pub(crate) event: Event,
}

/// What the event says.
#[derive(Serialize)]
struct Body {
    posting: PostingId,
    change: &'static str,
    changed: Delta,
    claim: ClaimAnswer,
}

/// What a posting tells the owners of claims.
pub(crate) fn of(names: &Names, vault: &Vault, posted: &Posted, ctx: &Ctx) -> Vec<Told> {
    let one = |entry: &ClaimEntry| {
        let (number, claim) = (entry.told?, vault.claim(entry.claim)?);
        // as the change left it: a later one of the same posting has an event of its own
        let claim = Claim { qty: entry.left, backordered: entry.waits, ..claim.clone() };
        let body = Body {
            posting: posted.id,
            change: entry.change.word(),
            changed: Delta(entry.qty),
            claim: names.claim(&claim, None, None),
        };
        let event = Event {
            id: *ctx.ids.next().as_bytes(),
            kind: kind(entry.change),
            sites: vec![entry.site.get()],
            payload: crate::run::json(&body),
        };
        Some(Told { claim: entry.claim.to_string(), number, event })
    };
    posted.claims.iter().filter_map(one).collect()
}

const fn kind(change: ClaimChange) -> &'static str {
    match change {
        ClaimChange::Covered => "stock.claim_covered",
        ClaimChange::Backordered => "stock.claim_backordered",
        _ => "stock.claim_broken",
    }
}
