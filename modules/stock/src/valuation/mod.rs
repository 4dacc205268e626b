//! What stock is worth: by item and valuation group, now or at a moment, as the books have it.
//!
//! Now it is what the cost layers hold, first in first out or moving average as the organisation
//! has chosen. At a moment it is that, less what movements brought in and took out since:
//!
//! `value(E, R) = now − Σ months after the month of E − Σ movements of that month effective after E
//! − Σ movements effective up to E but recorded after R`
//!
//! A movement carries the cost that it was given when it was recorded, and keeps it. So the value
//! as it was known at a moment never changes, and the value of an effective moment changes only by
//! movements that were entered later for before it.

pub(crate) mod api;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::as_of::{GainsOf, Moment, gains};
use crate::desk::Desk;
use crate::sight::Sight;
use crate::walk::{Part, part};
use crate::{reach, transfer, veil};
use db::{Conn, DbError};
use domain::ledger::Group;
use domain::money::{Money, UnitCost};
use domain::{Code, Delta, ItemId, Problem, Qty};
use places::SiteFacts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::{AddAssign, Neg, SubAssign};
use store::{After, Filter, Stack};
use utoipa::ToSchema;
use web::{Failure, Scope};

/// So much, and what it is worth: millionths and minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) qty: i64,
    pub(crate) value: i64,
}

impl Worth {
    const NOTHING: Worth = Worth { qty: 0, value: 0 };
}

impl AddAssign for Worth {
    fn add_assign(&mut self, more: Worth) {
        self.qty += more.qty;
        self.value += more.value;
    }
}

impl SubAssign for Worth {
    fn sub_assign(&mut self, less: Worth) {
        *self += -less;
    }
}

impl Neg for Worth {
    type Output = Worth;

    fn neg(self) -> Worth {
        Worth { qty: -self.qty, value: -self.value }
    }
}

/// What an item is worth in a valuation group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ValuationRow {
    /// The item.
    pub(crate) sku: String,
    /// The unit of the quantity.
    pub(crate) unit: String,
    /// The site that the stock is valued at, `organisation` where all sites are valued together, or
    /// the transfer that the goods are under way with.
    pub(crate) group: String,
    /// How much.
    #[schema(value_type = String)]
    pub(crate) qty: Delta,
    /// What it is worth.
    pub(crate) value: String,
    /// What one unit is worth, in millionths of the currency at most; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) unit_cost: Option<String>,
    /// The currency of the books.
    pub(crate) currency: String,
    /// The third party whose goods these are, so that they are worth nothing here; left out for our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
}

/// What everything is worth.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ValuationTotals {
    /// `fifo` or `moving_average`.
    pub(crate) method: &'static str,
    /// The currency of the books.
    pub(crate) currency: String,
    /// What all of it is worth.
    pub(crate) value: String,
    /// Of it, each valuation group that has stock.
    pub(crate) groups: Vec<GroupTotal>,
}

/// What a valuation group is worth.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GroupTotal {
    /// The site, `organisation`, or `in_transit` for all that is under way between sites.
    pub(crate) group: String,
    /// What it is worth.
    pub(crate) value: String,
}

/// All transfers that are under way, in the totals.
const IN_TRANSIT: &str = "in_transit";
/// What the code of a transfer's location begins with.
const TRANSIT_MARK: char = '~';

/// The name of the group that all sites have in common, where they are valued together.
const ORGANISATION: &str = "organisation";

/// A site is named by its code, and what is under way by its transfer, whose location has its number.
fn group_name(code: Option<&str>) -> String {
    code.map_or(ORGANISATION, |code| code.trim_start_matches(TRANSIT_MARK)).to_owned()
}

/// The groups that a caller may see the value of, as one parameter of a statement; `None` for all.
/// A site's is for those who reach all of the site, any other for those who reach everything.
pub(crate) fn groups_within(
    conn: &mut Conn<'_>,
    scope: &Scope,
    name: Option<&str>,
) -> Result<Option<String>, Failure> {
    if scope.is_all() && name.is_none() {
        return Ok(None);
    }
    let common = is_common(conn)?;
    let mut groups = Vec::new();
    for site in places::sites(conn)? {
        let named = match name {
            None => true,
            Some(ORGANISATION) => common,
            Some(name) => !common && domain::code::fold(name) == domain::code::fold(&site.code),
        };
        if named && is_reached(scope, common, &site) {
            groups.push(site.valuation_group.to_string());
        }
    }
    if let (Some(name), true) = (name, groups.is_empty() && scope.is_all()) {
        let transit = format!("{TRANSIT_MARK}{name}");
        let found = places::facts_by_code(conn, &[&transit])?.pop().flatten();
        if let Some(place) = found
            && is_under_way(conn, scope, &group_name(Some(&place.code)))?
        {
            groups.push(place.valuation_group.to_string());
        }
    }
    match name {
        Some(name) if groups.is_empty() => {
            let detail =
                format!("there is no valuation group `{name}`; it is a site, a transfer or `{ORGANISATION}`");
            Err(Problem::at(Code::UnknownLocation, "?group", detail).into())
        }
        _ => Ok(Some(format!("[{}]", groups.join(",")))),
    }
}

