//! The ledger's decisions: pure functions over the stock that a command touches.
//!
//! A [`Vault`] holds the rows that were loaded (and locked) for a batch of commands. Each command
//! is decided in arrival order by one of the functions here: [`post`], [`post_after_expiry`], [`reverse`],
//! [`reverse_after_release`], [`reserve`], [`allocate`], [`release`]. An accepted command has changed the vault and
//! returns what must be stored ([`Posted`]); a refused one has changed nothing and says why ([`Refusal`]).
//!
//! What holds after every accepted command, for the rows in the vault:
//! * stock is conserved: every movement takes from one endpoint what it gives to another;
//! * no real location has less than nothing, now or at any later effective instant;
//! * `0 <= allocated <= on_hand` for each balance, and `reserved + allocated <= sellable` for each
//!   item and site;
//! * where claims wait for an item at a site, nothing of it is available there;
//! * a serial is in at most one place;
//! * the quantity of the cost layers of an item in a valuation group equals what is on hand there,
//!   and a quantity of zero is worth zero;
//! * no more comes back of a line of a sale than was shipped on it, nor at more than it was worth.

mod after_expiry;
mod after_release;
mod allocate;
mod backorder;
mod carry;
pub mod chain;
mod checks;
mod claim;
mod command;
mod cost;
mod facts;
mod history;
mod key;
mod kind;
mod loaded;
mod loss;
mod period_digest;
mod post;
mod posted;
mod recount;
mod refusal;
mod refusal_words;
mod release;
mod reserve;
mod reverse;
mod room;
mod sale;
mod shift;
mod step;
mod vault;

pub use after_expiry::post_after_expiry;
pub use after_release::{Freed, reverse_after_release};
pub use allocate::{Allocate, allocate};
pub use claim::{Claim, ClaimState};
pub use command::{Amount, Clock, Cost, Line, Post};
pub use cost::Costs;
pub use facts::{Group, ItemFacts, LocationFacts, LotFacts};
pub use history::{History, Low};
pub use key::{Balance, Holder, Key, Place, SiteKey, SiteStock};
pub use kind::Kind;
pub use loaded::Loaded;
pub use period_digest::{Digested, PeriodDigest};
pub use post::post;
pub use posted::{ClaimChange, ClaimEntry, LayerMade, Movement, Posted};
pub use recount::{Recount, recount};
pub use refusal::{Missing, Refusal, Why};
pub use refusal_words::NOTHING_CHANGES;
pub use release::{Release, release};
pub use reserve::{Reserve, reserve};
pub use reverse::{Original, Reverse, reverse};
pub use room::{
    Breach, Class, Coming, Goods, Lacking, Lacks, Limit, Measure, Only, Room, RoomRules, Rooms, Size, Unsized,
};
pub use sale::{Back, Returned, Sale, SaleLine, TakeBack};
pub use vault::{BreakTurn, Extent, Touched, Vault};

#[cfg(test)]
mod tests;
