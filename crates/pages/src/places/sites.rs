//! The sites: the list of them, each with its address, its hours and its way into use, and a new one.

use super::place::{href, site_state};
use crate::cx::{Cx, Html, address, step};
use crate::format;
use crate::forms::{Outcome, Told};
use crate::kit::{
    Button, Column, Field, FormPage, Frame, Icon, Role, Section, Sent, Shell, Tab, Table, Tone, chip, empty,
    more, shell, tabs,
};
use axum::http::Method;
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Form, Posted};

/// A site.
#[derive(Debug, Deserialize)]
pub(super) struct Site {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) zone: String,
    pub(super) version: i64,
    pub(super) archived: bool,
    pub(super) blocked: bool,
    pub(super) around_the_clock: bool,
    #[serde(default)]
    pub(super) address: Option<Address>,
    pub(super) contacts: Vec<Contact>,
}

/// Where it is.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Address {
    pub(super) lines: Vec<String>,
    #[serde(default)]
    pub(super) city: Option<String>,
    #[serde(default)]
    pub(super) region: Option<String>,
    #[serde(default)]
    pub(super) postcode: Option<String>,
    pub(super) country: String,
}

/// Who is reached there.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Contact {
    pub(super) label: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) phone: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
}

#[derive(Deserialize)]
struct Sites {
    items: Vec<Site>,
    #[serde(default)]
    next: Option<String>,
}

/// The page of a site. A site of the code `new` is asked for in capitals.
pub(super) fn page_of(code: &str) -> String {
    if code == "new" { "/sites/NEW".to_owned() } else { format!("/sites/{}", step(code)) }
}

/// Where the doors know it.
pub(super) fn door_of(code: &str) -> String {
    format!("/api/v1/sites/{}", step(code))
}

/// Its state in a chip.
pub(super) fn chip_of(cx: &Cx, site: &Site) -> Markup {
    match site {
        Site { archived: true, .. } => chip(Tone::Hold, &cx.t("archived")),
        Site { blocked: true, .. } => chip(Tone::Out, &cx.t("place-blocked")),
        site => chip(site_state(&site.state).1, &cx.t(site_state(&site.state).0)),
    }
}

/// The states that the list is filtered by, with their messages.
const STATES: [(Option<&str>, &str); 5] = [
    (None, "sites-all"),
    (Some("set_up"), "site-set-up"),
    (Some("pilot"), "site-pilot"),
    (Some("live"), "site-live"),
    (Some("archived"), "archived"),
];

fn here(state: Option<&str>, cursor: Option<&str>) -> String {
    address("/sites", &[("state", state), ("cursor", cursor)])
}

pub(super) async fn list(cx: Cx) -> Html {
    let (state, cursor) = (cx.query("state"), cx.query("cursor"));
    let is_archived = state.as_deref() == Some("archived");
    let asked = [
        ("archived", is_archived.then_some("true")),
        ("state", state.as_deref().filter(|_| !is_archived)),
        ("cursor", cursor.as_deref()),
    ];
    let sites: Sites = cx.desk.get(&address("/api/v1/sites", &asked)).await?;
    let title = cx.t("sites-title");
    let tab = |(word, key): (Option<&str>, &str)| Tab {
        label: cx.t(key).into_owned(),
        tone: None,
        count: None,
        href: here(word, None),
        is_current: word == state.as_deref(),
        key: None,
    };
    let next = sites.next.as_deref().map(|next| here(state.as_deref(), Some(next)));
    let body = html! {
        header class="head" {
            div { h1 { (title) } p { (cx.t("sites-about")) } }
            @if cx.desk.may(Permission::PlacesWrite) { (Button::primary(&cx.t("site-new")).icon(Icon::Plus).key("n").link("/sites/new")) }
        }
        div class="filters" { (tabs(&cx.t("sites-states"), &STATES.map(tab))) }
        @if sites.items.is_empty() {
            section class="card" { (empty(Icon::Building, &cx.t("sites-none"), &cx.t("sites-none-why"), None)) }
        } @else {
            section class="card tight" { (table(&cx, &title).draw(&sites.items)) (more(&cx.t("load-more"), next.as_deref())) }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Sites, body })))
}

