//! What owners are told of changes that they did not ask for: their claim got the stock that it waited
//! for, or lost what it held. Each is an event of the claim itself, beside that of the posting.

use crate::answer::ClaimAnswer;
use crate::names::Names;
use crate::save::Event;
use domain::ledger::{Claim, ClaimChange, ClaimEntry, Posted, Vault};
use domain::{ClaimId, Ctx, Delta, PostingId};
use rustc_hash::FxHashMap;
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
    let lost_later = lost_later(&posted.claims);
    let one = |(entry, lost_later): (&ClaimEntry, i64)| {
        let (number, claim) = (entry.told?, vault.claim(entry.claim)?);
        // as the change left it: a later one of the same posting has an event of its own
        let (qty, backordered, lost) = (entry.left, entry.waits, claim.lost - lost_later);
        let claim = Claim { qty, backordered, lost, ..claim.clone() };
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
    posted.claims.iter().zip(lost_later).filter_map(one).collect()
}

/// For each change, how much its claim has lost by those that come after it in the same posting.
fn lost_later(changes: &[ClaimEntry]) -> Vec<i64> {
    let mut lost: FxHashMap<ClaimId, i64> = FxHashMap::default();
    let mut later: Vec<i64> = Vec::with_capacity(changes.len());
    for entry in changes.iter().rev() {
        let so_far = lost.entry(entry.claim).or_default();
        later.push(*so_far);
        if entry.change == ClaimChange::Broken {
            *so_far = so_far.saturating_add(entry.qty);
        }
    }
    later.reverse();
    later
}

const fn kind(change: ClaimChange) -> &'static str {
    match change {
        ClaimChange::Covered => "stock.claim_covered",
        ClaimChange::Backordered => "stock.claim_backordered",
        _ => "stock.claim_broken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{on_both_engines, parse, world};
    use db::{Engine, Statement};
    use domain::ledger::Kind;
    use domain::{ItemId, SiteId};

    on_both_engines!(each_event_of_a_claim_says_what_its_change_left);

    const EVENTS: Statement = Statement::new(
        "stock.test.told",
        "select payload from db_outbox where kind = 'stock.claim_broken' order by event_number",
    );

    #[test]
    fn what_a_claim_loses_later() {
        let entry = |claim: u8, change, qty| {
            let claim = ClaimId::parse(&format!("clm_{claim:032}")).unwrap();
            let (left, waits, item, site, bin) = (0, 0, ItemId(1), SiteId(1), None);
            ClaimEntry { claim, change, qty, left, waits, item, site, bin, told: Some(1) }
        };
        let changes = [
            entry(1, ClaimChange::Broken, 2),
            entry(2, ClaimChange::Broken, 7),
            entry(1, ClaimChange::Covered, 4),
            entry(1, ClaimChange::Broken, 3),
        ];
        assert_eq!(lost_later(&changes), [3, 0, 3, 0]);
        assert_eq!(lost_later(&[]), [0; 0]);
    }

    fn each_event_of_a_claim_says_what_its_change_left(engine: Engine) {
        let world = world(engine);
        world.receive("3 BOLT at L1");
        world.receive("3 BOLT at L2");
        world.reserve("BOLT", "L", 5);
        world.post(Kind::Adjust, vec![parse("2 BOLT at L1"), parse("3 BOLT at L2")]);
        let told: Vec<(String, String, String)> = world.read(|conn| {
            conn.query(&EVENTS, &[], |row| {
                let body: serde_json::Value = serde_json::from_str(row.text(0)?).unwrap();
                let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                let claim = &body["claim"];
                Ok((text(&body["changed"]), text(&claim["qty"]), text(&claim["lost"])))
            })
        });
        let expected = [("1", "4", "1"), ("3", "1", "4")];
        assert_eq!(told, expected.map(|(changed, qty, lost)| (changed.into(), qty.into(), lost.into())));
    }
}
