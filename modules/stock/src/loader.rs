//! History from elsewhere, by ids and many postings at a time: the same decisions, the same rows
//! and the same chain as every other posting, with one load and one store for thousands of lines.

use crate::compile::Compiled;
use crate::gate;
use crate::inside::{Order, carry_out};
use db::Tx;
use domain::ledger::{Kind, Line, Post};
use domain::{Ctx, Instant, PostingId};
use web::Failure;

/// A posting of history, with everything it names known by id.
#[derive(Clone, Debug)]
pub struct HistoryPosting {
    /// What kind it is.
    pub kind: Kind,
    /// When it happened.
    pub effective_at: Instant,
    /// The document behind it.
    pub document: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Anything else.
    pub note: Option<String>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Posts history in the order given: all of it, or nothing and the first refusal. How many
/// movements it came to.
///
/// # Errors
/// What any posting can be refused for, and failures of the store.
pub fn load_history(tx: &mut Tx<'_>, ctx: &Ctx, postings: Vec<HistoryPosting>) -> Result<usize, Failure> {
    gate::share(tx)?;
    let orders = postings.into_iter().map(|posting| {
        let HistoryPosting { kind, effective_at, document, reason, note, lines } = posting;
        let id = PostingId(ctx.ids.next());
        let effective_at = Some(effective_at);
        let origins = vec![String::new(); lines.len()];
        let post = Post { id, kind, effective_at, post_late: false, lines };
        Order::Post(Compiled { post, origins, document, reason, note })
    });
    let orders: Vec<Order> = orders.collect();
    let answers = carry_out(tx, ctx, orders)?;
    Ok(answers.iter().map(|answer| answer.movements.len()).sum())
}
