//! Deciding a posting: all of its lines, or none.
//!
//! Lines are applied in order, each over what the lines before it left, so two lines of one item
//! can never take more together than is there.

use super::claim::{Claim, ClaimState, open_claim, reduce};
use super::cost;
use super::facts::{ItemFacts, LocationFacts};
use super::key::{Balance, Key, Place, SiteKey, SiteStock};
use super::loss;
use super::posted::{ClaimChange, ClaimEntry, Movement, Posted};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::item::Tracking;
use crate::money::UnitCost;
use crate::place::LocationKind;
use crate::{ClaimId, Instant, ItemId, LotId, Permission, PostingId, Qty, SiteId, Status, Zone, when};

/// What kind of posting it is: which ends its lines may have, and whether it is a fact that
/// cannot be refused for the sake of claims.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// From the opening account into a real location.
    Opening,
    /// From the supplier into a real location.
    Receive,
    /// From the customer back into a real location.
    Return,
    /// From production into a real location.
    Produce,
    /// From a real location to the customer: goods issue.
    Issue,
    /// From a real location into production.
    Consume,
    /// Between two real locations of one site.
    Move,
    /// Between two statuses of one location.
    SetStatus,
    /// Between a real location and the adjustment or loss account, with a reason. A loss is
    /// always booked.
    Adjust,
    /// From a real location into a transfer's transit location.
    Ship,
    /// From a transit location into a real one.
    Arrive,
    /// From a transit location to the loss account: what did not arrive.
    Shortage,
    /// From good to expired, by the expiry rule.
    Expire,
    /// Contents of a handling unit that changes its site or its sellability.
    Relocate,
    /// The mirror of an earlier posting.
    Reverse,
    /// A reservation; moves nothing.
    Reserve,
    /// An allocation; moves nothing.
    Allocate,
    /// A release; moves nothing.
    Release,
}

impl Kind {
    /// All kinds, in stored order.
    pub const ALL: [Kind; 18] = [
        Kind::Opening,
        Kind::Receive,
        Kind::Return,
        Kind::Produce,
        Kind::Issue,
        Kind::Consume,
        Kind::Move,
        Kind::SetStatus,
        Kind::Adjust,
        Kind::Ship,
        Kind::Arrive,
        Kind::Shortage,
        Kind::Expire,
        Kind::Relocate,
        Kind::Reverse,
        Kind::Reserve,
        Kind::Allocate,
        Kind::Release,
    ];

    /// The stored number: its place in [`Kind::ALL`], from one.
    pub fn number(self) -> i64 {
        let place = Kind::ALL.iter().position(|kind| *kind == self).unwrap_or_default();
        i64::try_from(place).unwrap_or_default() + 1
    }

    /// From the stored number.
    pub fn from_number(number: i64) -> Option<Kind> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        Kind::ALL.get(place).copied()
    }

    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Opening => "opening",
            Kind::Receive => "receive",
            Kind::Return => "return",
            Kind::Produce => "produce",
            Kind::Issue => "issue",
            Kind::Consume => "consume",
            Kind::Move => "move",
            Kind::SetStatus => "set_status",
            Kind::Adjust => "adjust",
            Kind::Ship => "ship",
            Kind::Arrive => "arrive",
            Kind::Shortage => "shortage",
            Kind::Expire => "expire",
            Kind::Relocate => "relocate",
            Kind::Reverse => "reverse",
            Kind::Reserve => "reserve",
            Kind::Allocate => "allocate",
            Kind::Release => "release",
        }
    }

    /// From the word.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What somebody must be allowed, to post it.
    pub const fn permission(self) -> Permission {
        match self {
            Kind::Opening | Kind::Adjust => Permission::StockAdjust,
            Kind::Receive | Kind::Return | Kind::Produce => Permission::StockReceive,
            Kind::Issue | Kind::Consume => Permission::StockIssue,
            Kind::Move | Kind::Relocate => Permission::StockMove,
            Kind::SetStatus | Kind::Expire => Permission::StockStatus,
            Kind::Ship | Kind::Arrive | Kind::Shortage => Permission::StockTransfer,
            Kind::Reverse => Permission::StockReverse,
            Kind::Reserve | Kind::Allocate | Kind::Release => Permission::StockClaim,
        }
    }

    /// A fact about the goods: it is booked even where it takes stock below its claims, and breaks
    /// claims to do so.
    pub const fn is_loss(self) -> bool {
        matches!(self, Kind::Adjust | Kind::SetStatus | Kind::Expire | Kind::Relocate)
    }

    /// Whether the two ends may stand in a posting of this kind.
    const fn allows(self, from: LocationKind, to: LocationKind) -> Result<(), End> {
        use LocationKind as L;
        let from_real = from.is_real();
        let to_real = to.is_real();
        let (source, destination) = match self {
            Kind::Opening => (matches!(from, L::Opening), to_real),
            Kind::Receive => (matches!(from, L::Supplier), to_real),
            Kind::Return => (matches!(from, L::Customer), to_real),
            Kind::Produce => (matches!(from, L::Production), to_real),
            Kind::Issue => (from_real, matches!(to, L::Customer)),
            Kind::Consume => (from_real, matches!(to, L::Production)),
            Kind::Move | Kind::SetStatus | Kind::Expire => (from_real, to_real),
            Kind::Adjust => match (from_real, to_real) {
                (true, _) => (true, matches!(to, L::Adjustment | L::Loss)),
                (false, real) => (matches!(from, L::Adjustment | L::Loss), real),
            },
            Kind::Ship => (from_real, matches!(to, L::Transit)),
            Kind::Arrive => (matches!(from, L::Transit), to_real),
            Kind::Shortage => (matches!(from, L::Transit), matches!(to, L::Loss)),
            Kind::Relocate | Kind::Reverse => (true, true),
            Kind::Reserve | Kind::Allocate | Kind::Release => (false, false),
        };
        match (source, destination) {
            (false, _) => Err(End::Source),
            (true, false) => Err(End::Destination),
            (true, true) => Ok(()),
        }
    }
}

