//! Images and documents of an item.

use super::{File, Head, Part};
use crate::cx::{Clock, Cx, Html};
use crate::format;
use crate::kit::{Icon, card, empty};

use maud::{Markup, html};
use web::Path;

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let clock = cx.clock().await?;
    let list = if head.files.is_empty() {
        empty(Icon::Photo, &cx.t("files-none"), &cx.t("files-none-why"), None)
    } else {
        html! { ul class="files" { @for file in &head.files { (one(&cx, &sku, file, &clock)) } } }
    };
    let body = card(&cx.t("part-files"), None, list);
    Ok(cx.show(head.page(&cx, Part::Files, body)))
}

fn one(cx: &Cx, sku: &str, file: &File, clock: &Clock) -> Markup {
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
            p class="quiet" { (format::bytes(locale, file.bytes)) " · " (file.media_type) " · " (clock.at(&file.added_at)) }
            @if !file.caption.is_empty() { p { (file.caption) } }
        }
    }
}
