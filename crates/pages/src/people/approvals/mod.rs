//! The pages of what waits for a second person.

mod decide;
mod list;
mod show;

use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;
use web::{Access, PageRoute, Reach, Routes, State};

/// What is shown of an approval.
#[derive(Deserialize)]
struct Approval {
    id: String,
    state: String,
    asked_by: Somebody,
    asked_at: String,
    expires_at: String,
    permission: String,
    why: String,
    method: String,
    path: String,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    decided_by: Option<Somebody>,
    #[serde(default)]
    decided_at: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize)]
struct Somebody {
    id: i64,
    #[serde(default)]
    name: Option<String>,
}

impl Somebody {
    fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.to_string())
    }
}

/// The pages of approvals.
pub(super) fn routes<S: State>() -> Routes<S> {
    let own = Access::SignedIn;
    let page = |path, summary| PageRoute::get(path, summary).reach(Reach::Named);
    let form = |path, summary| PageRoute::post(path, summary).reach(Reach::Named);
    Routes::new("approvals")
        .page(
            own,
            PageRoute::get("/approvals", "What waits for a second person.").reach(Reach::Filtered),
            get(list::show),
        )
        .page(own, page("/approvals/{id}", "One approval."), get(show::show))
        .page(own, page("/approvals/{id}/agree", "Where one agrees."), get(decide::ask_agree))
        .page(own, form("/approvals/{id}/agree", "Agrees."), post(decide::agree))
        .page(own, page("/approvals/{id}/refuse", "Where one refuses."), get(decide::ask_refuse))
        .page(own, form("/approvals/{id}/refuse", "Refuses."), post(decide::refuse))
        .page(own, page("/approvals/{id}/withdraw", "Where one takes back."), get(decide::ask_withdraw))
        .page(own, form("/approvals/{id}/withdraw", "Takes back."), post(decide::withdraw))
}
