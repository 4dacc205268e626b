//! One site: where it is, whom to reach, when it works, and what it needs before it goes on; with the forms of these.

use super::calendar::{Calendar, hours};
use super::place::site_state;
use super::sites::{Address, Contact, Site, above, chip_of, door_of, page_of, places_of};
use crate::cx::{Clock, Cx, Html};
use crate::format;
use crate::forms::{Outcome, Told, body};
use crate::kit::{
    Button, Field, FormPage, Frame, Icon, Kind, Section, Sent, Shell, Tone, breadcrumbs, card, chip, facts,
    fields as set, menu, shell,
};
use axum::http::Method;
use domain::Permission;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};
use web::{Failure, Form, Path, Posted};

/// Contacts beyond those that are there, for which the form has room.
const SPARE: usize = 2;
/// Lines of an address.
const LINES: usize = 4;

/// What a site needs before it goes on.
#[derive(Deserialize)]
struct Readiness {
    state: String,
    ready: bool,
    version: i64,
    points: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    name: String,
    ready: bool,
    count: i64,
}

#[derive(Deserialize)]
struct Opening {
    open: bool,
    #[serde(default)]
    next_open: Option<String>,
}

#[derive(Deserialize)]
struct States {
    items: Vec<Step>,
}

/// A state that it went into.
#[derive(Deserialize)]
struct Step {
    state: String,
    #[serde(default)]
    reason: Option<String>,
    actor: Actor,
    at: String,
}

#[derive(Deserialize)]
struct Actor {
    name: String,
}

pub(super) async fn show(cx: Cx, Path(code): Path<String>) -> Html {
    let door = door_of(&code);
    let site: Site = cx.desk.get(&door).await?;
    let ready: Readiness = cx.desk.get(&format!("{door}/readiness")).await?;
    let calendar: Calendar = cx.desk.get(&format!("{door}/calendar")).await?;
    let opening: Opening = cx.desk.get(&format!("{door}/open")).await?;
    let states: States = cx.desk.get(&format!("{door}/states?limit=5")).await?;
    let clock = cx.clock().await?;
    let edits = cx.desk.may(Permission::PlacesWrite) && !site.archived;
    let page = page_of(&site.code);
    let edit = |key: &str, word: &str| {
        edits.then(|| Button::new(&cx.t(key)).icon(Icon::Edit).small().link(&format!("{page}/{word}")))
    };
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &above(&cx, None), &site.code))
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::Building.draw()) }
                div {
                    div class="row" { h1 { (site.name) } (chip_of(&cx, &site)) (open_chip(&cx, &site, &opening)) }
                    p { (site.code) " · " (site.zone) }
                }
            }
            div class="row" { (places_of(&cx, &site.code)) }
        }
        div class="grid" {
            (card(&cx.t("site-way"), steps(&cx, &ready, &page, edits), way(&cx, &ready, &states, &clock)))
            (card(&cx.t("site-address"), edit("place-edit", "edit"), reached(&cx, &site)))
            (card(&cx.t("calendar"), edit("place-edit", "calendar"), hours(&cx, &calendar)))
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &site.name, section: Section::Sites, body })))
}

fn open_chip(cx: &Cx, site: &Site, opening: &Opening) -> Markup {
    // it opens by the clock on its own wall
    let zone = TimeZone::get(&site.zone).unwrap_or(TimeZone::UTC);
    match (&opening.next_open, opening.open) {
        _ if site.archived => html! {},
        (_, true) => chip(Tone::Ok, &cx.t("site-open-now")),
        (Some(next), false) => chip(
            Tone::Hold,
            &cx.tell("site-opens", &[("at", format::instant(cx.look.locale, next, &zone).into())]),
        ),
        (None, false) => chip(Tone::Hold, &cx.t("site-closed")),
    }
}

