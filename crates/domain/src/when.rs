//! Instants, civil dates, periods and zones. The only place that names the time library.

use crate::word::echo;
use std::fmt;

pub use jiff::civil::Date;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant(pub i64);

/// A calendar month, stored as `yyyymm`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period(i32);

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

/// Why a text is not an instant, a date or a zone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadWhen {
    /// Not an instant.
    #[error("an instant looks like `2026-03-01T09:30:00Z` or carries an offset such as `+01:00`")]
    Instant,
    /// Not a date.
    #[error("a date looks like `2026-03-01`")]
    Date,
    /// A date that no calendar has.
    #[error("there is no such day in the calendar")]
    NoSuchDay,
    /// Not a known zone.
    #[error("a time zone is a name of the IANA database such as `Europe/London`, `{0}` is not")]
    Zone(String),
}

impl Instant {
    /// The earliest and latest instants the product stores: years 1900 to 2200.
    pub const MIN: Instant = Instant(-2_208_988_800_000_000);
    /// See [`Instant::MIN`].
    pub const MAX: Instant = Instant(7_258_118_400_000_000);

    /// Whether it lies between the earliest and the latest.
    pub fn is_in_range(self) -> bool {
        (Instant::MIN..=Instant::MAX).contains(&self)
    }

    /// Reads an RFC 3339 text with an offset.
    ///
    /// # Errors
    /// [`BadWhen::NoSuchDay`], and [`BadWhen::Instant`] for anything else and outside of the years 1900 to 2200.
    pub fn parse(text: &str) -> Result<Instant, BadWhen> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| no_instant(text))?;
        let instant = Instant(stamp.as_microsecond());
        if instant.is_in_range() { Ok(instant) } else { Err(BadWhen::Instant) }
    }

    /// Later by so many microseconds.
    pub const fn plus_micros(self, micros: i64) -> Instant {
        Instant(self.0.saturating_add(micros))
    }

    /// Later by so many seconds.
    pub const fn plus_seconds(self, seconds: i64) -> Instant {
        self.plus_micros(seconds.saturating_mul(1_000_000))
    }

    /// The second that it lies in, for people.
    pub const fn to_the_second(self) -> Instant {
        Instant(self.0.div_euclid(1_000_000).saturating_mul(1_000_000))
    }

    fn stamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stamp().fmt(f)
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Instant::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Why a text is no instant: perhaps its day is none.
fn no_instant(text: &str) -> BadWhen {
    match text.get(..10).map(parse_date) {
        Some(Err(BadWhen::NoSuchDay)) => BadWhen::NoSuchDay,
        _ => BadWhen::Instant,
    }
}

/// Reads a date of the form `2026-03-01`.
///
/// # Errors
/// [`BadWhen::NoSuchDay`] for the 30th of February and the like, [`BadWhen::Date`] for anything else.
pub fn parse_date(text: &str) -> Result<Date, BadWhen> {
    if text.len() != 10 {
        return Err(BadWhen::Date);
    }
    let is_formed = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    text.parse().map_err(|_| if is_formed { BadWhen::NoSuchDay } else { BadWhen::Date })
}

/// The date so many days later (earlier when negative); `None` outside of the calendar.
pub fn plus_days(date: Date, days: i32) -> Option<Date> {
    date.checked_add(jiff::SignedDuration::from_hours(i64::from(days) * 24)).ok()
}

/// The days from one date to another; negative when `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    // the calendar has fewer than eight million days
    i32::try_from(to.duration_since(from).as_hours() / 24).unwrap_or(i32::MAX)
}

impl Period {
    /// The month of a date.
    pub fn of(date: Date) -> Period {
        Period(i32::from(date.year()) * 100 + i32::from(date.month()))
    }

    /// From the stored number `yyyymm`; `None` when the month is not 1 to 12.
    pub const fn from_number(number: i32) -> Option<Period> {
        if number >= 1 && number % 100 >= 1 && number % 100 <= 12 { Some(Period(number)) } else { None }
    }

    /// The stored number `yyyymm`.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The first day of the month.
    pub fn first_day(self) -> Date {
        let year = i16::try_from(self.0 / 100).unwrap_or(i16::MAX);
        let month = i8::try_from(self.0 % 100).unwrap_or(1);
        Date::new(year, month, 1).unwrap_or(Date::MAX)
    }

