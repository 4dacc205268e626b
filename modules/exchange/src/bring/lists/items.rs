//! Items, new ones with their packagings and barcodes, with a few statements for all of them.
//!
//! `units` are written `case=12 | pallet=960`, `barcodes` as `4006381333931 | case:14006381333938`: more of them
//! than an item has are added, none is taken away. A column `attribute.voltage` is read as the definition of
//! `voltage` says.

use super::alone;
use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use catalog::{ChangeItem, Item, NewBarcode, NewItem, NewUnit};
use db::{Conn, Tx};
use domain::{AttributeKind, Code, Problem, Ratio};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use web::{Failure, IfMatch};

/// What stands before the key of an attribute in the title of its column.
pub(crate) const ATTRIBUTE: &str = "attribute.";

pub(super) static FIELDS: [Field; 19] = [
    Field::new("sku", "/sku", Holds::Code).needed().also(&also::ITEM),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("base_unit", "/base_unit", Holds::Text).also(&also::UNIT),
    Field::new("whole", "/whole", Holds::Truth),
    Field::new("tracking", "/tracking", Holds::Text),
    Field::new("class", "/class", Holds::Text),
    Field::new("category", "/category", Holds::Text).also(&also::CATEGORY),
    Field::new("storage_class", "/storage_class", Holds::Text),
    Field::new("temperature", "/temperature", Holds::Text),
    Field::new("hazard_class", "/hazard/class", Holds::Text),
    Field::new("un_number", "/hazard/un_number", Holds::Whole),
    Field::new("packing_group", "/hazard/packing_group", Holds::Text),
    Field::new("attributes", "/attributes", Holds::Json),
    Field::new("owner", "/owner", Holds::Text),
    Field::new("expiry", "/expiry", Holds::Text),
    Field::new("shelf_life_days", "/shelf_life_days", Holds::Whole),
    Field::new("archived", "/archived", Holds::Truth),
    Field::new("units", "/units", Holds::List),
    Field::new("barcodes", "/barcodes", Holds::Codes).also(&also::BARCODE),
];

/// What an import changes of an item that is there.
const CHANGED: [&str; 9] = [
    "name",
    "class",
    "category",
    "storage_class",
    "temperature",
    "hazard",
    "attributes",
    "expiry",
    "shelf_life_days",
];

/// The fields, with one for each attribute that a title names.
pub(super) fn fields(conn: &mut Conn<'_>, titles: &[String]) -> Result<Vec<Field>, Failure> {
    let mut fields = FIELDS.to_vec();
    for title in titles {
        let Some(key) = title.trim().to_lowercase().strip_prefix(ATTRIBUTE).map(str::to_owned) else {
            continue;
        };
        let defined = catalog::attribute(conn, &key)?;
        // an attribute that nobody defined has the key that is written, whatever the size of its letters
        let written = title.trim().get(ATTRIBUTE.len()..).unwrap_or_default();
        let key = if defined.is_some() { key } else { written.to_owned() };
        let name = format!("{ATTRIBUTE}{key}");
        if fields.iter().any(|field| field.name == name) {
            continue;
        }
        let holds = match defined.map(|attribute| attribute.kind) {
            Some(AttributeKind::Number) => Holds::Number,
            Some(AttributeKind::Boolean) => Holds::Truth,
            Some(AttributeKind::Date) => Holds::Date,
            Some(AttributeKind::Choices) => Holds::List,
            Some(AttributeKind::Text | AttributeKind::Choice) => Holds::Text,
            None => Holds::Any,
        };
        fields.push(Field {
            name: Cow::Owned(name),
            pointer: Cow::Owned(format!("/attributes/{key}")),
            holds,
            needed: false,
            also: &[],
        });
    }
    Ok(fields)
}

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, rows: &[Row]) -> Result<Vec<Taken>, Failure> {
    let skus: Vec<&str> = rows.iter().map(|row| row.text("sku")).collect();
    let there = catalog::items(tx, &skus)?;
    let mut taken: Vec<Option<Taken>> = rows.iter().map(|_| None).collect();
    let (mut places, mut new, mut archived) = (Vec::new(), Vec::new(), Vec::new());
    for ((row, there), taken) in rows.iter().zip(&there).zip(taken.iter_mut()) {
        match there {
            Some(item) => *taken = Some(alone(tx, |tx| change(tx, who, row, item))?),
            None => match new_item(row) {
                Ok(item) => {
                    new.push(item);
                    archived.push(row.body.get("archived") == Some(&Value::Bool(true)));
                    places.push(taken);
                }
                Err(problem) => *taken = Some(Taken::Refused(problem)),
            },
        }
    }
    let created = catalog::create_each(tx, &who.ctx, &new)?;
    for ((place, created), archived) in places.into_iter().zip(created).zip(archived) {
        if let (Ok(item), true) = (&created, archived) {
            // what was made a moment ago has no stock that could hold it back
            catalog::set_archived(tx, &who.ctx, item.id, true)?;
        }
        *place = Some(match created {
            Ok(_) => Taken::Created,
            Err(problem) => Taken::Refused(problem),
        });
    }
    let missing = || Failure::fault("an item of an import was neither taken nor refused");
    taken.into_iter().map(|taken| taken.ok_or_else(missing)).collect()
}

