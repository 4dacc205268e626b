//! The weeks of the file: they begin on Mondays at an hour of the wall clock.

use domain::{Instant, Zone};

/// The weeks between two instants. Week 0 is what lies before the first Monday.
#[derive(Debug)]
pub(super) struct Weeks {
    /// Beginnings of the weeks from 1 on, with their names (`2010-W49`).
    starts: Vec<(Instant, String)>,
}

impl Weeks {
    /// The weeks from the one with `first` to the one with `last`.
    pub(super) fn between(first: Instant, last: Instant, hour: i8, zone: &Zone) -> Weeks {
        let mut starts = Vec::new();
        let mut day = zone.date(first);
        loop {
            let start = zone.instant(day.at(hour, 0, 0, 0));
            if start > last {
                break;
            }
            let week = day.iso_week_date();
            if start > first && week.date() == day && day.weekday().to_monday_zero_offset() == 0 {
                starts.push((start, format!("{}-W{:02}", week.year(), week.week())));
            }
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        Weeks { starts }
    }

    /// How many weeks there are.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.starts.len()).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The week that an instant lies in.
    pub(super) fn of(&self, at: Instant) -> u32 {
        u32::try_from(self.starts.partition_point(|(start, _)| *start <= at)).unwrap_or(u32::MAX)
    }

    /// Beginning and name of a week from 1 on.
    pub(super) fn start(&self, week: u32) -> Option<(Instant, &str)> {
        let place = usize::try_from(week.checked_sub(1)?).ok()?;
        self.starts.get(place).map(|(start, name)| (*start, &**name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_mornings_of_the_wall_clock() {
        let london = Zone::parse("Europe/London").unwrap();
        let at = |text| london.parse_civil(text).unwrap();
        let weeks = Weeks::between(at("2011-03-16 09:00:00"), at("2011-04-04 09:00:00"), 6, &london);
        assert_eq!(weeks.count(), 4);
        for (text, week) in [
            ("2011-03-16 09:00:00", 0),
            ("2011-03-21 05:59:59", 0),
            ("2011-03-21 06:00:00", 1),
            ("2011-03-28 05:59:59", 1),
            ("2011-03-28 06:00:00", 2),
            ("2011-04-04 09:00:00", 3),
        ] {
            assert_eq!(weeks.of(at(text)), week, "{text}");
        }
        assert_eq!(weeks.start(0), None);
        assert_eq!(weeks.start(2), Some((at("2011-03-28 06:00:00"), "2011-W13")));
        assert_eq!(weeks.start(4), None);
    }

    #[test]
    fn a_first_line_on_the_stroke_of_a_week_lies_in_week_0() {
        let london = Zone::parse("Europe/London").unwrap();
        let at = london.parse_civil("2011-03-21 06:00:00").unwrap();
        assert_eq!(Weeks::between(at, at, 6, &london).of(at), 0);
    }
}
