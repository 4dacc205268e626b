//! Many locations at once: the levels that their codes are made of, what would be made, and the making of it.

use super::edit::known_types;
use super::place::{Types, href, kind_word, kinds, roles, types};
use crate::cx::{Cx, Html, address};
use crate::forms::{Told, body};
use crate::kit::{
    Button, Column, Field, Frame, Icon, KEY_FIELD, Kind, Role, Section, Sent, Shell, Table, Tone,
    breadcrumbs, card, field_rows, fields as set, form_errors, hidden, notice, shell,
};
use crate::refusals::status_of;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};
use web::{Failure, Form, Posted, Write};

/// Levels that the form has room for.
const LEVELS: usize = 4;
/// Rows that a preview shows.
const SHOWN: usize = 12;
/// The field of what was looked at before it is made.
const SEEN_FIELD: &str = "_seen";
/// The field of what the button does.
const DO_FIELD: &str = "_do";
/// The kind of a level of which nothing is made.
const NOTHING: &str = "-";

/// What is made, or would be.
#[derive(Deserialize)]
struct Made {
    count: usize,
    locations: Vec<One>,
    left_out: usize,
}

#[derive(Deserialize)]
struct One {
    code: String,
    kind: String,
    #[serde(default)]
    parent: Option<String>,
}

pub(super) async fn ask(cx: Cx) -> Html {
    page(&cx, &Sent::default(), None).await
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let said = said(&form);
    let text = said.to_string();
    // what is made is what was looked at, and nothing else
    let makes = form.get(DO_FIELD) == Some("make") && form.raw(SEEN_FIELD) == Some(text.as_str());
    let target = if makes { "/api/v1/locations/bulk" } else { "/api/v1/locations/bulk?dry_run=true" };
    let key = form.get(KEY_FIELD).filter(|_| makes).map_or_else(|| cx.fresh_key(), str::to_owned);
    let write = Write {
        method: Method::POST,
        target,
        body: Some(Bytes::from(text.clone())),
        key: Some(&key),
        version: None,
    };
    let parent = form.get("/parent").unwrap_or_default().to_owned();
    match cx.desk.send(write).await {
        Ok(reply) if reply.status == StatusCode::ACCEPTED && makes => {
            Ok(Told::new(cx.t("told-waiting")).go(&href(&parent)))
        }
        Ok(reply) if makes => {
            let made: Made = reply.read()?;
            let told =
                cx.tell("make-done", &[("count", made.count.into()), ("parent", parent.as_str().into())]);
            Ok(Told::new(told).go(&address("/locations", &[("under", Some(&parent))])))
        }
        // whoever needs a second person for it is told so when it is made
        Ok(reply) => {
            let made = reply.read::<Made>().ok();
            page(&cx, &Sent { form, problem: None }, made.as_ref().map(|made| (made, text.as_str()))).await
        }
        Err(failure) => refused(&cx, form, failure).await,
    }
}

async fn refused(cx: &Cx, form: Form, failure: Failure) -> Html {
    let mut sent = crate::sign_in::again(form, failure)?;
    for fault in sent.problem.iter_mut().flat_map(|problem| &mut problem.errors) {
        // the pattern is written where the first level is
        if fault.pointer == "/pattern" || fault.pointer == "/levels" {
            "/levels/0/from".clone_into(&mut fault.pointer);
        }
    }
    page(cx, &sent, None).await
}

/// What the form says, as the doors take it: the groups of the pattern are those of its levels.
fn said(form: &Form) -> Value {
    let Value::Object(mut said) = body(form) else { return Value::Null };
    let (mut pattern, mut levels) = (String::new(), Vec::new());
    for at in 0..LEVELS {
        let text = |field: &str| form.get(&format!("/levels/{at}/{field}")).unwrap_or_default();
        let (before, from, to) = (text("before"), text("from"), text("to"));
        if before.is_empty() && from.is_empty() && to.is_empty() {
            continue;
        }
        pattern.extend([before, "{", from, "..", to, "}"]);
        levels.push(level(form, at));
    }
    let point = said.remove("origin");
    said.retain(|name, _| name == "parent" || name == "walk");
    said.insert("pattern".to_owned(), pattern.into());
    said.insert("levels".to_owned(), levels.into());
    if let Some(point) = point {
        said.insert("origin".to_owned(), whole(point));
    }
    Value::Object(said)
}

