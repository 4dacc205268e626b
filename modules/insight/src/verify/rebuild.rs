//! The log, folded from its beginning, gives what is stored: the claims, and the state that the
//! last digest of a state has written down (I-30). Balances, layers, serials and months have their own checks.

use super::findings::Findings;
use super::ground::Ground;
use crate::digest::{self, Head};
use db::{Conn, DbError, Statement};
use domain::{ClaimId, Delta};
use rustc_hash::FxHashMap;
use serde::Deserialize;

const COUNT: Statement = Statement::new("verify.rebuild.count", "select count(*) from ck_allocation");

const CHANGES: Statement = Statement::new(
    "verify.rebuild.changes",
    "select lane, seq, recorded_at, claims from ck_posting where claims is not null order by lane, seq",
);

const CLAIMS: Statement = Statement::new(
    "verify.rebuild.claims",
    "select alloc_id, sku_id, site_id, loc_id, lot_id, qty, state, backordered, lost from ck_allocation",
);

const LAST_DIGEST: Statement = Statement::new(
    "verify.rebuild.last_digest",
    "select n, heads, state_hash, movements from ck_digest where length(state_hash) > 0 order by n desc limit 1",
);

/// A change of a claim, as a posting keeps it.
#[derive(Deserialize)]
struct Entry<'a> {
    claim: ClaimId,
    change: &'a str,
    qty: i64,
    left: i64,
    #[serde(default)]
    waits: i64,
    item: i64,
    site: i64,
    location: Option<i64>,
    lot: Option<i64>,
}

/// A claim as its last change left it.
#[derive(Clone, Copy, Debug)]
struct Last {
    /// Recorded instant, lane, posting, place in the posting.
    at: (i64, i64, i64, usize),
    state: Option<&'static str>,
    left: i64,
    waits: i64,
    /// What losses took, over all changes.
    lost: i64,
    item: i64,
    site: i64,
    bin: (Option<i64>, Option<i64>),
}

/// The state that a change leads to, with what it leaves to be held or waited for; none when it leads
/// nowhere.
fn state(change: &str, left: i64) -> Option<&'static str> {
    match change {
        _ if left > 0 => Some("open"),
        "released" => Some("released"),
        "expired" => Some("expired"),
        "fulfilled" => Some("fulfilled"),
        "broken" => Some("broken"),
        "bound" => Some("bound"),
        _ => None,
    }
}

/// Which part of the claims an id belongs to; ids end at random.
fn part_of(id: &ClaimId, parts: u64) -> u64 {
    id.bytes().iter().rev().take(7).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)) % parts
}

/// Each claim is as the last change of it that a posting tells of has left it.
pub(super) fn claims(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let count = conn.query_one(&COUNT, &[], |row| row.int(0))?;
    let parts = u64::try_from(count / ground.keys_max).unwrap_or(0).saturating_add(1);
    for part in 0..parts {
        let mut lasts = fold(conn, (part, parts), findings)?;
        conn.for_each(&CLAIMS, &[], |row| {
            let id = ClaimId::from_bytes(row.id16(0)?);
            if part_of(&id, parts) != part {
                return Ok(());
            }
            findings.row();
            let Some(last) = lasts.remove(&id) else {
                findings.add(|| format!("claim {id} is in no posting"));
                return Ok(());
            };
            let (qty, bin) = (row.int(5)?, (row.opt_int(3)?, row.opt_int(4)?));
            let place = row.int(1)? == last.item && row.int(2)? == last.site && bin == last.bin;
            let backordered = row.int(7)?;
            let left = (qty, backordered) == (last.left, last.waits);
            let same = place && left && row.opt_text(6)? == last.state;
            let (state, told) = (row.opt_text(6)?.unwrap_or("unknown"), last.state.unwrap_or("unknown"));
            findings.hold(same, || {
                let (qty, left) = (held(qty, backordered), held(last.left, last.waits));
                let place = if place { "" } else { ", elsewhere" };
                format!("claim {id} is {state} with {qty}; its postings left it {told} with {left}{place}")
            });
            let (stored, taken) = (row.int(8)?, last.lost);
            findings.hold(stored == taken, || {
                let (stored, taken) = (Delta(stored), Delta(taken));
                format!("claim {id} says that losses took {stored} of it; by its postings it was {taken}")
            });
            Ok(())
        })?;
        let mut lost: Vec<_> = lasts.into_iter().filter(|(_, last)| last.left + last.waits > 0).collect();
        lost.sort_unstable_by_key(|(id, _)| *id);
        for (id, last) in lost {
            let left = held(last.left, last.waits);
            findings.add(|| format!("claim {id} holds {left} by its postings and is not there"));
        }
    }
    Ok(())
}

