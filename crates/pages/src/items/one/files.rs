//! Images and documents of an item.

use super::{File, Head, Part};
use crate::cx::{Cx, Html, zone};
use crate::format;
use crate::kit::{Icon, card, empty};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use web::Path;

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let zone = zone(&cx).await?;
    let list = if head.files.is_empty() {
        empty(Icon::Photo, &cx.t("files-none"), &cx.t("files-none-why"), None)
    } else {
        html! { ul class="files" { @for file in &head.files { (one(&cx, &sku, file, &zone)) } } }
    };
    let body = card(&cx.t("part-files"), None, list);
    Ok(cx.show(head.page(&cx, Part::Files, body)))
}

fn one(cx: &Cx, sku: &str, file: &File, zone: &TimeZone) -> Markup {
    let locale = cx.look.locale;
    html! {
        li {
            a href=(format!("{}/content", file.address(sku))) {
                @match file.thumbnail(sku, 256) {
                    Some(address) => img src=(address) alt=(file.caption) loading="lazy";,
                    None => span class="tile" { (Icon::File.draw()) },
                }
                strong { (file.name) }
            }
            p class="quiet" { (format::bytes(locale, file.bytes)) " · " (file.media_type) " · " (format::instant(locale, &file.added_at, zone)) }
            @if !file.caption.is_empty() { p { (file.caption) } }
        }
    }
}
