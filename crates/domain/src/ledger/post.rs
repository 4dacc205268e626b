//! Deciding a posting: all of its lines, or none.
//!
//! Lines are applied in order, each over what the lines before it left, so two lines of one item
//! can never take more together than is there.

use super::checks::{
    check_archived, check_blocked, check_cost, check_days, check_ends, check_hold, check_item, check_lot,
    check_set_up, check_stood,
};
use super::command::{Amount, Clock, Cost, Line, Post};
use super::key::Key;
use super::kind::Kind;
use super::posted::{ClaimEntry, Movement, Posted};
use super::refusal::{Refusal, Why};
use super::sale::{self, Back, Returned};
use super::step::Step;
use super::vault::Vault;
use super::{backorder, loss};
use crate::item::Tracking;
use crate::{Instant, when};

/// Decides a posting.
///
/// # Errors
/// The refusal names the line and the reason; the vault is as before.
pub fn post(vault: &mut Vault, command: &Post, clock: &Clock<'_>) -> Result<Posted, Refusal> {
    // what went out on a day that is over went out by the rules of that day
    let told_of = command.effective_at.filter(|_| matches!(command.kind, Kind::Issue | Kind::Consume));
    Work::run(vault, command, (clock, told_of), &|number| {
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

/// What earlier lines have taken from where a line takes it: that was on hand too.
fn taken(movements: &[Movement], line: &Line) -> i64 {
    let same = |made: &&Movement| (made.item, made.lot, made.from) == (line.item, line.lot, line.from);
    movements.iter().filter(same).map(|made| made.qty).fold(0, i64::saturating_add)
}

/// What all lines of a command take from the key that a line takes from.
pub(super) fn demand(command: &Post, line: &Line) -> i64 {
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
    let serials = command.lines.iter().filter_map(|line| vault.holder(line.lot).ok());
    let latest = ends.flatten().map(|balance| balance.latest).chain(serials.map(|holder| holder.latest));
    latest.fold(vault.not_before_settled(now), Instant::max)
}

/// The effective instant, moved into the first open period when that is allowed and needed.
pub(super) fn effective(
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
    pub(super) command: &'a Post,
    pub(super) clock: &'a Clock<'a>,
    pub(super) effective_at: Instant,
    /// When what is counted was counted: a late posting keeps its own instant for that.
    pub(super) counted_at: Instant,
    /// The instant whose day says whether a lot may go out, or be good; `None` for today.
    pub(super) told_of: Option<Instant>,
    pub(super) movements: Vec<Movement>,
    pub(super) claims: Vec<ClaimEntry>,
    pub(super) returns: Vec<Returned>,
}

impl<'a> Work<'a> {
    /// Decides all lines of a posting, or none.
    pub(super) fn run(
        vault: &mut Vault,
        command: &'a Post,
        (clock, told_of): (&'a Clock<'a>, Option<Instant>),
        booking: &dyn Fn(usize) -> Booking<'a>,
    ) -> Result<Posted, Refusal> {
        let mark = vault.mark();
        vault.attempt(|vault| {
            let (effective_at, late_from) = effective(vault, command, clock)?;
            let movements = Vec::with_capacity(command.lines.len());
            let counted_at = late_from.unwrap_or(effective_at);
            let (claims, returns) = (Vec::new(), Vec::new());
            let mut work =
                Work { command, clock, effective_at, counted_at, told_of, movements, claims, returns };
            for (number, line) in command.lines.iter().enumerate() {
                work.line(vault, number, line, booking(number)).map_err(|mut refusal| {
                    refusal.line = Some(number);
                    refusal.why.in_all(taken(&work.movements, line), demand(command, line));
                    refusal
                })?;
            }
            let Work { movements, mut claims, returns, .. } = work;
            if movements.is_empty() {
                return Err(Refusal::of(Why::Nothing));
            }
            // what comes back from expired for a sale of the past is nobody else's
            if command.kind != Kind::Expire || told_of.is_none() {
                claims.append(&mut backorder::cover_moved(vault, &movements)?);
            }
            let now = vault.not_before_settled(clock.now);
            let recorded_at = vault.stamp_since(mark, now.max(effective_at));
            let (id, kind) = (command.id, command.kind);
            if kind == Kind::Issue {
                sale::ship(vault, id, &movements, effective_at);
            }
            Ok(Posted { id, kind, effective_at, recorded_at, late_from, movements, claims, returns })
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
        check_item(item)?;
        check_cost(item, line.cost)?;
        let Some(step) = Step::of(vault, line, item, self.counted_at)? else { return Ok(()) };
        if self.command.effective_at.is_some() {
            let counts = matches!(line.amount, Amount::CountTo(_));
            check_stood(vault, line, if counts { self.counted_at } else { self.effective_at })?;
        }
        let kind = self.command.kind;
        check_lot(vault, step.item, step.lot, step.qty).map_err(Refusal::of)?;
        check_ends(kind, &step)?;
        check_archived(&step)?;
        check_set_up(kind, &step)?;
        check_blocked(kind, &step)?;
        check_hold(vault, kind, &step)?;
        check_days(vault, kind, &step, self.told_of)?;
        vault.check_rooms(kind, number, &step)?;
        if item.tracking == Tracking::Serial {
            self.carry_serial(vault, &step)?;
        }
        if let Some(claim) = line.claim {
            self.take_claim(vault, &step, claim, line.split)?;
        }
        let back = if self.command.returns.is_empty() {
            Back::default()
        } else {
            let at = (number, &step, self.effective_at);
            sale::take_back(vault, &self.command.returns, at, &mut self.returns)?
        };
        let movement = self.shift(vault, number, &step, (booking, back))?;
        self.movements.push(movement);
        if kind.is_loss() {
            self.claims.extend(loss::break_claims(vault, step.source_key(), self.clock.ids)?);
        }
        Ok(())
    }
}