    /// The next month.
    #[must_use]
    pub const fn next(self) -> Period {
        if self.0 % 100 == 12 { Period(self.0 + 89) } else { Period(self.0 + 1) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(jiff::tz::TimeZone::UTC);

    /// Reads an IANA name.
    ///
    /// # Errors
    /// [`BadWhen::Zone`] when the name is unknown.
    pub fn parse(name: &str) -> Result<Zone, BadWhen> {
        jiff::tz::TimeZone::get(name).map(Zone).map_err(|_| BadWhen::Zone(echo(name)))
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The civil date that a clock on the wall of this zone shows at an instant.
    pub fn date(&self, at: Instant) -> Date {
        self.0.to_datetime(at.stamp()).date()
    }

    /// The first instant of a civil day in this zone.
    pub fn midnight(&self, date: Date) -> Instant {
        self.instant(date.at(0, 0, 0, 0))
    }

    /// The instant of a civil date and time in this zone. A time that a clock change skips or
    /// repeats is read with the offset before the change.
    pub fn instant(&self, civil: jiff::civil::DateTime) -> Instant {
        self.0
            .to_ambiguous_timestamp(civil)
            .compatible()
            .map_or(Instant::MAX, |stamp| Instant(stamp.as_microsecond()))
    }

    /// The instant of a civil text such as `2010-12-01 08:26:00` in this zone.
    ///
    /// # Errors
    /// [`BadWhen::NoSuchDay`], and [`BadWhen::Instant`] when the text is not a civil date and time.
    pub fn parse_civil(&self, text: &str) -> Result<Instant, BadWhen> {
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| no_instant(text))?;
        Ok(self.instant(civil))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summer_day_in_london_begins_an_hour_before_utc() {
        let london = Zone::parse("Europe/London").unwrap();
        let day = parse_date("2011-07-01").unwrap();
        assert_eq!(london.midnight(day).to_string(), "2011-06-30T23:00:00Z");
        assert_eq!(london.date(Instant::parse("2011-06-30T23:00:00Z").unwrap()), day);
        assert_eq!(london.parse_civil("2010-12-01 08:26:00").unwrap().to_string(), "2010-12-01T08:26:00Z");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in
            ["2026-03-01", "2026-03-01T09:30:00", "x", "", "1800-01-01T00:00:00Z", "2300-01-01T00:00:00Z"]
        {
            assert_eq!(Instant::parse(text), Err(BadWhen::Instant), "{text}");
        }
        assert_eq!(Instant::parse("2026-02-30T09:30:00Z"), Err(BadWhen::NoSuchDay));
        assert_eq!(Zone::UTC.parse_civil("2026-02-30 09:30:00"), Err(BadWhen::NoSuchDay));
        assert_eq!(Zone::parse("Mars/Base"), Err(BadWhen::Zone("Mars/Base".to_owned())));
        assert_eq!(parse_date("2026-02-30"), Err(BadWhen::NoSuchDay));
        assert_eq!(parse_date("2026-13-01"), Err(BadWhen::NoSuchDay));
        assert_eq!(parse_date("2026+02-03"), Err(BadWhen::Date));
        assert_eq!(parse_date("26-02-03"), Err(BadWhen::Date));
    }

    #[test]
    fn days_are_counted_over_leap_days_and_back() {
        let day = |text| parse_date(text).unwrap();
        assert_eq!(plus_days(day("2024-02-28"), 2), Some(day("2024-03-01")));
        assert_eq!(plus_days(day("2024-03-01"), -2), Some(day("2024-02-28")));
        assert_eq!(plus_days(Date::MAX, 1), None);
        assert_eq!(days_between(day("2024-02-28"), day("2024-03-01")), 2);
        assert_eq!(days_between(Date::MAX, Date::MIN), -days_between(Date::MIN, Date::MAX));
    }

    #[test]
    fn december_is_followed_by_january() {
        let december = Period::from_number(202_612).unwrap();
        assert_eq!(december.next(), Period::from_number(202_701).unwrap());
        assert_eq!(december.first_day(), parse_date("2026-12-01").unwrap());
        assert_eq!(Period::from_number(202_613), None);
    }
}
