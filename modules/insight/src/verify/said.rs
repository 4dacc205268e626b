//! A record says what its last event said of it, so that nobody changes one behind the log: items, the days
//! of lots, the organisation (I-27), and claims as they were made (I-06).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Row, Statement};
use domain::{ClaimId, Instant, Ratio};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const ITEMS: Statement = Statement::new(
    "verify.said.items",
    "select i.sku_id, i.sku, i.tracking, i.whole, i.base_unit, i.archived, e.payload
     from ck_item i
     join ck_event e on e.aggregate_type = 'item' and e.aggregate_id = cast(i.sku_id as text)
       and e.aggregate_seq = i.version",
);

const UNITS: Statement =
    Statement::new("verify.said.units", "select sku_id, unit, num, den from ck_unit where not removed");

const LOTS: Statement = Statement::new(
    "verify.said.lots",
    "select l.lot_id, l.code, l.expiry_on, e.payload
     from ck_event e
     join ck_lot l on e.aggregate_id = cast(l.lot_id as text)
     where e.aggregate_type = 'lot' and e.kind in ('stock.lot_changed', 'stock.lot_parent_set')
     order by l.lot_id, e.aggregate_seq",
);

const ORGANISATION: Statement = Statement::new(
    "verify.said.organisation",
    "select o.currency, o.zone, o.valuation_method, o.valuation_grouping, e.payload
     from ck_organisation o
     left join ck_event e on e.aggregate_type = 'organisation' and e.aggregate_id = '1'
       and e.aggregate_seq = o.version",
);

const CLAIMS: Statement = Statement::new(
    "verify.said.claims",
    "select alloc_id, demand_line_id, priority, expires_at from ck_allocation",
);

const COUNT: Statement = Statement::new("verify.said.count", "select count(*) from ck_allocation");

const MADE: Statement = Statement::new(
    "verify.said.made",
    "select kind, payload
     from ck_event
     where kind in ('stock.reserved', 'stock.allocated', 'stock.claim_backordered')",
);

/// What an event says of an item.
#[derive(Deserialize)]
struct ItemSaid {
    item: Item,
}

#[derive(Deserialize)]
struct Item {
    tracking: String,
    whole: bool,
    base_unit: String,
    archived: bool,
    units: Vec<Unit>,
}

#[derive(Deserialize)]
struct Unit {
    unit: String,
    factor: String,
}

/// I-27: items and their units.
pub(super) fn items(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut units: FxHashMap<i64, BTreeSet<(String, i64, i64)>> = FxHashMap::default();
    conn.for_each(&UNITS, &[], |row| {
        let unit = (row.text(1)?.to_owned(), row.int(2)?, row.int(3)?);
        units.entry(row.int(0)?).or_default().insert(unit);
        Ok(())
    })?;
    conn.for_each(&ITEMS, &[], |row| {
        findings.row();
        let sku = row.text(1)?;
        let Ok(ItemSaid { item }) = serde_json::from_str(row.text(6)?) else {
            findings.add(|| format!("the last event of item `{sku}` cannot be read"));
            return Ok(());
        };
        let said = (Some(item.tracking.as_str()), item.whole, item.base_unit.as_str(), item.archived);
        let same = (row.opt_text(2)?, row.bool(3)?, row.text(4)?, row.bool(5)?) == said;
        findings.hold(same, || format!("item `{sku}` is not as its last event says"));
        let named: Option<BTreeSet<(String, i64, i64)>> = item.units.into_iter().map(factor).collect();
        let same = named == Some(units.remove(&row.int(0)?).unwrap_or_default());
        findings.hold(same, || format!("the units of item `{sku}` are not those of its last event"));
        Ok(())
    })
}

fn factor(unit: Unit) -> Option<(String, i64, i64)> {
    let factor = Ratio::parse(&unit.factor).ok()?;
    Some((unit.unit, factor.num(), factor.den()))
}

