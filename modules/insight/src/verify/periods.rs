//! Closed periods, and the dates that put a movement into one (I-23).

use super::findings::Findings;
use super::ground::{Ground, movement};
use super::values::CHUNK;
use db::{Conn, DbError, Statement};
use domain::when::days_between;
use domain::{Date, Instant, Period, Zone};
use rustc_hash::FxHashMap;

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
