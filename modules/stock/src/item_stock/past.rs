//! What was on hand of an item at a moment: what is there now, less what each key gained since, at the
//! sites where its places stood then.
//!
//! The gains are known only together, so all of it is worked out and one page of it shown.

use super::store::{self, Held, Way};
use super::{AtSite, Building, Level, Shown, Slice};
use crate::as_of::{Moment, gains_of};
use crate::stood;
use catalog::ItemFacts;
use db::{Conn, DbError};
use domain::ledger::Key;
use domain::{LocationId, SiteId};
use places::SiteFacts;
use web::Scope;

pub(super) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: &ItemFacts,
    moment: &Moment,
    slice: Slice,
) -> Result<Shown, DbError> {
    let mut held = store::ever_held(item.id);
    conn.ask(&mut [&mut held])?;
    let mut held = held.rows();
    let gains = gains_of(conn, moment, &[item.id])?;
    for there in &mut held {
        let Held { location, lot, status, .. } = *there;
        let key = Key { item: item.id, location, lot, status };
        there.on_hand -= gains.get(&key).copied().unwrap_or_default();
    }
    held.retain(|there| there.on_hand != 0);
    put_back(conn, moment, &mut held)?;
    let ways = ways(conn, &held)?;
    let here = held.iter().map(|there| there.site).chain(ways.iter().map(|way| way.to));
    let sites = sites(conn, moment, here)?;
    let mut answer = Building::new(scope, item, sites, false);
    for way in &ways {
        answer.under_way(way);
    }
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

/// Puts what was on hand where its places stood then.
fn put_back(conn: &mut Conn<'_>, moment: &Moment, held: &mut [Held]) -> Result<(), DbError> {
    let mut places: Vec<LocationId> = held.iter().map(|there| there.location).collect();
    places.dedup();
    let elsewhere = stood::sites_then(conn, &places, moment.effective)?;
    for there in held {
        there.site = elsewhere.get(&there.location).copied().unwrap_or(there.site);
    }
    Ok(())
}

/// What was on its way. A transfer goes from and to the same sites as ever.
fn ways(conn: &mut Conn<'_>, held: &[Held]) -> Result<Vec<Way>, DbError> {
    let transit = || held.iter().filter(|there| !there.site.is_some());
    let ends = store::ways_of(conn, transit().map(|there| there.location))?;
    let way = |there: &Held| {
        let (from, to) = ends.get(&there.location).copied().unwrap_or((SiteId::NONE, SiteId::NONE));
        Way { from, to, shipped: there.on_hand, asked: 0 }
    };
    Ok(transit().map(way).collect())
}

/// The sites of then, by id: only what was on hand there, or on its way there, is known of them. No guard is
/// asked, as a site need not have had what stands there today.
fn sites(
    conn: &mut Conn<'_>,
    moment: &Moment,
    here: impl Iterator<Item = SiteId>,
) -> Result<Vec<AtSite>, DbError> {
    let mut ids: Vec<SiteId> = here.filter(|site| site.is_some()).collect();
    ids.sort_unstable();
    ids.dedup();
    let facts = places::site_facts_by_id(conn, &ids)?.into_iter().flatten();
    let site = |site: SiteFacts| {
        let today = site.zone.date(moment.effective);
        AtSite { site: site.id, code: site.code, today, level: Level::default() }
    };
    Ok(facts.map(site).collect())
}
