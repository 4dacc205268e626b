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
//! The state is hashed for backups. Digests of the heads alone are written by the ledger itself, with every
//! ten thousandth posting of a lane: what they cost does not grow with the ledger.
//!
//! It is read from a snapshot and written in a transaction of its own, so no writer waits for it.

use crate::store_digest as sql;
use db::{Conn, Db, DbError};
use domain::Ctx;
use sha2::{Digest as _, Sha256};
pub use stock::{Anchor, Head};

pub(crate) use crate::store_digest::replay;

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
    Ok(Anchor { state_hash: Some(sql::state_hash(conn)?), ..stock::heads(conn)? })
}

/// Makes a digest with the hash of the state and writes it down, for every backup; the one that stands there,
/// as by [`keep`].
///
/// # Errors
/// When the database cannot be read or written.
pub fn make(db: &Db, ctx: &Ctx) -> Result<Anchor, DbError> {
    let digest = db.read_blocking(read)?;
    keep(db, ctx, digest)
}

/// Writes a digest with the hash of the state down, whatever was written since it was read. What is answered
/// stands in the database: this digest, or another one that tells a state of as many postings or more. (That
/// of no postings at all is nowhere.) Where that one tells the same postings and another state, somebody has
/// changed the state without a posting: then it is this digest, so that who holds the two against each other sees it.
///
/// # Errors
/// When the database cannot be read or written.
pub fn keep(db: &Db, ctx: &Ctx, digest: Anchor) -> Result<Anchor, DbError> {
    let (own, ctx) = (digest.clone(), ctx.clone());
    let kept = db.write_blocking(move |tx| {
        stock::anchor(tx, &ctx, &own)?;
        stock::last_of_state(tx)
    })?;
    let kept = kept.unwrap_or_else(|| digest.clone());
    let is_changed = kept.heads == digest.heads && kept.state_hash != digest.state_hash;
    Ok(if is_changed { digest } else { kept })
}

#[cfg(test)]
mod tests {
    use super::*;

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
