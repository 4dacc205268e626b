//! History from elsewhere, by ids and many postings at a time: the same decisions, the same rows
//! and the same chain as every other posting, with one load and one store for thousands of lines.
//!
//! Not here: permissions, and names. Whoever loads history has asked and looked them up before.

use crate::answer::PostingAnswer;
use crate::compile::Compiled;
use crate::gate;
use crate::inside::{Follow, Order, carry_out_known};
use crate::load::{self, Known};
use crate::store_vault as sql;
use db::{Rows, Tx, Value};
use domain::code::fold;
use domain::ledger::{Kind, Line, Post, Posted, TakeBack};
use domain::when::Date;
use domain::{Ctx, Instant, ItemId, LotId, PostingId};
use std::sync::{Arc, Mutex, PoisonError};
use web::Failure;

/// A posting of history, with everything it names known by id.
#[derive(Clone, Debug)]
pub struct HistoryPosting {
    /// Its id: a new one.
    pub id: PostingId,
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
    /// What the lines of a return take back from which sales, in the order of the lines. The sales come
    /// before: in an earlier call, or earlier in the same one.
    pub returns: Vec<TakeBack>,
}

/// What a line of history came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryMovement {
    /// The item.
    pub item: ItemId,
    /// How much, in millionths of the base unit.
    pub qty: i64,
    /// What it is worth, in minor units; `None` when it stays where it is valued.
    pub value: Option<i64>,
}

/// Prices history while it is posted: goods that come back are worth what they were worth when they
/// left, which may have been a few postings before in the same call.
pub trait Costing {
    /// Comes before a posting is decided, when all earlier ones are. It may set the costs of the
    /// lines and nothing else.
    fn price(&mut self, posting: usize, lines: &mut [Line]);
    /// Comes after it, with what each line came to, in the order of the lines.
    fn booked(&mut self, posting: usize, movements: &[HistoryMovement]);
}

/// A lot of history.
#[derive(Clone, Debug)]
pub struct HistoryLot {
    /// Whose lot it is; the item is tracked by lot and has no expiry rule.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// When it was made.
    pub made_on: Option<Date>,
}

/// Takes history in, call after call. It remembers which rows are there. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    known: Arc<Mutex<Known>>,
}

impl Loader {
    /// Posts history in the order given: all of it, or nothing and the first refusal.
    ///
    /// # Errors
    /// What any posting can be refused for, and failures of the store.
    pub fn load(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        postings: &[HistoryPosting],
        costing: &mut dyn Costing,
    ) -> Result<(), Failure> {
        gate::share(tx)?;
        let orders: Vec<Order> = postings.iter().map(order).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        carry_out_known(tx, ctx, &mut known, orders, &mut Priced { costing, posting: 0, came_to: Vec::new() })
    }
}

/// Counts the postings for whoever prices them.
struct Priced<'a> {
    costing: &'a mut dyn Costing,
    posting: usize,
    came_to: Vec<HistoryMovement>,
}

impl Follow for Priced<'_> {
    fn before(&mut self, order: &mut Order) {
        if let Order::Post(compiled) = order {
            self.costing.price(self.posting, &mut compiled.post.lines);
        }
    }

    /// What was available years ago is of no use to a shop.
    fn tells_levels(&self) -> bool {
        false
    }

    fn after(&mut self, posted: &Posted, _: PostingAnswer) {
        self.came_to.clear();
        self.came_to.extend(posted.movements.iter().map(|movement| HistoryMovement {
            item: movement.item,
            qty: movement.qty,
            value: movement.value,
        }));
        self.costing.booked(self.posting, &self.came_to);
        self.posting += 1;
    }
}

fn order(posting: &HistoryPosting) -> Order {
    let HistoryPosting { id, kind, effective_at, document, reason, note, lines, returns } = posting;
    let post = Post {
        id: *id,
        kind: *kind,
        effective_at: Some(*effective_at),
        post_late: false,
        lines: lines.clone(),
        returns: returns.clone(),
    };
    let (document, reason, note) = (document.clone(), reason.clone(), note.clone());
    // without an origin, a refusal points at the line as it stands here
    let (origins, namings, says_hold, entered) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Order::Post(Compiled { post, origins, namings, says_hold, entered, document, reason, note })
}

/// The lots of history, in the order asked: those that are there, and those that are not are made.
///
/// # Errors
/// Failures of the store.
pub fn history_lots(tx: &mut Tx<'_>, ctx: &Ctx, lots: &[HistoryLot]) -> Result<Vec<LotId>, Failure> {
    let keys: Vec<(ItemId, String)> = lots.iter().map(|lot| (lot.item, fold(&lot.code))).collect();
    let found = load::lots_by_code(tx, &keys)?;
    let lacking = keys.iter().filter(|key| !found.contains_key(key)).count();
    let mut next = db::ids::take(tx, "stock_lot", i64::try_from(lacking).unwrap_or(i64::MAX))?;
    let mut rows = Rows::with_capacity(9, lacking);
    let mut ids = Vec::with_capacity(lots.len());
    for (lot, key) in lots.iter().zip(&keys) {
        if let Some(known) = found.get(key) {
            ids.push(known.id);
            continue;
        }
        rows.push(&[
            next.into(),
            lot.item.get().into(),
            (&lot.code).into(),
            (&key.1).into(),
            Value::Null,
            lot.made_on.into(),
            Value::Null,
            Value::Null,
            ctx.now.0.into(),
        ]);
        ids.push(LotId(next));
        next += 1;
    }
    if !rows.is_empty() {
        tx.execute_many(&sql::INSERT_LOTS, &rows)?;
    }
    Ok(ids)
}
