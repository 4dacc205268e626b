//! The forms of a location: of a new one, and of what one is.

use super::place::{Place, Types, door, href, kinds, roles, types};
use super::show::above;
use crate::cx::{Cx, Html};
use crate::forms::{Outcome, Told, body};
use crate::kit::{Button, Field, FormPage, Icon, Section, Sent, fields as set};
use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value;
use web::{Failure, Form, Path, Posted};

pub(super) async fn new(cx: Cx) -> Html {
    new_page(&cx, &Sent::default()).await
}

async fn new_page(cx: &Cx, sent: &Sent) -> Html {
    let types = known_types(cx).await?;
    let (parent, kind) = (cx.query("parent").unwrap_or_default(), cx.query("kind").unwrap_or_default());
    let code = cx.t("place-code");
    let (code_hint, below, below_hint) =
        (cx.t("place-code-hint"), cx.t("place-parent"), cx.t("place-parent-hint"));
    let (name, name_hint) = (cx.t("place-name"), cx.t("place-name-hint"));
    let kind_label = cx.t("place-kind");
    let fields = html! {
        div class="pair" {
            (Field::new("/code", &code).hint(&code_hint).required().autofocus().text(sent))
            (Field::new("/parent", &below).hint(&below_hint).value(&parent).required().text(sent))
        }
        (Field::new("/name", &name).hint(&name_hint).text(sent))
        div class="pair" {
            (Field::new("/kind", &kind_label).value(&kind).select(sent, &kinds(cx, &cx.t("place-as-type"))))
            (type_field(cx, "/type", "", &types, sent))
        }
        (use_field(cx, "/role", "", &cx.t("place-role-inherited"), sent))
        (whereabouts(cx, None, sent))
    };
    let title = cx.t("place-new");
    let submit = cx.t("place-make");
    let back = if parent.is_empty() { "/locations".to_owned() } else { href(&parent) };
    let above = [(cx.t("places-title").into_owned(), "/locations".to_owned())];
    let form = FormPage {
        title: &title,
        about: None,
        above: &above,
        section: Section::Locations,
        fields,
        submit: Button::primary(&submit).icon(Icon::Plus),
        back: &back,
        version: None,
    };
    Ok(form.draw(cx, sent))
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let code = form.get("/code").unwrap_or_default().trim().to_owned();
    match cx.save(Method::POST, "/api/v1/locations", form).await? {
        Outcome::Done(_) => {
            Ok(Told::new(cx.tell("place-made", &[("code", code.as_str().into())])).go(&href(&code)))
        }
        Outcome::Waiting(_) => Ok(Told::new(cx.t("told-waiting")).go("/locations")),
        Outcome::Again(sent) => new_page(&cx, &sent).await,
    }
}

pub(super) async fn edit(cx: Cx, Path(code): Path<String>) -> Html {
    edit_page(&cx, &code, &Sent::default()).await
}

async fn edit_page(cx: &Cx, code: &str, sent: &Sent) -> Html {
    let place: Place = cx.desk.get(&door(code)).await?;
    let types = known_types(cx).await?;
    let (code_label, code_hint) = (cx.t("place-code"), cx.t("place-code-change-hint"));
    let (name, allocates) = (cx.t("place-name"), cx.t("place-allocates-tick"));
    let is_open = if place.open_to_allocation { "true" } else { "false" };
    let role = place.role.as_deref().unwrap_or_default();
    let fields = html! {
        (Field::new("/name", &name).value(&place.name).required().autofocus().text(sent))
        (Field::new("/code", &code_label).hint(&code_hint).value(&place.code).required().text(sent))
        div class="pair" {
            @if !role.is_empty() { (use_field(cx, "/role", role, "", sent)) }
            @if place.kind != "site" { (type_field(cx, "/type#null", place.of_type.as_deref().unwrap_or_default(), &types, sent)) }
        }
        (whereabouts(cx, Some(&place), sent))
        (Field::new("/open_to_allocation#bool", &allocates).value(is_open).tick(sent))
    };
    let title = cx.tell("place-edit-title", &[("code", place.code.as_str().into())]);
    let (back, submit) = (href(&place.code), cx.t("save"));
    let mut above = above(cx, &place);
    above.push((place.code.clone(), back.clone()));
    let form = FormPage {
        title: &title,
        about: None,
        above: &above,
        section: Section::Locations,
        fields,
        submit: Button::primary(&submit),
        back: &back,
        version: Some(place.version),
    };
    Ok(form.draw(cx, sent))
}

