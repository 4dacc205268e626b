//! Making, changing and removing a role.

use super::show::read;
use super::{Role, SecondPerson};
use crate::cx::{Cx, Html, step};
use crate::forms::body;
use crate::kit::{Button, Field, FormPage, Kind, Section, Sent, group};
use crate::people::permissions;
use axum::http::Method;
use axum::response::Response;
use domain::Permission;
use maud::{Markup, html};
use serde_json::{Value, json};
use web::{Form, Path, Posted};

/// Lines for permissions that ask for a second person, beside those that do.
const SPARE_LINES: usize = 2;

pub(super) async fn new(cx: Cx) -> Html {
    Ok(draw_new(&cx, &Sent::default()))
}

fn draw_new(cx: &Cx, sent: &Sent) -> Response {
    let title = cx.t("role-make");
    let page = FormPage {
        title: &title,
        about: None,
        above: &[(cx.t("roles").into_owned(), "/roles".to_owned())],
        section: Section::Roles,
        fields: html! {
            (Field::new("/name", &cx.t("role-name")).hint(&cx.t("role-name-hint")).required().autofocus().text(sent))
            (what(cx, sent, None))
        },
        submit: Button::primary(&title),
        back: "/roles",
        version: None,
    };
    page.draw(cx, sent)
}

/// What a role is for, allows, and asks a second person for.
fn what(cx: &Cx, sent: &Sent, role: Option<&Role>) -> Markup {
    let (about, held) = role.map_or(("", [].as_slice()), |role| (&role.about, &role.permissions));
    html! {
        (Field::new("/about#text", &cx.t("role-about")).value(about).area(sent))
        (permissions::ticks(cx, sent, held))
        (second(cx, sent, role.map_or(&[], |role| &role.second_person)))
    }
}

fn second(cx: &Cx, sent: &Sent, asked: &[SecondPerson]) -> Markup {
    let choices = permissions::choices(cx, &cx.t("second-person-nothing"));
    let typed = |index: &usize| sent.form.raw(&format!("/second_person/{index}/permission")).is_some();
    let lines = (asked.len() + SPARE_LINES).max((0..Permission::ALL.len()).take_while(typed).count());
    group(
        &cx.t("second-person"),
        html! {
            p class="muted" { (cx.t("second-person-why")) }
            @for index in 0..lines {
                @let before = asked.get(index);
                div class="pair" {
                    (Field::new(&format!("/second_person/{index}/permission"), &cx.t("second-person-what"))
                        .value(before.map_or("", |one| &one.permission)).select(sent, &choices))
                    (Field::new(&format!("/second_person/{index}/above"), &cx.t("second-person-above-field"))
                        .value(before.and_then(|one| one.above.as_deref()).unwrap_or_default())
                        .hint(&cx.t("second-person-above-hint")).number().text(sent))
                }
            }
        },
    )
}

/// What the form says; what was left empty is empty, and not as it was.
fn said(form: &Form) -> Value {
    let mut said = body(form);
    if let Value::Object(map) = &mut said {
        map.entry("permissions").or_insert_with(|| json!([]));
        map.entry("second_person").or_insert_with(|| json!([]));
    }
    said
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let (name, said) = (form.get("/name").unwrap_or_default().to_owned(), said(&form));
    let outcome = cx.save_as(Method::POST, "/api/v1/roles", form, Some(said)).await?;
    match outcome.settle(&cx, &cx.tell("role-made", &[("name", name.as_str().into())]), "/roles") {
        Ok(response) => Ok(response),
        Err(sent) => Ok(draw_new(&cx, &sent)),
    }
}

pub(super) async fn edit(cx: Cx, Path(name): Path<String>) -> Html {
    draw_edit(&cx, &name, &Sent::default()).await
}

async fn draw_edit(cx: &Cx, name: &str, sent: &Sent) -> Html {
    let role = read(cx, name).await?;
    let (title, submit, back) = (cx.t("role-change"), cx.t("role-save"), page_of(name));
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("role-change-why")),
        above: &above(cx, &role),
        section: Section::Roles,
        fields: what(cx, sent, Some(&role)),
        submit: Button::primary(&submit),
        back: &back,
        version: Some(role.version),
    };
    Ok(page.draw(cx, sent))
}

fn page_of(name: &str) -> String {
    format!("/roles/{}", step(name))
}

fn above(cx: &Cx, role: &Role) -> [(String, String); 2] {
    [(cx.t("roles").into_owned(), "/roles".to_owned()), (role.name.clone(), page_of(&role.name))]
}

pub(super) async fn change(cx: Cx, Path(name): Path<String>, Posted(form): Posted) -> Html {
    let said = said(&form);
    let outcome = cx.save_as(Method::PATCH, &format!("/api/v1{}", page_of(&name)), form, Some(said)).await?;
    let told = cx.tell("role-changed", &[("name", name.as_str().into())]);
    match outcome.settle(&cx, &told, &page_of(&name)) {
        Ok(response) => Ok(response),
        Err(sent) => draw_edit(&cx, &name, &sent).await,
    }
}

pub(super) async fn ask(cx: Cx, Path(name): Path<String>) -> Html {
    draw_remove(&cx, &name, &Sent::default()).await
}

async fn draw_remove(cx: &Cx, name: &str, sent: &Sent) -> Html {
    let role = read(cx, name).await?;
    let (title, back) = (cx.t("role-remove"), page_of(name));
    let page = FormPage {
        title: &title,
        about: Some(&cx.tell("role-remove-why", &[("name", name.into())])),
        above: &above(cx, &role),
        section: Section::Roles,
        fields: html! {},
        submit: Button::new(&title).kind(Kind::Danger),
        back: &back,
        version: Some(role.version),
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn remove(cx: Cx, Path(name): Path<String>, Posted(form): Posted) -> Html {
    let outcome = cx.save_as(Method::DELETE, &format!("/api/v1{}", page_of(&name)), form, None).await?;
    match outcome.settle(&cx, &cx.tell("role-removed", &[("name", name.as_str().into())]), "/roles") {
        Ok(response) => Ok(response),
        Err(sent) => draw_remove(&cx, &name, &sent).await,
    }
}