/// Which end of a movement.
#[derive(Clone, Copy)]
enum End {
    Source,
    Destination,
}

/// How much a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amount {
    /// So much, in millionths of the base unit.
    Move(i64),
    /// Whatever brings the real end to so much: a count.
    CountTo(i64),
}

/// What a line that brings goods in says of their cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cost {
    /// Nothing: they come in at the group's present average, or at zero when it has none.
    Unknown,
    /// Per base unit.
    Each(UnitCost),
    /// For the line as a whole, in minor units; at zero or above.
    Total(i64),
}

/// One line of a posting.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The item.
    pub item: ItemId,
    /// The lot or serial; [`LotId::NONE`] for untracked items.
    pub lot: LotId,
    /// Where from. For a count, the real end; the other end is then the account that takes the
    /// difference.
    pub from: Place,
    /// Where to.
    pub to: Place,
    /// How much.
    pub amount: Amount,
    /// The claim whose goods these are.
    pub claim: Option<ClaimId>,
    /// The id of the claim that is split off when only part of an allocation moves.
    pub split: Option<ClaimId>,
    /// What they cost.
    pub cost: Cost,
}

/// A posting: lines that happened together.
#[derive(Clone, Debug)]
pub struct Post {
    /// The posting's id.
    pub id: PostingId,
    /// What kind it is.
    pub kind: Kind,
    /// When it happened; `None` for now.
    pub effective_at: Option<Instant>,
    /// Whether it may be booked in the first open period when its own is closed.
    pub post_late: bool,
    /// The lines.
    pub lines: Vec<Line>,
}

/// When it is, and how the books see time and money.
#[derive(Clone, Debug)]
pub struct Clock<'a> {
    /// Now.
    pub now: Instant,
    /// The organisation's zone: its calendar has the periods.
    pub zone: &'a Zone,
    /// Decimals of the currency of the books.
    pub minor_digits: u32,
}

/// Decides a posting.
///
/// # Errors
/// The refusal names the line and the reason; the vault is as before.
pub fn post(vault: &mut Vault, command: &Post, clock: &Clock<'_>) -> Result<Posted, Refusal> {
    Work::run(vault, command, clock, &|number| {
        Booking::New(command.lines.get(number).map_or(Cost::Unknown, |line| line.cost))
    })
}

/// How the cost of a line is booked.
#[derive(Clone, Copy)]
pub(super) enum Booking<'a> {
    /// By the rules of the group.
    New(Cost),
    /// As the mirror of an earlier movement.
    Mirror(&'a Movement),
}

/// What all lines of a command take from the key that a line takes from.
fn demand(command: &Post, line: &Line) -> i64 {
    let same = |other: &&Line| (other.item, other.lot, other.from) == (line.item, line.lot, line.from);
    let quantities = command.lines.iter().filter(same).map(|other| match other.amount {
        Amount::Move(qty) => qty,
        Amount::CountTo(_) => 0,
    });
    quantities.fold(0, i64::saturating_add)
}