/// What can be done about its state.
fn steps(cx: &Cx, ready: &Readiness, page: &str, edits: bool) -> Option<Markup> {
    let goes_on = edits && ready.state != "live";
    let goes_back = ready.state == "pilot" && cx.desk.may(Permission::SitesSetBack);
    let back = [(Icon::Undo, cx.t("site-set-back").into_owned(), format!("{page}/set-back"))];
    (goes_on || goes_back).then(|| {
        html! {
            @if goes_back { (menu(&cx.t("more-actions"), &back)) }
            @if goes_on { (Button::primary(&cx.t("site-go-on")).small().link(&format!("{page}/state"))) }
        }
    })
}

/// The message of a point of the list, ready or not.
fn point_word(name: &str) -> &'static str {
    match name {
        "places" => "point-places",
        "opening_stock" => "point-opening-stock",
        "placed" => "point-placed",
        _ => "point-people",
    }
}

fn point(cx: &Cx, point: &Point) -> Markup {
    html! { (cx.tell(point_word(&point.name), &[("count", point.count.into())])) }
}

fn way(cx: &Cx, ready: &Readiness, states: &States, clock: &Clock) -> Markup {
    html! {
        div class="stack" {
            @if ready.state != "live" {
                p { (cx.t(if ready.ready { "site-ready" } else { "site-lacks" })) }
            }
            ul class="stack s" {
                @for one in &ready.points {
                    li class="row" {
                        @if one.ready { (chip(Tone::Ok, &cx.t("point-ready"))) } @else { (chip(Tone::Low, &cx.t("point-lacks"))) }
                        (point(cx, one))
                    }
                }
            }
            @if !states.items.is_empty() {
                ul class="timeline" {
                    @for step in &states.items {
                        li {
                            span class="mark" { (Icon::Flag.small()) }
                            div {
                                strong { (cx.t(site_state(&step.state).0)) } @if let Some(reason) = &step.reason { " · " (reason) }
                                p class="quiet" { (step.actor.name) " · " (clock.at(&step.at)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn reached(cx: &Cx, site: &Site) -> Markup {
    let none = html! { span class="muted" { (format::NONE) } };
    let address = site.address.as_ref().map_or(none, |at| {
        let town =
            [at.postcode.as_deref(), at.city.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let rest = [Some(town.as_str()), at.region.as_deref(), Some(at.country.as_str())];
        let lines = at.lines.iter().map(String::as_str).chain(rest.into_iter().flatten());
        html! { @for line in lines.filter(|line| !line.is_empty()) { div { (line) } } }
    });
    let mut known = vec![(cx.t("site-postal").into_owned(), address)];
    known.extend(site.contacts.iter().map(|contact| {
        let lines = [&contact.name, &contact.phone].into_iter().flatten();
        let value = html! {
            @for line in lines { div { (line) } }
            @if let Some(email) = &contact.email { div { a class="link" href=(format!("mailto:{email}")) { (email) } } }
        };
        (contact.label.clone(), value)
    }));
    facts(&known)
}

pub(super) async fn edit(cx: Cx, Path(code): Path<String>) -> Html {
    edit_page(&cx, &code, &Sent::default()).await
}

async fn edit_page(cx: &Cx, code: &str, sent: &Sent) -> Html {
    let site: Site = cx.desk.get(&door_of(code)).await?;
    let nowhere = Address::default();
    let fields = html! {
        (address_fields(cx, site.address.as_ref().unwrap_or(&nowhere), sent))
        (contact_fields(cx, &site.contacts, sent))
    };
    Ok(page(
        cx,
        &site,
        &Asked { title: "site-edit-title", about: None, submit: "save", version: site.version },
        fields,
        sent,
    ))
}

/// What a form of a site says of itself.
struct Asked {
    title: &'static str,
    about: Option<&'static str>,
    submit: &'static str,
    version: i64,
}

fn page(cx: &Cx, site: &Site, asked: &Asked, fields: Markup, sent: &Sent) -> axum::response::Response {
    let title = cx.tell(asked.title, &[("code", site.code.as_str().into())]);
    let (about, submit) = (asked.about.map(|key| cx.t(key)), cx.t(asked.submit));
    let form = FormPage {
        title: &title,
        about: about.as_deref(),
        above: &above(cx, Some(&site.code)),
        section: Section::Sites,
        fields,
        submit: Button::new(&submit).kind(Kind::Primary),
        back: &page_of(&site.code),
        version: Some(asked.version),
    };
    form.draw(cx, sent)
}

fn address_fields(cx: &Cx, at: &Address, sent: &Sent) -> Markup {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (city, region, postcode) = (text(&at.city), text(&at.region), text(&at.postcode));
    let labels = ["site-city", "site-postcode", "site-region", "site-country"].map(|key| cx.t(key));
    let [city_label, postcode_label, region_label, country_label] = &labels;
    let hint = cx.t("site-country-hint");
    html! {
        (set(&cx.t("site-postal"), None, html! {
            @for at_line in 0..LINES {
                @let (name, label) = (format!("/address/lines/{at_line}"), cx.tell("site-line", &[("number", (at_line + 1).into())]));
                (Field::new(&name, &label).value(at.lines.get(at_line).map_or("", String::as_str)).text(sent))
            }
        }))
        div class="pair" {
            (Field::new("/address/postcode", postcode_label).value(&postcode).text(sent))
            (Field::new("/address/city", city_label).value(&city).text(sent))
        }
        div class="pair" {
            (Field::new("/address/region", region_label).value(&region).text(sent))
            (Field::new("/address/country", country_label).hint(&hint).value(&at.country).text(sent))
        }
    }
}

fn contact_fields(cx: &Cx, contacts: &[Contact], sent: &Sent) -> Markup {
    let labels = ["contact-for", "contact-name", "contact-phone", "contact-email"].map(|key| cx.t(key));
    let [label, name, phone, email] = &labels;
    let nobody = Contact::default();
    html! {
        @for at in 0..contacts.len() + SPARE {
            @let (one, legend) = (contacts.get(at).unwrap_or(&nobody), cx.tell("contact-number", &[("number", (at + 1).into())]));
            (set(&legend, None, html! {
                (Field::new(&format!("/contacts/{at}/label"), label).value(&one.label).text(sent))
                (Field::new(&format!("/contacts/{at}/name"), name).value(one.name.as_deref().unwrap_or_default()).text(sent))
                (Field::new(&format!("/contacts/{at}/phone"), phone).value(one.phone.as_deref().unwrap_or_default()).text(sent))
                (Field::new(&format!("/contacts/{at}/email"), email).value(one.email.as_deref().unwrap_or_default()).text(sent))
            }))
        }
    }
}

pub(super) async fn change(cx: Cx, Path(code): Path<String>, Posted(form): Posted) -> Html {
    let changes = changes(&form);
    match cx.save_as(Method::PATCH, &door_of(&code), form, Some(changes)).await? {
        Outcome::Again(sent) => edit_page(&cx, &code, &sent).await,
        done => Ok(settled(&cx, done, "place-changed", &code)),
    }
}

/// What the form says: an address and contacts that nobody typed are taken away.
fn changes(form: &Form) -> Value {
    let Value::Object(mut said) = body(form) else { return Value::Null };
    let address = said.remove("address").unwrap_or(Value::Null);
    let contacts = said.remove("contacts").unwrap_or_else(|| Value::Array(Vec::new()));
    Value::Object(Map::from_iter([("address".to_owned(), address), ("contacts".to_owned(), contacts)]))
}

/// Back to the site, which tells what was done.
pub(super) fn settled(cx: &Cx, outcome: Outcome, key: &str, code: &str) -> axum::response::Response {
    let told = match outcome {
        Outcome::Waiting(_) => cx.t("told-waiting"),
        _ => cx.tell(key, &[("code", code.into())]),
    };
    Told::new(told).go(&page_of(code))
}

pub(super) async fn ask_state(cx: Cx, Path(code): Path<String>) -> Html {
    state_page(&cx, &code, &Sent::default()).await
}

async fn state_page(cx: &Cx, code: &str, sent: &Sent) -> Html {
    let door = door_of(code);
    let site: Site = cx.desk.get(&door).await?;
    let ready: Readiness = cx.desk.get(&format!("{door}/readiness")).await?;
    let next: &[&str] = if ready.state == "set_up" { &["pilot", "live"] } else { &["live"] };
    let choices: Vec<_> =
        next.iter().map(|word| ((*word).to_owned(), cx.t(site_state(word).0).into_owned())).collect();
    let (state, reason, hint) = (cx.t("site-next-state"), cx.t("act-reason"), cx.t("site-reason-hint"));
    let lacks = ready.points.iter().filter(|point| !point.ready);
    let fields = html! {
        (Field::new("/state", &state).select(sent, &choices))
        @for one in lacks {
            @let says = cx.tell(point_word(&one.name), &[("count", one.count.into())]);
            @let label = cx.tell("site-despite", &[("point", says.into())]);
            (Field::new(&format!("/despite/{}", one.name), &label).tick(sent))
        }
        (Field::new("/reason", &reason).hint(&hint).required().text(sent))
    };
    let about = if ready.ready { "site-ready" } else { "site-lacks" };
    let asked =
        Asked { title: "site-state-title", about: Some(about), submit: "site-go-on", version: ready.version };
    Ok(page(cx, &site, &asked, fields, sent))
}

pub(super) async fn set_state(cx: Cx, Path(code): Path<String>, Posted(form): Posted) -> Html {
    let body = despite(body(&form));
    match cx.save_as(Method::POST, &format!("{}/state", door_of(&code)), form, Some(body)).await? {
        Outcome::Again(sent) => state_page(&cx, &code, &sent).await,
        done => Ok(settled(&cx, done, "site-state-done", &code)),
    }
}

/// The points that are ticked, as a list of their names.
fn despite(mut body: Value) -> Value {
    if let Some(Value::Object(ticked)) = body.get("despite") {
        let names: Vec<Value> = ticked.keys().map(|name| name.as_str().into()).collect();
        if let Value::Object(said) = &mut body {
            said.insert("despite".to_owned(), names.into());
        }
    }
    body
}

pub(super) async fn ask_back(cx: Cx, Path(code): Path<String>) -> Html {
    back_page(&cx, &code, &Sent::default()).await
}

async fn back_page(cx: &Cx, code: &str, sent: &Sent) -> Html {
    let site: Site = cx.desk.get(&door_of(code)).await?;
    let (reason, hint) = (cx.t("act-reason"), cx.t("site-reason-hint"));
    let fields = html! { (Field::new("/reason", &reason).hint(&hint).required().autofocus().text(sent)) };
    let about = Some("site-set-back-about");
    let asked = Asked { title: "site-set-back-title", about, submit: "site-set-back", version: site.version };
    Ok(page(cx, &site, &asked, fields, sent))
}

pub(super) async fn set_back(cx: Cx, Path(code): Path<String>, Posted(form): Posted) -> Html {
    match cx.save(Method::POST, &format!("{}/set-back", door_of(&code)), form).await? {
        Outcome::Again(sent) => back_page(&cx, &code, &sent).await,
        done => Ok(settled(&cx, done, "site-state-done", &code)),
    }
}

/// The site that a page of its own is about.
pub(super) async fn site_of(cx: &Cx, code: &str) -> Result<Site, Failure> {
    cx.desk.get(&door_of(code)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nobody_typed_is_taken_away() {
        let form = Form::parse(b"%2Faddress%2Flines%2F0=&%2Faddress%2Fcountry=&%2Fcontacts%2F0%2Flabel=");
        assert_eq!(changes(&form), json!({ "address": null, "contacts": [] }));
    }

    #[test]
    fn ticked_points_are_a_list() {
        let form = Form::parse(b"%2Fstate=live&%2Fdespite%2Fplaces=true&%2Fdespite%2Fpeople=true");
        assert_eq!(despite(body(&form)), json!({ "state": "live", "despite": ["people", "places"] }));
    }
}