/// Whether all sites are valued together.
fn is_common(conn: &mut Conn<'_>) -> Result<bool, DbError> {
    Ok(places::organisation(conn)?.valuation_grouping == places::ValuationGrouping::Organisation)
}

/// Whether something of what is under way with a transfer is within reach, of which everything is.
fn is_under_way(conn: &mut Conn<'_>, scope: &Scope, number: &str) -> Result<bool, DbError> {
    let mut sight = Sight::new(scope, None);
    let lines = transfer::store::by_number(conn, number)?.map(|transfer| transfer.lines).unwrap_or_default();
    for line in lines {
        if sight.scope(conn, line.item)?.is_all() {
            return Ok(true);
        }
    }
    Ok(!sight.is_by_item())
}

/// Whether the group of a site is within reach.
fn is_reached(scope: &Scope, common: bool, site: &SiteFacts) -> bool {
    if common { scope.is_all() } else { reach::site(scope, site.id) }
}

/// Of which items which groups are within reach.
struct Groups {
    sight: Sight,
    /// By where an item is within reach; none for all.
    known: Vec<(Scope, Option<Vec<i64>>)>,
}

impl Groups {
    fn has(&mut self, conn: &mut Conn<'_>, stack: &Stack) -> Result<bool, DbError> {
        let scope = self.sight.scope(conn, stack.item)?;
        if let Some((_, groups)) = self.known.iter().find(|(known, _)| *known == scope) {
            return Ok(groups.as_ref().is_none_or(|groups| groups.contains(&stack.group.0)));
        }
        let common = is_common(conn)?;
        let mut groups = places::sites(conn)?;
        groups.retain(|site| is_reached(&scope, common, site));
        let groups = groups.into_iter().map(|site| site.valuation_group).collect();
        let groups = (!scope.is_all()).then_some(groups);
        self.known.push((scope, groups));
        self.has(conn, stack)
    }
}

/// A page of rows. At a moment it may be short, or even empty, and still say where to go on: what is
/// worth something by now and was worth nothing then is looked at and left out.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    filter: Filter,
    moment: Option<&Moment>,
) -> Result<Part<ValuationRow, After>, DbError> {
    let desk = Desk::read(conn)?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut filter = Filter { with_zeros: moment.is_some(), ..filter };
    let mut within =
        filter.by_item.as_ref().map(|scope| Groups { sight: Sight::new(scope, None), known: Vec::new() });
    let mut begin = filter.after.take();
    if let Some((sku, _)) = &mut begin {
        veil::find_sku(conn, sku)?;
    }
    let mut found = part(limit, begin, |after, most| {
        filter.after = after.cloned();
        filter.limit = i64::try_from(most).unwrap_or(i64::MAX);
        let mut read = store::page(conn, &filter)?;
        if let Some(moment) = moment {
            turn_back(conn, moment, &mut read)?;
        }
        let items: Vec<ItemId> = read.iter().map(|stack| stack.item).collect();
        let facts = catalog::facts_by_id(conn, &items)?.into_iter();
        let owners = facts.map(|item| item.and_then(|item| item.owner));
        let mut seen = vec![true; read.len()];
        if let Some(within) = &mut within {
            within.sight.meet(conn, items)?;
            for (seen, stack) in seen.iter_mut().zip(&read) {
                *seen = within.has(conn, stack)?;
            }
        }
        let looked = read.into_iter().zip(owners).zip(seen).map(|((stack, owner), seen)| {
            let (after, row) = looked_at(&desk, stack, owner);
            (after, row.filter(|_| seen))
        });
        Ok(looked.collect())
    })?;
    if let Some((sku, _)) = &mut found.next {
        veil::hide_sku(conn, filter.by_item.as_ref(), sku)?;
    }
    Ok(found)
}

