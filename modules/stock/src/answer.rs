//! What the vault answers, and what its events say: the same values, so that nobody has to ask
//! again for what was committed.

use crate::names::Names;
use crate::room;
use domain::ledger::{Claim, ClaimChange, ClaimEntry, Lacks, Movement, Place, Posted};
use domain::{ClaimId, Delta, Instant, ItemId, PostingId, Qty, Status};
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An accepted posting.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PostingAnswer {
    /// Its id.
    #[schema(value_type = String)]
    pub id: PostingId,
    /// What kind it is.
    pub kind: &'static str,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Instant,
    /// When the ledger took it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// The instant that was asked for, when its period was closed and it was posted late.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub late_from: Option<Instant>,
    /// The document behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What else was written down with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The posting that it reverses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reversal_of: Option<PostingId>,
    /// Its movements.
    pub movements: Vec<MovementAnswer>,
    /// What happened to claims, in the order it happened; the first 100 changes. All of them are at
    /// `/api/v1/postings/{id}/claims`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimChangeAnswer>,
    /// How many changes of claims there were in all, and how much they were about, by item and change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claim_totals: Vec<ClaimTotalAnswer>,
    /// The rules of places that it broke, where they only warn. Said with the posting, and not asked for again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningAnswer>,
}

/// A rule of a place that a posting broke, and that only warns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WarningAnswer {
    /// The line of the request, from zero.
    pub line: usize,
    /// The code that the refusal would have had.
    pub code: &'static str,
    /// In words.
    pub detail: String,
}

impl PostingAnswer {
    /// The same, with what its lines named in units of their own, by line.
    pub(crate) fn with_entered(mut self, entered: Vec<(usize, EnteredAnswer)>) -> PostingAnswer {
        let mut movements = self.movements.iter_mut().peekable();
        for (line, entered) in entered {
            while movements.next_if(|movement| movement.line < line).is_some() {}
            if let Some(movement) = movements.next_if(|movement| movement.line == line) {
                movement.entered = Some(entered);
            }
        }
        self
    }

    /// How many claims have lost something.
    pub(crate) fn claims_broken(&self) -> u64 {
        let broken = self.claim_totals.iter().filter(|total| total.change == ClaimChange::Broken.word());
        broken.map(|total| total.count).sum()
    }
}

/// So many changes of claims are shown with the posting that made them: a loss may break thousands.
pub const CLAIM_CHANGES_SHOWN_MAX: usize = 100;

/// All changes of one kind that a posting made to claims on an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimTotalAnswer {
    /// The item.
    pub sku: String,
    /// What happened.
    pub change: &'static str,
    /// How often: a claim may change more than once.
    pub count: u64,
    /// How much of all of them together, in the base unit.
    #[schema(value_type = String)]
    pub changed: Delta,
}

/// One movement of a posting.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MovementAnswer {
    /// The line of the request, from zero.
    pub line: usize,
    /// The item.
    pub sku: String,
    /// How much, in `unit`.
    #[schema(value_type = String)]
    pub qty: Delta,
    /// The base unit of the item.
    pub unit: String,
    /// How much was asked for, where the line named another unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered: Option<EnteredAnswer>,
    /// Where from.
    pub from: PlaceAnswer,
    /// Where to.
    pub to: PlaceAnswer,
    /// The sales that it takes goods back from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sales: Vec<SaleAnswer>,
}

/// A quantity as a line named it, in a unit of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnteredAnswer {
    /// How much, in `unit`.
    #[schema(value_type = String)]
    pub qty: Qty,
    /// The unit.
    pub unit: String,
}

/// What a return takes back of a line of a sale.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SaleAnswer {
    /// The goods issue.
    #[schema(value_type = String)]
    pub posting: PostingId,
    /// Its line, from zero.
    pub line: usize,
    /// How much, in the base unit.
    #[schema(value_type = String)]
    pub qty: Delta,
}

