//! What people see in place of what was refused: the page to sign in at, and for everything else what is wrong and
//! what to do.

use crate::assets;
use crate::cx::Reader;
use crate::kit::{Button, Frame, Icon, Section, Shell, alone, empty, shell};
use crate::look::Look;
use crate::sign_in::{self, Ways};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::{Kind, Problem};
use maud::html;
use web::{Asked, Stage};

/// No script and no style that does not come from this server as a file of its own, and no text is made into either.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types stockwell";
const PERMISSIONS: &str =
    "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()";

/// The refusals of the pages.
#[derive(Clone, Debug)]
pub struct Refusals {
    ways: Ways,
}

impl Refusals {
    /// Of a server at which people sign in so.
    pub fn new(ways: Ways) -> Refusals {
        Refusals { ways }
    }
}

impl web::Refusals for Refusals {
    fn show(&self, asked: &Asked, problem: &Problem, wait: Option<i64>) -> Response {
        let reader = Reader { look: Look::of(&asked.headers) };
        let status = web::status(problem.code);
        let is_part = asked.headers.contains_key("hx-request");
        let stage = asked.principal.as_ref().map(|principal| principal.stage());
        let page = match (problem.kind(), stage) {
            (Kind::Unauthenticated, _) => sign_in::page_in_place(asked, reader, &self.ways),
            (Kind::Forbidden, Some(Stage::AwaitsCode)) => sign_in::code_in_place(asked, reader, &self.ways),
            (Kind::Forbidden, Some(Stage::AwaitsFactor)) => sign_in::factor_in_place(asked, reader),
            _ => refusal(asked, reader, problem),
        };
        let mut response = assets::html(status, page.into_string(), &asked.headers);
        if is_part
            && (problem.kind() == Kind::Unauthenticated || stage.is_some_and(|stage| stage < Stage::Whole))
        {
            // a part of a page cannot sign in: the whole is asked for again
            response
                .headers_mut()
                .insert(HeaderName::from_static("hx-refresh"), HeaderValue::from_static("true"));
        }
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn dress(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
        // kept for Back, and asked for again otherwise
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    }
}

fn refusal(asked: &Asked, reader: Reader, problem: &Problem) -> maud::Markup {
    let (icon, title) = match problem.kind() {
        Kind::Forbidden => (Icon::Lock, "refused-forbidden"),
        Kind::NotFound => (Icon::Search, "refused-not-found"),
        Kind::Busy | Kind::Throttled => (Icon::Clock, "refused-busy"),
        Kind::Internal | Kind::StorageFull => (Icon::Alert, "refused-fault"),
        _ => (Icon::Stop, "refused-other"),
    };
    let title = reader.t(title);
    let id = web::request_id_text(asked.request_id);
    let body = html! {
        h1 class="visually-hidden" { (title) }
        section class="card" {
            (empty(icon, &title, &problem.detail, Some(html! {
                (Button::primary(&reader.t("go-home")).icon(Icon::Home).link("/"))
            })))
            p class="quiet more" { (reader.t("refused-id")) " " code { (id) } }
        }
    };
    if asked.principal.is_none() {
        return alone(reader, &title, true, body);
    }
    let page = Shell { title: &title, section: Section::None, body };
    shell(&Frame::of_refused(asked, reader), page)
}

/// The status of a form that is shown again with what is wrong.
pub(crate) const fn status_of(problem: &Problem) -> StatusCode {
    web::status(problem.code)
}
