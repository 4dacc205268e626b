//! One user: what they may do and where, how they sign in, and where they are signed in.

use super::{Grant, User};
use crate::cx::{Clock, Cx, Html, address, step};
use crate::kit::{
    Button, Column, Frame, Icon, Kind, Role, Section, Shell, Table, Tone, breadcrumbs, card, chip, empty,
    facts, more, shell,
};
use crate::people::sessions::{self, Sessions};
use domain::Permission;
use maud::{Markup, html};
use web::Path;

pub(super) async fn show(cx: Cx, Path(login): Path<String>) -> Html {
    let user: User = cx.desk.get(&format!("/api/v1/users/{}", step(&login))).await?;
    let cursor = cx.query("cursor");
    let of_user = [("user", Some(login.as_str())), ("ended", Some("false")), ("cursor", cursor.as_deref())];
    let sessions: Sessions = cx.desk.get(&address("/api/v1/sessions", &of_user)).await?;
    let clock = cx.clock().await?;
    let writes = cx.desk.may(Permission::AccessWrite) && user.ended_at.is_none();
    let own = format!("/users/{}", step(&login));
    let state = match &user.ended_at {
        Some(_) => chip(Tone::Hold, &cx.t("user-ended")),
        None => chip(Tone::Ok, &cx.t("in-use")),
    };
    let give = Button::new(&cx.t("grant-give")).icon(Icon::Plus).small().link(&format!("{own}/roles/new"));
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("users-title").into_owned(), "/users".to_owned())], &user.login))
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::User.draw()) }
                div { div class="row" { h1 { (user.name) } (state) } p { (user.login) } }
            }
            div class="row" {
                @if cx.desk.may(Permission::AuditRead) { (Button::new(&cx.t("audit-of-user")).icon(Icon::History).link(&format!("/audit?actor={}", user.id))) }
                @if writes { (Button::new(&cx.t("user-rename")).icon(Icon::Edit).link(&format!("{own}/edit"))) }
            }
        }
        div class="grid wide" {
            div class="stack" {
                (card(&cx.t("roles"), writes.then_some(give), grants(&cx, &clock, &user, writes)))
                @if user.ended_at.is_none() {
                    (card(&cx.t("sessions"), None, places(&cx, &clock, &sessions, writes.then_some(own.as_str()))))
                    (more(&cx.t("load-more"), sessions.next.as_deref().map(|next| address(&own, &[("cursor", Some(next))])).as_deref()))
                }
            }
            div class="stack" {
                (card(&cx.t("user-facts"), None, about(&cx, &clock, &user)))
                @if writes { (card(&cx.t("user-sign-in"), None, doing(&cx, &own, &user))) }
            }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &user.name, section: Section::Users, body })))
}

fn places(cx: &Cx, clock: &Clock, sessions: &Sessions, own: Option<&str>) -> Markup {
    let own = own.map(str::to_owned);
    match own {
        Some(own) => sessions::table(cx, clock, sessions, Some(&move |id| format!("{own}/sessions/{id}"))),
        None => sessions::table(cx, clock, sessions, None),
    }
}

fn about(cx: &Cx, clock: &Clock, user: &User) -> Markup {
    let factor = html! {
        @if let Some(since) = &user.second_factor_at { (cx.tell("factor-since", &[("when", clock.at(since).into())])) }
        @else { (cx.t("factor-lacks")) }
    };
    let mut known = vec![
        (cx.t("login").into_owned(), html! { (user.login) }),
        (cx.t("user-since").into_owned(), html! { (clock.at(&user.created_at)) }),
        (cx.t("second-factor").into_owned(), factor),
        (cx.t("principal").into_owned(), html! { (user.id) }),
    ];
    if let Some(ended) = &user.ended_at {
        known.push((cx.t("user-ended-at").into_owned(), html! { (clock.at(ended)) }));
    }
    facts(&known)
}

/// What can be done about how they sign in.
fn doing(cx: &Cx, own: &str, user: &User) -> Markup {
    let link = |key: &str, icon, end: &str| Button::new(&cx.t(key)).icon(icon).link(&format!("{own}/{end}"));
    let is_reader = cx.desk.caller.as_ref().is_some_and(|caller| caller.whole.id().0 == user.id);
    if is_reader {
        // one's own password and second factor are changed where the password is asked for
        return html! { (Button::new(&cx.t("account-title")).icon(Icon::User).link("/account")) };
    }
    html! {
        div class="row" {
            (link("user-password", Icon::Key, "password"))
            @if user.second_factor_at.is_some() { (link("user-factor", Icon::Mobile, "second-factor")) }
            (Button::new(&cx.t("user-end")).icon(Icon::Ban).kind(Kind::Danger).link(&format!("{own}/end")))
        }
    }
}

fn grants(cx: &Cx, clock: &Clock, user: &User, writes: bool) -> Markup {
    if user.grants.is_empty() {
        return empty(Icon::Shield, &cx.t("grants-none"), &cx.t("grants-none-why"), None);
    }
    let own = format!("/users/{}", step(&user.login));
    let role = Column::text(
        cx.t("role"),
        |grant: &Grant| html! { a class="cell" href=(format!("/roles/{}", step(&grant.role))) { (grant.role) } },
    );
    let place = Column::text(
        cx.t("grant-where"),
        |grant: &Grant| html! { (grant.within.as_deref().map_or_else(|| cx.t("everywhere"), |code| code.to_owned().into())) },
    );
    let category = Column::text(
        cx.t("grant-what"),
        |grant: &Grant| html! { (grant.category.as_deref().map_or_else(|| cx.t("all-items"), |path| path.to_owned().into())) },
    );
    let since = Column::text(
        cx.t("since"),
        |grant: &Grant| html! { span class="nowrap" { (clock.at(&grant.created_at)) } },
    );
    let take = Column::action(cx.t("grant-take"), move |grant: &Grant| {
        html! { @if writes { (Button::new(&cx.t("grant-take")).small().link(&format!("{own}/roles/{}", grant.id))) } }
    });
    let table = Table {
        caption: &cx.t("roles"),
        columns: vec![
            role.role(Role::Title),
            place,
            category.priority(2),
            since.priority(3).role(Role::Fold),
            take,
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "grants",
        key: Box::new(|grant| grant.id.to_string()),
    };
    html! { div class="scroll" { (table.draw(&user.grants)) } }
}
