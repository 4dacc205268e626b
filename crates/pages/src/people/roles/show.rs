//! One role: what it allows, and what of that asks for a second person.

use super::{Role, SecondPerson};
use crate::cx::{Cx, Html, step};
use crate::kit::{
    Button, Fact, Frame, Icon, Kind, Section, Shell, Tone, breadcrumbs, card, chip, facts, shell,
};
use crate::people::{permission, permissions};
use domain::Permission;
use maud::{Markup, html};
use web::{Failure, Path};

pub(super) async fn read(cx: &Cx, name: &str) -> Result<Role, Failure> {
    cx.desk.get(&format!("/api/v1/roles/{}", step(name))).await
}

pub(super) async fn show(cx: Cx, Path(name): Path<String>) -> Html {
    let role = read(&cx, &name).await?;
    let own = format!("/roles/{}", step(&role.name));
    let writes = cx.desk.may(Permission::AccessWrite) && !role.built_in;
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("roles").into_owned(), "/roles".to_owned())], &role.name))
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::Shield.draw()) }
                div { div class="row" { h1 { (role.name) } @if role.built_in { (chip(Tone::Hold, &cx.t("role-built-in"))) } } p { (role.about) } }
            }
            @if writes {
                div class="row" {
                    (Button::new(&cx.t("role-remove")).kind(Kind::Danger).icon(Icon::Trash).link(&format!("{own}/remove")))
                    (Button::new(&cx.t("role-change")).icon(Icon::Edit).link(&format!("{own}/edit")))
                }
            }
        }
        div class="grid wide" {
            (card(&cx.t("role-allows"), None, permissions::list(&cx, &role.permissions)))
            (card(&cx.t("second-person"), None, second(&cx, &role.second_person)))
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &role.name, section: Section::Roles, body })))
}

fn second(cx: &Cx, asked: &[SecondPerson]) -> Markup {
    if asked.is_empty() {
        return html! { p class="muted" { (cx.t("second-person-none")) } };
    }
    let fact = |one: &SecondPerson| -> Fact {
        let when = match &one.above {
            Some(above) => cx.tell("second-person-above", &[("amount", cx.number(above).into())]),
            None => cx.t("second-person-always"),
        };
        (permission(cx.reader, &one.permission), html! { (when) })
    };
    facts(&asked.iter().map(fact).collect::<Vec<_>>())
}
