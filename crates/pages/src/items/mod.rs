//! The catalogue as people see it: the list of items, and each of them.

mod list;
mod one;

pub(crate) use one::{Movement, kind_word, movements, status};

use axum::routing::get;
use domain::Permission;
use web::{Bound, PageRoute, Routes, State};

/// The pages of items.
pub(crate) fn routes<S: State>() -> Routes<S> {
    let reads = Permission::CatalogRead;
    Routes::new("items")
        .page(reads, PageRoute::get("/items", "The list of items.").bound(Bound::Filtered), get(list::show))
        .and(one::routes())
}
