//! Storing what was decided: postings and movements in the lane's chain, the rows they changed,
//! the month roll-ups, and one event a posting.

use crate::load::balance_key;
use crate::store_vault as sql;
use db::{DbError, NewEvent, Rows, Tx, Value};
use domain::ledger::chain::{self, MovementRecord, Record};
use domain::ledger::{ClaimEntry, Costs, Group, Movement, Posted, Touched};
use domain::when::Date;
use domain::{Instant, ItemId, LocationId, LotId, Period, SiteId, Status, Zone};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// An accepted posting with what the decision did not need to know.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) posted: Posted,
    pub(crate) actor: i64,
    pub(crate) document: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) reversal_of: Option<[u8; 16]>,
    pub(crate) idem_key: Option<String>,
    pub(crate) event: Event,
}

/// The event of a posting.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: [u8; 16],
    pub(crate) kind: &'static str,
    pub(crate) sites: Vec<i64>,
    pub(crate) payload: String,
}

/// The calendars that postings are dated by.
#[derive(Debug)]
pub(crate) struct Calendars {
    /// The organisation's: it has the periods.
    pub(crate) organisation: Zone,
    /// Each site's own; a movement that touches no site is dated by the organisation's.
    pub(crate) sites: FxHashMap<SiteId, Zone>,
    /// The site of each location that movements touch.
    pub(crate) site_of: FxHashMap<LocationId, SiteId>,
}

impl Calendars {
    /// The civil date of a movement: at the destination when goods come in, else at the source.
    fn date(&self, movement: &Movement, at: Instant) -> Date {
        let site = |location: &LocationId| self.site_of.get(location).filter(|site| site.is_some());
        let zone = match (site(&movement.from.location), site(&movement.to.location)) {
            (Some(source), _) => self.sites.get(source),
            (None, Some(destination)) => self.sites.get(destination),
            (None, None) => None,
        };
        zone.unwrap_or(&self.organisation).date(at)
    }
}

/// Stores everything: the accepted postings in order, and every row they changed.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    calendars: &Calendars,
    entries: Vec<Entry>,
    touched: &Touched,
) -> Result<(), DbError> {
    // a recount that breaks no claim, and a sweep that finds nothing, change a guard without a posting
    save_touched(tx, touched)?;
    if entries.is_empty() { Ok(()) } else { save_postings(tx, calendars, entries) }
}

fn save_touched(tx: &mut Tx<'_>, touched: &Touched) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(7, touched.sites.len());
    for (key, site) in &touched.sites {
        rows.push(&[
            key.item.get().into(),
            key.site.get().into(),
            site.sellable.into(),
            site.reserved.into(),
            site.allocated.into(),
            site.at.0.into(),
            site.next_expiry.into(),
        ]);
    }
    run(tx, &sql::STORE_SITES, &rows)?;
    let mut rows = Rows::with_capacity(9, touched.balances.len());
    for (key, balance, _) in &touched.balances {
        let [item, location, lot, status] = balance_key(key);
        rows.push(&[
            item,
            location,
            lot,
            status,
            balance.on_hand.into(),
            balance.allocated.into(),
            balance.ver.into(),
            balance.at.0.into(),
            balance.latest.0.into(),
        ]);
    }
    run(tx, &sql::STORE_BALANCES, &rows)?;
    let mut rows = Rows::with_capacity(3, touched.serials.len());
    for (lot, place) in &touched.serials {
        let location = place.map(|place| place.location.get());
        rows.push(&[lot.get().into(), location.into(), place.map(|place| place.status.number()).into()]);
    }
    run(tx, &sql::STORE_SERIALS, &rows)?;
    save_costs(tx, &touched.costs)?;
    save_claims(tx, touched)
}

fn run(tx: &mut Tx<'_>, statement: &db::Statement, rows: &Rows<'_>) -> Result<(), DbError> {
    if !rows.is_empty() {
        tx.execute_many(statement, rows)?;
    }
    Ok(())
}

fn save_costs(tx: &mut Tx<'_>, costs: &[((ItemId, Group), Costs, Costs)]) -> Result<(), DbError> {
    let mut heads = Rows::with_capacity(5, costs.len());
    let (mut new, mut changed) = (Rows::new(8), Rows::new(7));
    for ((item, group), before, now) in costs {
        let (item, group): (Value<'_>, Value<'_>) = (item.get().into(), group.0.into());
        heads.push(&[item, group, now.next_seq.into(), now.stack.qty().into(), now.stack.value().into()]);
        for layer in LayerChange::between(before, now) {
            let LayerChange { seq, effective_at, more, left } = layer;
            if Costs::is_stored(seq, before.next_seq) {
                changed.push(&[
                    item,
                    group,
                    seq.into(),
                    more.0.into(),
                    more.1.into(),
                    left.0.into(),
                    left.1.into(),
                ]);
            } else {
                let at = effective_at.0.into();
                new.push(&[
                    item,
                    group,
                    seq.into(),
                    at,
                    more.0.into(),
                    more.1.into(),
                    left.0.into(),
                    left.1.into(),
                ]);
            }
        }
    }
    run(tx, &sql::STORE_STACKS, &heads)?;
    run(tx, &sql::INSERT_LAYERS, &new)?;
    run(tx, &sql::UPDATE_LAYERS, &changed)
}

