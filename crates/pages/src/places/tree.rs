//! The locations of each site: a tree that opens by links, and a plain list for whatever is looked for.

use super::place::{Place, Places, href, kind_word, role_word};
use crate::cx::{Cx, Html, address};
use crate::format;
use crate::kit::{
    Branch, Button, Column, Frame, Icon, Role, Section, Shell, Tab, Table, empty, more, shell, tabs,
};
use domain::Permission;
use maud::{Markup, html};
use web::Failure;

/// Places of one branch that are shown at once; the list goes on where there are more.
const BRANCH_MAX: usize = 200;
/// Branches that are open at once.
const OPEN_MAX: usize = 40;

/// What was asked for.
struct Asked {
    /// Letters that the code holds.
    code: Option<String>,
    /// Only what stands below this one.
    under: Option<String>,
    state: State,
    /// The branches that are open.
    open: Vec<String>,
    cursor: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InUse,
    Blocked,
    Archived,
}

impl State {
    const ALL: [State; 3] = [State::InUse, State::Blocked, State::Archived];

    fn word(self) -> Option<&'static str> {
        match self {
            State::InUse => None,
            State::Blocked => Some("blocked"),
            State::Archived => Some("archived"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            State::InUse => "in-use",
            State::Blocked => "place-blocked",
            State::Archived => "archived",
        }
    }
}

impl Asked {
    fn of(cx: &Cx) -> Asked {
        let word = cx.query("state");
        let state = State::ALL.into_iter().find(|state| state.word() == word.as_deref());
        Asked {
            code: cx.query("code"),
            under: cx.query("under"),
            state: state.unwrap_or(State::InUse),
            open: cx.queries("open").into_iter().take(OPEN_MAX).collect(),
            cursor: cx.query("cursor"),
        }
    }

    /// Whether it is the tree that is asked for.
    fn is_tree(&self) -> bool {
        self.code.is_none() && self.under.is_none() && self.state == State::InUse
    }

    fn address(&self, state: State, cursor: Option<&str>) -> String {
        let pairs = [
            ("state", state.word()),
            ("under", self.under.as_deref()),
            ("code", self.code.as_deref()),
            ("cursor", cursor),
        ];
        address("/locations", &pairs)
    }

    /// The address of the tree with a branch opened or closed.
    fn turned(&self, code: &str) -> String {
        let is_open = self.open.iter().any(|open| open == code);
        let kept = self.open.iter().map(String::as_str).filter(|open| *open != code);
        let pairs: Vec<(&str, Option<&str>)> =
            kept.chain((!is_open).then_some(code)).map(|code| ("open", Some(code))).collect();
        address("/locations", &pairs)
    }

    /// What the doors are asked for a list.
    fn target(&self) -> String {
        let archived = if self.state == State::Archived { "true" } else { "false" };
        let blocked = (self.state == State::Blocked).then_some("true");
        address(
            "/api/v1/locations",
            &[
                ("code", self.code.as_deref()),
                ("below", self.under.as_deref()),
                ("archived", Some(archived)),
                ("blocked", blocked),
                ("cursor", self.cursor.as_deref()),
            ],
        )
    }
}

/// A row: a place, or that there are more than are shown.
struct Row {
    place: Place,
    depth: usize,
    /// Whether it is open; `None` where there is nothing to open.
    open: Option<bool>,
    /// More stand beside it than are shown.
    is_cut: bool,
}

/// What is shown.
struct Found {
    rows: Vec<Row>,
    next: Option<String>,
    is_tree: bool,
    title: String,
}

