//! Giving a user a role somewhere, and taking it away.

use super::User;
use crate::cx::{Cx, Html, step};
use crate::kit::{Button, Field, FormPage, Kind, Section, Sent};
use crate::people::choices;
use axum::http::Method;
use domain::Problem;
use maud::html;
use web::{Path, Posted};

pub(super) async fn new(cx: Cx, Path(login): Path<String>) -> Html {
    draw_new(&cx, &login, &Sent::default()).await
}

async fn draw_new(cx: &Cx, login: &str, sent: &Sent) -> Html {
    let user = super::forms::read(cx, login).await?;
    let roles = choices::roles(cx, &cx.t("choose")).await?;
    let (sites, categories) = (choices::sites(cx).await?, choices::categories(cx).await?);
    let fields = html! {
        (Field::new("/role", &cx.t("role")).required().autofocus().select(sent, &roles))
        (Field::new("/within", &cx.t("grant-where")).hint(&cx.t("grant-where-hint")).suggest(sent, &sites))
        (Field::new("/category", &cx.t("grant-what")).hint(&cx.t("grant-what-hint")).suggest(sent, &categories))
    };
    let title = cx.t("grant-give");
    let about = cx.tell("grant-give-why", &[("name", user.name.as_str().into())]);
    let (above, back) = super::forms::above(cx, &user);
    let page = FormPage {
        title: &title,
        about: Some(&about),
        above: &above,
        section: Section::Users,
        fields,
        submit: Button::primary(&title),
        back: &back,
        version: Some(user.version),
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn give(cx: Cx, Path(login): Path<String>, Posted(form): Posted) -> Html {
    let target = format!("/api/v1/users/{}/grants", step(&login));
    let told = cx.tell(
        "grant-given",
        &[
            ("login", login.as_str().into()),
            ("role", form.get("/role").unwrap_or_default().to_owned().into()),
        ],
    );
    match cx.save(Method::POST, &target, form).await?.settle(&cx, &told, &format!("/users/{}", step(&login)))
    {
        Ok(response) => Ok(response),
        Err(sent) => draw_new(&cx, &login, &sent).await,
    }
}

pub(super) async fn leave(cx: Cx, Path((login, id)): Path<(String, i64)>) -> Html {
    draw_leave(&cx, &login, id, &Sent::default()).await
}

async fn draw_leave(cx: &Cx, login: &str, id: i64, sent: &Sent) -> Html {
    let user: User = super::forms::read(cx, login).await?;
    let grant = user.grants.iter().find(|grant| grant.id == id);
    let grant = grant.ok_or_else(|| Problem::not_found("grant", id.to_string()))?;
    let place = grant.within.as_deref().map_or_else(|| cx.t("everywhere"), |code| code.to_owned().into());
    let values = [
        ("name", user.name.as_str().into()),
        ("role", grant.role.as_str().into()),
        ("where", place.into_owned().into()),
    ];
    let (title, about) = (cx.t("grant-take-title"), cx.tell("grant-take-why", &values));
    let ((above, back), submit) = (super::forms::above(cx, &user), cx.t("grant-take"));
    let page = FormPage {
        title: &title,
        about: Some(&about),
        above: &above,
        section: Section::Users,
        fields: html! {},
        submit: Button::new(&submit).kind(Kind::Danger),
        back: &back,
        version: Some(user.version),
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn take(cx: Cx, Path((login, id)): Path<(String, i64)>, Posted(form): Posted) -> Html {
    let target = format!("/api/v1/users/{}/grants/{id}", step(&login));
    let outcome = cx.save_as(Method::DELETE, &target, form, None).await?;
    let told = cx.tell("grant-taken", &[("login", login.as_str().into())]);
    match outcome.settle(&cx, &told, &format!("/users/{}", step(&login))) {
        Ok(response) => Ok(response),
        Err(sent) => draw_leave(&cx, &login, id, &sent).await,
    }
}