/// A layer that is not as it was: what came in since, and what is left; quantity and value.
struct LayerChange {
    seq: i64,
    effective_at: Instant,
    more: (i64, i64),
    left: (i64, i64),
}

impl LayerChange {
    /// The layers that changed, in order of their numbers.
    fn between(before: &Costs, now: &Costs) -> Vec<LayerChange> {
        let by_seq = |costs: &Costs| -> BTreeMap<i64, (Instant, i64, i64)> {
            let layers = costs.stack.layers();
            layers.map(|layer| (layer.seq, (layer.effective_at, layer.qty, layer.value))).collect()
        };
        let (was, is) = (by_seq(before), by_seq(now));
        let seqs: BTreeSet<i64> = was.keys().chain(is.keys()).chain(now.received.keys()).copied().collect();
        let mut changes = Vec::new();
        for seq in seqs {
            let (old, new, received) = (was.get(&seq), is.get(&seq), now.received.get(&seq));
            let Some((effective_at, ..)) = new.or(old).or(received).copied() else { continue };
            let left = new.map_or((0, 0), |(_, qty, value)| (*qty, *value));
            if received.is_some() || old != new {
                let more = received.map_or((0, 0), |(_, qty, value)| (*qty, *value));
                changes.push(LayerChange { seq, effective_at, more, left });
            }
        }
        changes
    }
}

fn save_claims(tx: &mut Tx<'_>, touched: &Touched) -> Result<(), DbError> {
    let mut new = Rows::new(11);
    let mut changed = Rows::new(5);
    for (before, claim) in &touched.claims {
        let location = claim.bin.map(|(location, _)| location.get());
        let lot = claim.bin.map(|(_, lot)| lot.get());
        let state = claim.state.number();
        if before.is_some() {
            changed.push(&[
                claim.id.bytes().into(),
                location.into(),
                lot.into(),
                claim.qty.into(),
                state.into(),
            ]);
            continue;
        }
        new.push(&[
            claim.id.bytes().into(),
            (&claim.owner).into(),
            claim.item.get().into(),
            claim.site.get().into(),
            location.into(),
            lot.into(),
            claim.qty.into(),
            claim.priority.into(),
            claim.made_at.0.into(),
            claim.expires_at.map(|at| at.0).into(),
            state.into(),
        ]);
    }
    run(tx, &sql::INSERT_CLAIMS, &new)?;
    run(tx, &sql::UPDATE_CLAIMS, &changed)
}

/// A posting with its place in the chain.
struct Numbered {
    entry: Entry,
    number: i64,
    hash: [u8; 32],
    claims: Option<String>,
}

fn save_postings(tx: &mut Tx<'_>, calendars: &Calendars, entries: Vec<Entry>) -> Result<(), DbError> {
    let head = tx.lane()?;
    let (lane, mut number, mut hash) = (head.lane, head.number, head.hash);
    let mut scratch = Vec::new();
    let mut numbered = Vec::with_capacity(entries.len());
    for entry in entries {
        number += 1;
        let claims = claims_text(&entry.posted.claims);
        let movements: Vec<MovementRecord> = entry.posted.movements.iter().map(movement_record).collect();
        hash = chain::hash(&hash, &record(lane, number, &entry, claims.as_deref()), &movements, &mut scratch);
        numbered.push(Numbered { entry, number, hash, claims });
    }
    insert_postings(tx, lane, &numbered)?;
    insert_movements(tx, lane, calendars, &numbered)?;
    insert_uses(tx, lane, &numbered)?;
    roll_up(tx, lane, calendars, &numbered)?;
    tx.advance_lane(number, hash);
    let stream = lane.to_string();
    for Numbered { entry, number, .. } in numbered {
        tx.emit(NewEvent {
            id: entry.event.id,
            kind: entry.event.kind,
            aggregate_type: "stock",
            aggregate_id: &stream,
            aggregate_seq: number,
            recorded_at: entry.posted.recorded_at.0,
            sites: &entry.event.sites,
            payload: entry.event.payload,
        });
    }
    Ok(())
}

