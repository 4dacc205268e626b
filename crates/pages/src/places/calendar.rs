//! When a site works: the hours of the week, and the days that are different.

use super::site::{settled, site_of};
use super::sites::{above, door_of, page_of};
use crate::cx::{Cx, Html};
use crate::format;
use crate::forms::{Outcome, body};
use crate::kit::{AGAIN_FIELD, Button, Field, FormPage, Section, Sent, facts, fields as set};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Form, Path, Posted};

/// A calendar.
#[derive(Deserialize)]
pub(super) struct Calendar {
    #[serde(default)]
    hours: Option<Vec<WeekSpan>>,
    days: Vec<Day>,
    version: i64,
}

#[derive(Deserialize)]
struct WeekSpan {
    day: String,
    from: String,
    to: String,
}

/// A day that is different.
#[derive(Deserialize)]
struct Day {
    on: String,
    name: String,
    hours: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    from: String,
    to: String,
}

/// The days of the week, with their messages.
const WEEK: [(&str, &str); 7] = [
    ("monday", "day-monday"),
    ("tuesday", "day-tuesday"),
    ("wednesday", "day-wednesday"),
    ("thursday", "day-thursday"),
    ("friday", "day-friday"),
    ("saturday", "day-saturday"),
    ("sunday", "day-sunday"),
];
/// Stretches of a day that the form has room for, at least.
const SPANS: usize = 2;
/// Days beyond those that are there, for which the form has room.
const SPARE: usize = 3;
/// The most days that the form asks for at once.
const ROOM_MAX: usize = 1_000;
/// The field that says how many days there is room for.
const ROOM_FIELD: &str = "_days";
/// The tick of a site that always works.
const ALWAYS_FIELD: &str = "_always";

/// The calendar as it is shown.
pub(super) fn hours(cx: &Cx, calendar: &Calendar) -> Markup {
    let week = WEEK.map(|(word, key)| {
        let spans = calendar.hours.iter().flatten().filter(|span| span.day == word);
        (cx.t(key).into_owned(), spans_shown(cx, spans.map(|span| (span.from.as_str(), span.to.as_str()))))
    });
    let days: Vec<_> = calendar
        .days
        .iter()
        .map(|day| {
            let spans = spans_shown(cx, day.hours.iter().map(|span| (span.from.as_str(), span.to.as_str())));
            (format::day(cx.look.locale, &day.on), html! { (day.name) " · " (spans) })
        })
        .collect();
    html! {
        div class="stack" {
            @if calendar.hours.is_some() { (facts(&week)) } @else { p { (cx.t("around-the-clock")) } }
            @if !days.is_empty() { h3 { (cx.t("calendar-days")) } (facts(&days)) }
        }
    }
}

fn spans_shown<'a>(cx: &Cx, spans: impl Iterator<Item = (&'a str, &'a str)>) -> Markup {
    let shown: Vec<String> = spans.map(|(from, to)| format!("{from}–{to}")).collect();
    html! { @if shown.is_empty() { span class="muted" { (cx.t("site-closed")) } } @else { (shown.join(", ")) } }
}

pub(super) async fn edit(cx: Cx, Path(code): Path<String>) -> Html {
    page(&cx, &code, &Sent::default()).await
}

