//! Digests: the heads of all lanes, and a hash of the state they lead to, written down for good.
//! Not here: what the hash covers, which `insight` computes from the published views.

use db::{DbError, Statement, Tx};
use domain::Ctx;

/// What a digest holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The heads as a JSON list: lane, number and hash of its last posting.
    pub heads: String,
    /// How many postings the lanes hold.
    pub postings: i64,
    /// How many movements they hold.
    pub movements: i64,
    /// The hash over balances and cost layers.
    pub state_hash: [u8; 32],
}

const INSERT: Statement = Statement::new(
    "stock.insert_digest",
    "insert into stock_digest (n, made_at, heads, postings, movements, state_hash)
     select coalesce(max(d.n), 0) + 1, ?1, ?2, ?3, ?4, ?5
     from stock_digest d",
);

/// Writes a digest down. Heads stay in their chains for ever, so the digest may have been read
/// from an earlier snapshot than this transaction sees.
///
/// # Errors
/// When the store fails.
pub fn anchor(tx: &mut Tx<'_>, ctx: &Ctx, anchor: &Anchor) -> Result<(), DbError> {
    let Anchor { heads, postings, movements, state_hash } = anchor;
    let params = [ctx.now.0.into(), heads.into(), (*postings).into(), (*movements).into(), state_hash.into()];
    tx.execute(&INSERT, &params).map(|_| ())
}
