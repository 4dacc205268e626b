//! What the year stands on: the organisation, the site with its bins, the items.

use super::{Ground, not_empty};
use crate::online_retail::{Item, Year, ZONE};
use catalog::NewItem;
use db::Tx;
use domain::{Ctx, ItemClass, LocationId, LocationKind};
use serde_json::json;
use web::{Failure, Reached};

/// The reason of everything that the file does not have.
pub(super) const SIMULATED: &str = "simulated";
/// The site.
pub(super) const SITE: &str = "LON";
/// The bins: four aisles of twenty-five racks with three bins each.
const BINS: &str = "LON-{A..D}-{01..25}-{1..3}";
/// Where goods arrive and leave, beside the bins.
const DOCKS: [(&str, &str); 3] = [("LON-IN", "receiving"), ("LON-OUT", "staging"), ("LON-QC", "quarantine")];

/// Makes everything, in an empty database only.
pub(super) fn prepare(tx: &mut Tx<'_>, ctx: &Ctx, year: &Year) -> Result<Ground, Failure> {
    if !places::sites(tx)?.is_empty() || places::organisation(tx)?.version > 0 {
        return Err(not_empty().into());
    }
    let organisation =
        json!({ "name": "The real year", "currency": "GBP", "zone": ZONE, "valuation_method": "fifo" });
    places::set_up(tx, ctx, &serde_json::from_value(organisation)?)?;
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
    let made = places::make_locations(tx, ctx, Reached::All, &serde_json::from_value(bins)?)?;
    let codes: Vec<&str> = made
        .locations
        .iter()
        .filter(|made| made.kind == LocationKind::Bin)
        .map(|made| made.code.as_str())
        .collect();
    let bins: Vec<LocationId> =
        places::facts_by_code(tx, &codes)?.into_iter().flatten().map(|facts| facts.id).collect();
    let wanted: Vec<NewItem> = year.items.iter().map(new_item).collect::<Result<_, _>>()?;
    let mut items = Vec::with_capacity(wanted.len());
    for chunk in wanted.chunks(catalog::ITEMS_PER_CALL_MAX) {
        items.extend(catalog::create_items(tx, ctx, chunk)?.into_iter().map(|item| item.id));
    }
    Ok(Ground { items, bins })
}

/// An item of the file; goods that sell in dozens get a carton of twelve as a packaging.
fn new_item(item: &Item) -> Result<NewItem, Failure> {
    let stocked = item.class != ItemClass::Service;
    let units = if stocked { json!([{ "unit": "carton", "factor": "12" }]) } else { json!([]) };
    Ok(serde_json::from_value(json!({
        "sku": item.sku, "name": item.name, "base_unit": "each", "class": item.class.word(),
        "category": if stocked { "gifts" } else { "services" }, "units": units,
    }))?)
}
