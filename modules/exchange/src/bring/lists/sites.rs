//! What only a site has: its address, whom to reach there, and its hours. Its name, zone and state are those of its
//! location.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::{Code, Permission, Problem};
use places::{CalendarBody, CalendarDay, ChangeSite, DaySpan, WeekSpan};
use serde_json::{Value, json};
use web::{Failure, IfMatch};

pub(super) static FIELDS: [Field; 8] = [
    Field::new("site", "/site", Holds::Code).needed().also(&["code"]),
    Field::new("lines", "/address/lines", Holds::Text).also(&["address", "street"]),
    Field::new("city", "/address/city", Holds::Text),
    Field::new("region", "/address/region", Holds::Text),
    Field::new("postcode", "/address/postcode", Holds::Text),
    Field::new("country", "/address/country", Holds::Text),
    Field::new("contacts", "/contacts", Holds::Json),
    Field::new("hours", "/hours", Holds::List),
];

pub(super) static DAY_FIELDS: [Field; 4] = [
    Field::new("site", "/site", Holds::Code).needed(),
    Field::new("on", "/on", Holds::Date).needed().also(&["date"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("hours", "/hours", Holds::List),
];

/// Said of hours in place of any.
const CLOSED: &str = "closed";
const AROUND_THE_CLOCK: &str = "around_the_clock";

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let reached = caller.scope.reached();
    let code = row.text("site").to_owned();
    let mut row = row.clone();
    row.body.remove("site");
    let hours = row.body.remove("hours");
    if let Some(lines) = row.body.get_mut("address").and_then(|address| address.get_mut("lines")) {
        let text = lines.as_str().unwrap_or_default();
        let each: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        *lines = json!(each);
    }
    let there = places::site(tx, reached, &code)?;
    let mut after = there.version;
    if there.address.is_none()
        && let Some(address) = row.body.get("address")
        && let Some(missing) = ["lines", "country"].into_iter().find(|field| address.get(field).is_none())
    {
        let detail = format!(
            "the site has no address yet; a new one needs `lines` and `country`, and the row has no `{missing}`"
        );
        return Err(Problem::at(Code::InvalidValue, format!("/address/{missing}"), detail).into());
    }
    let change = differing(&row, &there, ("site", &["address", "contacts"]))?;
    if !change.is_empty() {
        let change: ChangeSite = command(change)?;
        after = places::change_site(tx, &who.ctx, reached, (&code, IfMatch::Any), &change)?.version;
    }
    if let Some(hours) = texts(hours.as_ref()) {
        let calendar = places::site_calendar(tx, reached, &code)?;
        let hours = match hours.as_slice() {
            [AROUND_THE_CLOCK] => None,
            [CLOSED] => Some(Vec::new()),
            spans => Some(spans.iter().map(|span| week_span(span)).collect::<Result<Vec<_>, _>>()?),
        };
        let body = CalendarBody { hours, days: calendar.days };
        after = places::set_calendar(tx, &who.ctx, reached, (&code, IfMatch::Any), &body)?.version;
    }
    Ok(if after == there.version { Taken::Unchanged } else { Taken::Changed })
}

/// A day of a site that is different.
pub(super) fn take_day(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let reached = caller.scope.reached();
    let (code, on) = (row.text("site"), row.text("on"));
    let there = places::site_calendar(tx, reached, code)?;
    let mut days = there.days;
    let known = days.iter().position(|day| day.on == on);
    let mut day = known.map_or_else(
        || CalendarDay { on: on.to_owned(), name: String::new(), hours: Vec::new() },
        |at| days.remove(at),
    );
    if let Some(name) = row.body.get("name").and_then(Value::as_str) {
        name.clone_into(&mut day.name);
    }
    if let Some(hours) = texts(row.body.get("hours")) {
        day.hours = match hours.as_slice() {
            [CLOSED] => Vec::new(),
            spans => spans.iter().map(|span| day_span(span)).collect::<Result<_, _>>()?,
        };
    }
    days.push(day);
    let last = format!("/days/{}", days.len() - 1);
    let body = CalendarBody { hours: there.hours, days };
    let after = places::set_calendar(tx, &who.ctx, reached, (code, IfMatch::Any), &body)
        .map_err(|failure| at_field(failure, &last))?;
    Ok(match known {
        _ if after.version == there.version => Taken::Unchanged,
        Some(_) => Taken::Changed,
        None => Taken::Created,
    })
}

fn texts(list: Option<&Value>) -> Option<Vec<&str>> {
    Some(list?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// `monday 08:00-17:30`.
fn week_span(text: &str) -> Result<WeekSpan, Problem> {
    let (day, span) = text.trim().split_once(' ').ok_or_else(|| no_span(text, "monday 08:00-17:30"))?;
    let DaySpan { from, to } = day_span(span)?;
    Ok(WeekSpan { day: day.to_lowercase(), from, to })
}

/// `08:00-17:30`.
fn day_span(text: &str) -> Result<DaySpan, Problem> {
    let (from, to) = text.split_once('-').ok_or_else(|| no_span(text, "08:00-17:30"))?;
    Ok(DaySpan { from: from.trim().to_owned(), to: to.trim().to_owned() })
}

fn no_span(text: &str, such: &str) -> Problem {
    let detail = format!("`{text}` is no stretch of hours such as `{such}`");
    Problem::at(Code::InvalidValue, "/hours", detail)
}

/// A refusal of a calendar at the field of the day that was said.
fn at_field(mut failure: Failure, day: &str) -> Failure {
    if let Failure::Refused(problem) = &mut failure {
        for error in &mut problem.errors {
            if let Some(field) = error.pointer.strip_prefix(day) {
                error.pointer = field.to_owned();
            }
        }
    }
    failure
}
