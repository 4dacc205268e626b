//! What the year stands on: the organisation, the site with its bins, the items, the lots.

use super::store;
use crate::online_retail::{Item, Ix, Year, ZONE};
use catalog::NewItem;
use db::{Conn, DbError, Tx};
use domain::costing::Method;
use domain::{Code, Ctx, ItemClass, ItemId, LocationId, LotId, Problem};
use places::{Organisation, ValuationGrouping};
use serde_json::json;
use stock::HistoryLot;
use web::{Failure, Reached};

/// The reason of everything that the file does not have.
pub(super) const SIMULATED: &str = "simulated";
/// The reasons of what left without being paid for: code and name.
const UNPAID: [(&str, &str); 2] =
    [("gift", "Sent to a customer without charge"), ("sent_free", "Sent without charge, customer unknown")];
/// The categories of the year: what is sold, and what is done.
const GOODS: &str = "gifts";
const SERVICES: &str = "services";
/// The currency of the books.
const CURRENCY: &str = "GBP";
/// The site.
pub(super) const SITE: &str = "LON";
/// The bins: four aisles of twenty-five racks with three bins each.
const BINS: &str = "LON-{A..D}-{01..25}-{1..3}";
/// How many bins that is.
pub(super) const BINS_COUNT: usize = 300;
/// Where goods arrive and leave, beside the bins.
const DOCKS: [(&str, &str); 3] = [("LON-IN", "receiving"), ("LON-OUT", "staging"), ("LON-QC", "quarantine")];

/// Where the plan's positions are in the store.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) items: Vec<ItemId>,
    pub(super) bins: Vec<LocationId>,
    pub(super) lots: Vec<LotId>,
}

impl Ground {
    /// The home of an item.
    pub(super) fn bin_of(&self, item: Ix) -> Option<LocationId> {
        self.bins.get(item.index().checked_rem(self.bins.len())?).copied()
    }
}

/// Makes everything, in an empty database only.
pub(super) fn prepare(tx: &mut Tx<'_>, ctx: &Ctx, year: &Year) -> Result<Ground, Failure> {
    keep_books(tx, ctx)?;
    let site = json!({ "code": SITE, "name": "London warehouse", "kind": "site", "zone": ZONE });
    places::create_location(tx, ctx, Reached::All, &serde_json::from_value(site)?)?;
    for (code, role) in DOCKS {
        let dock = json!({ "code": code, "kind": "zone", "parent": SITE, "role": role });
        places::create_location(tx, ctx, Reached::All, &serde_json::from_value(dock)?)?;
    }
    let bins = json!({
        "parent": SITE, "pattern": BINS,
        "levels": [{ "kind": "aisle" }, { "kind": "rack" }, { "kind": "bin", "role": "pick_face" }],
    });
    places::make_locations(tx, ctx, Reached::All, &serde_json::from_value(bins)?)?;
    stock::make_reasons(tx, ctx, &UNPAID)?;
    for category in [GOODS, SERVICES] {
        catalog::ensure_category(tx, ctx, category)?;
    }
    let wanted: Vec<NewItem> = year.items.iter().map(new_item).collect::<Result<_, _>>()?;
    for chunk in wanted.chunks(catalog::ITEMS_PER_CALL_MAX) {
        catalog::create_items(tx, ctx, chunk)?;
    }
    let mut ground = find(tx, year)?;
    let lots: Vec<HistoryLot> = history_lots(year, &ground).collect();
    ground.lots = stock::history_lots(tx, ctx, &lots)?;
    Ok(ground)
}