/// What happens now happens after everything that the ledger knows of its keys: another process,
/// or a caller who was overtaken on the way here, may have read a clock that is ahead of `now`.
fn at_last(vault: &Vault, command: &Post, now: Instant) -> Instant {
    let ends = command.lines.iter().flat_map(|line| {
        [line.from, line.to].map(|place| vault.balance(Key::at(line.item, line.lot, place)))
    });
    ends.flatten().map(|balance| balance.latest).fold(now, Instant::max)
}

/// The effective instant, moved into the first open period when that is allowed and needed.
fn effective(
    vault: &Vault,
    command: &Post,
    clock: &Clock<'_>,
) -> Result<(Instant, Option<Instant>), Refusal> {
    let effective = match command.effective_at {
        Some(effective) if effective > clock.now => {
            return Err(Refusal::of(Why::InFuture { effective, now: clock.now }));
        }
        Some(effective) => effective,
        None => at_last(vault, command, clock.now),
    };
    let period = when::Period::of(clock.zone.date(effective));
    if !vault.is_closed(period) {
        return Ok((effective, None));
    }
    let open = clock.zone.midnight(vault.first_open(period).first_day());
    if !command.post_late || open > clock.now {
        return Err(Refusal::of(Why::PeriodClosed { period }));
    }
    Ok((open, Some(effective)))
}

/// A posting while its lines are decided.
pub(super) struct Work<'a> {
    command: &'a Post,
    clock: &'a Clock<'a>,
    effective_at: Instant,
    movements: Vec<Movement>,
    claims: Vec<ClaimEntry>,
}

/// One movement while it is decided.
#[derive(Clone, Copy)]
struct Step {
    item: ItemId,
    lot: LotId,
    from: Place,
    to: Place,
    qty: i64,
    source: LocationFacts,
    destination: LocationFacts,
}

impl<'a> Work<'a> {
    /// Decides all lines of a posting, or none.
    pub(super) fn run(
        vault: &mut Vault,
        command: &'a Post,
        clock: &'a Clock<'a>,
        booking: &dyn Fn(usize) -> Booking<'a>,
    ) -> Result<Posted, Refusal> {
        let mark = vault.mark();
        vault.attempt(|vault| {
            let (effective_at, late_from) = effective(vault, command, clock)?;
            let movements = Vec::with_capacity(command.lines.len());
            let mut work = Work { command, clock, effective_at, movements, claims: Vec::new() };
            for (number, line) in command.lines.iter().enumerate() {
                work.line(vault, number, line, booking(number)).map_err(|mut refusal| {
                    refusal.line = Some(number);
                    if let Why::InsufficientStock { wanted, .. } = &mut refusal.why {
                        *wanted = (*wanted).max(demand(command, line));
                    }
                    refusal
                })?;
            }
            let Work { movements, claims, .. } = work;
            if movements.is_empty() {
                return Err(Refusal::of(Why::Nothing));
            }
            let recorded_at = vault.stamp_since(mark, clock.now.max(effective_at));
            let (id, kind) = (command.id, command.kind);
            Ok(Posted { id, kind, effective_at, recorded_at, late_from, movements, claims })
        })
    }

    /// Decides one line.
    fn line(
        &mut self,
        vault: &mut Vault,
        number: usize,
        line: &Line,
        booking: Booking<'_>,
    ) -> Result<(), Refusal> {
        let item = vault.item(line.item)?;
        if !item.stocked {
            return Err(Refusal::of(Why::NotStocked));
        }
        let Some((from, to, qty)) = ends(vault, line, item)? else { return Ok(()) };
        check_lot(vault, line.item, line.lot, qty).map_err(Refusal::of)?;
        if from == to {
            return Err(Refusal::of(Why::SamePlace));
        }
        let (source, destination) = (vault.location(from.location)?, vault.location(to.location)?);
        let step = Step { item: line.item, lot: line.lot, from, to, qty, source, destination };
        self.check_ends(&step)?;
        self.check_blocked(&step)?;
        self.check_lots(vault, &step)?;
        if item.tracking == Tracking::Serial {
            self.carry_serial(vault, &step)?;
        }
        if let Some(claim) = line.claim {
            self.take_claim(vault, &step, claim, line.split)?;
        }
        let movement = self.shift(vault, number, &step, booking)?;
        self.movements.push(movement);
        if self.command.kind.is_loss() {
            self.claims.extend(loss::break_claims(vault, Key::at(step.item, step.lot, step.from))?);
        }
        Ok(())
    }

