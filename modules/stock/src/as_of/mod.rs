//! Stock as of any effective instant, and as the ledger knew it at any recorded moment.
//!
//! What is on hand now, less what a key gained since, is what it was:
//!
//! `stock(E, R) = now − Σ months after the month of E − Σ movements of that month effective after E
//! − Σ movements effective up to E but recorded after R`
//!
//! The months are the roll-ups that postings keep. Of movements, those of the month of E are read, and
//! those that were recorded late (`store_moves.rs`): nothing that grows with the history since.
//! A late posting takes effect in the month it was booked in, so months and instants agree.
//!
//! Quantities of keys and values of groups are added up by the same walk, see [`Tally`].

#[cfg(test)]
pub(crate) mod laws;
#[cfg(test)]
pub(crate) mod random;
pub(crate) mod store;

use crate::asked;
use crate::desk::Desk;
use crate::store_moves::{self, Month, Moved};
use db::{Conn, DbError, Row, Rows, Statement};
use domain::ledger::Key;
use domain::{Code, Instant, ItemId, Problem, Zone};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::ops::{AddAssign, Neg};
use web::Failure;

/// A moment in the past: what was true then, and what was known of it when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Movements up to this instant count.
    pub(crate) effective: Instant,
    /// The month of `effective`.
    pub(crate) month: Month,
    /// Movements that were recorded later do not count; none for all that is known now.
    pub(crate) recorded: Option<Instant>,
}

impl Moment {
    /// The moment of a question; `None` for now. Nothing is known to be effective after it is
    /// recorded, so a recorded moment alone is an effective one as well.
    pub fn of(zone: &Zone, effective: Option<Instant>, recorded: Option<Instant>) -> Option<Moment> {
        let effective = effective.into_iter().chain(recorded).min()?;
        Some(Moment { effective, month: Month::of(zone, effective), recorded })
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

/// What a walk back from now adds up, by what.
pub(crate) trait Tally {
    /// What it is added up by.
    type Key: Eq + Hash;
    /// What is added up.
    type Much: Copy + Default + AddAssign + Neg<Output = Self::Much>;
    /// The roll-ups of all months after one.
    const MONTHS: &'static Statement;
    /// The same of items, each with its month.
    const MONTHS_OF: &'static Statement;

    /// A row of either.
    fn month(row: &Row<'_>) -> Result<(Self::Key, Self::Much), DbError>;

    /// What a movement takes from the first key and gives to the second; `None` for nothing.
    fn legs(moved: &Moved) -> Option<(Self::Key, Self::Key, Self::Much)>;
}

/// What each key gained after a moment; what it lost is below zero.
pub(crate) type GainsOf<T> = FxHashMap<<T as Tally>::Key, <T as Tally>::Much>;

/// What was gained after a moment, of some items or of all.
pub(crate) fn gains<T: Tally>(
    conn: &mut Conn<'_>,
    moment: &Moment,
    items: Option<&[ItemId]>,
) -> Result<GainsOf<T>, DbError> {
    let Moment { effective, month, recorded } = *moment;
    let mut gains = GainsOf::<T>::default();
    let mut add = |(key, much)| *gains.entry(key).or_default() += much;
    match items {
        None => {
            conn.for_each(T::MONTHS, &[month.period.number().into()], |row| T::month(row).map(&mut add))?;
        }
        Some(items) => {
            let mut rows = Rows::with_capacity(2, items.len());
            for item in items {
                rows.push(&[item.get().into(), month.period.number().into()]);
            }
            conn.query_many(T::MONTHS_OF, &rows, |row| T::month(row).map(&mut add))?;
        }
    }
    let mut each = |moved: &Moved| {
        if let Some((from, to, much)) = T::legs(moved) {
            add((from, -much));
            add((to, much));
        }
    };
    match items {
        None => store_moves::of_month(conn, &month, effective, &mut each)?,
        Some(items) => {
            let of = items.iter().map(|item| (*item, month, effective));
            store_moves::of_month_of(conn, of, &mut each)?;
        }
    }
    match (recorded, items) {
        (None, _) => {}
        (Some(recorded), None) => store_moves::recorded_later(conn, effective, recorded, &mut each)?,
        (Some(recorded), Some(items)) => {
            store_moves::recorded_later_of(conn, effective, recorded, items, &mut each)?;
        }
    }
    Ok(gains)
}

/// What is on hand on keys, in millionths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnHand;

impl Tally for OnHand {
    type Key = Key;
    type Much = i64;
    const MONTHS: &'static Statement = &store::MONTHS;
    const MONTHS_OF: &'static Statement = &store::MONTHS_OF;

    fn month(row: &Row<'_>) -> Result<(Key, i64), DbError> {
        store::of_key(row)
    }

    fn legs(moved: &Moved) -> Option<(Key, Key, i64)> {
        Some((moved.from, moved.to, moved.qty))
    }
}

/// What keys gained after a moment, in millionths.
pub(crate) type Gains = GainsOf<OnHand>;

/// What the keys of these items gained after a moment.
pub(crate) fn gains_of(conn: &mut Conn<'_>, moment: &Moment, items: &[ItemId]) -> Result<Gains, DbError> {
    gains::<OnHand>(conn, moment, Some(items))
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
    let gains = gains::<OnHand>(conn, moment, None)?;
    store::every_key(conn, |key, now| {
        let then = now - gains.get(&key).copied().unwrap_or_default();
        if then != 0 {
            each(key, then);
        }
    })
}