pub(super) async fn show(cx: Cx) -> Html {
    let asked = Asked::of(&cx);
    let found = find(&cx, &asked).await?;
    if cx.wants("rows") {
        return Ok(cx.show(
            html! { (table(&cx, &asked, &found.title).rows(&found.rows)) (rest(&cx, &asked, &found)) },
        ));
    }
    if cx.wants("results") {
        return Ok(cx.show(results(&cx, &asked, &found)));
    }
    let title = &found.title;
    let tab = |state: State| Tab {
        label: cx.t(state.label()).into_owned(),
        tone: None,
        count: None,
        href: asked.address(state, None),
        is_current: state == asked.state,
        key: None,
    };
    let body = html! {
        header class="head" { div { h1 { (title) } p { (cx.t("places-about")) } } (actions(&cx)) }
        div class="filters" {
            (tabs(&cx.t("places-states"), &State::ALL.map(tab)))
            span class="grow" {}
            (filter(&cx, &asked))
        }
        @if let Some(under) = &asked.under {
            p class="muted" { (cx.tell("places-under", &[("code", under.as_str().into())])) " " a class="link" href="/locations" { (cx.t("places-all")) } }
        }
        div id="results" { (results(&cx, &asked, &found)) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title, section: Section::Locations, body })))
}

fn actions(cx: &Cx) -> Markup {
    html! {
        div class="row" {
            (Button::new(&cx.t("map-title")).icon(Icon::Pin).link("/locations/map"))
            @if cx.desk.may(Permission::PlacesWrite) {
                (Button::new(&cx.t("make-title")).icon(Icon::Tree).link("/locations/make"))
                (Button::primary(&cx.t("place-new")).icon(Icon::Plus).key("n").link("/locations/new"))
            }
        }
    }
}

async fn find(cx: &Cx, asked: &Asked) -> Result<Found, Failure> {
    let title = cx.t("places-title").into_owned();
    if asked.is_tree() {
        let rows = tree(cx, asked).await?;
        // who reaches no whole site sees what they reach as a list
        if !rows.is_empty() {
            return Ok(Found { rows, next: None, is_tree: true, title });
        }
    }
    let page: Places = cx.desk.get(&asked.target()).await?;
    let row = |place: Place| Row { place, depth: 0, open: None, is_cut: false };
    Ok(Found { rows: page.items.into_iter().map(row).collect(), next: page.next, is_tree: false, title })
}

/// The sites, and what stands below those branches that are open.
async fn tree(cx: &Cx, asked: &Asked) -> Result<Vec<Row>, Failure> {
    let sites: Places = cx.desk.get("/api/v1/locations?kind=site&limit=500").await?;
    let is_alone = sites.items.len() == 1;
    let mut rows = Vec::new();
    let mut waiting: Vec<(Place, usize, bool)> =
        sites.items.into_iter().rev().map(|site| (site, 0, false)).collect();
    while let Some((place, depth, is_cut)) = waiting.pop() {
        let is_root = is_alone && depth == 0;
        let is_open = is_root || asked.open.contains(&place.code);
        if is_open && !is_cut && place.may_hold_places() {
            let below = children(cx, &place.code).await?;
            let count = below.items.len();
            let cut = below.next.is_some();
            let below = below.items.into_iter().enumerate().rev();
            waiting.extend(below.map(|(at, child)| (child, depth + 1, cut && at + 1 == count)));
        }
        let open = (place.may_hold_places() && !is_root && !is_cut).then_some(is_open);
        rows.push(Row { place, depth, open, is_cut });
    }
    Ok(rows)
}

async fn children(cx: &Cx, code: &str) -> Result<Places, Failure> {
    let limit = BRANCH_MAX.to_string();
    cx.desk.get(&address("/api/v1/locations", &[("parent", Some(code)), ("limit", Some(&limit))])).await
}

/// The field that filters while somebody types; without a script it is sent by Enter.
fn filter(cx: &Cx, asked: &Asked) -> Markup {
    html! {
        form action="/locations" hx-get="/locations" hx-target="#results" hx-push-url="true" hx-trigger="submit, input delay:60ms from:#filter" hx-sync="this:replace" {
            @if let Some(word) = asked.state.word() { input type="hidden" name="state" value=(word); }
            @if let Some(under) = &asked.under { input type="hidden" name="under" value=(under); }
            label class="search" {
                span class="visually-hidden" { (cx.t("places-filter")) }
                (Icon::Search.draw())
                input class="input" id="filter" type="search" name="code" value=[asked.code.as_deref()] placeholder=(cx.t("places-filter")) autocomplete="off" data-filter;
                span class="kbd" aria-hidden="true" { "/" }
            }
        }
    }
}

