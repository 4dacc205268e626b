//! What a movement does to the cost layers of the groups at its two ends.
//!
//! Goods that leave a group take their cost with them; goods that enter one bring it. A move
//! inside of a group changes no cost. So value is conserved like quantity: what one group gives,
//! the other gets, to the minor unit.

use super::command::Cost;
use super::facts::Group;
use super::posted::{LayerMade, Movement};
use super::refusal::{Refusal, Why};
use super::sale::Back;
use super::vault::Vault;
use crate::costing::{CostError, Layer, LayerUse, Method, POOL_SEQ, Stack, share};
use crate::{Instant, ItemId, Qty};
use std::collections::BTreeMap;

/// The cost side of a movement.
pub(super) struct Flow {
    pub(super) item: ItemId,
    pub(super) qty: i64,
    pub(super) from: Group,
    pub(super) to: Group,
    pub(super) effective_at: Instant,
    pub(super) minor_digits: u32,
    /// How much of it comes back from sales, and what that was worth.
    pub(super) back: Back,
}

/// What was booked.
#[derive(Default)]
pub(super) struct Booked {
    pub(super) value: Option<i64>,
    pub(super) uses: Vec<LayerUse>,
    pub(super) made: Vec<LayerMade>,
}

/// The open layers of an item in a group, with what the store must know to keep them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costs {
    /// The open layers.
    pub stack: Stack,
    /// The number that the next layer gets; 1 while there has never been one.
    pub next_seq: i64,
    /// What came in new since the costs were loaded, by layer: instant, millionths, minor units.
    pub received: BTreeMap<i64, (Instant, i64, i64)>,
    /// No layer that was open when the costs were loaded is older.
    since: Instant,
}

impl Costs {
    /// No layer, ever.
    pub const fn new(method: Method) -> Costs {
        Costs::loaded(Stack::new(method), 1, Instant::MIN)
    }

    /// The layers as the store has them, of which none that is open is older than `since`.
    pub const fn loaded(stack: Stack, next_seq: i64, since: Instant) -> Costs {
        Costs { stack, next_seq, received: BTreeMap::new(), since }
    }

    /// No open layer is older than this, whichever of them were loaded: the store looks for the oldest from
    /// here on. `before` is what these costs were when they were loaded.
    ///
    /// What was not loaded is not older than anything that was. So when layers 10 and 20 were loaded of 10, 20
    /// and 30, both are used up and 40 came in, it is 20, and from there on the first that is open is 30.
    pub fn open_since(&self, before: &Costs) -> Instant {
        let known = match before.stack.layers().last() {
            Some(youngest) => Some(youngest.effective_at),
            None if before.stack.qty() > 0 => Some(before.since),
            None => None,
        };
        let first = self.stack.layers().next().map(|oldest| oldest.effective_at);
        known.into_iter().chain(first).min().unwrap_or(before.since)
    }

    /// A new layer.
    fn receive(&mut self, effective_at: Instant, qty: i64, value: i64) -> Result<LayerMade, Refusal> {
        let layer = Layer { seq: self.next_seq, effective_at, qty, value };
        let made = self.stack.receive(layer).map_err(refuse)?;
        let LayerUse { seq, effective_at, .. } = made;
        let (since, all_qty, all_value) = self.received.get(&seq).copied().unwrap_or((effective_at, 0, 0));
        // one layer may be used up and filled again many times before it is stored
        let sums = all_qty.checked_add(qty).zip(all_value.checked_add(value));
        let Some((all_qty, all_value)) = sums else {
            self.stack.take_back(made).map_err(refuse)?;
            return Err(Refusal::of(Why::ValueTooLarge));
        };
        self.next_seq += 1;
        self.received.insert(seq, (since, all_qty, all_value));
        Ok(LayerMade { seq, qty, value, effective_at, new: true })
    }

    /// Takes one step back. The steps are taken back in the opposite order, so what each one left
    /// is there.
    pub(super) fn take_back(&mut self, step: &CostStep) {
        let undone = match step {
            CostStep::Received(layer) => self.stack.take_back(*layer),
            CostStep::Used(uses) => self.stack.give_back(uses),
            CostStep::Given(uses) => uses.iter().rev().try_for_each(|used| self.stack.take_back(*used)),
        };
        debug_assert_eq!(undone, Ok(()), "a step that was taken can be taken back");
        if let CostStep::Received(LayerUse { seq, qty, value, .. }) = *step {
            self.next_seq -= 1;
            if let Some(sum) = self.received.get_mut(&seq) {
                (sum.1, sum.2) = (sum.1 - qty, sum.2 - value);
                if sum.1 == 0 {
                    self.received.remove(&seq);
                }
            }
        }
    }

    /// Whether a layer was there when the costs were loaded, given the number they began with.
    pub fn is_stored(seq: i64, next_seq: i64) -> bool {
        seq < next_seq && (seq != POOL_SEQ || next_seq > 1)
    }
}

/// A change of cost layers, enough to take it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum CostStep {
    /// Goods came in.
    Received(LayerUse),
    /// Layers were used.
    Used(Vec<LayerUse>),
    /// Layers got back what they had given.
    Given(Vec<LayerUse>),
}

/// Takes goods in, as a layer of their own.
fn receive(
    vault: &mut Vault,
    (item, group): (ItemId, Group),
    effective_at: Instant,
    qty: i64,
    value: i64,
) -> Result<LayerMade, Refusal> {
    let made = vault.costs(item, group)?.receive(effective_at, qty, value)?;
    let LayerMade { seq, qty, value, effective_at, .. } = made;
    vault.note_cost(item, group, CostStep::Received(LayerUse { seq, effective_at, qty, value }));
    Ok(made)
}

