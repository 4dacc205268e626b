//! A lot is put on hold as a whole, and released.
//!
//! The hold is a flag of the lot, as for a recall: all good stock of it goes on hold at once, at every
//! site, and what comes later comes on hold too, because every posting that brings goods reads the
//! flag behind the gate. The change of status is a posting like any other, so claims without cover are
//! broken. A release puts all of it that is on hold back to good, where the day of the lot is not over; where
//! it is, that expires instead, and is never good in between.
//! The flag is of the lot and not of a place, so both need the permission everywhere; whoever has it
//! for one site changes the status of the stock there.
//!
//! A hold of a parent reaches the serials that were made in it, by the same flag. Its release gives back
//! what it took: serials that are on hold by themselves, or whose stock was on hold before, stay so.

use super::store::{self, LotRow, Standing};
use super::{days, decide, find, post, resettle, site, standing, sweep, to};
use crate::answer::PostingAnswer;
use crate::record::{Change, change};
use crate::{gate, reason};
use catalog::ItemFacts;
use db::Tx;
use domain::ledger::Kind;
use domain::{AsProblem, Code, Delta, Note, Problem, Status};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch};

/// A lot after it was put on hold or released.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LotHold {
    /// The item.
    pub(crate) sku: String,
    /// The lot.
    pub(crate) lot: String,
    /// Whether it is on hold, by itself or with its parent.
    pub(crate) on_hold: bool,
    /// Whether the parent of the serial is on hold, so that all of it stays so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) parent_on_hold: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub(crate) version: i64,
    /// The change of status of the stock that was there; null when there was none.
    pub(crate) posting: Option<PostingAnswer>,
    /// How much of what was on hold is expired since its release, because the lot is past its last
    /// sellable day, in the base unit.
    #[schema(value_type = String)]
    pub(crate) expired: Delta,
}

/// Puts a lot on hold, or releases it. One that is so already stays as it is.
pub(crate) fn set_hold(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (sku, code): (&str, &str),
    version: IfMatch,
    on_hold: bool,
    (why, note): (&str, Option<&str>),
) -> Result<LotHold, Failure> {
    gate::hold(tx)?;
    let (item, before) = find(tx, sku, code)?;
    version.check(before.version)?;
    let why = reason::read(tx, why)?;
    let note = note.map(Note::parse).transpose().map_err(|error| error.problem("/note"))?;
    let note = note.map(|note| note.to_string());
    if before.on_hold == on_hold {
        refuse_of_parent(&before, on_hold)?;
        return Ok(shown(&item, &before, None, 0));
    }
    // what has run out is not good, whether it was swept already or not
    sweep(tx, caller, &item, &before)?;
    let after = LotRow { on_hold, version: before.version + 1, ..before };
    store::set_hold(tx, &after)?;
    if on_hold {
        store::keep_held(tx, after.id)?;
    }
    let (usable, past) = standing_otherwise(tx, caller, &after, on_hold)?;
    let posting = restate(tx, caller, &item, on_hold, &usable, (&why, note.as_deref()))?;
    let expired = expire(tx, caller, &item, &past)?;
    if !on_hold {
        store::forget_held(tx, after.id)?;
        resettle(tx, caller, &item, &after)?;
    }
    let shown = shown(&item, &after, posting, expired);
    trace(tx, caller, &shown, &after, (&why, note.as_deref()));
    Ok(shown)
}

/// A serial that is on hold with its parent is released with it.
fn refuse_of_parent(lot: &LotRow, on_hold: bool) -> Result<(), Problem> {
    match &lot.parent {
        Some(parent) if parent.on_hold && !on_hold => {
            let detail = format!(
                "the serial is on hold with `{}`, the lot that it was made in; release that lot",
                parent.code
            );
            Err(Problem::new(Code::LotOnHold, detail))
        }
        _ => Ok(()),
    }
}

/// The stock of a lot at sites that stands as good while the lot is on hold now, or on hold while it
/// is released; and apart from it what is past its day where it stands, and was released.
pub(super) fn standing_otherwise(
    tx: &mut Tx<'_>,
    caller: &Caller,
    lot: &LotRow,
    on_hold: bool,
) -> Result<(Vec<Standing>, Vec<Standing>), Failure> {
    let (standing, facts) = standing(tx, lot)?;
    let from = decide::usable(!on_hold);
    // a release leaves what is on hold for another reason: its own, or that of its parent
    let stays = |there: &Standing| !on_hold && (there.on_hold || there.stays_held);
    let here = |there: &Standing| there.status == from && site(&facts, there).is_some() && !stays(there);
    let here: Vec<Standing> = standing.into_iter().filter(here).collect();
    let days = days(tx, caller, here.iter().filter_map(|there| site(&facts, there)).collect())?;
    Ok(here.into_iter().partition(|there| {
        let today = site(&facts, there).and_then(|site| days.get(&site).copied());
        on_hold || today.is_none_or(|today| decide::sellable_on(there.expiry_on, today))
    }))
}

/// Puts stock into the status that its lot gives it, which is on hold now or not any more.
pub(super) fn restate(
    tx: &mut Tx<'_>,
    caller: &Caller,
    item: &ItemFacts,
    on_hold: bool,
    standing: &[Standing],
    (why, note): (&str, Option<&str>),
) -> Result<Option<PostingAnswer>, Failure> {
    if standing.is_empty() {
        return Ok(None);
    }
    let into = decide::usable(on_hold);
    let lines = standing.iter().map(|there| to(item, there, into)).collect();
    let (why, note) = (Some(why.to_owned()), note.map(str::to_owned));
    post(tx, caller, Kind::SetStatus, why, note, lines).map(Some)
}

/// Expires what was on hold, and is past its day. How much.
pub(super) fn expire(
    tx: &mut Tx<'_>,
    caller: &Caller,
    item: &ItemFacts,
    standing: &[Standing],
) -> Result<i64, Failure> {
    if standing.is_empty() {
        return Ok(0);
    }
    let lines = standing.iter().map(|there| to(item, there, Status::Expired)).collect();
    post(tx, caller, Kind::Expire, Some("expiry".to_owned()), None, lines)?;
    Ok(standing.iter().map(|there| there.on_hand).sum())
}

fn shown(item: &ItemFacts, lot: &LotRow, posting: Option<PostingAnswer>, expired: i64) -> LotHold {
    let (sku, code) = (item.sku.clone(), lot.code.clone());
    let expired = Delta(expired);
    let (on_hold, parent_on_hold) = (lot.is_on_hold(), lot.parent_on_hold());
    LotHold { sku, lot: code, on_hold, parent_on_hold, version: lot.version, posting, expired }
}

fn trace(tx: &mut Tx<'_>, caller: &Caller, shown: &LotHold, lot: &LotRow, (why, note): (&str, Option<&str>)) {
    let (action, event) = if lot.on_hold {
        ("stock.lot.hold", "stock.lot_held")
    } else {
        ("stock.lot.release", "stock.lot_released")
    };
    // a lot comes into being with its first posting, so its own events count its changes
    let (id, version) = (lot.id.to_string(), lot.version - 1);
    let made = Change { action, event, aggregate: "lot", id: &id, version, sites: &[] };
    let posting = shown.posting.as_ref().map(|posting| posting.id.to_string());
    let body = serde_json::json!({
        "sku": shown.sku, "lot": shown.lot, "on_hold": shown.on_hold, "version": lot.version,
        "reason": why, "note": note, "posting": posting, "expired": shown.expired,
    });
    change(tx, &caller.ctx, &format!("{} {}", shown.sku, shown.lot), &made, &body);
}