async fn page(cx: &Cx, code: &str, sent: &Sent) -> Html {
    let site = site_of(cx, code).await?;
    let calendar: Calendar = cx.desk.get(&format!("{}/calendar", door_of(code))).await?;
    let room = sent.form.get(ROOM_FIELD).and_then(|text| text.parse().ok()).unwrap_or(calendar.days.len());
    let room = (room.clamp(calendar.days.len(), ROOM_MAX.max(calendar.days.len())) + SPARE).to_string();
    let always = cx.t("calendar-always");
    let is_always = if calendar.hours.is_none() { "true" } else { "false" };
    let fields = html! {
        (Field::new(ALWAYS_FIELD, &always).value(is_always).tick(sent))
        @for (at, (word, key)) in WEEK.iter().enumerate() { (weekday(cx, &calendar, at, word, &cx.t(key), sent)) }
        h2 { (cx.t("calendar-days")) }
        @for at in 0..room.parse::<usize>().unwrap_or(SPARE) { (different(cx, &calendar, at, sent)) }
        input type="hidden" name=(ROOM_FIELD) value=(room);
        div class="row" { (Button::new(&cx.t("calendar-more-days")).small().submit_as(AGAIN_FIELD, "days")) }
    };
    let title = cx.tell("calendar-title", &[("code", site.code.as_str().into())]);
    let (about, submit) = (cx.tell("calendar-about", &[("zone", site.zone.as_str().into())]), cx.t("save"));
    let form = FormPage {
        title: &title,
        about: Some(&about),
        above: &above(cx, Some(&site.code)),
        section: Section::Sites,
        fields,
        submit: Button::primary(&submit),
        back: &page_of(&site.code),
        version: Some(calendar.version),
    };
    Ok(form.draw(cx, sent))
}

fn weekday(cx: &Cx, calendar: &Calendar, at: usize, word: &str, label: &str, sent: &Sent) -> Markup {
    let spans: Vec<&WeekSpan> = calendar.hours.iter().flatten().filter(|span| span.day == word).collect();
    let (from, to) = (cx.t("calendar-from"), cx.t("calendar-to"));
    set(
        label,
        None,
        html! {
            @for slot in 0..spans.len().max(SPANS) {
                @let span = spans.get(slot);
                (Field::new(&format!("/week/{at}/{slot}/from"), &from).value(span.map_or("", |span| &span.from)).text(sent))
                (Field::new(&format!("/week/{at}/{slot}/to"), &to).value(span.map_or("", |span| &span.to)).text(sent))
            }
        },
    )
}

fn different(cx: &Cx, calendar: &Calendar, at: usize, sent: &Sent) -> Markup {
    let day = calendar.days.get(at);
    let labels = ["calendar-on", "calendar-name", "calendar-from", "calendar-to"].map(|key| cx.t(key));
    let [on, name, from, to] = &labels;
    let legend = cx.tell("calendar-day", &[("number", (at + 1).into())]);
    set(
        &legend,
        (at == 0).then(|| cx.t("calendar-day-hint")).as_deref(),
        html! {
            (Field::new(&format!("/days/{at}/on"), on).value(day.map_or("", |day| &day.on)).date(sent))
            (Field::new(&format!("/days/{at}/name"), name).value(day.map_or("", |day| &day.name)).text(sent))
            @for slot in 0..day.map_or(1, |day| day.hours.len().max(1)) {
                @let span = day.and_then(|day| day.hours.get(slot));
                (Field::new(&format!("/days/{at}/hours/{slot}/from"), from).value(span.map_or("", |span| &span.from)).text(sent))
                (Field::new(&format!("/days/{at}/hours/{slot}/to"), to).value(span.map_or("", |span| &span.to)).text(sent))
            }
        },
    )
}

pub(super) async fn change(cx: Cx, Path(code): Path<String>, Posted(form): Posted) -> Html {
    let (body, slots) = said(&form);
    let target = format!("{}/calendar", door_of(&code));
    match cx.save_as(Method::PUT, &target, form, Some(body)).await? {
        Outcome::Again(mut sent) => {
            slots.name(&mut sent);
            page(&cx, &code, &sent).await
        }
        done => Ok(settled(&cx, done, "calendar-done", &code)),
    }
}

/// Which fields of the form the lines of the body come from, so that what is refused of a line is shown beside them.
struct Slots {
    hours: Vec<String>,
    days: Vec<String>,
}

