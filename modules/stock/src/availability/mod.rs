//! What of an item can be sold now, and what can be promised for a later day, site by site.
//!
//! The numbers of now are those of `item_stock`, and the promise is `decide`'s; neither is defined
//! anywhere else. Supply and demand come from open transfers. A promise counts on nothing that may
//! not happen: not on goods whose day nobody has said or whose day is past (`unscheduled`), not on
//! a transfer that has not left, and not on a reservation that may end by itself.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod list;
pub(crate) mod list_api;
#[cfg(test)]
mod list_tests;
pub(crate) mod store;
pub(crate) mod store_list;
#[cfg(test)]
mod tests;

use crate::item_stock::{self, AtSite, Lasting};
use crate::reach;
use catalog::ItemFacts;
use db::Conn;
use decide::{Change, Day, days, promise};
use domain::when::{Date, plus_days};
use domain::{Code, Delta, Instant, LocationId, Problem, SiteId};
use rustc_hash::FxHashMap;
use serde::Serialize;
use store::{OpenLine, Transit};
use utoipa::ToSchema;
use web::{Failure, Scope};

/// What can be sold and promised of an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ItemAvailability {
    /// The item.
    pub(crate) sku: String,
    /// The unit of all quantities here.
    pub(crate) unit: String,
    /// Available at all of these sites together, each counted by itself.
    #[schema(value_type = String)]
    pub(crate) available: Delta,
    /// The sites that have, have had, or will get the item.
    pub(crate) sites: Vec<SiteAvailability>,
}

/// What can be sold and promised at a site.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SiteAvailability {
    /// The site.
    pub(crate) site: String,
    /// Good, in sellable unblocked locations, not past its last sellable day.
    #[schema(value_type = String)]
    pub(crate) sellable: Delta,
    /// Promised, no bin chosen yet.
    #[schema(value_type = String)]
    pub(crate) reserved: Delta,
    /// Bound to bins.
    #[schema(value_type = String)]
    pub(crate) allocated: Delta,
    /// Sellable minus reserved minus allocated, never below zero.
    #[schema(value_type = String)]
    pub(crate) available: Delta,
    /// Accepted beyond stock, or lost since: what comes goes there first.
    #[schema(value_type = String)]
    pub(crate) backordered: Delta,
    /// The day that was asked for, in the site's calendar; today when none was.
    #[schema(value_type = String, format = Date)]
    pub(crate) on: String,
    /// What can be promised for that day without breaking a promise of any later one.
    #[schema(value_type = String)]
    pub(crate) available_to_promise: Delta,
    /// On its way here without a day to count on: none was said, or it is past. What is of a lot on hold
    /// is not part of it.
    #[schema(value_type = String)]
    pub(crate) unscheduled: Delta,
    /// Today and each day on which something changes, up to the day that was asked for; every one
    /// when none was.
    pub(crate) days: Vec<PromiseDay>,
}

/// A day on which something changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PromiseDay {
    /// The day, in the site's calendar.
    #[schema(value_type = String, format = Date)]
    pub(crate) on: String,
    /// What comes.
    #[schema(value_type = String)]
    pub(crate) supply: Delta,
    /// What goes.
    #[schema(value_type = String)]
    pub(crate) demand: Delta,
    /// What is past its last sellable day from this day on.
    #[schema(value_type = String)]
    pub(crate) expiring: Delta,
    /// Available now, and what comes, less what goes and expires up to this day; below zero where
    /// more is asked for than there will be.
    #[schema(value_type = String)]
    pub(crate) projected: Delta,
    /// What can be promised for this day without breaking a promise of any later one.
    #[schema(value_type = String)]
    pub(crate) available_to_promise: Delta,
}

/// What a question is about, beside the item.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) site: Option<SiteId>,
    pub(crate) until: Option<Date>,
}

