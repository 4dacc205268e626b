//! The vault: the only writer of postings, movements, balances, claims, lots and cost layers.
//!
//! Everything that changes stock passes [`Vault::submit`] (hot commands, batched) or
//! [`post_in`] (inside of another module's transaction). Both run the same steps: resolve names,
//! lock and load, decide with `domain::ledger`, store.

mod answer;
mod compile;
mod desk;
mod input;
mod load;
mod lots;
mod names;
mod originals;
mod run;
mod save;
mod store_postings;
mod store_vault;
mod sweep;
mod want;

pub use answer::{ClaimAnswer, ClaimChangeAnswer, MovementAnswer, PlaceAnswer, PostingAnswer};
pub use compile::{HANDLE_CHARS_MAX, NOTE_CHARS_MAX};
pub use input::{
    AllocateInput, BulkInput, CostInput, LINES_PER_POSTING_MAX, LineInput, LotInput, POSTINGS_PER_BULK_MAX,
    PostInput, QtyInput, ReleaseInput, Request, RequestKey, ReserveInput, ReverseInput, Work,
};
