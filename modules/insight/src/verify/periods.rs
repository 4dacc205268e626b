//! Closed periods, and the dates that put a movement into one (I-23).

use super::findings::Findings;
use super::ground::{Ground, movement};
use super::values::CHUNK;
use db::{Conn, DbError, Statement};
use domain::ledger::{Digested, PeriodDigest};
use domain::when::days_between;
use domain::{Date, Instant, Period, Zone};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

const LATE: Statement = Statement::new(
    "verify.periods.late",
    "select m.lane, m.seq, m.line_no, m.period_id
     from ck_period p
     join ck_movement m on m.period_id = p.period_id
     where p.state = 'closed' and m.recorded_at > p.closed_at
     order by m.lane, m.seq, m.line_no",
);

const POSTED: Statement = Statement::new(
    "verify.periods.posted",
    "select seq, effective_at, recorded_at from ck_posting where lane = ?1 and seq > ?2 and seq <= ?3",
);

const DATES: Statement = Statement::new(
    "verify.periods.dates",
    "select seq, line_no, effective_at, recorded_at, effective_on, period_id
     from ck_movement
     where lane = ?1 and seq > ?2 and seq <= ?3",
);

/// The closed periods, each with the digest that it was closed with.
const DIGESTS: Statement = Statement::new(
    "verify.periods.digests",
    "select p.period_id, d.version, d.postings, d.movements, d.hash
     from ck_period p
     left join ck_period_digest d on d.period_id = p.period_id and d.version = p.version
     where p.state = 'closed'
     order by p.period_id",
);

/// The postings of a stretch of a lane, each with its months: what has none is told of with the references.
const POSTINGS: Statement = Statement::new(
    "verify.periods.postings",
    "select m.seq, m.period_id, count(*), m.hash
     from ck_movement m
     where m.lane = ?1 and m.seq > ?2 and m.seq <= ?3 and m.hash is not null
     group by m.seq, m.period_id, m.hash
     order by m.seq, m.period_id",
);

/// What a closed period was closed with, and what it has now.
struct Closed {
    kept: Option<Digested>,
    now: PeriodDigest,
}

/// The closed periods, each before its postings are read.
fn closed_periods(conn: &mut Conn<'_>) -> Result<BTreeMap<Period, Closed>, DbError> {
    let rows = conn.query(&DIGESTS, &[], |row| {
        let number = i32::try_from(row.int(0)?).ok().and_then(Period::from_number);
        let period = number.ok_or(DbError::Column { column: 0, wanted: "a period" })?;
        // closed before digests were kept: there is nothing to hold it against
        if row.opt_int(1)?.is_some() && row.opt_int(2)?.is_none() {
            return Ok(None);
        }
        let kept = match row.opt_int(2)? {
            Some(postings) => Some(Digested { postings, movements: row.int(3)?, hash: row.hash(4)? }),
            None => None,
        };
        Ok(Some((period, Closed { kept, now: PeriodDigest::of(period) })))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// A closed period is to the last posting what it was when it was closed. All of them are digested in one walk over
/// the log.
pub(super) fn digests(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut closed = closed_periods(conn)?;
    if closed.is_empty() {
        return Ok(());
    }
    for (lane, from, to) in ground.stretches(CHUNK) {
        conn.for_each(&POSTINGS, &[lane.into(), from.into(), to.into()], |row| {
            let period = i32::try_from(row.int(1)?).ok().and_then(Period::from_number);
            if let Some(closed) = period.and_then(|period| closed.get_mut(&period)) {
                closed.now.add((lane, row.int(0)?), row.int(2)?, &row.hash(3)?);
            }
            Ok(())
        })?;
    }
    for (period, Closed { kept, now }) in closed {
        findings.row();
        let Some(kept) = kept else {
            findings.add(|| format!("the period {period} is closed and has no digest"));
            continue;
        };
        let now = now.finish();
        findings.hold(now == kept, || {
            let Digested { postings, movements, hash: _ } = kept;
            format!(
                "the period {period} was closed with {postings} postings and {movements} movements, and has {} and {} \
                 now, or others",
                now.postings, now.movements
            )
        });
    }
    Ok(())
}

/// Nothing came into a closed period after it was closed.
pub(super) fn closed(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&LATE, &[], |row| {
        let (place, period) = (movement(row.int(0)?, row.int(1)?, row.int(2)?), row.int(3)?);
        findings.add(|| format!("{place} came into the period {period} after it was closed"));
        Ok(())
    })
}

/// The instants of a posting: when it took effect, and when it was recorded.
type Instants = (Instant, Instant);

/// A movement carries the instants of its posting, its period is the month of the effective instant
/// in the organisation's calendar, and nothing took effect after it was recorded. Its civil date is
/// that of its site, a day from that calendar's at most.
pub(super) fn dates(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    for (lane, from, to) in ground.stretches(CHUNK) {
        let params = [lane.into(), from.into(), to.into()];
        let mut posted: FxHashMap<i64, (Instants, Date, Period)> = FxHashMap::default();
        conn.for_each(&POSTED, &params, |row| {
            let (effective, recorded) = (Instant(row.int(1)?), Instant(row.int(2)?));
            let (on, period) = (Zone::UTC.date(effective), Period::of(ground.zone.date(effective)));
            posted.insert(row.int(0)?, ((effective, recorded), on, period));
            Ok(())
        })?;
        conn.for_each(&DATES, &params, |row| {
            findings.row();
            let seq = row.int(0)?;
            // one without a posting is told of with the references
            let Some(((effective, recorded), utc, period)) = posted.get(&seq) else { return Ok(()) };
            let (on, in_period) = (row.date(4)?, row.int(5)?);
            let wrong = if (Instant(row.int(2)?), Instant(row.int(3)?)) != (*effective, *recorded) {
                Some("has other instants than its posting".to_owned())
            } else if effective > recorded {
                Some(format!("took effect at {effective}, after it was recorded at {recorded}"))
            } else if i64::from(period.number()) != in_period {
                Some(format!("took effect at {effective} and is in the period {in_period}"))
            } else if days_between(on, *utc).abs() > 1 {
                Some(format!("took effect at {effective} and is dated {on}"))
            } else {
                None
            };
            if let Some(wrong) = wrong {
                let place = movement(lane, seq, row.int(1)?);
                findings.add(|| format!("{place} {wrong}"));
            }
            Ok(())
        })?;
    }
    Ok(())
}
