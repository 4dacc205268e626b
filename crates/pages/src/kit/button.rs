//! Buttons, and links that look like them.

use super::Icon;
use maud::{Markup, html};

/// What a button is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// What the page is for; one a page.
    Primary,
    /// Any other.
    #[default]
    Normal,
    /// Without a frame.
    Plain,
    /// What takes something away.
    Danger,
}

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Kind::Primary => "button primary",
            Kind::Normal => "button",
            Kind::Plain => "button plain",
            Kind::Danger => "button danger",
        }
    }
}

/// A button.
#[derive(Clone, Copy, Debug, Default)]
pub struct Button<'a> {
    /// What it does, verb first.
    pub label: &'a str,
    /// Before the label.
    pub icon: Option<Icon>,
    /// What it is for.
    pub kind: Kind,
    /// The key that does the same, shown on it.
    pub key: Option<&'a str>,
    /// The icon alone, with the label for readers that speak.
    pub icon_only: bool,
    /// Smaller, for rows.
    pub small: bool,
    /// Not now.
    pub disabled: bool,
}

impl<'a> Button<'a> {
    /// With a label.
    pub fn new(label: &'a str) -> Button<'a> {
        Button { label, ..Button::default() }
    }

    /// For what the page is for.
    pub fn primary(label: &'a str) -> Button<'a> {
        Button { label, kind: Kind::Primary, ..Button::default() }
    }

    /// With an icon.
    #[must_use]
    pub fn icon(self, icon: Icon) -> Button<'a> {
        Button { icon: Some(icon), ..self }
    }

    /// With the key that does the same.
    #[must_use]
    pub fn key(self, key: &'a str) -> Button<'a> {
        Button { key: Some(key), ..self }
    }

    /// Of another kind.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Button<'a> {
        Button { kind, ..self }
    }

    /// Smaller.
    #[must_use]
    pub fn small(self) -> Button<'a> {
        Button { small: true, ..self }
    }

    /// The icon alone.
    #[must_use]
    pub fn icon_only(self) -> Button<'a> {
        Button { icon_only: true, ..self }
    }

    /// A link that looks like one.
    pub fn link(self, href: &str) -> Markup {
        html! {
            a class=(self.class()) href=(href) aria-label=[self.spoken()] data-key=[self.key] { (self.inside()) }
        }
    }

    /// What sends the form that it stands in.
    pub fn submit(self) -> Markup {
        html! {
            button class=(self.class()) type="submit" disabled[self.disabled] aria-label=[self.spoken()] data-key=[self.key] { (self.inside()) }
        }
    }

    /// The same with what it says in the form.
    pub fn submit_as(self, name: &str, value: &str) -> Markup {
        html! {
            button class=(self.class()) type="submit" name=(name) value=(value) disabled[self.disabled] aria-label=[self.spoken()] data-key=[self.key] { (self.inside()) }
        }
    }

    /// What a script listens to, by the word in `data-do`.
    pub fn script(self, word: &str) -> Markup {
        html! {
            button class=(self.class()) type="button" data-do=(word) disabled[self.disabled] aria-label=[self.spoken()] data-key=[self.key] { (self.inside()) }
        }
    }

    /// What opens the element of an id, without a script.
    pub fn opens(self, id: &str) -> Markup {
        html! {
            button class=(self.class()) type="button" popovertarget=(id) aria-label=[self.spoken()] { (self.inside()) }
        }
    }

    fn class(&self) -> String {
        let mut class = self.kind.class().to_owned();
        if self.icon_only {
            class.push_str(" icon-only");
        }
        if self.small {
            class.push_str(" s");
        }
        class
    }

    fn spoken(&self) -> Option<&'a str> {
        self.icon_only.then_some(self.label)
    }

    fn inside(&self) -> Markup {
        html! {
            @if let Some(icon) = self.icon { (icon.draw()) }
            @if !self.icon_only { span { (self.label) } }
            @if let Some(key) = self.key { span class="kbd" aria-hidden="true" { (key.to_uppercase()) } }
        }
    }
}
