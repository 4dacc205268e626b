//! The catalogue as people see it: the list of items, and each of them.

mod list;
mod show;

use axum::routing::get;
use domain::Permission;
use web::{Bound, PageRoute, Routes, State};

/// The pages of items.
pub(crate) fn routes<S: State>() -> Routes<S> {
    let reads = Permission::CatalogRead;
    Routes::new("items")
        .page(reads, PageRoute::get("/items", "The list of items.").bound(Bound::Filtered), get(list::show))
        .page(reads, PageRoute::get("/items/{sku}", "One item.").bound(Bound::Item), get(show::show))
}
