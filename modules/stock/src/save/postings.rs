//! The postings of a batch: chained in the lane, with their movements and layer uses, each with
//! its event.

use super::{Calendars, Entry, Stores, months, sales};
use crate::digest::Head;
use crate::levels;
use crate::store_postings as sql;
use crate::store_sales::INSERT_RETURNS;
use crate::told::Told;
use db::{DbError, LaneHead, NewEvent, Rows, Tx, Value};
use domain::ledger::chain::{self, MovementRecord, Record};
use domain::ledger::{ClaimEntry, Movement, Touched};
use domain::{Instant, Period};
use std::fmt::Write as _;

/// A posting with its place in the chain.
pub(super) struct Numbered {
    pub(super) entry: Entry,
    pub(super) number: i64,
    hash: [u8; 32],
    claims: Option<String>,
}

/// The accepted postings of a batch, in order and chained.
pub(super) struct Chained {
    /// The head of the lane behind them.
    head: LaneHead,
    numbered: Vec<Numbered>,
}

impl Chained {
    /// Chains postings behind the head of a lane.
    pub(super) fn new(mut head: LaneHead, entries: Vec<Entry>) -> Chained {
        let mut scratch = Vec::new();
        let mut numbered = Vec::with_capacity(entries.len());
        for entry in entries {
            head.number += 1;
            let claims = claims_text(&entry.posted.claims);
            let movements: Vec<MovementRecord> = entry.posted.movements.iter().map(movement_record).collect();
            let returns = sales::records(&entry.posted.returns);
            let record = record(head.lane, head.number, &entry, claims.as_deref());
            head.hash = chain::hash(&head.hash, &record, &movements, &returns, &mut scratch);
            numbered.push(Numbered { entry, number: head.number, hash: head.hash, claims });
        }
        Chained { head, numbered }
    }

    /// Their rows.
    pub(super) fn add<'r>(
        &'r self,
        stores: &mut Stores<'r, '_, '_>,
        calendars: &Calendars,
        touched: &Touched,
    ) -> Result<months::Disturbed, DbError> {
        let (lane, numbered) = (self.head.lane, &self.numbered);
        stores.add(&sql::INSERT_POSTINGS, postings(lane, numbered))?;
        stores.add(&sql::INSERT_MOVEMENTS, movements(lane, calendars, numbered))?;
        stores.add(&sql::INSERT_LAYER_USES, uses(lane, numbered))?;
        stores.add(&INSERT_RETURNS, sales::returns(lane, numbered))?;
        months::add(stores, calendars, numbered, touched)
    }

    /// The head of the lane behind each posting.
    pub(super) fn heads(&self) -> impl Iterator<Item = Head> {
        let lane = self.head.lane;
        self.numbered.iter().map(move |Numbered { number, hash, .. }| Head {
            lane,
            number: *number,
            hash: *hash,
        })
    }

    /// When the last of them was recorded.
    pub(super) fn recorded_at(&self) -> Instant {
        self.numbered.last().map_or(Instant(0), |last| last.entry.posted.recorded_at)
    }

    /// Moves the head of the lane, and emits their events.
    pub(super) fn close(self, tx: &mut Tx<'_>) {
        let LaneHead { lane, number, hash } = self.head;
        tx.advance_lane(number, hash);
        let stream = lane.to_string();
        for Numbered { entry, number, .. } in self.numbered {
            tx.emit(NewEvent {
                id: entry.event.id,
                kind: entry.event.kind,
                aggregate_type: "stock",
                aggregate_id: &stream,
                aggregate_seq: number,
                recorded_at: entry.posted.recorded_at.0,
                sites: &entry.event.sites,
                payload: levels::told(entry.event.payload, entry.levels.as_deref()),
            });
            for Told { claim, number, event } in entry.told {
                tx.emit(NewEvent {
                    id: event.id,
                    kind: event.kind,
                    aggregate_type: "claim",
                    aggregate_id: &claim,
                    aggregate_seq: number,
                    recorded_at: entry.posted.recorded_at.0,
                    sites: &event.sites,
                    payload: Box::<str>::from(event.payload).into_string(),
                });
            }
        }
    }
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
        let ClaimEntry { claim, change, qty, left, waits, item, site, bin, told: _ } = *entry;
        let start = if text.is_empty() { '[' } else { ',' };
        let change = change.word();
        let written = write!(
            text,
            r#"{start}{{"claim":"{claim}","change":"{change}","qty":{qty},"left":{left},"item":{item},"site":{site}"#
        );
        let written = written.and_then(|()| match bin {
            Some((location, lot)) => write!(text, r#","location":{location},"lot":{lot}"#),
            None => Ok(()),
        });
        // only where something waits: what was hashed without it stays as it was
        let written = written.and_then(|()| match waits {
            0 => write!(text, "}}"),
            waits => write!(text, r#","waits":{waits}}}"#),
        });
        debug_assert!(written.is_ok(), "writing to a string never fails");
    }
    text.push(']');
    Some(text)
}

fn postings(lane: i64, numbered: &[Numbered]) -> Rows<'_> {
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
    rows
}

/// How many movements.
fn count(numbered: &[Numbered]) -> usize {
    numbered.iter().map(|numbered| numbered.entry.posted.movements.len()).sum()
}

fn movements<'r>(lane: i64, calendars: &Calendars, numbered: &'r [Numbered]) -> Rows<'r> {
    let mut rows = Rows::with_capacity(21, count(numbered));
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
    rows
}

/// What movements took from layers, above zero, and what they put into them, below zero.
fn uses(lane: i64, numbered: &[Numbered]) -> Rows<'_> {
    let mut rows = Rows::with_capacity(10, count(numbered));
    for Numbered { entry, number, .. } in numbered {
        for movement in &entry.posted.movements {
            let key: [Value<'_>; 4] =
                [lane.into(), (*number).into(), line_number(movement).into(), movement.item.get().into()];
            let [a, b, c, d] = key;
            for used in &movement.uses {
                let (group, seq, at) =
                    (movement.from_group.0.into(), used.seq.into(), used.effective_at.0.into());
                rows.push(&[a, b, c, d, group, seq, at, used.qty.into(), used.value.into(), 0.into()]);
            }
            for made in &movement.made {
                let (group, seq, at) =
                    (movement.to_group.0.into(), made.seq.into(), made.effective_at.0.into());
                let (qty, value) = (-made.qty, -made.value);
                rows.push(&[
                    a,
                    b,
                    c,
                    d,
                    group,
                    seq,
                    at,
                    qty.into(),
                    value.into(),
                    i64::from(made.new).into(),
                ]);
            }
        }
    }
    rows
}
