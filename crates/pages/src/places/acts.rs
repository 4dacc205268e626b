//! What is done to one location: each is a page that says what will happen, and sends it.

use super::place::{Place, door, href};
use super::show::above;
use crate::cx::{Cx, Html};
use crate::forms::{Outcome, Told, body};
use crate::kit::{Button, Choice, Field, FormPage, Icon, Kind, Section, Sent};
use axum::http::Method;
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Failure, Form, Path, Reply};

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// Nothing goes in or out.
    Block,
    /// It does again.
    Unblock,
    /// It stands below another place.
    Move,
    /// Good stock there counts as sellable.
    Sell,
    /// It does not.
    KeepBack,
    /// It is out of use.
    Archive,
    /// It is in use again.
    Restore,
}

/// A reason that changes may carry.
#[derive(Deserialize)]
struct Reasons {
    items: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    name: String,
}

/// What became of a change, as far as the page tells it.
#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    claims_broken: i64,
}

impl Act {
    pub(super) const ALL: [Act; 7] =
        [Act::Block, Act::Unblock, Act::Move, Act::Sell, Act::KeepBack, Act::Archive, Act::Restore];

    /// The last step of its address.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Act::Block => "block",
            Act::Unblock => "unblock",
            Act::Move => "move",
            Act::Sell => "sell",
            Act::KeepBack => "keep-back",
            Act::Archive => "archive",
            Act::Restore => "restore",
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Act::Block => "/locations/{code}/block",
            Act::Unblock => "/locations/{code}/unblock",
            Act::Move => "/locations/{code}/move",
            Act::Sell => "/locations/{code}/sell",
            Act::KeepBack => "/locations/{code}/keep-back",
            Act::Archive => "/locations/{code}/archive",
            Act::Restore => "/locations/{code}/restore",
        }
    }

    pub(super) const fn says(self) -> &'static str {
        match self {
            Act::Block => "What happens when a location is blocked.",
            Act::Unblock => "What happens when a location is opened.",
            Act::Move => "Where a location is to stand.",
            Act::Sell => "What happens when stock of a location is sold.",
            Act::KeepBack => "What happens when stock of a location is kept back.",
            Act::Archive => "What happens when a location is archived.",
            Act::Restore => "What happens when a location is taken back into use.",
        }
    }

    pub(super) const fn says_when_sent(self) -> &'static str {
        match self {
            Act::Block => "Blocks a location.",
            Act::Unblock => "Opens a location.",
            Act::Move => "Puts a location below another one.",
            Act::Sell => "Lets stock of a location be sold.",
            Act::KeepBack => "Keeps stock of a location back from sale.",
            Act::Archive => "Archives a location.",
            Act::Restore => "Takes a location back into use.",
        }
    }

    /// What its button says.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Act::Block => "act-block",
            Act::Unblock => "act-unblock",
            Act::Move => "act-move",
            Act::Sell => "act-sell",
            Act::KeepBack => "act-keep-back",
            Act::Archive => "act-archive",
            Act::Restore => "act-restore",
        }
    }

    /// What happens, in a sentence.
    const fn about(self) -> &'static str {
        match self {
            Act::Block => "act-block-about",
            Act::Unblock => "act-unblock-about",
            Act::Move => "act-move-about",
            Act::Sell => "act-sell-about",
            Act::KeepBack => "act-keep-back-about",
            Act::Archive => "act-archive-about",
            Act::Restore => "act-restore-about",
        }
    }

    /// What is told when it is done.
    const fn done(self) -> &'static str {
        match self {
            Act::Block => "act-block-done",
            Act::Unblock => "act-unblock-done",
            Act::Move => "act-move-done",
            Act::Sell => "act-sell-done",
            Act::KeepBack => "act-keep-back-done",
            Act::Archive => "act-archive-done",
            Act::Restore => "act-restore-done",
        }
    }

    pub(super) const fn icon(self) -> Icon {
        match self {
            Act::Block | Act::KeepBack => Icon::Ban,
            Act::Unblock | Act::Sell => Icon::Circle,
            Act::Move => Icon::Move,
            Act::Archive => Icon::Archive,
            Act::Restore => Icon::Undo,
        }
    }

    /// What undoes it, where the place is then as it was.
    const fn undone_by(self) -> Option<Act> {
        match self {
            Act::Block => Some(Act::Unblock),
            Act::Sell => Some(Act::KeepBack),
            Act::KeepBack => Some(Act::Sell),
            Act::Archive => Some(Act::Restore),
            Act::Restore => Some(Act::Archive),
            Act::Unblock | Act::Move => None,
        }
    }

    /// Whether it is offered; whether it may be done is for the doors to say.
    pub(super) fn fits(self, place: &Place) -> bool {
        let own_block = place.block_reason.is_some();
        let is_site = place.kind == "site";
        match self {
            Act::Block => !place.archived && !own_block,
            Act::Unblock => own_block,
            Act::Move => !place.archived && !is_site,
            Act::Sell => !place.archived && !place.sellable,
            Act::KeepBack => !place.archived && place.sellable,
            Act::Archive => !place.archived,
            Act::Restore => place.archived_at.is_some(),
        }
    }

    /// Whether it stands beside the page's own button, and not behind others.
    pub(super) const fn is_first(self) -> bool {
        matches!(self, Act::Block | Act::Unblock | Act::Restore)
    }

    /// Where the doors take it.
    fn door(self, code: &str) -> String {
        let word = match self {
            Act::Sell | Act::KeepBack => "sellable",
            other => other.word(),
        };
        format!("{}/{word}", door(code))
    }

    /// What the doors take.
    fn body(self, form: &Form) -> Option<Value> {
        match self {
            Act::Block | Act::Unblock | Act::Move => Some(body(form)),
            Act::Sell => Some(json!({ "sellable": true })),
            Act::KeepBack => Some(json!({ "sellable": false })),
            Act::Archive | Act::Restore => None,
        }
    }
}