/// Refuses a database that somebody has begun with, and sets the books up as the year needs them unless
/// they are kept so already.
fn keep_books(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Failure> {
    let site = places::sites(tx)?.into_iter().next().map(|site| format!("the site `{}`", site.code));
    let found = match site {
        None => store::any_item(tx)?.map(|sku| format!("the item `{sku}`")),
        site => site,
    };
    if let Some(found) = found {
        return Err(in_use(&format!(
            "{found} is there already, and the real year goes into an empty database"
        )));
    }
    let organisation = places::organisation(tx)?;
    let Organisation { currency, zone, valuation_method, valuation_grouping, version, .. } = &organisation;
    if *version == 0 {
        let books = json!({ "name": "The real year", "currency": CURRENCY, "zone": ZONE,
            "valuation_method": Method::Fifo.word(), "valuation_grouping": ValuationGrouping::Site.word() });
        stock::set_up_organisation(tx, ctx, &serde_json::from_value(books)?)?;
        return Ok(());
    }
    let kept = (currency.code(), zone.name(), *valuation_method, *valuation_grouping);
    if kept == (CURRENCY, ZONE, Method::Fifo, ValuationGrouping::Site) {
        return Ok(());
    }
    let (method, grouping) = (valuation_method.word(), valuation_grouping.word());
    Err(in_use(&format!(
        "the books are kept in {}, their months in {}, the valuation is {method} by {grouping}; the real year is kept \
         in {CURRENCY}, {ZONE}, {} by {}",
        currency.code(),
        zone.name(),
        Method::Fifo.word(),
        ValuationGrouping::Site.word()
    )))
}

fn in_use(found: &str) -> Failure {
    Problem::new(Code::InUse, format!("{found}; name a fresh folder with `--data`, or an empty database"))
        .into()
}

/// Finds everything again, for an import that goes on.
pub(super) fn find_again(tx: &mut Tx<'_>, ctx: &Ctx, year: &Year) -> Result<Ground, Failure> {
    let mut ground = find(tx, year)?;
    let lots: Vec<HistoryLot> = history_lots(year, &ground).collect();
    ground.lots = stock::history_lots(tx, ctx, &lots)?;
    Ok(ground)
}

/// Items and bins.
fn find(conn: &mut Conn<'_>, year: &Year) -> Result<Ground, Failure> {
    let skus: Vec<&str> = year.items.iter().map(|item| item.sku.as_str()).collect();
    let items = catalog::facts_by_sku(conn, &skus)?;
    let items: Option<Vec<ItemId>> = items.into_iter().map(|facts| facts.map(|facts| facts.id)).collect();
    let bins = bins(conn)?;
    match (items, bins) {
        (Some(items), Some(bins)) => Ok(Ground { items, bins, lots: Vec::new() }),
        _ => Err(Failure::fault(
            "an item or a bin of the year is not there any more; begin with a fresh folder",
        )),
    }
}

/// The bins in the order of their codes; `None` when one is not there.
pub(super) fn bins(conn: &mut Conn<'_>) -> Result<Option<Vec<LocationId>>, DbError> {
    let codes: Vec<String> = bin_codes().collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let found = places::facts_by_code(conn, &codes)?;
    Ok(found.into_iter().map(|facts| facts.map(|facts| facts.id)).collect())
}

/// The codes that [`BINS`] stands for.
pub(super) fn bin_codes() -> impl Iterator<Item = String> {
    let racks = ('A'..='D').flat_map(|aisle| (1..=25).map(move |rack| (aisle, rack)));
    racks.flat_map(|(aisle, rack)| (1..=3).map(move |bin| format!("LON-{aisle}-{rack:02}-{bin}")))
}

fn history_lots<'y>(year: &'y Year, ground: &'y Ground) -> impl Iterator<Item = HistoryLot> + 'y {
    year.lots.all.iter().filter_map(|lot| {
        let item = *ground.items.get(lot.item.index())?;
        Some(HistoryLot { item, code: lot.code.clone(), made_on: lot.made_on })
    })
}

/// An item of the file; goods that sell in dozens get a carton of twelve as a packaging.
fn new_item(item: &Item) -> Result<NewItem, Failure> {
    let stocked = item.class != ItemClass::Service;
    let units = if stocked { json!([{ "unit": "carton", "factor": "12" }]) } else { json!([]) };
    Ok(serde_json::from_value(json!({
        "sku": item.sku, "name": item.name, "base_unit": "each", "class": item.class.word(), "tracking": if item.by_lot { "lot" } else { "none" },
        "category": if stocked { GOODS } else { SERVICES }, "units": units,
    }))?)
}
