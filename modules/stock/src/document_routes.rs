//! The routes of documents, handling units and everything else that changes stock by its own rules.

use crate::reason;
use crate::service::Vault;
use axum::extract::FromRef;
use domain::Permission;
use web::{Reach, Routes};

/// The routes of the commands beside postings and claims.
pub fn document_routes<S: web::State>() -> Routes<S>
where
    Vault: FromRef<S>,
{
    Routes::new("stock")
        .add(Permission::StockRead, Reach::Whole, web::routes!(reason::api::list_reasons))
        .add(Permission::SystemWrite, Reach::Whole, web::routes!(reason::api::create_reason))
        .add(Permission::SystemWrite, Reach::Whole, web::routes!(reason::api::change_reason))
}
