//! What a door asks of the vault, by names: SKUs, codes of locations and lots, units. The front
//! resolves them inside of the batch's transaction, so nothing that was read earlier is trusted.

use domain::ledger::Kind;
use domain::money::UnitCost;
use domain::when::Date;
use domain::{ClaimId, Ctx, Delta, Instant, PostingId, Problem, Qty, Status};
use std::sync::Arc;
use web::{Principal, Second};

/// One request of the hot path.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks, and when.
    pub ctx: Ctx,
    /// What it may do, and where.
    pub principal: Arc<Principal>,
    /// The idempotency key; `None` inside of the product, where the caller has its own.
    pub key: Option<RequestKey>,
    /// What is asked.
    pub work: Work,
    /// What is done when it needs a second person.
    pub second: Second,
}

/// An idempotency key with the fingerprint of its request.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// The key, 1 to 64 visible ASCII characters.
    pub key: String,
    /// SHA-256 over method, path and body.
    pub fingerprint: [u8; 32],
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Work {
    /// One posting.
    Post(PostInput),
    /// Up to [`POSTINGS_PER_BULK_MAX`] postings.
    Bulk(BulkInput),
    /// A reservation.
    Reserve(ReserveInput),
    /// Up to [`RESERVATIONS_TOGETHER_MAX`] reservations: all of them, or none.
    ReserveTogether(Vec<ReserveInput>),
    /// An allocation.
    Allocate(AllocateInput),
    /// A release.
    Release(ReleaseInput),
    /// A reversal.
    Reverse(ReverseInput),
}

/// The largest bulk.
pub const POSTINGS_PER_BULK_MAX: usize = 1_000;
/// The most reservations that are made together.
pub(crate) const RESERVATIONS_TOGETHER_MAX: usize = 1_000;
/// The most lines of one posting, serials counted singly.
pub const LINES_PER_POSTING_MAX: usize = 10_000;
/// The most lines of all postings of a bulk, serials counted singly.
pub const LINES_PER_BULK_MAX: usize = 10_000;

impl Work {
    /// How many lines it is about, serials counted singly: what it costs of a batch.
    pub(crate) fn size(&self) -> usize {
        match self {
            Work::Post(post) => post.size(),
            Work::Bulk(bulk) => bulk.size(),
            Work::ReserveTogether(all) => all.len(),
            _ => 1,
        }
    }

    /// Whether it is small enough to be looked at; it is refused unread otherwise.
    pub(crate) fn fits(&self) -> bool {
        match self {
            Work::Post(post) => post.size() <= LINES_PER_POSTING_MAX,
            Work::Bulk(bulk) => bulk.size() <= LINES_PER_BULK_MAX,
            Work::ReserveTogether(all) => all.len() <= RESERVATIONS_TOGETHER_MAX,
            _ => true,
        }
    }

    /// Whether it reserves and does nothing else, so that it may pass beside the gate.
    pub(crate) const fn only_reserves(&self) -> bool {
        matches!(self, Work::Reserve(_) | Work::ReserveTogether(_))
    }

    /// The reservations that it asks for.
    pub(crate) fn reservations(&self) -> &[ReserveInput] {
        match self {
            Work::Reserve(one) => std::slice::from_ref(one),
            Work::ReserveTogether(all) => all,
            _ => &[],
        }
    }
}

/// Many postings in one request.
#[derive(Clone, Debug)]
pub struct BulkInput {
    /// The postings that could be read, in order.
    pub postings: Vec<PostInput>,
    /// Those that could not be read: where they stand among all of them, ascending, and why.
    pub refused: Vec<(usize, Problem)>,
    /// All or none; otherwise each is accepted or refused by itself.
    pub atomic: bool,
}

impl BulkInput {
    /// Lines of all postings, serials counted singly.
    pub(crate) fn size(&self) -> usize {
        self.postings.iter().map(PostInput::size).sum()
    }
}

/// A posting, by names.
#[derive(Clone, Debug)]
pub struct PostInput {
    /// What kind of posting.
    pub kind: Kind,
    /// When it happened.
    pub effective_at: Option<Instant>,
    /// May be booked in the first open period.
    pub post_late: bool,
    /// The handle of the document behind it.
    pub document: Option<String>,
    /// Why, for adjustments and changes of status.
    pub reason: Option<String>,
    /// Anything else a person should know.
    pub note: Option<String>,
    /// The lines.
    pub lines: Vec<LineInput>,
}

impl PostInput {
    /// Lines, serials counted singly.
    pub(crate) fn size(&self) -> usize {
        self.lines.iter().map(|line| line.serials.len().max(1)).sum()
    }
}

/// How much, on a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QtyInput {
    /// So much moves.
    Moves(Qty),
    /// So much was counted.
    Counted(Qty),
}

impl QtyInput {
    pub(crate) const fn qty(self) -> Qty {
        match self {
            QtyInput::Moves(qty) | QtyInput::Counted(qty) => qty,
        }
    }

