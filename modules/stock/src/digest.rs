//! Digests: the heads of all lanes, written down for good. With every ten thousandth posting of a lane one
//! is written in the transaction of that posting, so nobody can post more than that between two of them.
//! Not here: the hash of the state that a backup's digest has, which `insight` computes from the
//! published views.

use crate::store_digest as store;
use crate::store_digest::Last;
use db::{Conn, DbError, LaneHead, Tx};
use domain::{Ctx, Instant, hex};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// From one digest to the next a lane goes on by so many postings at most.
pub const POSTINGS_BETWEEN: i64 = 10_000;

/// How often a digest is made anew because another lane was faster.
const TRIES_MAX: usize = 100;

/// What a digest holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The heads as a JSON list: lane, number and hash of its last posting.
    pub heads: String,
    /// How many postings the lanes hold.
    pub postings: i64,
    /// How many movements they hold.
    pub movements: i64,
    /// The hash over balances and cost layers; none where only the heads are written down.
    pub state_hash: Option<[u8; 32]>,
    /// Its number. Before it is written, one more than that of the last digest when the heads were read: when
    /// another one has been written since, that may know more of some lane. One of the heads alone does not come
    /// behind it then, and one that tells a state gets another number.
    pub n: i64,
}

/// The last posting of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The lane.
    pub lane: i64,
    /// The number of its last posting; 0 before the first.
    pub number: i64,
    /// The hash of that posting.
    pub hash: [u8; 32],
}

/// A head as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lane: i64,
    number: i64,
    hash: String,
}

impl Head {
    /// Reads a JSON list of heads; `None` when it is none.
    pub fn list(text: &str) -> Option<Vec<Head>> {
        let written: Vec<Written> = serde_json::from_str(text).ok()?;
        let head = |Written { lane, number, hash }| Some(Head { lane, number, hash: hex::read(&hash)? });
        written.into_iter().map(head).collect()
    }

    /// Writes them as [`Head::list`] reads them.
    pub fn text(heads: &[Head]) -> String {
        let written: Vec<Written> = heads
            .iter()
            .map(|Head { lane, number, hash }| Written {
                lane: *lane,
                number: *number,
                hash: hex::digits(hash),
            })
            .collect();
        serde_json::to_string(&written).unwrap_or_default()
    }
}

/// What a digest of this moment would hold, without a hash of the state.
///
/// # Errors
/// When the store fails.
pub fn heads(conn: &mut Conn<'_>) -> Result<Anchor, DbError> {
    let last = store::last(conn)?;
    let heads = heads_of_lanes(conn)?;
    counted(conn, &last, &heads)
}

/// Writes a digest down. One of the heads alone is not, when another one came first or counts as many
/// postings; one that tells a state is not, when another that does counts as many. Whether it was written.
///
/// Heads stay in their chains for ever, so what tells a state may have been read from an earlier snapshot than
/// this transaction sees: hashing takes long, and lanes that go on meanwhile are no reason to forget it.
///
/// # Errors
/// When the store fails.
pub fn anchor(tx: &mut Tx<'_>, ctx: &Ctx, anchor: &Anchor) -> Result<bool, DbError> {
    for _ in 0..TRIES_MAX {
        if store::insert(tx, ctx.now, anchor)? {
            return Ok(true);
        }
        let is_known = store::last_of_state(tx)?.is_some_and(|last| last.postings >= anchor.postings);
        if anchor.state_hash.is_none() || anchor.postings == 0 || is_known {
            return Ok(false);
        }
    }
    Err(tx.again("the digests of other lanes were faster"))
}

/// The last digest that tells a state: that of the last backup.
///
/// # Errors
/// When the store fails.
pub fn last_of_state(conn: &mut Conn<'_>) -> Result<Option<Anchor>, DbError> {
    store::last_of_state(conn)
}

/// Writes a digest down for each of these postings of one lane that is a ten thousandth, in the transaction
/// that stores them.
pub(crate) fn keep_up(
    tx: &mut Tx<'_>,
    posted: impl Iterator<Item = Head>,
    now: Instant,
) -> Result<(), DbError> {
    for head in posted.filter(|head| head.number % POSTINGS_BETWEEN == 0) {
        write(tx, head, now)?;
    }
    Ok(())
}

/// Writes a digest in which one lane stands as it is said here. Another lane may do so at the same moment:
/// then this one comes behind it. The last digest is read before the heads, so no lane stands here before
/// where it stands there. (Who writes one holds its number until its commit, and others wait for that: it is the
/// last that a transaction does, or nearly.)
fn write(tx: &mut Tx<'_>, own: Head, now: Instant) -> Result<(), DbError> {
    for _ in 0..TRIES_MAX {
        let last = store::last(tx)?;
        let mut heads = heads_of_lanes(tx)?;
        heads.retain(|head| head.lane != own.lane);
        heads.push(own);
        heads.sort_unstable_by_key(|head| head.lane);
        let digest = counted(tx, &last, &heads)?;
        if store::insert(tx, now, &digest)? {
            return Ok(());
        }
    }
    Err(tx.again("the digests of other lanes were faster"))
}

fn heads_of_lanes(conn: &mut Conn<'_>) -> Result<Vec<Head>, DbError> {
    let head = |LaneHead { lane, number, hash }: LaneHead| Head { lane, number, hash };
    Ok(db::lane_heads(conn)?.into_iter().map(head).collect())
}

/// The digest with these heads. Movements are counted on from the last one of heads alone, which no lane
/// stands before.
fn counted(conn: &mut Conn<'_>, last: &Last, heads: &[Head]) -> Result<Anchor, DbError> {
    let mut movements = last.movements;
    let before = Head::list(&last.heads).unwrap_or_default();
    let known: FxHashMap<i64, i64> = before.iter().map(|head| (head.lane, head.number)).collect();
    for head in heads {
        let after = known.get(&head.lane).copied().unwrap_or(0);
        movements = movements.saturating_add(store::movements(conn, head, after)?);
    }
    Ok(Anchor {
        postings: heads.iter().fold(0, |sum, head| sum.saturating_add(head.number)),
        heads: Head::text(heads),
        movements,
        state_hash: None,
        n: last.n.saturating_add(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_read_back_what_was_written() {
        let heads =
            [Head { lane: 1, number: 7, hash: [0xa5; 32] }, Head { lane: 3, number: 0, hash: [0; 32] }];
        let text = Head::text(&heads);
        assert_eq!(Head::list(&text).unwrap(), heads);
        assert!(text.starts_with(r#"[{"lane":1,"number":7,"hash":"a5a5"#), "{text}");
        for broken in ["", "{}", r#"[{"lane":1,"number":7,"hash":"a5"}]"#, &text.replace("a5a5", "a5x5")] {
            assert_eq!(Head::list(broken), None, "{broken}");
        }
        assert_eq!(Head::list("[]").unwrap(), []);
    }
}