fn new_item(row: &Row) -> Result<NewItem, Problem> {
    let mut body = row.body.clone();
    body.remove("archived");
    if body.get("attributes").is_some_and(|attributes| !attributes.is_object()) {
        return Err(Problem::at(Code::InvalidValue, "/attributes", "attributes are a JSON object"));
    }
    let units = entries(&body, "units").map(unit).collect::<Result<Vec<Value>, _>>()?;
    let named = units.iter().filter_map(|unit| unit.get("unit")?.as_str());
    let named: Vec<&str> = named.chain(body.get("base_unit").and_then(Value::as_str)).collect();
    let barcodes: Vec<Value> = entries(&body, "barcodes").map(|text| barcode(text, &named)).collect();
    for (name, list) in [("units", units.clone()), ("barcodes", barcodes)] {
        if body.contains_key(name) {
            body.insert(name.to_owned(), Value::Array(list));
        }
    }
    command(body)
}

/// The texts of a list.
fn entries<'b>(body: &'b Map<String, Value>, name: &str) -> impl Iterator<Item = &'b str> {
    let list = body.get(name).and_then(Value::as_array);
    list.into_iter().flatten().map(|entry| entry.as_str().unwrap_or_default())
}

/// `case=12`, or `inner=1/3`. What stands for a thousand elsewhere is not guessed here.
fn unit(text: &str) -> Result<Value, Problem> {
    let (unit, factor) = text.split_once('=').unwrap_or((text, ""));
    let (unit, factor) = (unit.trim(), factor.trim());
    if factor.is_empty() || !factor.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/') {
        let detail = format!(
            "`{text}` is not a unit with a whole factor, such as `case=12`; the list `units` takes others"
        );
        return Err(Problem::at(Code::InvalidValue, "/units", detail));
    }
    Ok(json!({ "unit": unit, "factor": factor }))
}

/// `4006381333931`, or `case:14006381333938` where the item has a unit `case`.
fn barcode(text: &str, units: &[&str]) -> Value {
    match text.split_once(':') {
        Some((unit, code)) if units.contains(&unit.trim()) => {
            json!({ "unit": unit.trim(), "code": code.trim() })
        }
        _ => json!({ "code": text.trim() }),
    }
}

/// Refuses to archive an item, or to take it back: what is promised of it and on its way is not asked for by a list.
fn archived_already(row: &Row, item: &Item) -> Result<(), Problem> {
    let Some(archived) =
        row.body.get("archived").and_then(Value::as_bool).filter(|said| *said != item.archived)
    else {
        return Ok(());
    };
    let (state, step) = if archived { ("in use", "archive") } else { ("archived", "restore") };
    let detail = format!(
        "the item is {state}, which an import does not change; send `POST /api/v1/items/{}/{step}` for it",
        item.sku
    );
    Err(Problem::at(Code::InvalidValue, "/archived", detail))
}

fn change(tx: &mut Tx<'_>, who: &Who, row: &Row, item: &Item) -> Result<Taken, Failure> {
    let mut rest = row.clone();
    let lists = ["units", "barcodes"].map(|name| rest.body.remove(name));
    rest.body.remove("sku");
    archived_already(&rest, item)?;
    let change = differing(&rest, item, ("item", &CHANGED))?;
    let mut version = item.version;
    if !change.is_empty() {
        let change: ChangeItem = command(change)?;
        version = catalog::change_item(tx, &who.ctx, &item.sku, IfMatch::Version(version), &change)?.version;
    }
    let [units, barcodes] = lists.map(|list| match list {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    });
    let mut named: Vec<String> = item.units.iter().map(|unit| unit.unit.to_string()).collect();
    for text in units.iter().filter_map(Value::as_str) {
        let new: NewUnit = serde_json::from_value(unit(text)?)?;
        let known = item.units.iter().find(|unit| unit.unit.as_str() == new.unit);
        let factor = Ratio::parse(&new.factor).ok();
        if known.is_none_or(|known| factor != Some(known.factor)) {
            let added = catalog::add_unit(tx, &who.ctx, (&item.sku, IfMatch::Any), &new);
            version = added.map_err(|failure| failure.under("/units"))?.version;
        }
        named.push(new.unit);
    }
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    for text in barcodes.iter().filter_map(Value::as_str) {
        let new: NewBarcode = serde_json::from_value(barcode(text, &named))?;
        let owner = catalog::item_by_barcode(tx, &new.code)?;
        let wanted = new.unit.as_deref().unwrap_or(item.base_unit.as_str());
        if owner.is_none_or(|(owner, unit)| owner != item.id || unit.as_str() != wanted) {
            let added = catalog::add_barcode(tx, &who.ctx, (&item.sku, IfMatch::Any), &new);
            version = added.map_err(|failure| failure.under("/barcodes"))?.version;
        }
    }
    Ok(if version == item.version { Taken::Unchanged } else { Taken::Changed })
}
