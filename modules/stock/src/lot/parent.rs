//! Says which lot a serial was made in, when it came in without one or under the wrong one.
//!
//! No posting changes the parent of a serial; this does, and says so in the audit log. What the serial
//! had of its old parent it has of the new one: the day, where it had the parent's or none, and the hold. A parent
//! that nobody has named before comes into being with the days of the serial.

use super::hold::{expire, restate, standing_otherwise};
use super::store::{self, LotRow, ParentRow};
use super::{find, resettle, store_kept, sweep};
use crate::answer::PostingAnswer;
use crate::record::{Change, change};
use crate::{gate, reason};
use catalog::ItemFacts;
use db::Tx;
use domain::code::fold;
use domain::when::Date;
use domain::{AsProblem, Code, Delta, Kin, LotCode, LotRole, Note, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch};

/// A serial after it was said which lot it was made in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SerialParent {
    /// The item.
    pub(crate) sku: String,
    /// The serial.
    pub(crate) lot: String,
    /// The lot that it was made in; null when that is not known.
    pub(crate) parent: Option<String>,
    /// Its last sellable day; null when it does not expire.
    #[schema(format = Date)]
    pub(crate) expiry_on: Option<String>,
    /// Whether it is on hold, by itself or with its parent.
    pub(crate) on_hold: bool,
    /// Whether its parent is on hold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) parent_on_hold: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub(crate) version: i64,
    /// The change of status of its stock, where one parent is on hold and the other is not.
    pub(crate) posting: Option<PostingAnswer>,
    /// How much of what was on hold with its old parent is expired since, in the base unit.
    #[schema(value_type = String)]
    pub(crate) expired: Delta,
    /// How much stays on hold, because somebody holds it for a reason of its own, in the base unit.
    #[schema(value_type = String)]
    pub(crate) kept: Delta,
}

/// Says which lot a serial was made in, or that it is not known.
pub(crate) fn set_parent(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, code): (&str, &str),
    version: IfMatch,
    parent: Option<&str>,
    (why, note): (&str, Option<&str>),
) -> Result<SerialParent, Failure> {
    gate::hold(tx)?;
    let (item, before) = find(tx, sku, code)?;
    version.check(before.version)?;
    let why = reason::read(tx, why)?;
    let note = note.map(Note::parse).transpose().map_err(|error| error.problem("/note"))?;
    let note = note.map(|note| note.to_string());
    if before.role != Some(LotRole::Serial) {
        let detail = format!("`{}` is no serial, and only a serial has a parent", before.code);
        return Err(Problem::at(Code::InvalidValue, "/parent", detail).into());
    }
    let parent = parent.map(|code| named(tx, caller, &before, code)).transpose()?;
    let id = |parent: &Option<ParentRow>| parent.as_ref().map(|parent| parent.id);
    if id(&parent) == id(&before.parent) {
        return Ok(shown(&item, &before, None, (0, 0)));
    }
    // what has run out is not good, whether it was swept already or not
    sweep(tx, caller, &item, &before)?;
    let expiry_on = day(&before, parent.as_ref());
    let after = LotRow { parent, expiry_on, version: before.version + 1, ..before.clone() };
    let on_hold = after.is_on_hold();
    if on_hold {
        store_kept::begin(tx, after.id)?;
    }
    store::set_parent(tx, &after)?;
    if before.is_on_hold() && !on_hold {
        store_kept::note_over(tx, after.id)?;
    }
    let (mut posting, mut left) = (None, (0, 0));
    if before.is_on_hold() != on_hold {
        let changes = standing_otherwise(tx, caller, &after, on_hold)?;
        posting = restate(tx, caller, &item, on_hold, &changes.usable, (&why, note.as_deref()))?;
        left = (expire(tx, caller, &item, &changes.past)?, changes.kept);
    }
    store_kept::end(tx, after.id)?;
    resettle(tx, caller, &item, &after)?;
    let shown = shown(&item, &after, posting, left);
    trace(tx, caller, &shown, (&before, &after), (&why, note.as_deref()));
    Ok(shown)
}

/// The lot of the same item that is named as the parent of a serial. One that nobody has named before is
/// made, and one from before the item was traced by serial becomes a parent.
fn named(tx: &mut Tx<'_>, caller: &Caller, serial: &LotRow, code: &str) -> Result<ParentRow, Failure> {
    let code = LotCode::parse(code).map_err(|error| error.problem("/parent"))?;
    let Some(lot) = store::lock(tx, serial.item, &fold(code.as_str()))? else {
        return Ok(store::add_parent(tx, serial, code.as_str(), caller.ctx.now)?);
    };
    if (Kin { role: lot.role, parent: None }).as_parent().is_err() {
        let detail = format!("`{}` is a serial itself, not the lot that serials were made in", lot.code);
        return Err(Problem::at(Code::NotAParent, "/parent", detail).into());
    }
    store::make_parent(tx, lot.id)?;
    let LotRow { id, code, expiry_on, on_hold, .. } = lot;
    Ok(ParentRow { id, code, expiry_on, on_hold })
}

/// The last sellable day of a serial with another parent: the parent's, where it had that of the old one
/// or none at all.
fn day(serial: &LotRow, parent: Option<&ParentRow>) -> Option<Date> {
    let olds = serial.parent.as_ref().is_some_and(|old| old.expiry_on == serial.expiry_on);
    let had = olds || serial.expiry_on.is_none();
    let theirs = parent.filter(|_| had).and_then(|parent| parent.expiry_on);
    theirs.or(serial.expiry_on)
}

fn shown(
    item: &ItemFacts,
    serial: &LotRow,
    posting: Option<PostingAnswer>,
    (expired, kept): (i64, i64),
) -> SerialParent {
    SerialParent {
        sku: item.sku.clone(),
        lot: serial.code.clone(),
        parent: serial.parent.as_ref().map(|parent| parent.code.clone()),
        expiry_on: serial.expiry_on.map(|day| day.to_string()),
        on_hold: serial.is_on_hold(),
        parent_on_hold: serial.parent_on_hold(),
        version: serial.version,
        posting,
        expired: Delta(expired),
        kept: Delta(kept),
    }
}

fn trace(
    tx: &mut Tx<'_>,
    caller: &Caller,
    shown: &SerialParent,
    (before, after): (&LotRow, &LotRow),
    (why, note): (&str, Option<&str>),
) {
    // a lot comes into being with its first posting, so its own events count its changes
    let (id, version) = (after.id.to_string(), after.version - 1);
    let (action, event) = ("stock.lot.set_parent", "stock.lot_parent_set");
    let made = Change { action, event, aggregate: "lot", id: &id, version, sites: &[] };
    let posting = shown.posting.as_ref().map(|posting| posting.id.to_string());
    let body = serde_json::json!({
        "sku": shown.sku, "lot": shown.lot, "parent": shown.parent,
        "parent_before": before.parent.as_ref().map(|parent| &parent.code),
        "expiry_before": before.expiry_on.map(|day| day.to_string()),
        "expiry_on": shown.expiry_on, "on_hold": shown.on_hold, "version": shown.version,
        "reason": why, "note": note, "posting": posting, "expired": shown.expired, "kept": shown.kept,
    });
    change(tx, &caller.ctx, &format!("{} {}", shown.sku, shown.lot), &made, &body);
}
