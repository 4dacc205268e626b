//! What goes along with goods that move: the place of a serial, and the claim that they are under.

use super::claim::{Claim, ClaimState, open_claim, reduce};
use super::key::{Balance, Holder, SiteKey, SiteStock};
use super::kind::Kind;
use super::post::Work;
use super::posted::ClaimChange;
use super::refusal::{Refusal, Why};
use super::step::Step;
use super::vault::Vault;
use crate::{ClaimId, Status};

impl Work<'_> {
    /// A serial leaves one place and enters another; it is never in two, at no effective instant: what it
    /// does takes effect in the order in which it is recorded.
    pub(super) fn carry_serial(&self, vault: &mut Vault, step: &Step) -> Result<(), Refusal> {
        let Holder { place: holder, latest } = vault.holder(step.lot)?;
        let expected = if step.source.is_virtual() { None } else { Some(step.from) };
        if holder != expected {
            let earlier = self.movements.iter().any(|movement| movement.lot == step.lot);
            return Err(Refusal::of(match holder {
                _ if earlier => Why::SerialTwice,
                Some(place) if expected.is_none() => Why::SerialInStock { place },
                holder => Why::SerialNotHere { holder },
            }));
        }
        if self.effective_at < latest {
            return Err(Refusal::of(Why::SerialMovedSince { since: latest }));
        }
        let place = if step.destination.is_virtual() { None } else { Some(step.to) };
        vault.set_holder(step.lot, Holder { place, latest: self.effective_at });
        Ok(())
    }

    /// Goods that are claimed leave with their claim: what goes out fulfils it, and a move takes an
    /// allocation along. Nothing else names a claim: goods that stay, come in or are lost fulfil none.
    pub(super) fn take_claim(
        &mut self,
        vault: &mut Vault,
        step: &Step,
        id: ClaimId,
        split: Option<ClaimId>,
    ) -> Result<(), Refusal> {
        let claim = open_claim(vault, id, self.clock.now)?;
        let moves = match (self.command.kind, claim.bin) {
            (Kind::Issue | Kind::Consume | Kind::Ship, _) => false,
            (Kind::Move, Some(_)) => true,
            _ => return Err(Refusal::of(Why::ClaimNotTaken)),
        };
        let key = step.source_key();
        let fits = match claim.key() {
            Some(bound) => bound == key,
            None => claim.item == step.item && claim.site == step.source.site,
        };
        if !fits {
            return Err(Refusal::of(Why::ClaimElsewhere));
        }
        claim.check_holds(step.qty)?;
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
        if partial {
            // what is split off is new: nothing was lost of it, and nobody was told of it
            (claim.lost, claim.told) = (0, 0);
        }
        claim.bin = Some((step.to.location, step.lot));
        claim.qty = step.qty;
        claim.state = ClaimState::Open;
        let change = if partial { ClaimChange::Allocated } else { ClaimChange::Moved };
        self.claims.push(claim.entry(change, step.qty));
        vault.set_claim(claim);
        // the goods are not there yet: `shift` brings them, so the counters are raised first
        let key = step.destination_key();
        let balance = vault.balance(key)?;
        vault.set_balance(key, Balance { allocated: balance.allocated + step.qty, ..balance });
        let site_key = SiteKey { item: step.item, site: step.destination.site };
        let site = vault.site(site_key)?;
        vault.set_site(site_key, SiteStock { allocated: site.allocated + step.qty, ..site });
        Ok(())
    }
}
