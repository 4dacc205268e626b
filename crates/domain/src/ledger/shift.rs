//! Moving a quantity: both balances, the guards of both sites, the cost layers.

use super::checks::expiry_of;
use super::cost;
use super::key::{Balance, Key, SiteKey, SiteStock};
use super::post::{Booking, Work};
use super::posted::Movement;
use super::refusal::{Refusal, Why};
use super::sale::Back;
use super::step::Step;
use super::vault::Vault;
use crate::{Instant, Status};

impl Work<'_> {
    /// Moves the quantity: both balances, both guards, the cost layers.
    pub(super) fn shift(
        &self,
        vault: &mut Vault,
        line: usize,
        step: &Step,
        (booking, back): (Booking<'_>, Back),
    ) -> Result<Movement, Refusal> {
        let from = self.take(vault, step)?;
        let to = self.put(vault, step, from.since, booking)?;
        self.guard(vault, step)?;
        let flow = cost::Flow {
            item: step.item,
            qty: step.qty,
            from: step.source.group,
            to: step.destination.group,
            effective_at: self.effective_at,
            minor_digits: self.clock.minor_digits,
            back,
        };
        let booked = match booking {
            Booking::New(cost) => cost::book(vault, &flow, cost)?,
            Booking::Mirror(original) => cost::unbook(vault, &flow, original)?,
        };
        // nothing of a third party that comes in is worth anything, though it was our own once; what it has
        // been worth since before that was so may go
        let comes_in = !step.source.group.is_some() && step.destination.group.is_some();
        if comes_in && vault.item(step.item)?.third_party && booked.value.unwrap_or(0) != 0 {
            return Err(Refusal::of(match booking {
                Booking::New(_) => Why::SoldAsOwn,
                Booking::Mirror(_) => Why::OwnThen,
            }));
        }
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
    fn take(&self, vault: &mut Vault, step: &Step) -> Result<Balance, Refusal> {
        let key = step.source_key();
        if !step.source.is_virtual() {
            let balance = vault.balance(key)?;
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
        let since = vault.balance(key)?.since;
        self.change(vault, key, -step.qty, since)
    }

    /// Puts down at the destination: goods bring their age along, and what comes from outside is new.
    fn put(
        &self,
        vault: &mut Vault,
        step: &Step,
        source_since: Instant,
        booking: Booking<'_>,
    ) -> Result<Balance, Refusal> {
        let key = step.destination_key();
        let was = vault.balance(key)?;
        let came = if step.source.is_virtual() { self.effective_at } else { source_since };
        // what a reversal gives back is what went out: it is as old as the last that stood here
        let is_mirror = matches!(booking, Booking::Mirror(_)) && was.ver > 0;
        let since = if was.on_hand > 0 || is_mirror { was.since.min(came) } else { came };
        self.change(vault, key, step.qty, since)
    }

    /// Changes what a balance has, and notes it in the history of the key.
    fn change(&self, vault: &mut Vault, key: Key, qty: i64, since: Instant) -> Result<Balance, Refusal> {
        let was = vault.balance(key)?;
        let on_hand = was.on_hand.checked_add(qty).ok_or(Refusal::of(Why::BalanceTooLarge))?;
        let latest = was.latest.max(self.effective_at);
        let now = Balance { on_hand, ver: was.ver + 1, latest, since, ..was };
        vault.set_balance(key, now);
        vault.put_into_rooms(key, qty);
        vault.note(key, self.effective_at, qty);
        Ok(now)
    }

    /// The sellable number of the two sites, the promise it has to cover, and the day on which good stock
    /// of the site expires first.
    fn guard(&self, vault: &mut Vault, step: &Step) -> Result<(), Refusal> {
        if step.to.status == Status::Good && step.destination.site.is_some() {
            let key = SiteKey { item: step.item, site: step.destination.site };
            let site = vault.site(key)?;
            let next_expiry = match expiry_of(vault, step.lot)? {
                Some(expiry) => Some(site.next_expiry.map_or(expiry, |next| next.min(expiry))),
                None => site.next_expiry,
            };
            // what is not for sale expires too
            let more = if step.destination.counts() { step.qty } else { 0 };
            let sellable = site.sellable.checked_add(more).ok_or(Refusal::of(Why::BalanceTooLarge))?;
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
