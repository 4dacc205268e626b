//! Deciding a reversal: the mirror of an earlier posting, and the only way to correct one.
//!
//! Every movement goes back the way it came, in the opposite order, and cost layers get back
//! exactly what they gave. Claims that the original changed stay as they are.

use super::command::{Amount, Clock, Cost, Line, Post};
use super::kind::Kind;
use super::post::{Booking, Work};
use super::posted::{Movement, Posted};
use super::refusal::{Refusal, Why};
use super::sale::{self, Returned};
use super::vault::Vault;
use crate::{Instant, PostingId};

/// The posting that is to be reversed, as the store has it.
#[derive(Clone, Debug)]
pub struct Original {
    /// Its id.
    pub id: PostingId,
    /// What kind it was.
    pub kind: Kind,
    /// When it happened.
    pub effective_at: Instant,
    /// Its movements, with the layers they used and made.
    pub movements: Vec<Movement>,
    /// What it took back from which sales.
    pub returns: Vec<Returned>,
    /// Its reversal, if there is one.
    pub reversed_by: Option<PostingId>,
}

/// Reverse a posting as a whole.
#[derive(Clone, Debug)]
pub struct Reverse {
    /// The reversal's own id.
    pub id: PostingId,
    /// When it happens; `None` for now.
    pub effective_at: Option<Instant>,
    /// See [`Post::post_late`].
    pub post_late: bool,
    /// What is reversed.
    pub original: Original,
}

/// Decides a reversal.
///
/// # Errors
/// When the goods are not there any more, are claimed, a place of the original counts at another site
/// by now, something came back of a sale, or the original is reversed already.
pub fn reverse(vault: &mut Vault, command: &Reverse, clock: &Clock<'_>) -> Result<Posted, Refusal> {
    let original = &command.original;
    if let Some(by) = original.reversed_by {
        return Err(Refusal::of(Why::AlreadyReversed { by }));
    }
    if original.kind == Kind::Reverse || original.movements.is_empty() {
        return Err(Refusal::of(Why::NotReversible));
    }
    check_places(vault, original)?;
    let mirrored: Vec<&Movement> = original.movements.iter().rev().collect();
    let post = Post {
        id: command.id,
        kind: Kind::Reverse,
        effective_at: command.effective_at,
        post_late: command.post_late,
        lines: mirrored.iter().map(|movement| mirror(movement)).collect(),
        returns: Vec::new(),
    };
    vault.attempt(|vault| {
        sale::undo(vault, original)?;
        Work::run(vault, &post, (clock, None), &|number| {
            mirrored.get(number).map_or(Booking::New(Cost::Unknown), |movement| Booking::Mirror(movement))
        })
    })
}

/// Goods go back into the very layers they came from, and never from one site to another: every place
/// is valued where it was, and both ends of a movement stand where one movement could join them. Only
/// what relocated goods has its ends in two sites.
fn check_places(vault: &Vault, original: &Original) -> Result<(), Refusal> {
    for movement in &original.movements {
        let (from, to) = (vault.location(movement.from.location)?, vault.location(movement.to.location)?);
        let ends =
            [(movement.from, from.group, movement.from_group), (movement.to, to.group, movement.to_group)];
        if let Some((place, ..)) = ends.into_iter().find(|(_, now, then)| now != then) {
            return Err(Refusal::of(Why::StoodElsewhere { place }));
        }
        let both = from.site.is_some() && to.site.is_some();
        if both && from.site != to.site && original.kind != Kind::Relocate {
            return Err(Refusal::of(Why::StoodElsewhere { place: movement.to }));
        }
    }
    Ok(())
}

fn mirror(movement: &Movement) -> Line {
    Line {
        item: movement.item,
        lot: movement.lot,
        from: movement.to,
        to: movement.from,
        amount: Amount::Move(movement.qty),
        claim: None,
        split: None,
        cost: Cost::Unknown,
    }
}