/// What can be sold and promised of an item, as far as the scope reaches: a site out of reach is not
/// there.
pub(crate) fn read(
    conn: &mut Conn<'_>,
    scope: &Scope,
    item: &ItemFacts,
    now: Instant,
    asked: Asked,
) -> Result<ItemAvailability, Failure> {
    let (mut guards, mut lasting) = item_stock::numbers(item.id);
    let (mut transit, mut lines) = (store::transit(item.id), store::open_lines(item.id));
    conn.ask(&mut [&mut guards, &mut lasting, &mut transit, &mut lines])?;
    let (lasting, transit, lines) = (lasting.rows(), transit.rows(), lines.rows());
    let sites = item_stock::at_sites(guards.rows(), &lasting, now);
    let sites = item_stock::with_coming(conn, sites, lines.iter().map(|line| line.to_site), now)?;
    let mut answer = ItemAvailability {
        sku: item.sku.clone(),
        unit: item.base_unit.clone(),
        available: Delta::ZERO,
        sites: Vec::new(),
    };
    let mut past = true;
    for at in sites {
        let wanted = asked.site.is_none_or(|site| site == at.site);
        if !wanted || !reach::site(scope, at.site) {
            continue;
        }
        let (changes, unscheduled) = changes(&at, &lasting, &transit, &lines);
        let days = days(at.level.available, at.today, &changes);
        answer.available = Delta(answer.available.0 + at.level.available);
        past = past && asked.until.is_some_and(|until| until < at.today);
        answer.sites.push(shown(&at, &days, unscheduled, asked.until));
    }
    match asked.until {
        // where it is still today, it may be asked for
        Some(until) if past && !answer.sites.is_empty() => {
            let detail = format!("`{until}` is over, and nothing more can be promised for it");
            Err(Problem::at(Code::MalformedParameter, "?until", detail).into())
        }
        _ => Ok(answer),
    }
}

/// What will change what is available at a site, and what is on its way without a day to count on.
fn changes(
    at: &AtSite,
    lasting: &[Lasting],
    transit: &[Transit],
    lines: &[OpenLine],
) -> (Vec<(Date, Change)>, i64) {
    let today = at.today;
    let mut changes = Vec::new();
    // what is past its day already does not count in what is available
    for good in lasting.iter().filter(|good| good.site == at.site && good.last >= today) {
        if let Some(over) = plus_days(good.last, 1) {
            changes.push((over, Change::Expiring((good.on_hand - good.allocated).max(0))));
        }
    }
    if at.level.backordered > 0 {
        // who waits is covered by whatever comes first
        changes.push((today, Change::Demand(at.level.backordered)));
    }
    for line in lines.iter().filter(|line| line.from_site == at.site && line.unbound > 0) {
        changes.push((today, Change::Demand(line.unbound)));
    }
    // the lines of a transfer have one transit location in common
    let coming: FxHashMap<LocationId, Option<Date>> = lines
        .iter()
        .filter(|line| line.to_site == at.site)
        .map(|line| (line.transit, line.expected_on))
        .collect();
    let mut unscheduled = 0;
    for held in transit {
        let Some(expected_on) = coming.get(&held.location) else { continue };
        match expected_on.filter(|day| *day >= today) {
            None => unscheduled += held.on_hand,
            Some(day) if held.last.is_some_and(|last| last < day) => {}
            Some(day) => {
                changes.push((day, Change::Supply(held.on_hand)));
                if let Some(over) = held.last.and_then(|last| plus_days(last, 1)) {
                    changes.push((over, Change::Expiring(held.on_hand)));
                }
            }
        }
    }
    (changes, unscheduled)
}

fn shown(at: &AtSite, days: &[Day], unscheduled: i64, until: Option<Date>) -> SiteAvailability {
    let AtSite { code, level, today, .. } = at;
    let on = until.unwrap_or(*today);
    let listed = days.iter().filter(|day| until.is_none_or(|until| day.on <= until));
    SiteAvailability {
        site: code.clone(),
        sellable: Delta(level.sellable),
        reserved: Delta(level.reserved),
        allocated: Delta(level.allocated),
        available: Delta(level.available),
        backordered: Delta(level.backordered),
        on: on.to_string(),
        available_to_promise: Delta(promise(days, on)),
        unscheduled: Delta(unscheduled),
        days: listed.map(shown_day).collect(),
    }
}

fn shown_day(day: &Day) -> PromiseDay {
    let Day { on, supply, demand, expiring, projected, promise } = *day;
    PromiseDay {
        on: on.to_string(),
        supply: Delta(supply),
        demand: Delta(demand),
        expiring: Delta(expiring),
        projected: Delta(projected),
        available_to_promise: Delta(promise),
    }
}
