//! Stock as of any effective instant, and as the ledger knew it at any recorded moment.
//!
//! What is on hand now, less what a key gained since, is what it was:
//!
//! `stock(E, R) = now − Σ months after the month of E − Σ movements of that month effective after E
//! − Σ movements effective up to E but recorded after R`
//!
//! The months are the roll-ups that postings keep. Of the month of E only the postings that hold
//! movements of it are read (`stock_span`), so no movement of any other month is looked at.
//! A late posting takes effect in the month it was booked in, so months and instants agree.

#[cfg(test)]
pub(crate) mod laws;
pub(crate) mod store;

use crate::asked;
use crate::desk::Desk;
use db::{Conn, DbError};
use domain::ledger::Key;
use domain::{Code, Instant, ItemId, Period, Problem, Zone};
use rustc_hash::FxHashMap;
use web::Failure;

/// A moment in the past: what was true then, and what was known of it when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Movements up to this instant count.
    pub(crate) effective: Instant,
    /// The month of `effective`.
    pub(crate) period: Period,
    /// Movements that were recorded later do not count; none for all that is known now.
    pub(crate) recorded: Option<Instant>,
}

impl Moment {
    /// The moment of a question; `None` for now. Nothing is known to be effective after it is
    /// recorded, so a recorded moment alone is an effective one as well.
    pub fn of(zone: &Zone, effective: Option<Instant>, recorded: Option<Instant>) -> Option<Moment> {
        let effective = effective.into_iter().chain(recorded).min()?;
        Some(Moment { effective, period: Period::of(zone.date(effective)), recorded })
    }

    /// Reads `?as_of` and `?as_recorded`. What lies ahead is not known.
    pub(crate) fn read(
        conn: &mut Conn<'_>,
        now: Instant,
        as_of: Option<&str>,
        as_recorded: Option<&str>,
    ) -> Result<Option<Moment>, Failure> {
        let effective = instant(as_of, now, "?as_of")?;
        let recorded = instant(as_recorded, now, "?as_recorded")?;
        if effective.is_none() && recorded.is_none() {
            return Ok(None);
        }
        Ok(Moment::of(&Desk::read(conn)?.zone, effective, recorded))
    }
}

fn instant(text: Option<&str>, now: Instant, pointer: &str) -> Result<Option<Instant>, Problem> {
    match asked::instant(text, pointer)? {
        Some(at) if at > now => {
            let detail = format!("`{at}` lies in the future, it is `{now}` now");
            Err(Problem::at(Code::EffectiveInFuture, pointer, detail))
        }
        at => Ok(at),
    }
}

/// What keys gained after a moment, in millionths; what they lost is below zero.
pub(crate) type Gains = FxHashMap<Key, i64>;

/// What the keys of these items gained after a moment.
pub(crate) fn gains_of(conn: &mut Conn<'_>, moment: &Moment, items: &[ItemId]) -> Result<Gains, DbError> {
    let mut gains = Gains::default();
    store::months_of(conn, moment, items, |key, qty| add(&mut gains, key, qty))?;
    store::rest_of_month_of(conn, moment, items, |key, qty| add(&mut gains, key, qty))?;
    store::recorded_later_of(conn, moment, items, |key, qty| add(&mut gains, key, qty))?;
    Ok(gains)
}

/// What all keys gained after a moment.
pub(crate) fn gains(conn: &mut Conn<'_>, moment: &Moment) -> Result<Gains, DbError> {
    let mut gains = Gains::default();
    store::months(conn, moment, |key, qty| add(&mut gains, key, qty))?;
    store::rest_of_month(conn, moment, |key, qty| add(&mut gains, key, qty))?;
    store::recorded_later(conn, moment, |key, qty| add(&mut gains, key, qty))?;
    Ok(gains)
}

fn add(gains: &mut Gains, key: Key, qty: i64) {
    *gains.entry(key).or_default() += qty;
}

/// Calls for everything that is ours, now or at a moment: the key and what was on hand, zero left
/// out. Streams in constant memory when it is now.
///
/// # Errors
/// When the store fails.
pub fn everything(
    conn: &mut Conn<'_>,
    moment: Option<&Moment>,
    mut each: impl FnMut(Key, i64),
) -> Result<(), DbError> {
    let Some(moment) = moment else { return store::everything(conn, each) };
    let gains = gains(conn, moment)?;
    store::every_key(conn, |key, now| {
        let then = now - gains.get(&key).copied().unwrap_or_default();
        if then != 0 {
            each(key, then);
        }
    })
}
