//! Commands by ids, from inside of the product: what documents, handling units, sweeps and blocks
//! ask of the ledger. They take the same way as those of the hot path, in the transaction of their
//! cause: all of them, or the first refusal and nothing.
//!
//! Not here: permissions. Whoever orders has asked before.

use crate::answer::PostingAnswer;
use crate::compile::Compiled;
use crate::desk::Desk;
use crate::input::{LineInput, PostInput, Request, Work};
use crate::load::{Known, Wanted};
use crate::names::Names;
use crate::run::{self, Batch, Kept, Origin, json};
use crate::save::Event;
use db::{Conn, DbError, Tx};
use domain::ledger::{
    self, Allocate, Amount, Cost, Key, Kind, Line, Place, Post, Posted, Recount, Refusal, Release, SaleLine,
    SiteKey,
};
use domain::{ClaimId, Ctx, Instant, ItemId, LocationId, LotId, PostingId, Problem};
use rustc_hash::FxHashSet;
use std::sync::Arc;
use web::{Caller, Failure};

/// One command.
#[derive(Debug)]
pub(crate) enum Order {
    /// A posting of any kind.
    Post(Compiled),
    /// An allocation, with the pointer of the line that it came from.
    Allocate(Allocate, String),
    /// A release.
    Release(Release),
    /// What counts as sellable has changed, and why.
    Recount(Recount, String),
    /// A fact that moves nothing: its document and note are chained. With the sites it concerns.
    Fact { id: PostingId, document: Option<String>, note: Option<String>, sites: [i64; 2] },
    /// Nothing but the sweep of what has expired of an item at a site.
    Sweep(SiteKey),
}

/// When a posting takes effect; by itself, now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct When {
    /// The instant, never later than now.
    pub(crate) effective_at: Option<Instant>,
    /// May be booked in the first open period.
    pub(crate) post_late: bool,
}

/// A posting by ids.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) when: When,
    /// Each line with the pointer of the field that it came from; empty for none.
    pub(crate) lines: Vec<(Line, String)>,
    /// Those of them that say `hold` of what they bring.
    pub(crate) says_hold: Vec<usize>,
}

impl Draft {
    /// The order, with a new id.
    pub(crate) fn order(self, ctx: &Ctx) -> Order {
        let (lines, origins) = self.lines.into_iter().unzip();
        Order::Post(Compiled {
            post: Post {
                id: PostingId(ctx.ids.next()),
                kind: self.kind,
                effective_at: self.when.effective_at,
                post_late: self.when.post_late,
                lines,
                returns: Vec::new(),
            },
            origins,
            namings: Vec::new(),
            says_hold: self.says_hold,
            entered: Vec::new(),
            document: self.document,
            reason: self.reason,
            note: self.note,
        })
    }
}

/// A line without claim or cost.
pub(crate) const fn line(item: ItemId, lot: LotId, from: Place, to: Place, qty: i64) -> Line {
    Line { item, lot, from, to, amount: Amount::Move(qty), claim: None, split: None, cost: Cost::Unknown }
}

/// A line whose goods are claimed; when only a part of an allocation moves, the part is a claim of
/// its own.
pub(crate) fn claimed_line(line: Line, claim: ClaimId, ctx: &Ctx) -> Line {
    Line { claim: Some(claim), split: Some(ClaimId(ctx.ids.next())), ..line }
}

/// What lines name, for a document that compiles them by itself.
pub(crate) fn names_of(
    tx: &mut Tx<'_>,
    caller: &Caller,
    lines: Vec<LineInput>,
) -> Result<(Names, Vec<LineInput>), DbError> {
    let post = PostInput {
        kind: Kind::Issue,
        effective_at: None,
        post_late: false,
        document: None,
        reason: None,
        note: None,
        lines,
    };
    let (ctx, principal) = (caller.ctx.clone(), Arc::clone(&caller.principal));
    let request = Request { ctx, principal, key: None, work: Work::Post(post), second: web::Second::Cannot };
    let mut names = Names::named(tx, &[&request], &mut [])?;
    names.complete(tx, &[&request])?;
    let Work::Post(PostInput { lines, .. }) = request.work else { return Ok((names, Vec::new())) };
    Ok((names, lines))
}

