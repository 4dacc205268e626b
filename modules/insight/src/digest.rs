//! Digests: what the chains have led to, written down. A digest names the last posting of every
//! lane with its hash, and a hash over the state that the postings up to there lead to. Kept
//! elsewhere too (in a backup, in a log), it proves that nothing before it was changed since.
//!
//! The state hash is SHA-256 over `stockwell.state.1`, the hash of the balances and the hash of the
//! cost layers. Balances are those that a movement has touched, in order of item, location, lot and
//! status: these four, what is on hand, and the version. Layers are in order of item, group and
//! number: these three, the instant, what came in (quantity, value) and what is left. Each number
//! is eight bytes, little endian.
//!
//! The state is hashed for backups. While the product serves, digests name the heads alone: what they cost
//! does not grow with the ledger, and no snapshot is held for long.
//!
//! It is read from a snapshot and written in a transaction of its own, so no writer waits for it.

use crate::store_digest as sql;
use db::{Conn, Db, DbError};
use domain::{Ctx, hex};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
pub use stock::Anchor;

pub(crate) use crate::store_digest::replay;

/// After so many postings without a digest another one is due.
pub const POSTINGS_BETWEEN: i64 = 10_000;

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

/// The state that some postings lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// How many movements they hold.
    pub movements: i64,
    /// The hash of the module's description.
    pub state_hash: [u8; 32],
}

/// A balance that a movement has touched: item, location, lot, status, on hand, version.
pub(crate) type BalanceRow = [i64; 6];
/// A layer: item, group, number, instant, quantity and value in, quantity and value left.
pub(crate) type LayerRow = [i64; 8];

/// The state hash while rows are added in their order.
#[derive(Default)]
pub(crate) struct StateHash {
    balances: Sha256,
    layers: Sha256,
}

impl StateHash {
    pub(crate) fn balance(&mut self, row: BalanceRow) {
        for number in row {
            self.balances.update(number.to_le_bytes());
        }
    }

    pub(crate) fn layer(&mut self, row: LayerRow) {
        for number in row {
            self.layers.update(number.to_le_bytes());
        }
    }

    pub(crate) fn end(self) -> [u8; 32] {
        let mut all = Sha256::new_with_prefix(b"stockwell.state.1");
        all.update(self.balances.finalize());
        all.update(self.layers.finalize());
        all.finalize().into()
    }
}

/// The digest of a snapshot, with the hash of its state.
///
/// # Errors
/// When the database cannot be read.
pub fn read(conn: &mut Conn<'_>) -> Result<Anchor, DbError> {
    Ok(Anchor { state_hash: Some(sql::state_hash(conn)?), ..read_heads(conn)? })
}

/// The digest of a snapshot, without a hash of its state.
fn read_heads(conn: &mut Conn<'_>) -> Result<Anchor, DbError> {
    let heads = sql::heads(conn)?;
    let (last, counted) = match sql::last(conn)? {
        Some((text, movements)) => (Head::list(&text).unwrap_or_default(), movements),
        None => (Vec::new(), 0),
    };
    let known: FxHashMap<i64, i64> = last.iter().map(|head| (head.lane, head.number)).collect();
    let mut movements = counted;
    for head in &heads {
        let from = known.get(&head.lane).copied().unwrap_or(0);
        movements = movements.saturating_add(sql::movements_after(conn, head.lane, from)?);
    }
    Ok(Anchor {
        postings: heads.iter().fold(0, |sum, head| sum.saturating_add(head.number)),
        heads: Head::text(&heads),
        movements,
        state_hash: None,
    })
}

/// Whether enough has been posted since the last digest to make another one.
///
/// # Errors
/// When the database cannot be read.
pub fn is_due(conn: &mut Conn<'_>) -> Result<bool, DbError> {
    let postings = sql::heads(conn)?.iter().fold(0_i64, |sum, head| sum.saturating_add(head.number));
    Ok(postings.saturating_sub(sql::last_postings(conn)?) >= POSTINGS_BETWEEN)
}

/// Makes a digest with the hash of the state and writes it down, for every backup. None when nothing
/// was posted since the last one, or another process was faster.
///
/// # Errors
/// When the database cannot be read or written.
pub fn make(db: &Db, ctx: &Ctx) -> Result<Option<Anchor>, DbError> {
    write(db, ctx, db.read_blocking(read)?)
}

/// Makes a digest of the heads and writes it down, when it is [due](is_due).
///
/// # Errors
/// When the database cannot be read or written.
pub fn make_due(db: &Db, ctx: &Ctx) -> Result<Option<Anchor>, DbError> {
    let digest =
        db.read_blocking(|conn| if is_due(conn)? { read_heads(conn).map(Some) } else { Ok(None) })?;
    digest.map_or(Ok(None), |digest| write(db, ctx, digest))
}

fn write(db: &Db, ctx: &Ctx, digest: Anchor) -> Result<Option<Anchor>, DbError> {
    let (kept, ctx) = (digest.clone(), ctx.clone());
    let is_written = db.write_blocking(move |tx| stock::anchor(tx, &ctx, &kept))?;
    Ok(is_written.then_some(digest))
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

    #[test]
    fn every_number_of_the_state_counts() {
        let hash = |balances: &[BalanceRow], layers: &[LayerRow]| {
            let mut state = StateHash::default();
            for row in balances {
                state.balance(*row);
            }
            for row in layers {
                state.layer(*row);
            }
            state.end()
        };
        let (balance, layer) = ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7, 8]);
        let base = hash(&[balance], &[layer]);
        for place in 0..6 {
            let mut other = balance;
            other[place] += 1;
            assert_ne!(hash(&[other], &[layer]), base);
        }
        for place in 0..8 {
            let mut other = layer;
            other[place] += 1;
            assert_ne!(hash(&[balance], &[other]), base);
        }
        assert_ne!(hash(&[balance, balance], &[layer]), base);
        assert_eq!(hash(&[balance], &[layer]), base);
    }
}