/// One end of a movement, with what is on hand there afterwards.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceAnswer {
    /// The location.
    pub location: String,
    /// The status.
    #[schema(value_type = String)]
    pub status: Status,
    /// On hand of the item (and lot) there, after the movement. Left out for the world outside, which
    /// holds no stock, and where goods change sites, because each site learns of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub on_hand: Option<Delta>,
}

/// What a posting did to a claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimChangeAnswer {
    /// The claim.
    #[schema(value_type = String)]
    pub claim: ClaimId,
    /// What happened to it.
    pub change: &'static str,
    /// How much of it, in the base unit.
    #[schema(value_type = String)]
    pub changed: Delta,
    /// What it holds of the stock afterwards.
    #[schema(value_type = String)]
    pub qty: Delta,
    /// What it waits for beyond the stock afterwards.
    #[schema(value_type = String)]
    pub backordered: Delta,
}

/// A claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimAnswer {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ClaimId,
    /// Whose it is.
    pub owner: String,
    /// The item.
    pub sku: String,
    /// The site.
    pub site: String,
    /// The bin of an allocation; left out for a reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What it holds of the stock.
    #[schema(value_type = String)]
    pub qty: Delta,
    /// What it waits for beyond the stock.
    #[schema(value_type = String)]
    pub backordered: Delta,
    /// What losses have taken of it, in all.
    #[schema(value_type = String)]
    pub lost: Delta,
    /// Kept longer when higher.
    pub priority: i64,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Instant>,
    /// `open`, or how it ended.
    pub state: &'static str,
    /// What is available of the item at the site, after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub available: Option<Delta>,
    /// The posting that made or changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub posting: Option<PostingId>,
}

/// Reservations that were made together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TogetherAnswer {
    /// Each as its own route answers it, in the order of the request.
    pub(crate) reservations: Vec<ClaimAnswer>,
}

/// The answer of a bulk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkAnswer<'a> {
    /// How many postings were accepted.
    pub(crate) accepted: usize,
    /// How many were refused.
    pub(crate) refused: usize,
    /// The outcome of each, in the order of the request.
    #[schema(value_type = Vec<BulkOutcome>)]
    pub(crate) postings: Vec<BulkEntry<'a>>,
}

/// The outcome of one posting of a bulk: a `posting` where it was accepted, a `problem` where not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkOutcome {
    /// The status that it would have by itself: 201, or that of the refusal.
    status: u16,
    /// The posting, as its own route answers it.
    posting: Option<PostingAnswer>,
    /// The refusal; its pointers begin at the posting.
    #[schema(value_type = Option<Object>)]
    problem: Option<()>,
}

/// One entry of it; an accepted posting as its event has it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum BulkEntry<'a> {
    Accepted {
        status: u16,
        posting: &'a RawValue,
    },
    Refused {
        status: u16,
        problem: Box<RawValue>,
    },
    /// As it was answered before.
    Earlier(&'a RawValue),
}

/// What a line of a return took back.
fn sales_of(posted: &Posted, line: usize) -> Vec<SaleAnswer> {
    let from = posted.returns.partition_point(|returned| returned.line < line);
    let of_line = posted.returns.iter().skip(from).take_while(|returned| returned.line == line);
    let shown = of_line.map(|returned| SaleAnswer {
        posting: returned.sale.posting,
        line: returned.sale.line,
        qty: Delta(returned.qty),
    });
    shown.collect()
}

impl Names {
    fn sku(&self, item: domain::ItemId) -> String {
        self.item_facts.get(&item).map_or_else(|| item.to_string(), |facts| facts.sku.clone())
    }

    fn unit(&self, item: ItemId) -> String {
        self.item_facts.get(&item).map(|facts| facts.base_unit.clone()).unwrap_or_default()
    }

    fn place(&self, place: Place, on_hand: Option<i64>) -> PlaceAnswer {
        let location = self.call(Place::good(place.location));
        PlaceAnswer { location, status: place.status, on_hand: on_hand.map(Delta) }
    }

