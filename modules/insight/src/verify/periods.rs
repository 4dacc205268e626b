//! Closed periods, and the dates that put a movement into one (I-23).

use super::findings::Findings;
use super::ground::{Ground, movement};
use db::{Conn, DbError, Statement};
use domain::when::days_between;
use domain::{Instant, Period, Zone};

const LATE: Statement = Statement::new(
    "verify.periods.late",
    "select m.lane, m.seq, m.line_no, m.period_id
     from ck_period p
     join ck_movement m on m.period_id = p.period_id
     where p.state = 'closed' and m.recorded_at > p.closed_at
     order by m.lane, m.seq, m.line_no",
);

const DATES: Statement = Statement::new(
    "verify.periods.dates",
    "select lane, seq, line_no, effective_at, recorded_at, effective_on, period_id from ck_movement",
);

const MOVED: Statement = Statement::new(
    "verify.periods.moved",
    "select m.lane, m.seq, m.line_no
     from ck_movement m
     join ck_posting p on p.lane = m.lane and p.seq = m.seq
     where m.effective_at <> p.effective_at or m.recorded_at <> p.recorded_at
     order by m.lane, m.seq, m.line_no",
);

/// Nothing came into a closed period after it was closed.
pub(super) fn closed(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&LATE, &[], |row| {
        let (place, period) = (movement(row.int(0)?, row.int(1)?, row.int(2)?), row.int(3)?);
        findings.add(|| format!("{place} came into the period {period} after it was closed"));
        Ok(())
    })
}

/// A movement carries the instants of its posting, its period is the month of the effective instant
/// in the organisation's calendar, and nothing took effect after it was recorded. Its civil date is
/// that of its site, a day from that calendar's at most.
pub(super) fn dates(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&DATES, &[], |row| {
        findings.row();
        let (effective, recorded) = (Instant(row.int(3)?), Instant(row.int(4)?));
        let (on, period) = (row.date(5)?, row.int(6)?);
        let wrong = if effective > recorded {
            Some(format!("took effect at {effective}, after it was recorded at {recorded}"))
        } else if i64::from(Period::of(ground.zone.date(effective)).number()) != period {
            Some(format!("took effect at {effective} and is in the period {period}"))
        } else if days_between(on, Zone::UTC.date(effective)).abs() > 1 {
            Some(format!("took effect at {effective} and is dated {on}"))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
            findings.add(|| format!("{place} {wrong}"));
        }
        Ok(())
    })?;
    conn.for_each(&MOVED, &[], |row| {
        let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
        findings.add(|| format!("{place} has other instants than its posting"));
        Ok(())
    })
}