fn record<'a>(lane: i64, number: i64, entry: &'a Entry, claims: Option<&'a str>) -> Record<'a> {
    Record {
        lane,
        number,
        id: *entry.posted.id.bytes(),
        kind: entry.posted.kind.number(),
        recorded_at: entry.posted.recorded_at.0,
        effective_at: entry.posted.effective_at.0,
        late_from: entry.posted.late_from.map(|at| at.0),
        actor: entry.actor,
        document: entry.document.as_deref(),
        reason: entry.reason.as_deref(),
        note: entry.note.as_deref(),
        reversal_of: entry.reversal_of,
        claims,
        idem_key: entry.idem_key.as_deref(),
    }
}

fn movement_record(movement: &Movement) -> MovementRecord {
    MovementRecord {
        line: line_number(movement),
        item: movement.item.get(),
        lot: movement.lot.get(),
        from_location: movement.from.location.get(),
        from_status: movement.from.status.number(),
        to_location: movement.to.location.get(),
        to_status: movement.to.status.number(),
        qty: movement.qty,
        from_after: movement.from_after,
        from_ver: movement.from_ver,
        to_after: movement.to_after,
        to_ver: movement.to_ver,
        from_group: movement.from_group.0,
        to_group: movement.to_group.0,
        value: movement.value,
    }
}

fn line_number(movement: &Movement) -> i64 {
    i64::try_from(movement.line).unwrap_or(i64::MAX)
}