    /// Whether the two ends fit the kind.
    fn check_ends(&self, step: &Step) -> Result<(), Refusal> {
        let kind = self.command.kind;
        match kind.allows(step.source.kind, step.destination.kind) {
            Err(End::Source) => {
                return Err(Refusal::of(Why::WrongKind { place: step.from, end: "source" }));
            }
            Err(End::Destination) => {
                return Err(Refusal::of(Why::WrongKind { place: step.to, end: "destination" }));
            }
            Ok(()) => {}
        }
        let same_location = step.from.location == step.to.location;
        match kind {
            Kind::Move if step.source.site != step.destination.site => Err(Refusal::of(Why::OtherSite)),
            Kind::Move if step.from.status != step.to.status => {
                Err(Refusal::of(Why::StatusChange { from: step.from.status, to: step.to.status }))
            }
            Kind::SetStatus if !same_location || !step.from.status.may_become(step.to.status) => {
                Err(Refusal::of(Why::StatusChange { from: step.from.status, to: step.to.status }))
            }
            _ => Ok(()),
        }
    }

    /// A blocked location lets nothing in or out but counts, losses and changes of status.
    fn check_blocked(&self, step: &Step) -> Result<(), Refusal> {
        if self.command.kind.is_loss() {
            return Ok(());
        }
        for (place, facts) in [(step.from, step.source), (step.to, step.destination)] {
            if facts.blocked {
                return Err(Refusal::of(Why::Blocked { place }));
            }
        }
        Ok(())
    }

