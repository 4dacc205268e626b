//! When a period may be closed. Pure.

use domain::{Code, Instant, Period, Problem, Zone};

/// A period that is over may be closed; in one that runs, or comes, there is nothing to close yet.
pub(crate) fn may_close(period: Period, zone: &Zone, now: Instant) -> Result<(), Problem> {
    let today = Period::of(zone.date(now));
    if period < today {
        return Ok(());
    }
    let detail = format!("`{period}` is not over; it is `{today}` by the calendar of the organisation");
    Err(Problem::new(Code::TransitionRefused, detail))
}

/// Reads `2026-03`.
pub(crate) fn read(text: &str) -> Option<Period> {
    let (year, month) = text.split_once('-')?;
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month) = (digits(year, 4).then_some(year)?, digits(month, 2).then_some(month)?);
    let number = year.parse::<i32>().ok()?.checked_mul(100)?.checked_add(month.parse().ok()?)?;
    Period::from_number(number).filter(|period| period.number() >= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_over_is_closed() {
        let zone = Zone::parse("Europe/London").unwrap();
        let cases = [
            ("2026-06", "2026-06-30T22:59:59Z", false),
            ("2026-06", "2026-06-30T23:00:00Z", true),
            ("2026-05", "2026-06-30T22:59:59Z", true),
            ("2026-07", "2026-06-30T22:59:59Z", false),
            ("2025-12", "2026-01-01T00:00:00Z", true),
        ];
        for (period, now, allowed) in cases {
            let done = may_close(read(period).unwrap(), &zone, Instant::parse(now).unwrap());
            assert_eq!(done.is_ok(), allowed, "{period} {now}");
        }
    }

    #[test]
    fn how_a_period_is_written() {
        for (text, number) in [("2026-03", Some(202_603)), ("0001-12", Some(112))] {
            assert_eq!(read(text).map(Period::number), number, "{text}");
        }
        for text in
            ["2026-13", "2026-00", "2026-3", "202603", "26-03", "+026-03", "", "2026-03-01", "0000-01"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
