//! The calendar of a site as it is written and shown. What it means is told by [`domain::Calendar`].

use crate::code;
use domain::calendar::{BadHours, CALENDAR_DAYS_MAX, Hours, Minute, Span, Week};
use domain::{AsProblem, Calendar, Code, Date, Problem, Weekday, when};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A stretch of a weekday.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeekSpan {
    /// `monday` to `sunday`.
    pub day: String,
    /// Where it begins by the clock on the wall, such as `08:00`.
    pub from: String,
    /// Where it ends, such as `17:30`; `24:00` is the end of the day.
    pub to: String,
}

/// A stretch of one day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DaySpan {
    /// Where it begins by the clock on the wall, such as `08:00`.
    pub from: String,
    /// Where it ends, such as `17:30`; `24:00` is the end of the day.
    pub to: String,
}

/// A day that is different.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// The date, such as `2026-12-25`.
    pub on: String,
    /// What it is, such as `Christmas Day`.
    pub name: String,
    /// Its hours; closed when there are none.
    #[serde(default)]
    pub hours: Vec<DaySpan>,
}

/// A whole calendar.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarBody {
    /// The hours of the week; a weekday that is not named is closed. Null or left out: around the clock.
    #[serde(default)]
    pub hours: Option<Vec<WeekSpan>>,
    /// The days that are different, in any order.
    #[serde(default)]
    pub days: Vec<CalendarDay>,
}

/// A calendar with the names of its days.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Named {
    pub(crate) calendar: Calendar,
    /// Each day that is different has a name.
    pub(crate) names: BTreeMap<Date, String>,
}

/// A calendar as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CalendarShown {
    /// The code of the site.
    pub site: String,
    /// The zone in which its hours are meant.
    pub zone: String,
    /// The hours of the week, in order; null: around the clock.
    pub hours: Option<Vec<WeekSpan>>,
    /// The days that are different, in order.
    pub days: Vec<CalendarDay>,
    /// Counts the changes of the site; the `ETag`.
    pub version: i64,
}

impl CalendarShown {
    pub(crate) fn of(site: &str, zone: &str, named: &Named, version: i64) -> CalendarShown {
        let days = named.names.keys().map(|date| shown_day(named, *date)).collect();
        let hours = named.calendar.week.as_ref().map(shown_week);
        CalendarShown { site: site.to_owned(), zone: zone.to_owned(), hours, days, version }
    }
}

fn shown_week(week: &Week) -> Vec<WeekSpan> {
    let spans = week.iter().flat_map(|(day, hours)| hours.spans().iter().map(move |span| (day, span)));
    let shown = |(day, span): (&Weekday, &Span)| WeekSpan {
        day: day.to_string(),
        from: span.from().to_string(),
        to: span.to().to_string(),
    };
    spans.map(shown).collect()
}

fn shown_day(named: &Named, on: Date) -> CalendarDay {
    let spans = named.calendar.days.get(&on).map_or(&[][..], Hours::spans);
    let shown = |span: &Span| DaySpan { from: span.from().to_string(), to: span.to().to_string() };
    CalendarDay {
        on: on.to_string(),
        name: named.names.get(&on).cloned().unwrap_or_default(),
        hours: spans.iter().map(shown).collect(),
    }
}

/// Reads a calendar; each refusal names its field.
pub(crate) fn read(body: &CalendarBody) -> Result<Named, Problem> {
    let CalendarBody { hours, days } = body;
    if days.len() > CALENDAR_DAYS_MAX {
        let detail =
            format!("a calendar has at most {CALENDAR_DAYS_MAX} days, this one has `{}`", days.len());
        return Err(Problem::at(Code::TooMany, "/days", detail));
    }
    let mut named = Named::default();
    named.calendar.week = hours.as_deref().map(read_week).transpose()?;
    for (at, day) in days.iter().enumerate() {
        let (date, hours) = read_day(at, day)?;
        if named.calendar.days.insert(date, hours).is_some() {
            let detail = format!("`{date}` stands in the calendar twice; say all of it at once");
            return Err(Problem::at(Code::InvalidValue, format!("/days/{at}/on"), detail));
        }
        named.names.insert(date, code::name(&day.name, &format!("/days/{at}/name"))?);
    }
    Ok(named)
}

fn read_span(pointer: &str, from: &str, to: &str) -> Result<Span, Problem> {
    let minute = |field: &str, text: &str| {
        Minute::parse(text).map_err(|error| error.problem(&format!("{pointer}/{field}")))
    };
    let span = Span::new(minute("from", from)?, minute("to", to)?);
    span.map_err(|error| error.problem(&format!("{pointer}/to")))
}

fn read_week(spans: &[WeekSpan]) -> Result<Week, Problem> {
    let mut days: BTreeMap<Weekday, Vec<Span>> = BTreeMap::new();
    for (at, WeekSpan { day, from, to }) in spans.iter().enumerate() {
        let pointer = format!("/hours/{at}");
        let day = Weekday::parse(day).map_err(|error| error.problem(&format!("{pointer}/day")))?;
        let span = read_span(&pointer, from, to)?;
        let known = days.entry(day).or_default();
        known.push(span);
        Hours::new(known.clone()).map_err(|error: BadHours| error.problem(&pointer))?;
    }
    let hours = |(day, spans)| {
        let hours = Hours::new(spans).map_err(|error| error.problem("/hours"))?;
        Ok((day, hours))
    };
    days.into_iter().map(hours).collect()
}

fn read_day(at: usize, day: &CalendarDay) -> Result<(Date, Hours), Problem> {
    let CalendarDay { on, name: _, hours } = day;
    let pointer = format!("/days/{at}");
    let date = when::parse_date(on).map_err(|error| error.problem(&format!("{pointer}/on")))?;
    let span = |(index, span): (usize, &DaySpan)| {
        read_span(&format!("{pointer}/hours/{index}"), &span.from, &span.to)
    };
    let spans: Vec<Span> = hours.iter().enumerate().map(span).collect::<Result<_, _>>()?;
    let hours = Hours::new(spans).map_err(|error| error.problem(&format!("{pointer}/hours")))?;
    Ok((date, hours))
}

/// What a change made different: the hours of the week, the days that are new or not as they were, and those that
/// are gone. The whole would say the same of two thousand days each time.
pub(crate) fn difference(before: &Named, after: &Named) -> Value {
    let differs = |date: &Date| {
        before.names.get(date) != after.names.get(date)
            || before.calendar.days.get(date) != after.calendar.days.get(date)
    };
    let set = after.names.keys().filter(|date| differs(date)).map(|date| shown_day(after, *date));
    let set: Vec<CalendarDay> = set.collect();
    let gone = before.names.keys().filter(|date| !after.names.contains_key(date)).map(ToString::to_string);
    let gone: Vec<String> = gone.collect();
    json!({ "hours": after.calendar.week.as_ref().map(shown_week), "days": set, "days_removed": gone })
}
