//! What was on hand of an item at a moment: what is there now, less what each key gained since.
//!
//! The gains are known only together, so all of it is worked out and one page of it shown.

use super::store::{self, Guard, Held};
use super::{AtSite, Building, Level, Shown, Slice};
use crate::as_of::{Moment, gains_of};
use catalog::ItemFacts;
use db::{Conn, DbError};
use domain::ledger::Key;
use rustc_hash::FxHashSet;
use web::Scope;

pub(super) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: &ItemFacts,
    moment: &Moment,
    slice: Slice,
) -> Result<Shown, DbError> {
    let (mut guards, mut held) = (store::guards(item.id), store::ever_held(item.id));
    conn.ask(&mut [&mut guards, &mut held])?;
    let (guards, mut held) = (guards.rows(), held.rows());
    let gains = gains_of(conn, moment, &[item.id])?;
    for there in &mut held {
        let Held { location, lot, status, .. } = *there;
        let key = Key { item: item.id, location, lot, status };
        there.on_hand -= gains.get(&key).copied().unwrap_or_default();
    }
    held.retain(|there| there.on_hand != 0);
    let had: FxHashSet<_> = held.iter().map(|there| there.site).collect();
    let guards = guards.into_iter().filter(|guard| had.contains(&guard.site));
    let sites = guards.map(|guard| then(guard, moment)).collect();
    let mut answer = Building::new(scope, item, sites, false);
    for there in &held {
        answer.count(there.site, there.on_hand);
    }
    let (mut next, mut count) = (None, 0);
    let listed = held.iter().filter(|there| slice.after.is_none_or(|after| there.after() > after));
    for there in listed.filter(|there| answer.sees(there)).collect::<Vec<_>>() {
        if count == slice.limit {
            return Ok((answer.done(), next));
        }
        answer.list(there);
        next = Some(there.after());
        count += 1;
    }
    Ok((answer.done(), None))
}

/// A site of then: only what was on hand is known of it.
fn then(guard: Guard, moment: &Moment) -> AtSite {
    let today = guard.today(moment.effective);
    AtSite { site: guard.site, code: guard.code, today, level: Level::default() }
}
