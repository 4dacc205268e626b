//! Fields and forms. The name of a field is the JSON pointer of what it sets in the body that the API takes, so that
//! what the API refuses is shown beside the field at fault, and nothing has to say which is which.

use crate::cx::Cx;
use domain::{Kind, Problem};
use maud::{Markup, html};
use web::{CSRF_FIELD, Form};

/// The field of the idempotency key.
pub const KEY_FIELD: &str = "_key";
/// The field of the version of the record that is changed.
pub const VERSION_FIELD: &str = "_version";
/// The field that says that a form is shown again and not sent.
pub const AGAIN_FIELD: &str = "_again";

/// One of several to choose from.
pub type Choice = (String, String);

/// What was sent, and what was refused of it: what a form is drawn from.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// What was typed.
    pub form: Form,
    /// Why it was refused.
    pub problem: Option<Problem>,
}

impl Sent {
    /// What was typed into a field, or what is there before anything was typed.
    pub fn value<'a>(&'a self, name: &str, before: &'a str) -> &'a str {
        self.form.raw(name).unwrap_or(before)
    }

    /// What is wrong with a field.
    fn wrong(&self, name: &str) -> Option<&str> {
        let problem = self.problem.as_ref()?;
        let pointer = name.split('#').next().unwrap_or_default();
        let fault = problem.errors.iter().find(|fault| fault.pointer == pointer)?;
        Some(&fault.detail)
    }
}

/// A field of a form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field<'a> {
    /// The JSON pointer of what it sets, such as `/name`.
    pub name: &'a str,
    /// What is asked for.
    pub label: &'a str,
    /// What to know about it.
    pub hint: Option<&'a str>,
    /// What stands in it before anything was typed.
    pub value: &'a str,
    /// Whether it must be filled in.
    pub required: bool,
    /// `autocomplete`, such as `username`.
    pub autocomplete: Option<&'a str>,
    /// `inputmode`, such as `decimal`.
    pub inputmode: Option<&'a str>,
    /// Where the cursor stands.
    pub autofocus: bool,
    /// Numbers stand right.
    pub is_number: bool,
}