pub(super) async fn change(cx: Cx, Path(code): Path<String>, Posted(form): Posted) -> Html {
    let changed = changes(&form);
    let now = form.get("/code").map_or_else(|| code.clone(), |code| code.trim().to_owned());
    match cx.save_as(Method::PATCH, &door(&code), form, Some(changed)).await? {
        Outcome::Done(_) => {
            Ok(Told::new(cx.tell("place-changed", &[("code", now.as_str().into())])).go(&href(&now)))
        }
        Outcome::Waiting(_) => Ok(Told::new(cx.t("told-waiting")).go(&href(&code))),
        Outcome::Again(sent) => edit_page(&cx, &code, &sent).await,
    }
}

/// What the form says: a place and a number that nobody typed are taken away, and what is not ticked is not so.
fn changes(form: &Form) -> Value {
    let mut changes = body(form);
    if let Value::Object(changes) = &mut changes {
        for name in ["walk", "position"] {
            changes.entry(name).or_insert(Value::Null);
        }
        changes.entry("open_to_allocation").or_insert(Value::Bool(false));
    }
    changes
}

pub(super) async fn known_types(cx: &Cx) -> Result<Types, Failure> {
    cx.desk.get("/api/v1/location-types?archived=false&limit=500").await
}

fn type_field(cx: &Cx, name: &str, value: &str, all: &Types, sent: &Sent) -> Markup {
    let (label, hint) = (cx.t("place-type"), cx.t("place-type-hint"));
    Field::new(name, &label).hint(&hint).value(value).select(sent, &types(&cx.t("place-no-type"), all))
}

fn use_field(cx: &Cx, name: &str, value: &str, nothing: &str, sent: &Sent) -> Markup {
    let label = cx.t("place-role");
    Field::new(name, &label).value(value).select(sent, &roles(cx, nothing))
}

/// Where it is, and when somebody walks past it.
fn whereabouts(cx: &Cx, place: Option<&Place>, sent: &Sent) -> Markup {
    let at = place.and_then(|place| place.position);
    let text = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let (x, y, z) = (text(at.map(|at| at.x_mm)), text(at.map(|at| at.y_mm)), text(at.map(|at| at.z_mm)));
    let walk = text(place.and_then(|place| place.walk));
    let (legend, hint) = (cx.t("place-position"), cx.t("place-position-hint"));
    let labels = [cx.t("position-x"), cx.t("position-y"), cx.t("position-z")];
    let [x_label, y_label, z_label] = &labels;
    let (walk_label, walk_hint) = (cx.t("place-walk"), cx.t("place-walk-hint"));
    html! {
        (set(&legend, Some(&hint), html! {
            (Field::new("/position/x_mm#int", x_label).value(&x).number().text(sent))
            (Field::new("/position/y_mm#int", y_label).value(&y).number().text(sent))
            (Field::new("/position/z_mm#int", z_label).value(&z).number().text(sent))
        }))
        (Field::new("/walk#int", &walk_label).hint(&walk_hint).value(&walk).number().text(sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nobody_typed_is_taken_away() {
        let form = Form::parse(b"%2Fname=Bay&%2Fwalk%23int=&%2Fposition%2Fx_mm%23int=&%2Ftype%23null=");
        let expected = json!({ "name": "Bay", "walk": null, "position": null, "type": null, "open_to_allocation": false });
        assert_eq!(changes(&form), expected);
    }
}