pub(super) async fn ask(act: Act, cx: Cx, Path(code): Path<String>) -> Html {
    let place: Place = cx.desk.get(&door(&code)).await?;
    page(act, &cx, &place, &Sent::default()).await
}

async fn page(act: Act, cx: &Cx, place: &Place, sent: &Sent) -> Html {
    let fields = fields(act, cx, place, sent).await?;
    let (verb, back) = (cx.t(act.verb()), href(&place.code));
    let title = cx.tell("act-title", &[("act", verb.clone().into()), ("code", place.code.as_str().into())]);
    let mut above = above(cx, place);
    above.push((place.code.clone(), back.clone()));
    let kind = if act == Act::Block || act == Act::Archive { Kind::Danger } else { Kind::Primary };
    let form = FormPage {
        title: &title,
        about: Some(&cx.t(act.about())),
        above: &above,
        section: Section::Locations,
        fields,
        submit: Button::new(&verb).kind(kind).icon(act.icon()),
        back: &back,
        version: Some(place.version),
    };
    Ok(form.draw(cx, sent))
}

async fn fields(act: Act, cx: &Cx, place: &Place, sent: &Sent) -> Result<Markup, Failure> {
    let label = cx.t("act-reason");
    Ok(match act {
        Act::Block => {
            let reasons = reasons(cx, &cx.t("act-choose-reason")).await?;
            html! { (reason(Field::new("/reason", &label).required(), sent, &reasons)) }
        }
        Act::Unblock => {
            let reasons = reasons(cx, &cx.t("act-no-reason")).await?;
            html! { (reason(Field::new("/reason", &label), sent, &reasons)) }
        }
        Act::Move => {
            let (label, hint) = (cx.t("place-parent"), cx.t("place-parent-hint"));
            let parent = place.parent.as_deref().unwrap_or_default();
            html! { (Field::new("/parent", &label).hint(&hint).value(parent).required().autofocus().text(sent)) }
        }
        Act::Sell | Act::KeepBack | Act::Archive | Act::Restore => html! {},
    })
}

/// A reason to choose, or to type where they may not be seen.
fn reason(field: Field<'_>, sent: &Sent, reasons: &[Choice]) -> Markup {
    if reasons.is_empty() { field.text(sent) } else { field.select(sent, reasons) }
}

async fn reasons(cx: &Cx, nothing: &str) -> Result<Vec<Choice>, Failure> {
    if !cx.desk.may(Permission::StockRead) {
        return Ok(Vec::new());
    }
    let reasons: Reasons = cx.desk.get("/api/v1/reasons?active=true&limit=500").await?;
    let each = reasons.items.into_iter().map(|reason| (reason.code, reason.name));
    Ok(std::iter::once((String::new(), nothing.to_owned())).chain(each).collect())
}

pub(super) async fn run(act: Act, cx: Cx, Path(code): Path<String>, form: Form) -> Html {
    // what is undone comes without a version: whatever it has become is taken back
    let next = form.get("next").map(str::to_owned);
    let outcome =
        if next.is_some() { undo(act, &cx, &code).await? } else { send(act, &cx, &code, form).await? };
    match outcome {
        Outcome::Done(reply) => Ok(told(act, &cx, &code, &reply, next.is_some()).go(&href(&code))),
        Outcome::Waiting(_) => Ok(Told::new(cx.t("told-waiting")).go(&href(&code))),
        Outcome::Again(sent) => {
            let place: Place = cx.desk.get(&door(&code)).await?;
            page(act, &cx, &place, &sent).await
        }
    }
}

async fn send(act: Act, cx: &Cx, code: &str, form: Form) -> Result<Outcome, Failure> {
    let body = act.body(&form);
    cx.save_as(Method::POST, &act.door(code), form, body).await
}

async fn undo(act: Act, cx: &Cx, code: &str) -> Result<Outcome, Failure> {
    let place: Place = cx.desk.get(&door(code)).await?;
    let form = Form::parse(format!("{}={}", crate::kit::VERSION_FIELD, place.version).as_bytes());
    send(act, cx, code, form).await
}

fn told(act: Act, cx: &Cx, code: &str, reply: &Reply, is_undo: bool) -> Told {
    let broken = reply.read::<Changed>().map_or(0, |changed| changed.claims_broken);
    let done = cx.tell(act.done(), &[("code", code.into())]);
    if broken > 0 {
        // what was promised is not promised again, so that there is nothing to undo
        return Told::new(cx.tell("act-broke-claims", &[("done", done.into()), ("count", broken.into())]));
    }
    match act.undone_by().filter(|_| !is_undo) {
        Some(other) => Told::new(done).undo(format!("{}/{}", href(code), other.word())),
        None => Told::new(done),
    }
}
