//! Whether a handling unit may be put into a place: all that is in it counts there.

use super::{load, store};
use db::Tx;
use domain::ledger::{Breach, Refusal, Why};
use domain::{LocationId, Problem};
use places::LocationFacts;
use rustc_hash::FxHashSet;
use web::Failure;

/// Refuses what the rules of the place refuse. What they only warn of is listed with what else is broken.
pub(crate) fn may_enter(tx: &mut Tx<'_>, unit: &LocationFacts, above: &LocationFacts) -> Result<(), Failure> {
    let contents = store::contents(tx, &[unit.id])?;
    if contents.is_empty() {
        return Ok(());
    }
    let items = contents.iter().map(|there| there.item).collect();
    let targets: FxHashSet<LocationId> = FxHashSet::from_iter([above.id]);
    let ends: FxHashSet<LocationId> = FxHashSet::from_iter([unit.id, above.id]);
    let mut rooms = load::hold(tx, (&targets, &ends), &items)?;
    for there in contents {
        let coming = (there.item, there.lot, there.qty);
        let lacks = rooms.lacks(coming, unit.id, above.id);
        if let Some(lacks) = lacks.into_iter().find(|lacks| lacks.breach == Breach::Refuse) {
            let code = places::facts_by_id(tx, &[lacks.room])?.pop().flatten().map(|facts| facts.code);
            let called = code.unwrap_or_else(|| above.code.clone());
            let refusal = Refusal::of(Why::NoRoom(Box::new(lacks)));
            let problem = refusal.problem(&|_| called.clone());
            return Err(Problem::at(problem.code, "/parent", problem.detail).into());
        }
        rooms.put_new(coming, unit.id, above.id);
    }
    Ok(())
}