/// Makes stacks of now those of a moment.
fn turn_back(conn: &mut Conn<'_>, moment: &Moment, stacks: &mut [Stack]) -> Result<(), DbError> {
    let mut items: Vec<ItemId> = stacks.iter().map(|stack| stack.item).collect();
    items.sort_unstable();
    items.dedup();
    let gains = gains::<Worth>(conn, moment, Some(&items))?;
    for stack in stacks {
        stack.worth -= gains.get(&(stack.item, stack.group)).copied().unwrap_or_default();
    }
    Ok(())
}

/// Where a stack stands in the list, and its row unless it is nothing.
fn looked_at(desk: &Desk, stack: Stack, owner: Option<String>) -> (After, Option<ValuationRow>) {
    let Stack { item: _, sku, sku_folded, unit, group, code, worth } = stack;
    let qty = Qty::from_millionths(worth.qty).filter(|_| worth.value >= 0);
    let unit_cost = qty.and_then(|qty| UnitCost::of(worth.value, qty, desk.minor_digits));
    let row = ValuationRow {
        sku,
        unit,
        group: group_name(code.as_deref()),
        qty: Delta(worth.qty),
        value: amount(desk, worth.value),
        unit_cost: unit_cost.map(|cost| cost.to_string()),
        currency: desk.currency.to_string(),
        // what was worth something then was our own
        owner: owner.filter(|_| worth.value == 0),
    };
    ((sku_folded, group.0), (worth != Worth::NOTHING).then_some(row))
}

fn amount(desk: &Desk, minor: i64) -> String {
    Money { minor, currency: desk.currency }.amount().to_string()
}

/// Calls for every stack that is not nothing, now or at a moment; of one item, or of all.
///
/// # Errors
/// When the store fails.
pub(crate) fn everything(
    conn: &mut Conn<'_>,
    item: Option<ItemId>,
    moment: Option<&Moment>,
    mut each: impl FnMut(ItemId, Group, Worth),
) -> Result<(), DbError> {
    let gains = match moment {
        Some(moment) => gains::<Worth>(conn, moment, item.as_ref().map(std::slice::from_ref))?,
        None => GainsOf::<Worth>::default(),
    };
    store::stacks(conn, item, |key, mut worth| {
        worth -= gains.get(&key).copied().unwrap_or_default();
        if worth != Worth::NOTHING {
            each(key.0, key.1, worth);
        }
    })
}

/// Calls for every item and valuation group that held something or was worth something, now or at a
/// moment: how much, and its worth in minor units of the currency of the books.
///
/// # Errors
/// When the store fails.
pub fn worth_of_everything(
    conn: &mut Conn<'_>,
    moment: Option<&Moment>,
    mut each: impl FnMut(ItemId, Group, Delta, i64),
) -> Result<(), DbError> {
    everything(conn, None, moment, |item, group, worth| each(item, group, Delta(worth.qty), worth.value))
}

/// What all stock is worth, or that of one item, within some groups.
pub(crate) fn totals(
    conn: &mut Conn<'_>,
    item: Option<ItemId>,
    groups: Option<&str>,
    moment: Option<&Moment>,
) -> Result<ValuationTotals, Failure> {
    let desk = Desk::read(conn)?;
    let wanted: Option<Vec<i64>> = groups.map(serde_json::from_str).transpose()?;
    let mut sums: BTreeMap<Group, i64> = BTreeMap::new();
    everything(conn, item, moment, |_, group, worth| {
        if wanted.as_ref().is_none_or(|wanted| wanted.contains(&group.0)) {
            *sums.entry(group).or_default() += worth.value;
        }
    })?;
    let places: Vec<domain::LocationId> = sums.keys().map(|group| domain::LocationId(group.0)).collect();
    let codes = places::facts_by_id(conn, &places)?;
    let mut totals: BTreeMap<String, i64> = BTreeMap::new();
    for (value, place) in sums.values().zip(&codes) {
        let group = match place.as_ref().map(|place| place.code.as_str()) {
            Some(code) if code.starts_with(TRANSIT_MARK) => IN_TRANSIT.to_owned(),
            code => group_name(code),
        };
        *totals.entry(group).or_default() += value;
    }
    let groups =
        totals.iter().map(|(group, value)| GroupTotal { group: group.clone(), value: amount(&desk, *value) });
    Ok(ValuationTotals {
        method: desk.method.word(),
        currency: desk.currency.to_string(),
        value: amount(&desk, sums.values().sum()),
        groups: groups.collect(),
    })
}
