//! Permissions as people tick them: by what they are about, each with what it allows in words.

use super::permission;
use crate::cx::Cx;
use crate::kit::{Choice, Field, Sent, group};
use domain::Permission;
use maud::{Markup, html};
use std::borrow::Cow;

/// What a permission is about: the part of its word before the dot.
fn about(word: &str) -> &str {
    word.split_once('.').map_or(word, |(about, _)| about)
}

/// All of them, in their order, each group with its number in all.
fn groups() -> Vec<(&'static str, Vec<(usize, Permission)>)> {
    let mut groups: Vec<(&'static str, Vec<(usize, Permission)>)> = Vec::new();
    for (index, one) in Permission::ALL.iter().copied().enumerate() {
        let about = about(one.word());
        match groups.iter_mut().find(|(known, _)| *known == about) {
            Some((_, list)) => list.push((index, one)),
            None => groups.push((about, vec![(index, one)])),
        }
    }
    groups
}

/// The name of a group.
fn group_name(cx: &Cx, about: &str) -> String {
    cx.look
        .locale
        .find(&format!("permission-group-{about}"), &[])
        .map_or_else(|| about.to_owned(), Cow::into_owned)
}

/// A tick for each, with those ticked that somebody or something has already.
pub(super) fn ticks(cx: &Cx, sent: &Sent, held: &[String]) -> Markup {
    html! {
        @for (about, list) in groups() {
            (group(&group_name(cx, about), html! {
                @for (index, one) in list {
                    @let before = if held.iter().any(|word| word == one.word()) { one.word() } else { "" };
                    (Field::new(&format!("/permissions/{index}"), &permission(cx.reader, one.word())).value(before).tick_as(sent, one.word()))
                }
            }))
        }
    }
}

/// What is held, by group.
pub(super) fn list(cx: &Cx, held: &[String]) -> Markup {
    html! {
        div class="grid" {
            @for (about, list) in groups() {
                @let own: Vec<Permission> = list.into_iter().map(|(_, one)| one).filter(|one| held.iter().any(|word| word == one.word())).collect();
                @if !own.is_empty() {
                    div { h3 { (group_name(cx, about)) } ul class="list" { @for one in own { li { (permission(cx.reader, one.word())) } } } }
                }
            }
        }
    }
}

/// One of them, or none.
pub(super) fn choices(cx: &Cx, none: &str) -> Vec<Choice> {
    let all = Permission::ALL.iter().map(|one| (one.word().to_owned(), permission(cx.reader, one.word())));
    std::iter::once((String::new(), none.to_owned())).chain(all).collect()
}