    /// Expired lots: never to a customer or into production, and never received as good.
    fn check_lots(&self, vault: &Vault, step: &Step) -> Result<(), Refusal> {
        match self.command.kind {
            Kind::Issue | Kind::Consume if step.from.status == Status::Good => {
                check_expiry(vault, step.lot, step.source.site).map_err(Refusal::of)
            }
            Kind::Opening | Kind::Receive | Kind::Return | Kind::Produce => {
                let past = is_past(vault, step.lot, step.destination.site)?;
                match (step.to.status, past) {
                    (Status::Good, Some((expiry, today))) => Err(Refusal::of(Why::Expired { expiry, today })),
                    (Status::Expired, None) => {
                        let expiry = if step.lot.is_some() { vault.lot(step.lot)?.expiry } else { None };
                        let today = vault.today(step.destination.site)?;
                        Err(Refusal::of(Why::NotExpired { expiry, today }))
                    }
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A serial leaves one place and enters another; it is never in two.
    fn carry_serial(&self, vault: &mut Vault, step: &Step) -> Result<(), Refusal> {
        let holder = vault.holder(step.lot)?;
        let expected = if step.source.is_virtual() { None } else { Some(step.from) };
        if holder != expected {
            let earlier = self.movements.iter().any(|movement| movement.lot == step.lot);
            return Err(Refusal::of(match holder {
                _ if earlier => Why::SerialTwice,
                Some(place) if expected.is_none() => Why::SerialInStock { place },
                holder => Why::SerialNotHere { holder },
            }));
        }
        let next = if step.destination.is_virtual() { None } else { Some(step.to) };
        vault.set_holder(step.lot, next);
        Ok(())
    }

    /// Goods that are claimed leave with their claim: issued goods fulfil it, moved goods take
    /// an allocation along.
    fn take_claim(
        &mut self,
        vault: &mut Vault,
        step: &Step,
        id: ClaimId,
        split: Option<ClaimId>,
    ) -> Result<(), Refusal> {
        let claim = open_claim(vault, id, self.clock.now)?;
        let key = Key::at(step.item, step.lot, step.from);
        let fits = match claim.key() {
            Some(bound) => bound == key,
            None => claim.item == step.item && claim.site == step.source.site,
        };
        if !fits {
            return Err(Refusal::of(Why::ClaimElsewhere));
        }
        if claim.qty < step.qty {
            return Err(Refusal::of(Why::ClaimSmaller { claimed: claim.qty, wanted: step.qty }));
        }
        let moves = self.command.kind == Kind::Move && claim.bin.is_some();
        let partial = claim.qty > step.qty;
        let target = Claim { id: split.filter(|_| partial).unwrap_or(claim.id), ..claim.clone() };
        let end = if moves { ClaimState::Open } else { ClaimState::Fulfilled };
        let change = if moves { ClaimChange::Moved } else { ClaimChange::Fulfilled };
        let entry = reduce(vault, claim, step.qty, end, change)?;
        if !moves || partial {
            self.claims.push(entry);
        }
        if moves {
            self.carry_claim(vault, step, target, partial)?;
        }
        Ok(())
    }

    /// Puts a moved allocation down at the destination.
    fn carry_claim(
        &mut self,
        vault: &mut Vault,
        step: &Step,
        mut claim: Claim,
        partial: bool,
    ) -> Result<(), Refusal> {
        if !step.destination.counts() || step.to.status != Status::Good {
            return Err(Refusal::of(Why::WrongKind {
                place: step.to,
                end: "destination of allocated stock",
            }));
        }
        if partial && vault.claim(claim.id).is_some() {
            return Err(Refusal::of(Why::ClaimElsewhere));
        }
        claim.bin = Some((step.to.location, step.lot));
        claim.qty = step.qty;
        claim.state = ClaimState::Open;
        let change = if partial { ClaimChange::Allocated } else { ClaimChange::Moved };
        self.claims.push(claim.entry(change, step.qty));
        vault.set_claim(claim);
        // the goods are not there yet: `shift` brings them, so the counters are raised first
        let key = Key::at(step.item, step.lot, step.to);
        let balance = vault.balance(key)?;
        vault.set_balance(key, Balance { allocated: balance.allocated + step.qty, ..balance });
        let site_key = SiteKey { item: step.item, site: step.destination.site };
        let site = vault.site(site_key)?;
        vault.set_site(site_key, SiteStock { allocated: site.allocated + step.qty, ..site });
        Ok(())
    }

    /// Moves the quantity: both balances, both guards, the cost layers.
    fn shift(
        &self,
        vault: &mut Vault,
        line: usize,
        step: &Step,
        booking: Booking<'_>,
    ) -> Result<Movement, Refusal> {
        let from_key = Key::at(step.item, step.lot, step.from);
        let to_key = Key::at(step.item, step.lot, step.to);
        let from = self.take(vault, from_key, step)?;
        let to = self.give(vault, to_key, step)?;
        self.guard(vault, step)?;
        let flow = cost::Flow {
            item: step.item,
            qty: step.qty,
            from: step.source.group,
            to: step.destination.group,
            effective_at: self.effective_at,
            minor_digits: self.clock.minor_digits,
        };
        let booked = match booking {
            Booking::New(cost) => cost::book(vault, &flow, cost)?,
            Booking::Mirror(original) => cost::unbook(vault, &flow, original)?,
        };
        Ok(Movement {
            line,
            item: step.item,
            lot: step.lot,
            from: step.from,
            to: step.to,
            qty: step.qty,
            from_after: from.on_hand,
            from_ver: from.ver,
            to_after: to.on_hand,
            to_ver: to.ver,
            from_group: step.source.group,
            to_group: step.destination.group,
            value: booked.value,
            uses: booked.uses,
            made: booked.made,
        })
    }

    /// Takes from the source, and refuses what is not there, was not there, or is claimed.
    fn take(&self, vault: &mut Vault, key: Key, step: &Step) -> Result<Balance, Refusal> {
        let balance = vault.balance(key)?;
        if !step.source.is_virtual() {
            let (place, on_hand, wanted) = (step.from, balance.on_hand, step.qty);
            if on_hand < wanted {
                return Err(Refusal::of(Why::InsufficientStock { place, on_hand, wanted }));
            }
            let lowest = vault.lowest_since(key, self.effective_at)?;
            if lowest < wanted {
                let since = self.effective_at;
                return Err(Refusal::of(Why::InsufficientThen { place, lowest, wanted, since }));
            }
            if on_hand - balance.allocated < wanted && !self.command.kind.is_loss() {
                let allocated = balance.allocated;
                return Err(Refusal::of(Why::Claimed { place, on_hand, allocated, wanted }));
            }
        }
        self.change(vault, key, balance, -step.qty)
    }

    /// Gives to the destination.
    fn give(&self, vault: &mut Vault, key: Key, step: &Step) -> Result<Balance, Refusal> {
        let balance = vault.balance(key)?;
        self.change(vault, key, balance, step.qty)
    }

    fn change(&self, vault: &mut Vault, key: Key, was: Balance, qty: i64) -> Result<Balance, Refusal> {
        let on_hand = was.on_hand.checked_add(qty).ok_or(Refusal::of(Why::BalanceTooLarge))?;
        let latest = was.latest.max(self.effective_at);
        let now = Balance { on_hand, ver: was.ver + 1, latest, ..was };
        vault.set_balance(key, now);
        vault.note(key, self.effective_at, qty);
        Ok(now)
    }

    /// The sellable number of the two sites, and the promise it has to cover.
    fn guard(&self, vault: &mut Vault, step: &Step) -> Result<(), Refusal> {
        if step.to.status == Status::Good && step.destination.counts() {
            let key = SiteKey { item: step.item, site: step.destination.site };
            let site = vault.site(key)?;
            let next_expiry = match expiry_of(vault, step.lot)? {
                Some(expiry) => Some(site.next_expiry.map_or(expiry, |next| next.min(expiry))),
                None => site.next_expiry,
            };
            let sellable = site.sellable.checked_add(step.qty).ok_or(Refusal::of(Why::BalanceTooLarge))?;
            vault.set_site(key, SiteStock { sellable, next_expiry, ..site });
        }
        if step.from.status == Status::Good && step.source.counts() {
            let key = SiteKey { item: step.item, site: step.source.site };
            let site = vault.site(key)?;
            let sellable = site.sellable - step.qty;
            if sellable < site.reserved + site.allocated && !self.command.kind.is_loss() {
                let available = site.available();
                return Err(Refusal::of(Why::Unavailable { available, wanted: step.qty }));
            }
            vault.set_site(key, SiteStock { sellable, ..site });
        }
        Ok(())
    }
}

/// The two ends and the quantity of a line; `None` when a count agrees with the books.
fn ends(vault: &Vault, line: &Line, item: ItemFacts) -> Result<Option<(Place, Place, i64)>, Refusal> {
    match line.amount {
        Amount::Move(qty) => {
            check_quantity(item, qty).map_err(Refusal::of)?;
            Ok(Some((line.from, line.to, qty)))
        }
        Amount::CountTo(counted) => {
            if counted != 0 {
                check_quantity(item, counted).map_err(Refusal::of)?;
            }
            let on_hand = vault.balance(Key::at(line.item, line.lot, line.from))?.on_hand;
            Ok(match counted - on_hand {
                0 => None,
                more if more > 0 => Some((line.to, line.from, more)),
                less => Some((line.from, line.to, -less)),
            })
        }
    }
}

/// Whether a quantity can stand on a line of an item.
pub(super) fn check_quantity(item: ItemFacts, qty: i64) -> Result<(), Why> {
    if qty <= 0 {
        return Err(Why::NotPositive { qty });
    }
    let Some(valid) = Qty::from_millionths(qty) else { return Err(Why::TooLarge { qty }) };
    if item.whole && !valid.is_whole() {
        return Err(Why::Fraction { qty });
    }
    Ok(())
}

/// Whether the lot fits the way the item is traced.
pub(super) fn check_lot(vault: &Vault, item: ItemId, lot: LotId, qty: i64) -> Result<(), Why> {
    let tracking = vault.item(item).map_err(|refusal| refusal.why)?.tracking;
    match (tracking, lot.is_some()) {
        (Tracking::None, true) => return Err(Why::LotNotAllowed),
        (Tracking::Lot, false) => return Err(Why::LotRequired),
        (Tracking::Serial, false) => return Err(Why::SerialRequired),
        (Tracking::Serial, true) if qty != Qty::ONE.millionths() => return Err(Why::SerialNotOne { qty }),
        _ => {}
    }
    if lot.is_some() && vault.lot(lot).map_err(|refusal| refusal.why)?.item != item {
        return Err(Why::LotOfOtherItem);
    }
    Ok(())
}

/// The last sellable day of a lot.
fn expiry_of(vault: &Vault, lot: LotId) -> Result<Option<when::Date>, Refusal> {
    if lot.is_some() { Ok(vault.lot(lot)?.expiry) } else { Ok(None) }
}

/// The last sellable day and today, when the lot is past it at the site.
fn is_past(vault: &Vault, lot: LotId, site: SiteId) -> Result<Option<(when::Date, when::Date)>, Refusal> {
    let Some(expiry) = expiry_of(vault, lot)? else { return Ok(None) };
    let today = vault.today(site)?;
    Ok((today > expiry).then_some((expiry, today)))
}

/// Refuses a lot that is past its last sellable day at the site.
pub(super) fn check_expiry(vault: &Vault, lot: LotId, site: SiteId) -> Result<(), Why> {
    match is_past(vault, lot, site).map_err(|refusal| refusal.why)? {
        Some((expiry, today)) => Err(Why::Expired { expiry, today }),
        None => Ok(()),
    }
}