/// The claim changes as the posting keeps them: a JSON list in the order they happened.
fn claims_text(entries: &[ClaimEntry]) -> Option<String> {
    if entries.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(entries.len() * 128);
    for entry in entries {
        let ClaimEntry { claim, change, qty, left, item, site, bin } = *entry;
        let start = if text.is_empty() { '[' } else { ',' };
        let change = change.word();
        let written = write!(
            text,
            r#"{start}{{"claim":"{claim}","change":"{change}","qty":{qty},"left":{left},"item":{item},"site":{site}"#
        );
        let written = written.and_then(|()| match bin {
            Some((location, lot)) => write!(text, r#","location":{location},"lot":{lot}}}"#),
            None => write!(text, "}}"),
        });
        debug_assert!(written.is_ok(), "writing to a string never fails");
    }
    text.push(']');
    Some(text)
}

fn insert_postings(tx: &mut Tx<'_>, lane: i64, numbered: &[Numbered]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(15, numbered.len());
    for Numbered { entry, number, hash, claims } in numbered {
        rows.push(&[
            lane.into(),
            (*number).into(),
            entry.posted.id.bytes().into(),
            entry.posted.kind.number().into(),
            entry.posted.recorded_at.0.into(),
            entry.posted.effective_at.0.into(),
            entry.posted.late_from.map(|at| at.0).into(),
            entry.actor.into(),
            entry.document.as_deref().into(),
            entry.reason.as_deref().into(),
            entry.note.as_deref().into(),
            entry.reversal_of.as_ref().into(),
            claims.as_deref().into(),
            entry.idem_key.as_deref().into(),
            hash.into(),
        ]);
    }
    run(tx, &sql::INSERT_POSTINGS, &rows)
}

fn insert_movements(
    tx: &mut Tx<'_>,
    lane: i64,
    calendars: &Calendars,
    numbered: &[Numbered],
) -> Result<(), DbError> {
    let mut rows = Rows::new(21);
    for Numbered { entry, number, .. } in numbered {
        let effective_at = entry.posted.effective_at;
        let period = Period::of(calendars.organisation.date(effective_at));
        for movement in &entry.posted.movements {
            let m = movement_record(movement);
            rows.push(&[
                lane.into(),
                (*number).into(),
                m.line.into(),
                m.item.into(),
                m.lot.into(),
                m.from_location.into(),
                m.from_status.into(),
                m.to_location.into(),
                m.to_status.into(),
                m.qty.into(),
                m.from_after.into(),
                m.from_ver.into(),
                m.to_after.into(),
                m.to_ver.into(),
                m.from_group.into(),
                m.to_group.into(),
                m.value.into(),
                entry.posted.recorded_at.0.into(),
                effective_at.0.into(),
                calendars.date(movement, effective_at).into(),
                period.number().into(),
            ]);
        }
    }
    run(tx, &sql::INSERT_MOVEMENTS, &rows)
}

/// What movements took from layers, above zero, and what they put into them, below zero.
fn insert_uses(tx: &mut Tx<'_>, lane: i64, numbered: &[Numbered]) -> Result<(), DbError> {
    let mut rows = Rows::new(9);
    for Numbered { entry, number, .. } in numbered {
        for movement in &entry.posted.movements {
            let key: [Value<'_>; 4] =
                [lane.into(), (*number).into(), line_number(movement).into(), movement.item.get().into()];
            let [a, b, c, d] = key;
            for used in &movement.uses {
                let group = movement.from_group.0;
                rows.push(&[
                    a,
                    b,
                    c,
                    d,
                    group.into(),
                    used.seq.into(),
                    used.qty.into(),
                    used.value.into(),
                    0.into(),
                ]);
            }
            for made in &movement.made {
                let group = movement.to_group.0;
                let new = i64::from(made.new);
                let (qty, value) = (-made.qty, -made.value);
                rows.push(&[a, b, c, d, group.into(), made.seq.into(), qty.into(), value.into(), new.into()]);
            }
        }
    }
    run(tx, &sql::INSERT_LAYER_USES, &rows)
}

/// In and out of a balance key in a month.
#[derive(Default)]
struct Flow {
    qty_in: i64,
    qty_out: i64,
    moves: i64,
}

/// In and out of a valuation group in a month.
#[derive(Default)]
struct ValueFlow {
    qty_in: i64,
    value_in: i64,
    qty_out: i64,
    value_out: i64,
}

type MonthKey = (Period, ItemId, LocationId, LotId, Status);

/// Adds the batch to the months it took effect in, once a key.
fn roll_up(tx: &mut Tx<'_>, lane: i64, calendars: &Calendars, numbered: &[Numbered]) -> Result<(), DbError> {
    let mut months: FxHashMap<MonthKey, Flow> = FxHashMap::default();
    let mut values: FxHashMap<(Period, ItemId, Group), ValueFlow> = FxHashMap::default();
    let mut spans: FxHashMap<Period, (i64, i64)> = FxHashMap::default();
    for Numbered { entry, number, .. } in numbered {
        let period = Period::of(calendars.organisation.date(entry.posted.effective_at));
        for movement in &entry.posted.movements {
            let (item, lot) = (movement.item, movement.lot);
            let from =
                months.entry((period, item, movement.from.location, lot, movement.from.status)).or_default();
            from.qty_out += movement.qty;
            from.moves += 1;
            let to = months.entry((period, item, movement.to.location, lot, movement.to.status)).or_default();
            to.qty_in += movement.qty;
            to.moves += 1;
            let span = spans.entry(period).or_insert((*number, *number));
            span.1 = *number;
            if let Some(value) = movement.value {
                let from = values.entry((period, item, movement.from_group)).or_default();
                from.qty_out += movement.qty;
                from.value_out += value;
                let to = values.entry((period, item, movement.to_group)).or_default();
                to.qty_in += movement.qty;
                to.value_in += value;
            }
        }
    }
    save_months(tx, months)?;
    save_values(tx, values)?;
    let mut rows = Rows::new(4);
    let mut spans: Vec<_> = spans.into_iter().collect();
    spans.sort_unstable();
    for (period, (first, last)) in spans {
        rows.push(&[period.number().into(), lane.into(), first.into(), last.into()]);
    }
    run(tx, &sql::WIDEN_SPANS, &rows)
}

fn save_months(tx: &mut Tx<'_>, months: FxHashMap<MonthKey, Flow>) -> Result<(), DbError> {
    let mut months: Vec<_> = months.into_iter().collect();
    months.sort_unstable_by_key(|(key, _)| *key);
    let mut rows = Rows::with_capacity(8, months.len());
    for ((period, item, location, lot, status), flow) in &months {
        rows.push(&[
            period.number().into(),
            item.get().into(),
            location.get().into(),
            lot.get().into(),
            status.number().into(),
            flow.qty_in.into(),
            flow.qty_out.into(),
            flow.moves.into(),
        ]);
    }
    run(tx, &sql::ADD_MONTHS, &rows)
}

fn save_values(
    tx: &mut Tx<'_>,
    values: FxHashMap<(Period, ItemId, Group), ValueFlow>,
) -> Result<(), DbError> {
    let mut values: Vec<_> = values.into_iter().filter(|((_, _, group), _)| group.is_some()).collect();
    values.sort_unstable_by_key(|(key, _)| *key);
    let mut rows = Rows::with_capacity(7, values.len());
    for ((period, item, group), flow) in &values {
        rows.push(&[
            period.number().into(),
            item.get().into(),
            group.0.into(),
            flow.qty_in.into(),
            flow.value_in.into(),
            flow.qty_out.into(),
            flow.value_out.into(),
        ]);
    }
    run(tx, &sql::ADD_MONTH_VALUES, &rows)
}
