//! One's own account: how one sees pages, how one signs in, and where one is signed in.

mod factor;
mod passkeys;
mod password;
mod sessions;
mod show;

use crate::cx::Cx;
use crate::kit::{Field, Sent};
use crate::sign_in::cookies;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use web::{Access, PageRoute, Reply, Routes, Stage, State};

/// The page that all others here lead back to.
const ACCOUNT: &str = "/account";

/// The pages of one's own account.
pub(crate) fn routes<S: State>() -> Routes<S> {
    let own = Access::Session(Stage::Whole);
    let (page, form) = (PageRoute::get, PageRoute::post);
    Routes::new("account")
        .page(own, page("/account", "One's own account."), get(show::show))
        .page(own, page("/account/password", "Where one changes one's password."), get(password::show))
        .page(own, form("/account/password", "Changes one's own password."), post(password::change))
        .page(
            own,
            page("/account/recovery-codes", "Where fresh recovery codes are made."),
            get(factor::ask_codes),
        )
        .page(own, form("/account/recovery-codes", "Makes fresh recovery codes."), post(factor::new_codes))
        .page(own, page("/account/second-factor", "Where one removes one's second factor."), get(factor::ask))
        .page(own, form("/account/second-factor", "Removes one's own second factor."), post(factor::remove))
        .page(own, page("/account/passkeys/new", "Where a passkey is added."), get(passkeys::new))
        .page(own, form("/account/passkeys/new", "Adds a passkey."), post(passkeys::add))
        .page(own, page("/account/passkeys/{id}", "Where a passkey is renamed."), get(passkeys::edit))
        .page(own, form("/account/passkeys/{id}", "Renames a passkey."), post(passkeys::rename))
        .page(own, page("/account/passkeys/{id}/remove", "Where a passkey is removed."), get(passkeys::ask))
        .page(own, form("/account/passkeys/{id}/remove", "Removes a passkey."), post(passkeys::remove))
        .page(own, page("/account/sessions/{id}", "Where one ends a session."), get(sessions::ask))
        .page(own, form("/account/sessions/{id}", "Ends a session of one's own."), post(sessions::end))
}

/// The page above all forms here.
fn above(cx: &Cx) -> [(String, String); 1] {
    [(cx.t("account-title").into_owned(), ACCOUNT.to_owned())]
}

/// That it is still the same person: a password, or a code in its place.
fn still_you(cx: &Cx, sent: &Sent) -> Markup {
    html! {
        (Field::new("/password#raw", &cx.t("password-again")).autocomplete("current-password").password(sent))
        (Field::new("/code", &cx.t("code-instead")).hint(&cx.t("code-hint")).autocomplete("one-time-code").text(sent))
    }
}

/// A page with the cookies of a session that goes on in place of another.
fn going_on(mut response: Response, reply: &Reply) -> Response {
    for (name, value) in &cookies(reply) {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}