/// One kind of event shows the lot, another names it and says its day.
#[derive(Deserialize)]
struct LotSaid {
    lot: Lot,
    expiry_on: Option<String>,
    expiry_before: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Lot {
    Shown { expiry_on: Option<String> },
    Named(serde::de::IgnoredAny),
}

/// I-27: the last sellable day of a lot is that of its last change, and each change says what it was before.
pub(super) fn lots(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut last: BTreeMap<i64, (String, Option<String>, Option<String>)> = BTreeMap::new();
    conn.for_each(&LOTS, &[], |row| {
        let (id, code) = (row.int(0)?, row.text(1)?);
        let Ok(LotSaid { lot, expiry_on, expiry_before }) = serde_json::from_str(row.text(3)?) else {
            findings.add(|| format!("a change of lot `{code}` cannot be read"));
            return Ok(());
        };
        let now = row.opt_date(2)?.map(|day| day.to_string());
        let says = match lot {
            Lot::Shown { expiry_on } => expiry_on,
            Lot::Named(_) => expiry_on,
        };
        let before = last.insert(id, (code.to_owned(), now, says));
        findings.hold(before.is_none_or(|(.., said)| said == expiry_before), || {
            format!("a change of lot `{code}` says another day before it than the change before it")
        });
        Ok(())
    })?;
    for (code, now, said) in last.into_values() {
        findings.row();
        findings.hold(now == said, || {
            let [now, said] = [now, said].map(|day| day.unwrap_or_else(|| "no day".to_owned()));
            format!("lot `{code}` is sold until {now}, and its last change says {said}")
        });
    }
    Ok(())
}

#[derive(Deserialize)]
struct OrganisationSaid {
    organisation: Organisation,
}

#[derive(Deserialize)]
struct Organisation {
    currency: String,
    zone: String,
    valuation_method: String,
    valuation_grouping: String,
}

/// I-27: the organisation is as it was set up, or as every database begins.
pub(super) fn organisation(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&ORGANISATION, &[], |row| {
        findings.row();
        let method = method(row, 2)?;
        let grouping = grouping(row, 3)?;
        let same = match row.opt_text(4)? {
            None => (method, grouping) == ("fifo", "site"),
            Some(payload) => serde_json::from_str(payload).is_ok_and(|OrganisationSaid { organisation }| {
                let Organisation { currency, zone, valuation_method, valuation_grouping } = organisation;
                let said = (valuation_method.as_str(), valuation_grouping.as_str());
                (method, grouping) == said
                    && row.text(0).is_ok_and(|text| text == currency)
                    && row.text(1).is_ok_and(|text| text == zone)
            }),
        };
        findings.hold(same, || "the organisation is not as it was set up".to_owned());
        Ok(())
    })
}

fn method(row: &Row<'_>, column: usize) -> Result<&'static str, DbError> {
    Ok(if row.int(column)? == 1 { "fifo" } else { "moving_average" })
}

fn grouping(row: &Row<'_>, column: usize) -> Result<&'static str, DbError> {
    Ok(if row.int(column)? == 1 { "site" } else { "organisation" })
}

/// What an event says of a claim that it made.
#[derive(Deserialize)]
struct Made {
    id: ClaimId,
    owner: String,
    priority: i64,
    expires_at: Option<String>,
}

/// An event of a claim has the claim in it.
#[derive(Deserialize)]
struct Told {
    claim: Made,
}

type Promise = (String, i64, Option<i64>);

/// I-06: a claim has the owner, the priority and the end that it was made with: no posting keeps them, so
/// the event does. One that was split off another has no event of its own. Deep only.
pub(super) fn claims(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    let count = conn.query_one(&COUNT, &[], |row| row.int(0))?;
    let parts = u64::try_from(count / ground.keys_max).unwrap_or(0).saturating_add(1);
    for part in 0..parts {
        let is_here = |id: &ClaimId| u64::from(id.bytes().last().copied().unwrap_or(0)) % parts == part;
        let mut claims: FxHashMap<ClaimId, Promise> = FxHashMap::default();
        conn.for_each(&CLAIMS, &[], |row| {
            let id = ClaimId::from_bytes(row.id16(0)?);
            if is_here(&id) {
                claims.insert(id, (row.text(1)?.to_owned(), row.int(2)?, row.opt_int(3)?));
            }
            Ok(())
        })?;
        conn.for_each(&MADE, &[], |row| {
            let (told, payload) = (row.text(0)? == "stock.claim_backordered", row.text(1)?);
            let made: Result<Made, _> = if told {
                serde_json::from_str(payload).map(|Told { claim }| claim)
            } else {
                serde_json::from_str(payload)
            };
            // an event that cannot be read is that of another posting: I-19 tells
            let Ok(Made { id, owner, priority, expires_at }) = made else { return Ok(()) };
            let Some(promise) = claims.remove(&id) else { return Ok(()) };
            findings.row();
            let ends = expires_at.and_then(|text| Instant::parse(&text).ok()).map(|at| at.0);
            findings.hold(promise == (owner, priority, ends), || {
                format!("claim {id} has another owner, priority or end than it was made with")
            });
            Ok(())
        })?;
    }
    Ok(())
}