    /// The pointer of the field that says it, in its line.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            QtyInput::Moves(_) => "/qty",
            QtyInput::Counted(_) => "/counted",
        }
    }
}

/// One line, by names.
#[derive(Clone, Debug)]
pub struct LineInput {
    /// The item.
    pub sku: String,
    /// How much, in `unit`.
    pub qty: QtyInput,
    /// The unit; it may be left out where the item has its base unit alone.
    pub unit: Option<String>,
    /// The real location: where it comes in, goes out, or starts from.
    pub location: String,
    /// Its status there; `good` when left out.
    pub status: Option<Status>,
    /// Where a move ends; the same location for a change of status.
    pub to_location: Option<String>,
    /// The status a change ends in.
    pub to_status: Option<Status>,
    /// The lot; made when goods come in under a new code. Beside serials it is the lot that they were
    /// made in, their parent; without a code it only has their days.
    pub lot: Option<LotInput>,
    /// The serials; the quantity is their number.
    pub serials: Vec<String>,
    /// The claim whose goods these are.
    pub claim: Option<ClaimId>,
    /// What the goods cost, when they come in.
    pub cost: CostInput,
    /// The sale that returned goods were part of.
    pub sale: Option<SaleInput>,
}

impl LineInput {
    /// So much of an item at a location, and nothing besides.
    pub fn new(sku: impl Into<String>, qty: QtyInput, location: impl Into<String>) -> LineInput {
        LineInput {
            sku: sku.into(),
            qty,
            unit: None,
            location: location.into(),
            status: None,
            to_location: None,
            to_status: None,
            lot: None,
            serials: Vec::new(),
            claim: None,
            cost: CostInput::Unknown,
            sale: None,
        }
    }

    /// The lot that the line names by a code, as goods or as a parent.
    pub(crate) fn named_lot(&self) -> Option<&LotInput> {
        self.lot.as_ref().filter(|lot| !lot.code.is_empty())
    }

    /// The lot that the serials of the line were made in.
    pub(crate) fn parent(&self) -> Option<&LotInput> {
        self.named_lot().filter(|_| !self.serials.is_empty())
    }
}

/// A sale that goods come back from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SaleInput {
    /// The goods issue.
    pub posting: PostingId,
    /// Its line, counted from zero; any with the same item and lot when left out.
    pub line: Option<usize>,
}

/// A lot by its code, and what a new one needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LotInput {
    /// The code.
    pub code: String,
    /// The last sellable day.
    pub expiry_on: Option<Date>,
    /// The day it was made.
    pub made_on: Option<Date>,
}

/// What a line says of cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CostInput {
    /// Nothing.
    #[default]
    Unknown,
    /// Per `unit` of the line.
    Each(UnitCost),
    /// For the line, in minor units of the currency of the books.
    Total(i64),
}

/// A reservation, by names.
#[derive(Clone, Debug)]
pub struct ReserveInput {
    /// The item.
    pub sku: String,
    /// The site.
    pub site: String,
    /// How much, in `unit`.
    pub qty: Qty,
    /// The unit; it may be left out where the item has its base unit alone.
    pub unit: Option<String>,
    /// Whose it is: an order line, say.
    pub owner: String,
    /// Higher is kept longer when a loss breaks claims.
    pub priority: i64,
    /// When it ends by itself.
    pub expires_at: Option<Instant>,
    /// What is not available may wait, where the site keeps backorders.
    pub backorder: bool,
}

/// An allocation, by names.
#[derive(Clone, Debug)]
pub struct AllocateInput {
    /// The item.
    pub sku: String,
    /// The bin.
    pub location: String,
    /// The lot or serial.
    pub lot: Option<String>,
    /// How much, in `unit`.
    pub qty: Qty,
    /// The unit; it may be left out where the item has its base unit alone.
    pub unit: Option<String>,
    /// Whose it is; the reservation's owner when left out.
    pub owner: Option<String>,
    /// The reservation it is taken from.
    pub reservation: Option<ClaimId>,
    /// See [`ReserveInput::priority`].
    pub priority: i64,
    /// What a loss takes of it may wait, where the site keeps backorders; as the reservation says
    /// when it is taken from one.
    pub backorder: bool,
}

/// The two kinds of claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimKind {
    /// Promised at a site.
    Reservation,
    /// Bound to a bin.
    Allocation,
}

/// A release.
#[derive(Clone, Debug)]
pub struct ReleaseInput {
    /// The claim.
    pub claim: ClaimId,
    /// What it must be; `None` for either.
    pub kind: Option<ClaimKind>,
    /// How much, in the base unit; all when left out.
    pub qty: Option<Delta>,
    /// Its time is over (the sweep's own wish), not its owner's.
    pub expired: bool,
}

/// A reversal.
#[derive(Clone, Debug)]
pub struct ReverseInput {
    /// The posting.
    pub posting: PostingId,
    /// When the reversal happens.
    pub effective_at: Option<Instant>,
    /// May be booked in the first open period.
    pub post_late: bool,
    /// Why.
    pub reason: Option<String>,
    /// Anything else.
    pub note: Option<String>,
}