/// Carries out orders in sequence. The gate is passed by the caller, before it reads any facts.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    orders: Vec<Order>,
) -> Result<Vec<PostingAnswer>, Failure> {
    let mut answers = Vec::with_capacity(orders.len());
    carry_out_known(tx, ctx, &mut Known::default(), orders, &mut answers)?;
    Ok(answers)
}

/// Follows orders while they are carried out.
pub(crate) trait Follow {
    /// Comes before an order is decided, when all earlier ones are. It may still price it; what it
    /// needs in the store is locked by now.
    fn before(&mut self, _order: &mut Order) {}
    /// Whether the events of the orders say what is left at the sites.
    fn tells_levels(&self) -> bool {
        true
    }
    /// Comes after an order that moved or claimed something.
    fn after(&mut self, posted: &Posted, answer: PostingAnswer);
}

impl Follow for Vec<PostingAnswer> {
    fn after(&mut self, _: &Posted, answer: PostingAnswer) {
        self.push(answer);
    }
}

/// The same for one call of many: the rows that are known to be there need not be asked for again,
/// and what was decided is handed on posting by posting, because there may be thousands.
pub(crate) fn carry_out_known(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    known: &mut Known,
    orders: Vec<Order>,
    follow: &mut dyn Follow,
) -> Result<(), Failure> {
    if orders.is_empty() {
        return Ok(());
    }
    let desk = Desk::read(tx)?;
    let names = &mut Names::default();
    names.read_orders(tx, &orders)?;
    let mut wanted = Wanted::default();
    for order in &orders {
        wanted.order(names, order, ctx);
    }
    let (mut vault, sweeps) = run::lock_wanted(tx, &desk, known, names, wanted, ctx)?;
    let mut batch = Batch::new(&desk, names, &mut vault, sweeps);
    batch.tells_levels = follow.tells_levels();
    for mut order in orders {
        follow.before(&mut order);
        let answer = batch.order(Origin { ctx, key: None, asks: None }, order)?;
        if let (Some(answer), Some(entry)) = (answer, batch.entries.last()) {
            follow.after(&entry.posted, answer);
        }
        // a refusal gives all of them up, so no step is ever taken back by itself
        batch.vault.settle();
    }
    let Batch { entries, made, .. } = batch;
    run::keep_all(tx, &desk, names, (entries, made, &vault), &[])?;
    Ok(())
}

impl Batch<'_> {
    fn order(&mut self, origin: Origin<'_>, order: Order) -> Result<Option<PostingAnswer>, Problem> {
        let now = origin.ctx.now;
        let plain = |batch: &Self, refusal: &Refusal| batch.problem(refusal);
        match order {
            Order::Sweep(_) => Ok(None),
            Order::Fact { id, document, note, sites } => {
                self.fact(origin, id, Kept { document, note, ..Kept::default() }, &sites);
                Ok(None)
            }
            Order::Post(compiled) => self.post(origin, compiled).map(Some),
            Order::Allocate(allocate, line) => {
                let about = (allocate.item, allocate.lot);
                let posted = ledger::allocate(self.vault, allocate, now);
                let posted = posted.map_err(|refusal| self.allocate_problem(about, &refusal).under(&line))?;
                Ok(Some(self.record(origin, posted, Kept::default())))
            }
            Order::Release(release) => {
                let posted = ledger::release(self.vault, &release, now);
                let posted = posted.map_err(|refusal| plain(self, &refusal))?;
                Ok(Some(self.record(origin, posted, Kept::default())))
            }
            Order::Recount(recount, reason) => {
                let recounted = Some(recount.site);
                let posted = ledger::recount(self.vault, &recount, now, origin.ctx.ids.as_ref());
                let posted = posted.map_err(|refusal| plain(self, &refusal))?;
                let kept = Kept { reason: Some(reason), recounted, ..Kept::default() };
                Ok(posted.map(|posted| self.record(origin, posted, kept)))
            }
        }
    }

    /// Enters a posting that moves nothing.
    fn fact(&mut self, origin: Origin<'_>, id: PostingId, kept: Kept, sites: &[i64]) {
        let now = origin.ctx.now;
        let posted = Posted {
            id,
            kind: Kind::Relocate,
            effective_at: now,
            recorded_at: now,
            late_from: None,
            movements: Vec::new(),
            claims: Vec::new(),
            returns: Vec::new(),
        };
        let mut sites = sites.to_vec();
        sites.dedup();
        let answer = PostingAnswer {
            document: kept.document.clone(),
            note: kept.note.clone(),
            ..self.names.posting(&posted)
        };
        let event = Event { id: [0; 16], kind: "stock.posted", sites, payload: json(&answer) };
        self.push(origin, posted, kept, event);
    }

    /// Enters a posting and shows it.
    pub(crate) fn record(&mut self, origin: Origin<'_>, posted: Posted, kept: Kept) -> PostingAnswer {
        let answer = PostingAnswer {
            document: kept.document.clone(),
            reason: kept.reason.clone(),
            note: kept.note.clone(),
            ..self.names.posting(&posted)
        };
        let payload = json(&answer);
        self.enter(origin, posted, kept, payload);
        answer
    }
}