fn level(form: &Form, at: usize) -> Value {
    let text = |field: &str| form.get(&format!("/levels/{at}/{field}")).filter(|text| !text.is_empty());
    if text("kind") == Some(NOTHING) {
        return Value::Null;
    }
    let fields = ["kind", "type", "role"].into_iter().filter_map(|field| Some((field, text(field)?)));
    let mut level: Map<String, Value> =
        fields.map(|(field, value)| (field.to_owned(), value.into())).collect();
    let axes = ["x_mm", "y_mm", "z_mm"].into_iter().filter_map(|axis| {
        let number = text(&format!("step/{axis}#int"))?;
        Some((axis.to_owned(), number.parse::<i64>().map_or_else(|_| number.into(), Value::from)))
    });
    let step: Map<String, Value> = axes.collect();
    if !step.is_empty() {
        level.insert("step".to_owned(), whole(Value::Object(step)));
    }
    Value::Object(level)
}

/// A point of which nothing was typed along some axis is at its beginning there.
fn whole(mut point: Value) -> Value {
    if let Value::Object(axes) = &mut point {
        for axis in ["x_mm", "y_mm", "z_mm"] {
            axes.entry(axis).or_insert_with(|| 0.into());
        }
    }
    point
}

async fn page(cx: &Cx, sent: &Sent, made: Option<(&Made, &str)>) -> Html {
    let types = known_types(cx).await?;
    Ok(draw(cx, sent, made, &types))
}

fn draw(cx: &Cx, sent: &Sent, made: Option<(&Made, &str)>, types: &Types) -> Response {
    let title = cx.t("make-title");
    let above = [(cx.t("places-title").into_owned(), "/locations".to_owned())];
    let form = html! {
        (form_errors(cx, sent))
        form class="form" method="post" action=(cx.desk.uri.path()) {
            (hidden(cx, Some(&cx.fresh_key()), None))
            @if let Some((_, seen)) = made { input type="hidden" name=(SEEN_FIELD) value=(seen); }
            (levels(cx, sent, types))
            footer {
                @if let Some((made, _)) = made {
                    (Button::primary(&cx.tell("make-make", &[("count", made.count.into())])).icon(Icon::Plus).submit_as(DO_FIELD, "make"))
                    (Button::new(&cx.t("make-preview-again")).icon(Icon::Eye).submit_as(DO_FIELD, "preview"))
                } @else {
                    (Button::primary(&cx.t("make-preview")).icon(Icon::Eye).submit_as(DO_FIELD, "preview"))
                }
                (Button::new(&cx.t("cancel")).kind(Kind::Plain).link("/locations"))
            }
        }
    };
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &above, &title))
        header class="head" { div { h1 { (title) } p { (cx.t("make-about")) } } }
        @if let Some((made, _)) = made { (preview(cx, made)) }
        section class="card" { div class="body stack" { (form) } }
    };
    let status = sent.problem.as_ref().map_or(StatusCode::OK, status_of);
    cx.show_as(status, shell(&Frame::of(cx), Shell { title: &title, section: Section::Locations, body }))
}

/// What would be made.
fn preview(cx: &Cx, made: &Made) -> Markup {
    let first = made.locations.first().map_or("", |one| &one.code);
    let last = made.locations.last().filter(|_| made.left_out == 0);
    let values = [
        ("count", made.count.into()),
        ("first", first.into()),
        ("last", last.map_or("…", |one| &one.code).into()),
    ];
    let title = cx.t("make-would");
    let code = Column::text(cx.t("location"), |one: &One| html! { (one.code) });
    let kind = Column::text(cx.t("place-kind"), |one: &One| html! { (cx.t(kind_word(&one.kind))) });
    let parent =
        Column::text(cx.t("place-parent"), |one: &One| html! { (one.parent.as_deref().unwrap_or_default()) });
    let table = Table {
        caption: &title,
        columns: vec![code.role(Role::Title), kind.role(Role::Side), parent],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "made",
        key: Box::new(|one| one.code.clone()),
    };
    let shown: Vec<One> = made.locations.iter().take(SHOWN).map(One::again).collect();
    let rest = made.count.saturating_sub(shown.len());
    html! {
        (notice(Tone::Hold, html! { p { (cx.tell("make-would-be", &values)) } p { (cx.t("make-nothing-yet")) } }))
        (card(&title, None, html! {
            (table.draw(&shown))
            @if rest > 0 { p class="muted" { (cx.tell("make-rest", &[("count", rest.into())])) } }
        }))
    }
}