fn results(cx: &Cx, asked: &Asked, found: &Found) -> Markup {
    if found.rows.is_empty() {
        return html! { section class="card" { (nothing(cx, asked)) } };
    }
    html! {
        section class="card tight" {
            (table(cx, asked, &found.title).draw(&found.rows))
            div id="more" { (rest(cx, asked, found)) }
        }
        @if found.is_tree { p class="quiet" { (cx.t("places-tree-hint")) } }
    }
}

fn nothing(cx: &Cx, asked: &Asked) -> Markup {
    match (&asked.code, asked.state) {
        (Some(code), _) => empty(
            Icon::Search,
            &cx.t("places-no-match"),
            &cx.tell("places-no-match-why", &[("code", code.as_str().into())]),
            Some(Button::new(&cx.t("clear-filter")).link("/locations")),
        ),
        (None, State::Blocked) => {
            empty(Icon::Circle, &cx.t("places-none-blocked"), &cx.t("places-none-blocked-why"), None)
        }
        (None, State::Archived) => {
            empty(Icon::Archive, &cx.t("places-none-archived"), &cx.t("places-none-archived-why"), None)
        }
        (None, State::InUse) => empty(Icon::Pin, &cx.t("places-none"), &cx.t("places-none-why"), None),
    }
}

fn rest(cx: &Cx, asked: &Asked, found: &Found) -> Markup {
    let href = found.next.as_deref().map(|next| asked.address(asked.state, Some(next)));
    more(&cx.t("load-more"), href.as_deref())
}

fn table<'a>(cx: &'a Cx, asked: &'a Asked, caption: &'a str) -> Table<'a, Row> {
    let code = Column::text(cx.t("location"), |row: &Row| code_cell(cx, asked, row));
    let name = Column::text(
        cx.t("place-name"),
        |row: &Row| html! { @if row.place.name == row.place.code { span class="muted" { (format::NONE) } } @else { (row.place.name) } },
    );
    let kind = Column::text(cx.t("place-kind"), |row: &Row| html! { (cx.t(kind_word(&row.place.kind))) });
    let role = Column::text(cx.t("place-role"), |row: &Row| {
        html! { (row.place.role.as_deref().map_or(format::NONE.into(), |role| cx.t(role_word(role)))) }
    });
    let of_type = Column::text(
        cx.t("place-type"),
        |row: &Row| html! { (row.place.of_type.as_deref().unwrap_or(format::NONE)) },
    );
    let state = Column::text(cx.t("state"), |row: &Row| row.place.chip(cx));
    Table {
        caption,
        columns: vec![
            code.role(Role::Title),
            name.role(Role::Fold),
            kind,
            role.role(Role::Fold),
            of_type.role(Role::Fold).priority(2),
            state.role(Role::Side),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|row| row.place.code.clone()),
    }
}

fn code_cell(cx: &Cx, asked: &Asked, row: &Row) -> Markup {
    let code = &row.place.code;
    let link = html! { a class="cell" href=(href(code)) { (code) } };
    let says = |key: &str| cx.tell(key, &[("code", code.as_str().into())]).into_owned();
    let branch = Branch { depth: row.depth, id: code, turn: None };
    let turned = asked.turned(code);
    match row.open {
        _ if row.is_cut => {
            let parent = row.place.parent.as_deref().unwrap_or_default();
            let rest = address("/locations", &[("under", Some(parent))]);
            html! { (branch.draw(link)) (branch.draw(html! { a class="link" href=(rest) { (cx.t("places-cut")) } })) }
        }
        Some(true) => Branch { turn: Some((&turned, true, &says("place-close"))), ..branch }.draw(link),
        Some(false) => Branch { turn: Some((&turned, false, &says("place-open"))), ..branch }.draw(link),
        None => branch.draw(link),
    }
}