impl<'a> Field<'a> {
    /// A field.
    pub fn new(name: &'a str, label: &'a str) -> Field<'a> {
        Field { name, label, ..Field::default() }
    }

    /// With what stands in it.
    #[must_use]
    pub fn value(self, value: &'a str) -> Field<'a> {
        Field { value, ..self }
    }

    /// With what to know about it.
    #[must_use]
    pub fn hint(self, hint: &'a str) -> Field<'a> {
        Field { hint: Some(hint), ..self }
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(self) -> Field<'a> {
        Field { required: true, ..self }
    }

    /// What a browser fills it with.
    #[must_use]
    pub fn autocomplete(self, word: &'a str) -> Field<'a> {
        Field { autocomplete: Some(word), ..self }
    }

    /// Where the cursor stands.
    #[must_use]
    pub fn autofocus(self) -> Field<'a> {
        Field { autofocus: true, ..self }
    }

    /// A decimal number.
    #[must_use]
    pub fn number(self) -> Field<'a> {
        Field { is_number: true, inputmode: Some("decimal"), ..self }
    }

    /// One line of text.
    pub fn text(self, sent: &Sent) -> Markup {
        self.input(sent, "text")
    }

    /// A password: never shown again.
    pub fn password(self, sent: &Sent) -> Markup {
        self.input(sent, "password")
    }

    /// A day.
    pub fn date(self, sent: &Sent) -> Markup {
        self.input(sent, "date")
    }

    /// Several lines of text.
    pub fn area(self, sent: &Sent) -> Markup {
        let wrong = sent.wrong(self.name);
        self.around(
            wrong,
            html! {
                textarea class="input" id=(self.id()) name=(self.name) required[self.required]
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[self.described(wrong)] { (sent.value(self.name, self.value)) }
            },
        )
    }

    /// One line of text, with what it may be: a browser offers them while somebody types.
    pub fn suggest(self, sent: &Sent, choices: &[Choice]) -> Markup {
        let (wrong, list) = (sent.wrong(self.name), format!("{}-list", self.id()));
        self.around(
            wrong,
            html! {
                input class="input" type="text" id=(self.id()) name=(self.name) value=(sent.value(self.name, self.value)) list=(list)
                    required[self.required] autofocus[self.autofocus] autocomplete="off"
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[self.described(wrong)];
                datalist id=(list) { @for (value, label) in choices { option value=(value) { (label) } } }
            },
        )
    }

    /// One of several.
    pub fn select(self, sent: &Sent, choices: &[Choice]) -> Markup {
        let (wrong, chosen) = (sent.wrong(self.name), sent.value(self.name, self.value));
        self.around(
            wrong,
            html! {
                select class="input" id=(self.id()) name=(self.name) required[self.required]
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[self.described(wrong)] {
                    @for (value, label) in choices { option value=(value) selected[value == chosen] { (label) } }
                }
            },
        )
    }

    /// Yes or no. What is not ticked is not sent.
    pub fn tick(self, sent: &Sent) -> Markup {
        self.tick_as(sent, "true")
    }

    /// The same with what is sent when it is ticked; it is ticked before when that is its value.
    pub fn tick_as(self, sent: &Sent, value: &str) -> Markup {
        let is_sent = sent.form.iter().next().is_some();
        let wrong = sent.wrong(self.name);
        let ticked = if is_sent { sent.form.get(self.name).is_some() } else { self.value == value };
        html! {
            div class="field" {
                label class="check" {
                    input type="checkbox" id=(self.id()) name=(self.name) value=(value) checked[ticked] aria-describedby=[self.described(wrong)];
                    (self.label)
                }
                @if let Some(wrong) = wrong { p class="wrong" id=(format!("{}-wrong", self.id())) { (wrong) } }
                @if let Some(hint) = self.hint { p class="hint" id=(format!("{}-hint", self.id())) { (hint) } }
            }
        }
    }

    fn input(self, sent: &Sent, kind: &str) -> Markup {
        let wrong = sent.wrong(self.name);
        let value = if kind == "password" { "" } else { sent.value(self.name, self.value) };
        self.around(
            wrong,
            html! {
                input class=(if self.is_number { "input num" } else { "input" }) type=(kind) id=(self.id()) name=(self.name) value=(value)
                    required[self.required] autofocus[self.autofocus] autocomplete=[self.autocomplete] inputmode=[self.inputmode]
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[self.described(wrong)];
            },
        )
    }

    fn around(&self, wrong: Option<&str>, input: Markup) -> Markup {
        html! {
            div class="field" {
                label for=(self.id()) { (self.label) }
                (input)
                @if let Some(wrong) = wrong { p class="wrong" id=(format!("{}-wrong", self.id())) { (wrong) } }
                @if let Some(hint) = self.hint { p class="hint" id=(format!("{}-hint", self.id())) { (hint) } }
            }
        }
    }

    /// The id of what is typed into, which the summary of errors links to.
    fn id(&self) -> String {
        id_of(self.name)
    }

    fn described(&self, wrong: Option<&str>) -> Option<String> {
        let parts = [wrong.map(|_| "wrong"), self.hint.map(|_| "hint")];
        let ids: Vec<String> =
            parts.into_iter().flatten().map(|part| format!("{}-{part}", self.id())).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Fields that belong together, beside each other, with what they are about.
pub fn fields(legend: &str, hint: Option<&str>, body: Markup) -> Markup {
    field_rows(legend, hint, &[body])
}

/// The same in several rows.
pub fn field_rows(legend: &str, hint: Option<&str>, rows: &[Markup]) -> Markup {
    html! {
        fieldset class="set" {
            legend { (legend) }
            @for row in rows { div class="beside" { (row) } }
            @if let Some(hint) = hint { p class="hint" { (hint) } }
        }
    }
}

/// The id of a field by its name.
fn id_of(name: &str) -> String {
    let pointer = name.split('#').next().unwrap_or_default();
    let plain = pointer.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    format!("f{}", plain.collect::<String>())
}

/// Fields that belong together.
pub fn group(legend: &str, fields: Markup) -> Markup {
    html! { fieldset class="group" { legend { (legend) } (fields) } }
}

/// What was refused, above a form: the sentence, and a link to each field at fault. It takes the focus.
pub fn form_errors(cx: &Cx, sent: &Sent) -> Markup {
    let Some(problem) = &sent.problem else { return html! {} };
    let title = cx.reader.look.locale.find(&format!("problem-{}", problem.code.word()), &[]);
    let title = title.unwrap_or_else(|| problem.code.title().into());
    html! {
        div class="notice out" role="alert" tabindex="-1" id="form-errors" data-focus {
            (super::Icon::Stop.draw())
            div class="stack s" {
                strong { (title) }
                @if problem.errors.is_empty() { p { (problem.detail) } }
                @else {
                    ul { @for fault in &problem.errors { li { a href=(format!("#{}", id_of(&fault.pointer))) { (fault.detail) } } } }
                }
                @if problem.kind() == Kind::Stale { p { a class="link" href=(cx.desk.uri.path()) { (cx.t("show-fresh")) } } }
            }
        }
    }
}

/// What every form carries: the token of the page, and what it is sent under.
pub fn hidden(cx: &Cx, key: Option<&str>, version: Option<i64>) -> Markup {
    html! {
        @if let Some(token) = cx.desk.csrf() { input type="hidden" name=(CSRF_FIELD) value=(token); }
        @if let Some(key) = key { input type="hidden" name=(KEY_FIELD) value=(key); }
        @if let Some(version) = version { input type="hidden" name=(VERSION_FIELD) value=(version); }
    }
}
