//! Every component in every state, on one page: for whoever makes pages, and for the tests that look at them. Its words
//! are examples and not translated.

use crate::cx::{Cx, Html};
use crate::kit::{
    Button, Column, Field, Figure, Frame, Icon, Kind, Role, Section, Sent, Series, Shell, Tab, Table, Tone,
    breadcrumbs, card, chip, empty, facts, figures, form_errors, group, line_chart, notice, shell, spark,
    subtabs, tabs,
};
use domain::{Code, FieldError, Problem};
use maud::{Markup, html};
use web::Form;

/// An example of a row.
struct Example {
    sku: &'static str,
    name: &'static str,
    tone: Tone,
    status: &'static str,
    on_hand: &'static str,
    weeks: [f64; 8],
}

const ROWS: [Example; 4] = [
    Example {
        sku: "BRG-10006",
        name: "Compact bearing 6204",
        tone: Tone::Ok,
        status: "In stock",
        on_hand: "1277",
        weeks: [4.0, 6.0, 5.0, 9.0, 11.0, 8.0, 7.0, 3.0],
    },
    Example {
        sku: "BRG-10048",
        name: "Compact roller 30 mm",
        tone: Tone::Low,
        status: "Low",
        on_hand: "57",
        weeks: [9.0, 7.0, 8.0, 6.0, 5.0, 4.0, 2.0, 1.0],
    },
    Example {
        sku: "BRG-10054",
        name: "Sealed bearing 6204",
        tone: Tone::Out,
        status: "Out",
        on_hand: "0",
        weeks: [3.0, 3.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0],
    },
    Example {
        sku: "BRG-10096",
        name: "Insulated thrust collar",
        tone: Tone::Over,
        status: "Overstock",
        on_hand: "13633",
        weeks: [1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0],
    },
];

pub(crate) async fn show(cx: Cx) -> Html {
    let body = html! {
        header class="head" { div { h1 { "Components" } p { "Every component in every state" } } (Button::primary("Adjust stock").icon(Icon::Plus).key("a").link("/dev/kit")) }
        (card("Buttons", None, buttons()))
        (card("Chips and colours", None, colours()))
        (card("Tabs", None, every_tab()))
        (figures(&[
            Figure { label: "On hand".into(), value: cx.number("147"), note: "all locations".into(), href: None },
            Figure { label: "Available".into(), value: cx.number("13633262"), note: "reorder at 63".into(), href: Some("/dev/kit".into()) },
            Figure { label: "Value".into(), value: "€1 630".into(), note: "moving average".into(), href: None },
        ]))
        section class="card tight" { div class="scroll" { (table(&cx)) } }
        div class="grid" { (card("Fields", None, fields(&cx))) (card("What was refused", None, refused(&cx))) }
        div class="grid" { (card("Facts", Some(Button::new("Edit").icon(Icon::Edit).small().link("/dev/kit")), some_facts())) (card("Chart", None, chart(&cx))) }
        (card("Notices", None, notices()))
        section class="card" { (empty(Icon::Packages, "Nothing here yet", "A sentence says why, and what to do about it.", Some(Button::primary("Import a file").icon(Icon::Upload).link("/dev/kit")))) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: "Components", section: Section::Kit, body })))
}

fn buttons() -> Markup {
    let disabled = Button { disabled: true, ..Button::new("Not now") };
    html! {
        form class="row" action="/dev/kit" {
            (Button::primary("Primary").submit()) (Button::new("Normal").submit()) (Button::new("Plain").kind(Kind::Plain).submit())
            (Button::new("Remove").kind(Kind::Danger).icon(Icon::Trash).submit()) (disabled.submit())
            (Button::new("Small").small().submit()) (Button::new("Export").icon(Icon::Download).script("nothing"))
            (Button::new("Print").icon(Icon::Printer).icon_only().submit()) (Button::new("With a key").key("m").submit_as("do", "move"))
        }
    }
}

fn colours() -> Markup {
    html! {
        div class="row" {
            (chip(Tone::Ok, "In stock")) (chip(Tone::Low, "Low")) (chip(Tone::Out, "Out")) (chip(Tone::Over, "Overstock")) (chip(Tone::Hold, "On hold"))
            span class="count" { "7" } span class="kbd" { "K" } span class="avatar" { "MO" } span class="tile" { (Icon::Box.draw()) }
        }
    }
}

fn every_tab() -> Markup {
    let tab = |label: &str, tone, count: &str, is_current| Tab {
        label: label.into(),
        tone,
        count: Some(count.into()),
        href: "/dev/kit".into(),
        is_current,
        key: None,
    };
    html! {
        div class="stack" {
            (tabs("Status", &[tab("All", None, "2 000", true), tab("In stock", Some(Tone::Ok), "1 231", false), tab("Low", Some(Tone::Low), "312", false), tab("Out", Some(Tone::Out), "228", false), tab("Overstock", Some(Tone::Over), "192", false)]))
            (subtabs("Item", &[tab("Overview", None, "", true), tab("Ledger", None, "4 312", false), tab("Files", None, "3", false)]))
            (breadcrumbs("You are here", &[("Stock".into(), "/dev/kit".into()), ("Bearings".into(), "/dev/kit".into())], "BRG-10006"))
        }
    }
}