    /// Both ends of a movement.
    fn ends(&self, movement: &Movement) -> (PlaceAnswer, PlaceAnswer) {
        let facts = |place: Place| self.location_facts.get(&place.location);
        let site = |place| facts(place).map(|facts| facts.site).filter(|site| site.is_some());
        let changes_sites = match (site(movement.from), site(movement.to)) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        };
        let end = |place: Place, after: i64| {
            let ours = facts(place).is_some_and(|facts| facts.kind.is_owned());
            self.place(place, (ours && !changes_sites).then_some(after))
        };
        (end(movement.from, movement.from_after), end(movement.to, movement.to_after))
    }

    /// A posting as it is answered.
    pub(crate) fn posting(&self, posted: &Posted) -> PostingAnswer {
        let movements = posted.movements.iter().map(|movement| {
            let (from, to) = self.ends(movement);
            let (line, sku, unit) = (movement.line, self.sku(movement.item), self.unit(movement.item));
            let (qty, sales) = (Delta(movement.qty), sales_of(posted, line));
            MovementAnswer { line, sku, qty, unit, entered: None, from, to, sales }
        });
        let claims = posted.claims.iter().take(CLAIM_CHANGES_SHOWN_MAX).map(|entry| ClaimChangeAnswer {
            claim: entry.claim,
            change: entry.change.word(),
            changed: Delta(entry.qty),
            qty: Delta(entry.left),
            backordered: Delta(entry.waits),
        });
        PostingAnswer {
            id: posted.id,
            kind: posted.kind.word(),
            effective_at: posted.effective_at,
            recorded_at: posted.recorded_at,
            late_from: posted.late_from,
            document: None,
            reason: None,
            note: None,
            reversal_of: None,
            movements: movements.collect(),
            claims: claims.collect(),
            claim_totals: self.claim_totals(&posted.claims),
            warnings: Vec::new(),
        }
    }

    /// A rule that was broken and only warns.
    pub(crate) fn warning(&self, line: usize, lacks: &Lacks) -> WarningAnswer {
        let place = self.call(Place::good(lacks.room));
        WarningAnswer { line, code: room::load::code(lacks).word(), detail: lacks.what.sentence(&place) }
    }

    /// All changes of claims, by item and change, as each came first.
    fn claim_totals(&self, entries: &[ClaimEntry]) -> Vec<ClaimTotalAnswer> {
        let mut places: FxHashMap<(ItemId, &'static str), usize> = FxHashMap::default();
        let mut totals: Vec<ClaimTotalAnswer> = Vec::new();
        for entry in entries {
            let change = entry.change.word();
            let place = *places.entry((entry.item, change)).or_insert(totals.len());
            if let Some(total) = totals.get_mut(place) {
                total.count += 1;
                total.changed = Delta(total.changed.0.saturating_add(entry.qty));
            } else {
                let (sku, changed) = (self.sku(entry.item), Delta(entry.qty));
                totals.push(ClaimTotalAnswer { sku, change, count: 1, changed });
            }
        }
        totals
    }

    /// A claim as it is answered.
    pub(crate) fn claim(
        &self,
        claim: &Claim,
        available: Option<i64>,
        posting: Option<PostingId>,
    ) -> ClaimAnswer {
        let site = match self.site_facts.get(&claim.site) {
            Some(facts) => facts.code.clone(),
            None => self.call(Place::good(claim.site.root())),
        };
        ClaimAnswer {
            id: claim.id,
            owner: claim.owner.clone(),
            sku: self.sku(claim.item),
            site,
            location: claim.bin.map(|(location, _)| self.call(Place::good(location))),
            qty: Delta(claim.qty),
            backordered: Delta(claim.backordered),
            lost: Delta(claim.lost),
            priority: claim.priority,
            expires_at: claim.expires_at,
            state: claim.state.word(),
            available: available.map(Delta),
            posting,
        }
    }
}