/// What a claim holds, and what it waits for if anything.
fn held(qty: i64, backordered: i64) -> String {
    let waits =
        if backordered == 0 { String::new() } else { format!(" and {} backordered", Delta(backordered)) };
    format!("{}{waits}", Delta(qty))
}

fn fold(
    conn: &mut Conn<'_>,
    (part, parts): (u64, u64),
    findings: &mut Findings,
) -> Result<FxHashMap<ClaimId, Last>, DbError> {
    let mut lasts: FxHashMap<ClaimId, Last> = FxHashMap::default();
    conn.for_each(&CHANGES, &[], |row| {
        let (lane, seq, at) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let Ok(changes) = serde_json::from_str::<Vec<Entry<'_>>>(row.text(3)?) else {
            findings.hold(part != 0, || format!("the claims of posting {seq} of lane {lane} cannot be read"));
            return Ok(());
        };
        for (place, change) in changes.iter().enumerate() {
            let Entry { claim, change, qty, left, waits, item, site, location, lot } = *change;
            if part_of(&claim, parts) != part {
                continue;
            }
            let state = state(change, left.saturating_add(waits));
            let sane = qty > 0 && left >= 0 && waits >= 0 && state.is_some();
            findings.hold(sane, || {
                format!("posting {seq} of lane {lane} leaves claim {claim} in no known state")
            });
            let at = (at, lane, seq, place);
            let last = Last { at, state, left, waits, lost: 0, item, site, bin: (location, lot) };
            let kept = lasts.entry(claim).or_insert(last);
            let taken = if change == "broken" { kept.lost.saturating_add(qty) } else { kept.lost };
            if kept.at < at {
                *kept = last;
            }
            kept.lost = taken;
        }
        Ok(())
    })?;
    Ok(lasts)
}

/// The log up to the heads of the last digest leads to the state whose hash it holds. Deep only.
pub(super) fn digest(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    let last = conn.query_opt(&LAST_DIGEST, &[], |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned(), row.hash(2)?, row.int(3)?))
    })?;
    let Some((n, heads, hash, movements)) = last else { return Ok(()) };
    // heads that cannot be read are told of with the chains
    let Some(heads) = Head::list(&heads) else { return Ok(()) };
    let replayed = digest::replay(conn, &heads, ground.keys_max)?;
    findings.hold(replayed.movements == movements, || {
        format!("digest {n} counts {movements} movements; up to its heads there are {}", replayed.movements)
    });
    findings.hold(replayed.state_hash == hash, || {
        format!("the log up to the heads of digest {n} leads to another state than it has written down")
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_change_leaves() {
        assert_eq!(state("reserved", 5), Some("open"));
        assert_eq!(state("released", 2), Some("open"));
        assert_eq!(state("bound", 0), Some("bound"));
        assert_eq!(state("reserved", 0), None);
        assert_eq!(state("teleported", 0), None);
    }

    #[test]
    fn every_claim_is_in_one_part() {
        let id = |n: u128| ClaimId::from_bytes(n.to_be_bytes());
        let parts: Vec<u64> = (0..1_000).map(|n| part_of(&id(n), 3)).collect();
        for part in 0..3 {
            assert!(parts.iter().filter(|other| **other == part).count() > 300);
        }
    }
}
