//! The lots and serials of an item: what there is of each, until when, and whether it is held back.

use super::{Head, Part};
use crate::cx::{Cx, Html, address, step};
use crate::kit::{Button, Column, Icon, Role, Table, empty};
use crate::lots::{Lot, day, state};
use maud::html;
use serde::Deserialize;
use web::Path;

#[derive(Deserialize)]
struct Page {
    items: Vec<Lot>,
    next: Option<String>,
}

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let cursor = cx.query("cursor");
    let target = address("/api/v1/lots", &[("sku", Some(&sku)), ("cursor", cursor.as_deref())]);
    let page: Page = cx.desk.get(&target).await?;
    let own = format!("/items/{}/lots", step(&sku));
    let body = html! {
        section class="card tight" {
            @if page.items.is_empty() { (empty(Icon::Barcode, &cx.t("lots-none"), &cx.t("lots-none-why"), None)) }
            @else { (table(&cx).draw(&page.items)) }
            @if let Some(next) = &page.next {
                div class="more" { (Button::new(&cx.t("load-more")).link(&address(&own, &[("cursor", Some(next))]))) }
            }
        }
    };
    Ok(cx.show(head.page(&cx, Part::Lots, body)))
}

fn table(cx: &Cx) -> Table<'_, Lot> {
    Table {
        caption: "lots",
        columns: vec![
            Column::text(cx.t("lot"), |lot: &Lot| html! { a class="cell" href=(lot.address()) { (lot.lot) } @if let Some(parent) = &lot.parent { small { (parent) } } }).role(Role::Title),
            Column::text(cx.t("state"), |lot: &Lot| state(cx, lot)).role(Role::Side),
            Column::text(cx.t("made-on"), |lot: &Lot| html! { (day(cx, lot.made_on.as_ref())) }).role(Role::Fold).priority(2),
            Column::text(cx.t("expiry"), |lot: &Lot| html! { (day(cx, lot.expiry_on.as_ref())) }),
            Column::number(cx.t("on-hand"), |lot: &Lot| html! { (cx.number(&lot.on_hand)) }).role(Role::Big),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "lots",
        key: Box::new(|lot| lot.lot.clone()),
    }
}
