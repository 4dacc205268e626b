//! A page that is one form: what it is about, the form at the address of the page itself, and the way back.

use super::field::{Sent, VERSION_FIELD, form_errors, hidden};
use super::page::{Frame, Section, Shell, shell};
use super::parts::breadcrumbs;
use super::{Button, Kind};
use crate::cx::Cx;
use crate::refusals::status_of;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

/// Such a page.
#[derive(Clone, Debug)]
pub struct FormPage<'a> {
    /// What it does.
    pub title: &'a str,
    /// What to know before.
    pub about: Option<&'a str>,
    /// The pages above it.
    pub above: &'a [(String, String)],
    /// Where it stands.
    pub section: Section,
    /// Its fields.
    pub fields: Markup,
    /// What sends it.
    pub submit: Button<'a>,
    /// The page to go back to.
    pub back: &'a str,
    /// The version of what is changed, as it was read for the page.
    pub version: Option<i64>,
}

impl FormPage<'_> {
    /// The page with what was sent.
    pub fn draw(self, cx: &Cx, sent: &Sent) -> Response {
        // what somebody has looked at stays what they change, though another has changed it since
        let version = sent.form.get(VERSION_FIELD).and_then(|text| text.parse().ok()).or(self.version);
        let body = html! {
            (breadcrumbs(&cx.t("you-are-here"), self.above, self.title))
            header class="head" { h1 { (self.title) } }
            section class="card narrow" { div class="body stack" {
                @if let Some(about) = self.about { p { (about) } }
                (form_errors(cx, sent))
                form class="form" method="post" action=(cx.desk.uri.path()) {
                    (hidden(cx, Some(&cx.fresh_key()), version))
                    (self.fields)
                    footer { (self.submit.submit()) (Button::new(&cx.t("cancel")).kind(Kind::Plain).link(self.back)) }
                }
            } }
        };
        let status = sent.problem.as_ref().map_or(StatusCode::OK, status_of);
        cx.show_as(status, shell(&Frame::of(cx), Shell { title: self.title, section: self.section, body }))
    }
}
