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
    /// The hash over balances and cost layers; none where only the heads are written down.
    pub state_hash: Option<[u8; 32]>,
}

/// Only what says more than the last: processes of one server may make digests at the same moment.
const INSERT: Statement = Statement::new(
    "stock.insert_digest",
    "insert into stock_digest (n, made_at, heads, postings, movements, state_hash)
     select coalesce(max(d.n), 0) + 1, ?1, ?2, ?3, ?4, ?5
     from stock_digest d
     having coalesce(max(d.postings), 0) < ?3
         or coalesce(max(d.postings), 0) = ?3
           and coalesce(max(case when length(d.state_hash) > 0 then d.postings else 0 end), 0) < ?6
     on conflict (n) do nothing",
);

/// Writes a digest down, unless one that counts as many postings is there, with a hash of the state where
/// this one has it. Heads stay in their chains for ever, so the digest may have been read from an earlier
/// snapshot than this transaction sees. Whether it was written.
///
/// # Errors
/// When the store fails.
pub fn anchor(tx: &mut Tx<'_>, ctx: &Ctx, anchor: &Anchor) -> Result<bool, DbError> {
    let Anchor { heads, postings, movements, state_hash } = anchor;
    // how many postings it tells the state of
    let hashed = if state_hash.is_some() { *postings } else { 0 };
    let state_hash: &[u8] = state_hash.as_ref().map_or(&[], |hash| hash);
    let params = [
        ctx.now.0.into(),
        heads.into(),
        (*postings).into(),
        (*movements).into(),
        state_hash.into(),
        hashed.into(),
    ];
    Ok(tx.execute(&INSERT, &params)? > 0)
}