impl Slots {
    fn name(&self, sent: &mut Sent) {
        for fault in sent.problem.iter_mut().flat_map(|problem| &mut problem.errors) {
            for (list, fields) in [("/hours/", &self.hours), ("/days/", &self.days)] {
                let Some(rest) = fault.pointer.strip_prefix(list) else { continue };
                let (at, field) = rest.split_once('/').unwrap_or((rest, "from"));
                if let Some(name) = at.parse().ok().and_then(|at: usize| fields.get(at)) {
                    fault.pointer = format!("{name}/{field}");
                    break;
                }
            }
        }
    }
}

/// The calendar that the form says.
fn said(form: &Form) -> (Value, Slots) {
    let (mut hours, mut days) = (Vec::new(), Vec::new());
    let mut slots = Slots { hours: Vec::new(), days: Vec::new() };
    let text = |name: String| form.get(&name).filter(|text| !text.is_empty()).map(str::to_owned);
    for (at, (word, _)) in WEEK.iter().enumerate() {
        for slot in (0..).take_while(|slot| form.get(&format!("/week/{at}/{slot}/from")).is_some()) {
            let name = format!("/week/{at}/{slot}");
            let (from, to) = (text(format!("{name}/from")), text(format!("{name}/to")));
            if from.is_some() || to.is_some() {
                hours.push(
                    json!({ "day": word, "from": from.unwrap_or_default(), "to": to.unwrap_or_default() }),
                );
                slots.hours.push(name);
            }
        }
    }
    let listed = body(form);
    let listed = listed.get("days").and_then(Value::as_array).cloned().unwrap_or_default();
    let written = (0..).take_while(|at| form.get(&format!("/days/{at}/on")).is_some());
    let written =
        written.filter(|at| text(format!("/days/{at}/on")).or(text(format!("/days/{at}/name"))).is_some());
    for (at, mut day) in written.zip(listed) {
        if let Value::Object(fields) = &mut day {
            for needed in ["on", "name"] {
                fields.entry(needed).or_insert_with(|| "".into());
            }
        }
        days.push(day);
        slots.days.push(format!("/days/{at}"));
    }
    let is_always = form.get(ALWAYS_FIELD).is_some();
    (json!({ "hours": if is_always { Value::Null } else { hours.into() }, "days": days }), slots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, FieldError, Problem};

    #[test]
    fn a_calendar_is_what_was_typed() {
        let form = Form::parse(
            b"%2Fweek%2F0%2F0%2Ffrom=08:00&%2Fweek%2F0%2F0%2Fto=12:00&%2Fweek%2F0%2F1%2Ffrom=&%2Fweek%2F0%2F1%2Fto=\
              &%2Fweek%2F2%2F0%2Ffrom=9&%2Fweek%2F2%2F0%2Fto=&%2Fdays%2F0%2Fon=&%2Fdays%2F0%2Fname=\
              &%2Fdays%2F1%2Fon=2026-12-25&%2Fdays%2F1%2Fname=&%2Fdays%2F1%2Fhours%2F0%2Ffrom=",
        );
        let (body, slots) = said(&form);
        let expected = json!({
            "hours": [{ "day": "monday", "from": "08:00", "to": "12:00" }, { "day": "wednesday", "from": "9", "to": "" }],
            "days": [{ "on": "2026-12-25", "name": "" }],
        });
        assert_eq!(body, expected);
        let mut problem = Problem::new(Code::InvalidValue, "two");
        let fault = |pointer: &str| FieldError {
            pointer: pointer.into(),
            code: Code::InvalidValue,
            detail: "no".into(),
        };
        problem.errors = vec![fault("/hours/1/from"), fault("/days/0/name"), fault("/state")];
        let mut sent = Sent { form, problem: Some(problem) };
        slots.name(&mut sent);
        let named: Vec<String> =
            sent.problem.unwrap().errors.into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(named, ["/week/2/0/from", "/days/1/name", "/state"]);
    }

    #[test]
    fn a_site_may_work_always() {
        let (body, _) = said(&Form::parse(b"_always=true&%2Fweek%2F0%2F0%2Ffrom=08:00"));
        assert_eq!(body, json!({ "hours": null, "days": [] }));
    }
}