impl Wanted {
    /// What an order needs.
    fn order(&mut self, names: &Names, order: &Order, ctx: &Ctx) {
        match order {
            Order::Post(compiled) => self.post(names, &compiled.post, ctx.now),
            Order::Allocate(allocate, _) => self.allocate(names, allocate),
            Order::Release(release) => self.claim(names, release.claim),
            Order::Recount(recount, _) => {
                self.sites.insert(recount.site);
                self.losses.recounted(recount);
                self.balances.extend(recount.starts.iter().chain(&recount.stops).copied());
            }
            Order::Fact { .. } => {}
            Order::Sweep(key) => {
                self.sites.insert(*key);
                self.swept.insert(*key);
            }
        }
    }
}

/// The lines of sales that orders take back from, but for those that they ship themselves.
fn shipped_before(orders: &[Order]) -> FxHashSet<SaleLine> {
    let posts = || {
        orders.iter().filter_map(|order| match order {
            Order::Post(compiled) => Some(&compiled.post),
            _ => None,
        })
    };
    let of: FxHashSet<SaleLine> =
        posts().flat_map(|post| &post.returns).flat_map(|taken| taken.of.iter().copied()).collect();
    if of.is_empty() {
        return of;
    }
    let own: FxHashSet<PostingId> = posts().map(|post| post.id).collect();
    of.into_iter().filter(|line| !own.contains(&line.posting)).collect()
}

impl Names {
    /// Reads the facts of what orders name.
    fn read_orders(&mut self, conn: &mut Conn<'_>, orders: &[Order]) -> Result<(), DbError> {
        let mut claims: Vec<ClaimId> = Vec::new();
        let mut keys: Vec<Key> = Vec::new();
        let mut sites: Vec<SiteKey> = Vec::new();
        for order in orders {
            match order {
                Order::Post(compiled) => {
                    for line in &compiled.post.lines {
                        keys.extend([line.from, line.to].map(|place| Key::at(line.item, line.lot, place)));
                        claims.extend(line.claim);
                    }
                }
                Order::Allocate(Allocate { item, location, lot, reservation, .. }, _) => {
                    keys.push(Key::at(*item, *lot, Place::good(*location)));
                    claims.extend(*reservation);
                }
                Order::Release(release) => claims.push(release.claim),
                Order::Recount(recount, _) => {
                    keys.extend(recount.starts.iter().chain(&recount.stops).copied());
                    sites.push(recount.site);
                }
                Order::Fact { .. } => {}
                Order::Sweep(key) => sites.push(*key),
            }
        }
        self.add_sales(conn, &shipped_before(orders))?;
        self.add_claims(conn, claims)?;
        let items = keys.iter().map(|key| key.item).chain(sites.iter().map(|key| key.item));
        self.add_items(conn, items.collect::<Vec<_>>())?;
        let places = keys.iter().map(|key| key.location).chain(sites.iter().map(|key| key.site.root()));
        self.add_places(conn, places.collect::<Vec<LocationId>>())?;
        self.add_lots(conn, keys.iter().map(|key| key.lot).collect::<Vec<_>>())
    }
}
