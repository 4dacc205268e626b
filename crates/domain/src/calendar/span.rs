//! The hours of one day, by the clock on the wall.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::when::{Date, Instant, Zone, plus_days};
use crate::word::echo;
use std::fmt;

/// The most spans that one day has.
pub const SPANS_PER_DAY_MAX: usize = 8;

/// The minutes of a day by the clock.
const DAY: u16 = 24 * 60;

/// A minute of the day by the clock on the wall: `00:00` to `24:00`, the end of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Minute(u16);

/// A stretch of a day: from a minute on, and up to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    from: Minute,
    to: Minute,
}

/// The spans of a day, in order and apart from each other. None: the day is not worked on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hours(Vec<Span>);

/// Why something is no hours.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadHours {
    /// Not a time of the clock.
    #[error("`{0}` is no time of the day; it is `00:00` to `24:00`, with two digits each")]
    Minute(String),
    /// A span that ends where it begins, or before.
    #[error(
        "`{from}` to `{to}` is no stretch of a day; what goes on after midnight is two, until `24:00` and from `00:00` of the next day"
    )]
    Backwards {
        /// Where it begins.
        from: Minute,
        /// Where it ends.
        to: Minute,
    },
    /// Two spans of one day that share a minute.
    #[error("`{0}` overlaps `{1}` on the same day; make one of them")]
    Overlap(Span, Span),
    /// More than [`SPANS_PER_DAY_MAX`].
    #[error("a day has at most {SPANS_PER_DAY_MAX} spans, this one has `{0}`")]
    TooMany(usize),
}

impl AsProblem for BadHours {
    fn code(&self) -> Code {
        match self {
            BadHours::TooMany(_) => Code::TooMany,
            BadHours::Minute(_) | BadHours::Backwards { .. } | BadHours::Overlap(..) => Code::InvalidValue,
        }
    }
}

impl Minute {
    /// Reads `08:30`.
    ///
    /// # Errors
    /// [`BadHours::Minute`] for anything else.
    pub fn parse(text: &str) -> Result<Minute, BadHours> {
        let bad = || BadHours::Minute(echo(text));
        let two = |digits: &str| -> Option<u16> {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        };
        let (hours, minutes) = text.split_once(':').ok_or_else(bad)?;
        let (hours, minutes) = (two(hours).ok_or_else(bad)?, two(minutes).ok_or_else(bad)?);
        match hours * 60 + minutes {
            minute if minutes < 60 && minute <= DAY => Ok(Minute(minute)),
            _ => Err(bad()),
        }
    }

    /// From the stored number: minutes since the day began by the clock.
    pub fn from_number(number: i64) -> Option<Minute> {
        u16::try_from(number).ok().filter(|minute| *minute <= DAY).map(Minute)
    }

    /// The stored number.
    pub const fn number(self) -> u16 {
        self.0
    }

    fn instant(self, zone: &Zone, date: Date) -> Instant {
        let (hour, minute) = (i8::try_from(self.0 / 60).unwrap_or(0), i8::try_from(self.0 % 60).unwrap_or(0));
        match self.0 {
            DAY => plus_days(date, 1).map_or(Instant::MAX, |next| zone.midnight(next)),
            _ => zone.instant(date.at(hour, minute, 0, 0)),
        }
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Span {
    /// From a minute up to a later one.
    ///
    /// # Errors
    /// [`BadHours::Backwards`] for any other.
    pub fn new(from: Minute, to: Minute) -> Result<Span, BadHours> {
        if from < to { Ok(Span { from, to }) } else { Err(BadHours::Backwards { from, to }) }
    }

    /// Where it begins.
    pub const fn from(self) -> Minute {
        self.from
    }

    /// Where it ends, which is not part of it.
    pub const fn to(self) -> Minute {
        self.to
    }

    /// The instants at which it begins and ends on a date.
    pub(super) fn instants(self, zone: &Zone, date: Date) -> (Instant, Instant) {
        (self.from.instant(zone, date), self.to.instant(zone, date))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

impl Hours {
    /// A day around the clock.
    pub(super) const ALL_DAY: &'static [Span] = &[Span { from: Minute(0), to: Minute(DAY) }];

    /// The spans of a day, in whatever order they come.
    ///
    /// # Errors
    /// [`BadHours`] for too many, and for two that overlap.
    pub fn new(mut spans: Vec<Span>) -> Result<Hours, BadHours> {
        if spans.len() > SPANS_PER_DAY_MAX {
            return Err(BadHours::TooMany(spans.len()));
        }
        spans.sort_unstable();
        for (one, next) in spans.iter().zip(spans.iter().skip(1)) {
            if next.from < one.to {
                return Err(BadHours::Overlap(*one, *next));
            }
        }
        Ok(Hours(spans))
    }

    /// The spans, in order.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }
}