fn table<'a>(cx: &'a Cx, caption: &'a str) -> Table<'a, Site> {
    let site = Column::text(
        cx.t("site"),
        |row: &Site| html! { a class="cell" href=(page_of(&row.code)) { (row.code) } },
    );
    let name = Column::text(cx.t("place-name"), |row: &Site| html! { (row.name) });
    let town = Column::text(cx.t("site-town"), |row: &Site| html! { (town(row)) });
    let hours = Column::text(cx.t("site-hours"), |row: &Site| {
        let key = if row.around_the_clock { "around-the-clock" } else { "by-calendar" };
        html! { (cx.t(key)) }
    });
    let zone = Column::text(cx.t("place-zone"), |row: &Site| html! { (row.zone) });
    let state = Column::text(cx.t("state"), |row: &Site| chip_of(cx, row));
    let columns = vec![
        site,
        name.role(Role::Title),
        town.role(Role::Fold),
        hours.role(Role::Fold),
        zone.role(Role::Fold).priority(2),
        state.role(Role::Side),
    ];
    let sorted = Box::new(|_: &str| String::new());
    Table { caption, columns, sort: "", sorted, id: "rows", key: Box::new(|row| row.code.clone()) }
}

fn town(site: &Site) -> String {
    let Some(address) = &site.address else { return format::NONE.to_owned() };
    let town = address.city.iter().map(String::as_str);
    town.chain([address.country.as_str()]).collect::<Vec<_>>().join(", ")
}

pub(super) async fn new(cx: Cx) -> Html {
    Ok(new_page(&cx, &Sent::default()))
}

fn new_page(cx: &Cx, sent: &Sent) -> axum::response::Response {
    let (code, code_hint, name) = (cx.t("place-code"), cx.t("place-code-hint"), cx.t("place-name"));
    let (zone, zone_hint, state) = (cx.t("place-zone"), cx.t("site-zone-hint"), cx.t("site-begins-as"));
    let states: Vec<_> = ["set_up", "pilot", "live"]
        .map(|word| (word.to_owned(), cx.t(site_state(word).0).into_owned()))
        .to_vec();
    let fields = html! {
        (Field::new("/code", &code).hint(&code_hint).required().autofocus().text(sent))
        (Field::new("/name", &name).text(sent))
        div class="pair" {
            (Field::new("/zone", &zone).hint(&zone_hint).text(sent))
            (Field::new("/state", &state).select(sent, &states))
        }
    };
    let (title, submit) = (cx.t("site-new"), cx.t("site-make"));
    let above = [(cx.t("sites-title").into_owned(), "/sites".to_owned())];
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("site-new-about")),
        above: &above,
        section: Section::Sites,
        fields,
        submit: Button::primary(&submit).icon(Icon::Plus),
        back: "/sites",
        version: None,
    };
    page.draw(cx, sent)
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let code = form.get("/code").unwrap_or_default().to_owned();
    let body = with_kind(&form);
    match cx.save_as(Method::POST, "/api/v1/locations", form, Some(body)).await? {
        Outcome::Done(_) => {
            Ok(Told::new(cx.tell("place-made", &[("code", code.as_str().into())])).go(&page_of(&code)))
        }
        Outcome::Waiting(_) => Ok(Told::new(cx.t("told-waiting")).go("/sites")),
        Outcome::Again(sent) => Ok(new_page(&cx, &sent)),
    }
}

fn with_kind(form: &Form) -> serde_json::Value {
    let mut body = crate::forms::body(form);
    if let serde_json::Value::Object(fields) = &mut body {
        fields.insert("kind".to_owned(), "site".into());
    }
    body
}

/// The pages above that of a site, or of a page of one.
pub(super) fn above(cx: &Cx, site: Option<&str>) -> Vec<(String, String)> {
    let list = (cx.t("sites-title").into_owned(), "/sites".to_owned());
    std::iter::once(list).chain(site.map(|code| (code.to_owned(), page_of(code)))).collect()
}

/// The links from a site to its places.
pub(super) fn places_of(cx: &Cx, code: &str) -> Markup {
    html! {
        (Button::new(&cx.t("map-title")).icon(Icon::Pin).link(&address("/locations/map", &[("site", Some(code))])))
        (Button::new(&cx.t("places-title")).icon(Icon::Tree).link(&address("/locations", &[("open", Some(code))])))
        (Button::new(&cx.t("site-as-place")).icon(Icon::Packages).link(&href(code)))
    }
}