fn table(cx: &Cx) -> Markup {
    let table = Table {
        caption: "Items",
        columns: vec![
            Column::text("SKU", |row: &Example| html! { a class="cell" href="/dev/kit" { (row.sku) } }).order("sku", "-sku"),
            Column::text("Item", |row: &Example| html! { (row.name) small { "Bearings" } }).role(Role::Title),
            Column::text("Status", |row: &Example| chip(row.tone, row.status)).role(Role::Side),
            Column::number("On hand", |row: &Example| html! { (cx.number(row.on_hand)) }).role(Role::Big).order("on_hand", "-on_hand").total(html! { (cx.number("14967")) }),
            Column::text("8 weeks", |row: &Example| spark("Demand of eight weeks", &row.weeks)).priority(2).role(Role::Fold),
            Column::number("Fill", |_: &Example| html! { meter min="0" max="100" low="90" high="95" optimum="0" value="62" { "62 %" } }).priority(3),
            Column::action("Move", |_: &Example| Button::new("Move").small().link("/dev/kit")).role(Role::Fold),
        ],
        sort: "sku",
        sorted: Box::new(|_| "/dev/kit".to_owned()),
        id: "examples",
        key: Box::new(|row| row.sku.to_owned()),
    };
    table.draw(&ROWS)
}

fn fields(cx: &Cx) -> Markup {
    let choices = [("each".to_owned(), "Each".to_owned()), ("case".to_owned(), "Case".to_owned())];
    let none = Sent::default();
    html! {
        form class="form" action="/dev/kit" {
            (Field::new("/name", "Name").value("Compact bearing 6204").required().text(&none))
            div class="pair" {
                (Field::new("/qty", "Quantity").value("12").number().hint("In the base unit").text(&none))
                (Field::new("/unit", "Unit").value("case").select(&none, &choices))
            }
            (Field::new("/place", "Place").hint("Any code; what is there is offered").suggest(&none, &choices))
            (Field::new("/day", "Day").value("2026-11-21").date(&none))
            (Field::new("/note", "Note").hint("Everybody who sees the item sees it").area(&none))
            (group("What it may do", html! {
                (Field::new("/archived", "Show archived items").value("true").tick(&none))
                (Field::new("/costs", "See costs").tick(&none))
            }))
            (Field::new("/secret", "Password").password(&none))
            footer { (Button::primary("Save").submit()) (Button::new(&cx.t("clear-filter")).kind(Kind::Plain).link("/dev/kit")) }
        }
    }
}

fn refused(cx: &Cx) -> Markup {
    let fault = |pointer: &str, detail: &str| FieldError {
        pointer: pointer.into(),
        code: Code::InvalidValue,
        detail: detail.into(),
    };
    let mut problem = Problem::new(Code::InvalidValue, "two fields are wrong");
    problem.errors = vec![
        fault("/refused/qty", "the quantity `-3` is below zero"),
        fault("/refused/unit", "the item has no unit `box`; it has `each` and `case`"),
    ];
    let sent =
        Sent { form: Form::parse(b"%2Frefused%2Fqty=-3&%2Frefused%2Funit=box"), problem: Some(problem) };
    html! {
        form class="form" action="/dev/kit" {
            (form_errors(cx, &sent))
            (Field::new("/refused/qty", "Quantity").number().text(&sent))
            (Field::new("/refused/unit", "Unit").hint("As it stands on the box").text(&sent))
        }
    }
}

fn some_facts() -> Markup {
    facts(&[
        ("Base unit".into(), html! { "each" }),
        ("Barcode".into(), html! { code { "4006381333931" } }),
        ("Storage".into(), html! { "Cold, 2 to 8 °C" }),
    ])
}

fn chart(cx: &Cx) -> Markup {
    let labels: Vec<String> =
        ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
            .map(str::to_owned)
            .to_vec();
    let out = vec![46.0, 52.0, 58.0, 51.0, 44.0, 38.0, 34.0, 33.0, 42.0, 58.0, 62.0, 57.0];
    let came = vec![60.0, 30.0, 60.0, 45.0, 60.0, 30.0, 30.0, 45.0, 60.0, 60.0, 75.0, 45.0];
    html! {
        ul class="legend" { li { "Out" } li class="b" { "In" } }
        (line_chart("Movements by month", &labels, &[Series { name: "Out".into(), values: out }, Series { name: "In".into(), values: came }], |mark| cx.number(&mark.to_string())))
    }
}

fn notices() -> Markup {
    html! {
        div class="stack s" {
            (notice(Tone::Ok, html! { p { "24 received into B-11-04" } }))
            (notice(Tone::Hold, html! { p { "This list is as of 09:41." } }))
            (notice(Tone::Low, html! { p { "Three lots expire this week." } }))
            (notice(Tone::Out, html! { p { "The location is blocked: the rack is broken." } }))
        }
    }
}
