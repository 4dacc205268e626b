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
//! A hold of a parent reaches the serials that were made in it, by the same flag, and serials that are on
//! hold by themselves stay so when it is released. What somebody holds for a reason of its own is never
//! given back with a lot (`kept`).

use super::store::{self, LotRow, Standing};
use super::{days, decide, find, post, resettle, site, standing, store_kept, sweep, to};
use crate::answer::PostingAnswer;
use crate::record::{Change, change};
use crate::{gate, reason};
use catalog::ItemFacts;
use db::Tx;
use domain::ledger::Kind;
use domain::when::Date;
use domain::{AsProblem, Code, Delta, Note, Problem, SiteId, Status};
use rustc_hash::FxHashMap;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch};

/// Why what comes back after the release of its lot is good again.
pub(crate) const RELEASED: &str = "released";

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
    /// How much stays on hold after its release, because somebody holds it for a reason of its own, in the
    /// base unit.
    #[schema(value_type = String)]
    pub(crate) kept: Delta,
}

/// Stock of a lot that its hold or its release changes.
#[derive(Default)]
pub(super) struct Changes {
    /// What becomes hold, or good again.
    pub(super) usable: Vec<Standing>,
    /// What was released, and is past its day where it stands.
    pub(super) past: Vec<Standing>,
    /// How much stays on hold.
    pub(super) kept: i64,
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
        return Ok(shown(&item, &before, None, (0, 0)));
    }
    // what has run out is not good, whether it was swept already or not
    sweep(tx, caller, &item, &before)?;
    let after = LotRow { on_hold, version: before.version + 1, ..before };
    if on_hold {
        store_kept::begin(tx, after.id)?;
    }
    store::set_hold(tx, &after)?;
    if !on_hold {
        store_kept::note_over(tx, after.id)?;
    }
    let changes = standing_otherwise(tx, caller, &after, on_hold)?;
    let posting = restate(tx, caller, &item, on_hold, &changes.usable, (&why, note.as_deref()))?;
    let expired = expire(tx, caller, &item, &changes.past)?;
    if !on_hold {
        store_kept::end(tx, after.id)?;
        resettle(tx, caller, &item, &after)?;
    }
    let shown = shown(&item, &after, posting, (expired, changes.kept));
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
/// is released.
pub(super) fn standing_otherwise(
    tx: &mut Tx<'_>,
    caller: &Caller,
    lot: &LotRow,
    on_hold: bool,
) -> Result<Changes, Failure> {
    let (standing, facts) = standing(tx, lot)?;
    let from = decide::usable(!on_hold);
    let here = |there: Standing| site(&facts, &there).map(|site| (there, site));
    let here = standing.into_iter().filter(|there| there.status == from).filter_map(here);
    if on_hold {
        let usable = here.map(|(there, _)| there).collect();
        return Ok(Changes { usable, ..Changes::default() });
    }
    // what is on hold by itself, or with its parent, stays so as a whole
    let here: Vec<(Standing, SiteId)> = here.filter(|(there, _)| !there.on_hold).collect();
    let days = days(tx, caller, here.iter().map(|(_, site)| *site).collect())?;
    Ok(released(here, &days))
}

/// What a release gives back of stock on hold: all but what somebody holds.
fn released(standing: Vec<(Standing, SiteId)>, days: &FxHashMap<SiteId, Date>) -> Changes {
    let mut changes = Changes::default();
    for (there, site) in standing {
        let kept = there.kept.min(there.on_hand);
        changes.kept += kept;
        let back = Standing { on_hand: there.on_hand - kept, ..there };
        let today = days.get(&site).copied();
        if back.on_hand == 0 {
            continue;
        }
        if today.is_none_or(|today| decide::sellable_on(back.expiry_on, today)) {
            changes.usable.push(back);
        } else {
            changes.past.push(back);
        }
    }
    changes
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

fn shown(
    item: &ItemFacts,
    lot: &LotRow,
    posting: Option<PostingAnswer>,
    (expired, kept): (i64, i64),
) -> LotHold {
    LotHold {
        sku: item.sku.clone(),
        lot: lot.code.clone(),
        on_hold: lot.is_on_hold(),
        parent_on_hold: lot.parent_on_hold(),
        version: lot.version,
        posting,
        expired: Delta(expired),
        kept: Delta(kept),
    }
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
        "reason": why, "note": note, "posting": posting, "expired": shown.expired, "kept": shown.kept,
    });
    change(tx, &caller.ctx, &format!("{} {}", shown.sku, shown.lot), &made, &body);
}