/// Books a movement by the rules of its groups.
pub(super) fn book(vault: &mut Vault, flow: &Flow, cost: Cost) -> Result<Booked, Refusal> {
    if flow.from == flow.to {
        return Ok(Booked::default());
    }
    let mut booked = Booked::default();
    let value = if flow.from.is_some() {
        let used = vault.costs(flow.item, flow.from)?.stack.consume(flow.qty).map_err(refuse)?;
        vault.note_cost(flow.item, flow.from, CostStep::Used(used.uses.clone()));
        booked.uses = used.uses;
        used.value
    } else {
        price(vault, flow, cost)?
    };
    booked.value = Some(value);
    if !flow.to.is_some() {
        return Ok(booked);
    }
    let home = (flow.item, flow.to);
    if booked.uses.is_empty() {
        booked.made.push(receive(vault, home, flow.effective_at, flow.qty, value)?);
    } else {
        // the layers follow the goods, each with the age that it has
        for used in &booked.uses {
            let effective_at = if used.seq == POOL_SEQ { flow.effective_at } else { used.effective_at };
            booked.made.push(receive(vault, home, effective_at, used.qty, used.value)?);
        }
    }
    Ok(booked)
}

/// What goods that come from outside are worth.
fn price(vault: &mut Vault, flow: &Flow, cost: Cost) -> Result<i64, Refusal> {
    let too_large = Refusal::of(Why::ValueTooLarge);
    match cost {
        Cost::Each { cost, unit } => {
            let qty = Qty::from_millionths(flow.qty).ok_or(Refusal::of(Why::TooLarge { qty: flow.qty }))?;
            cost.extend_in(unit, qty, flow.minor_digits).ok_or(too_large)
        }
        Cost::Total(total) if total >= 0 => Ok(total),
        Cost::Total(_) => Err(too_large),
        Cost::Unknown => {
            let stack = &vault.costs(flow.item, flow.to)?.stack;
            let rest = match flow.qty - flow.back.qty {
                // where there is nothing to take an average of, nothing is known
                rest if rest == 0 || stack.qty() == 0 => 0,
                rest => stack.at_average(rest).ok_or(Refusal::of(Why::ValueTooLarge))?,
            };
            rest.checked_add(flow.back.value).ok_or(too_large)
        }
    }
}

/// Books the mirror of a movement: what it took is given back as it was taken, what it made is
/// taken out again. Where its goods have been used meanwhile, others take their place.
pub(super) fn unbook(vault: &mut Vault, flow: &Flow, original: &Movement) -> Result<Booked, Refusal> {
    if flow.from == flow.to {
        return Ok(Booked::default());
    }
    let mut booked = Booked::default();
    let mut value = original.value.unwrap_or(0);
    if flow.from.is_some() {
        booked.uses = take_out(vault, (flow.item, flow.from), &original.made)?;
        value = booked.uses.iter().map(|used| used.value).sum();
    }
    booked.value = Some(value);
    if flow.to.is_some() {
        let uses = worth(&original.uses, value)?;
        vault.costs(flow.item, flow.to)?.stack.give_back(&uses).map_err(refuse)?;
        vault.note_cost(flow.item, flow.to, CostStep::Given(uses.clone()));
        booked.made = uses.iter().map(given_back).collect();
    }
    Ok(booked)
}

fn take_out(
    vault: &mut Vault,
    (item, group): (ItemId, Group),
    made: &[LayerMade],
) -> Result<Vec<LayerUse>, Refusal> {
    let mut uses = Vec::with_capacity(made.len());
    for LayerMade { seq, qty, value, effective_at, .. } in made.iter().copied() {
        let stack = &mut vault.costs(item, group)?.stack;
        let exact = LayerUse { seq, effective_at, qty, value };
        let taken = if stack.take_back(exact).is_ok() {
            vec![exact]
        } else {
            stack.consume_from(seq, effective_at, qty).map_err(refuse)?.uses
        };
        vault.note_cost(item, group, CostStep::Used(taken.clone()));
        uses.extend(taken);
    }
    Ok(uses)
}

/// The same uses, worth `value` in all: when the goods come back worth something else than they
/// went for, the difference is spread over them and nothing of it is lost.
fn worth(uses: &[LayerUse], value: i64) -> Result<Vec<LayerUse>, Refusal> {
    let sum: i64 = uses.iter().map(|used| used.value).sum();
    if sum == value {
        return Ok(uses.to_vec());
    }
    let (mut value_left, mut qty_left) = (value, uses.iter().map(|used| used.qty).sum::<i64>());
    let mut spread = Vec::with_capacity(uses.len());
    for used in uses {
        let part = share(value_left, used.qty, qty_left).ok_or(Refusal::of(Why::ValueTooLarge))?;
        value_left -= part;
        qty_left -= used.qty;
        spread.push(LayerUse { value: part, ..*used });
    }
    Ok(spread)
}

fn given_back(used: &LayerUse) -> LayerMade {
    let LayerUse { seq, effective_at, qty, value } = *used;
    LayerMade { seq, qty, value, effective_at, new: false }
}

/// A stack that refuses holds less than the balance says, or more than the books can hold.
fn refuse(error: CostError) -> Refusal {
    match error {
        CostError::QuantityTooLarge => Refusal::of(Why::BalanceTooLarge),
        CostError::NotPositive { qty } => Refusal::of(Why::NotPositive { qty }),
        CostError::NegativeValue { .. } | CostError::ValueTooLarge => Refusal::of(Why::ValueTooLarge),
        CostError::Short { .. }
        | CostError::Unloaded { .. }
        | CostError::LayerTwice { .. }
        | CostError::LayerLacks { .. } => Refusal::of(Why::Books(error)),
    }
}