impl One {
    fn again(&self) -> One {
        One { code: self.code.clone(), kind: self.kind.clone(), parent: self.parent.clone() }
    }
}

fn levels(cx: &Cx, sent: &Sent, types: &Types) -> Markup {
    let (parent, parent_hint, given) =
        (cx.t("place-parent"), cx.t("place-parent-hint"), cx.query("parent").unwrap_or_default());
    let (walk_from, walk_step) = (cx.t("make-walk-from"), cx.t("make-walk-step"));
    let axes = ["position-x", "position-y", "position-z"].map(|key| cx.t(key));
    let [x, y, z] = &axes;
    html! {
        (Field::new("/parent", &parent).hint(&parent_hint).value(&given).required().text(sent))
        @for at in 0..LEVELS { (level_fields(cx, at, sent, types)) }
        (set(&cx.t("make-origin"), Some(&cx.t("make-origin-hint")), html! {
            (Field::new("/origin/x_mm#int", x).number().text(sent))
            (Field::new("/origin/y_mm#int", y).number().text(sent))
            (Field::new("/origin/z_mm#int", z).number().text(sent))
        }))
        (set(&cx.t("place-walk"), Some(&cx.t("make-walk-hint")), html! {
            (Field::new("/walk/from#int", &walk_from).number().text(sent))
            (Field::new("/walk/step#int", &walk_step).number().text(sent))
        }))
    }
}

fn level_fields(cx: &Cx, at: usize, sent: &Sent, all: &Types) -> Markup {
    let name = |field: &str| format!("/levels/{at}/{field}");
    let keys = ["make-before", "make-from", "make-to", "place-kind", "place-type", "place-role"];
    let labels = keys.map(|key| cx.t(key));
    let [before, from, to, kind, of_type, role] = &labels;
    let steps = ["make-step-x", "make-step-y", "make-step-z"].map(|key| cx.t(key));
    let [x, y, z] = &steps;
    let mut kinds = kinds(cx, &cx.t("place-as-type"));
    kinds.push((NOTHING.to_owned(), cx.t("make-no-level").into_owned()));
    let legend = cx.tell("make-level", &[("number", (at + 1).into())]);
    let hint = (at == 0).then(|| cx.t("make-level-hint"));
    let code = html! {
        (Field::new(&name("before"), before).text(sent))
        (Field::new(&name("from"), from).text(sent))
        (Field::new(&name("to"), to).text(sent))
        (Field::new(&name("kind"), kind).select(sent, &kinds))
        (Field::new(&name("type"), of_type).select(sent, &types(&cx.t("place-no-type"), all)))
        (Field::new(&name("role"), role).select(sent, &roles(cx, &cx.t("make-role-inherited"))))
    };
    let far = html! {
        (Field::new(&name("step/x_mm#int"), x).number().text(sent))
        (Field::new(&name("step/y_mm#int"), y).number().text(sent))
        (Field::new(&name("step/z_mm#int"), z).number().text(sent))
    };
    field_rows(&legend, hint.as_deref(), &[code, far])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn levels_make_the_pattern() {
        let form = Form::parse(
            b"%2Fparent=LON&%2Flevels%2F0%2Fbefore=LON-&%2Flevels%2F0%2Ffrom=K&%2Flevels%2F0%2Fto=L&%2Flevels%2F0%2Fkind=aisle\
              &%2Flevels%2F0%2Fstep%2Fx_mm%23int=3000&%2Flevels%2F1%2Fbefore=-&%2Flevels%2F1%2Ffrom=01&%2Flevels%2F1%2Fto=10\
              &%2Flevels%2F1%2Fkind=-&%2Flevels%2F2%2Fkind=bin&%2Forigin%2Fy_mm%23int=5&%2Fwalk%2Ffrom%23int=10&_do=preview",
        );
        let expected = json!({
            "parent": "LON", "pattern": "LON-{K..L}-{01..10}",
            "levels": [{ "kind": "aisle", "step": { "x_mm": 3000, "y_mm": 0, "z_mm": 0 } }, null],
            "origin": { "x_mm": 0, "y_mm": 5, "z_mm": 0 }, "walk": { "from": 10 },
        });
        assert_eq!(said(&form), expected);
    }
}
