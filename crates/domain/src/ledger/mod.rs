//! The ledger's decisions: pure functions over the stock that a command touches.
//!
//! A [`Vault`] holds the rows that were loaded (and locked) for a batch of commands. Each command
//! is decided in arrival order by one of the functions here: [`post`], [`reverse`], [`reserve`],
//! [`allocate`], [`release`]. An accepted command has changed the vault and returns what must be
//! stored ([`Posted`]); a refused one has changed nothing and says why ([`Refusal`]).
//!
//! What holds after every accepted command, for the rows in the vault:
//! * stock is conserved: every movement takes from one endpoint what it gives to another;
//! * no real location has less than nothing, now or at any later effective instant;
//! * `0 <= allocated <= on_hand` for each balance, and `reserved + allocated <= sellable` for each
//!   item and site;
//! * a serial is in at most one place;
//! * the quantity of the cost layers of an item in a valuation group equals what is on hand there,
//!   and a quantity of zero is worth zero.

pub mod chain;
mod claim;
mod cost;
mod facts;
mod key;
mod loss;
mod post;
mod posted;
mod recount;
mod refusal;
mod reverse;
mod vault;

pub use claim::{Allocate, Claim, ClaimState, Release, Reserve, allocate, release, reserve};
pub use cost::Costs;
pub use facts::{Group, ItemFacts, LocationFacts, LotFacts};
pub use key::{Balance, Key, Place, SiteKey, SiteStock};
pub use post::{Amount, Clock, Cost, Kind, Line, Post, post};
pub use posted::{ClaimChange, ClaimEntry, LayerMade, Movement, Posted};
pub use recount::{Recount, recount};
pub use refusal::{Missing, Refusal, Why};
pub use reverse::{Original, Reverse, reverse};
pub use vault::{History, Loaded, Touched, Vault};

#[cfg(test)]
mod tests;
