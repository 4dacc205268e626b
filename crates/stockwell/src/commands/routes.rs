//! `stockwell routes`: every route with its permission, from the table that the router is made of.

use crate::cli::Call;
use crate::exit::Done;
use crate::out::table;
use crate::wiring;
use clap::Args;
use serde::Serialize;
use web::{RouteInfo, RouteRow};

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct List {}

#[derive(Serialize)]
struct Listing<'a> {
    routes: Vec<RouteRow<'a>>,
    pages: Vec<RouteRow<'a>>,
}

pub(crate) fn run(call: Call<'_>, _: &List) -> Done {
    let routes = wiring::routes();
    let listing = Listing { routes: sorted(routes.table()), pages: sorted(routes.pages()) };
    call.out.show(&listing, |listing| {
        let rows: Vec<Vec<String>> = listing.routes.iter().chain(&listing.pages).map(cells).collect();
        table(&["method", "path", "permission", "reach", "what it does"], &rows)
    })
}

fn sorted<'a>(table: impl Iterator<Item = &'a RouteInfo>) -> Vec<RouteRow<'a>> {
    let mut rows: Vec<RouteRow<'_>> = table.map(RouteInfo::row).collect();
    rows.sort_by_key(|row| (row.path, row.method));
    rows
}

fn cells(row: &RouteRow<'_>) -> Vec<String> {
    let who = match (row.permission, row.public) {
        (Some(permission), _) => permission.to_owned(),
        (None, Some(reason)) => format!("public ({reason})"),
        (None, None) if row.session => "signed in, by a session".to_owned(),
        (None, None) => "signed in".to_owned(),
    };
    vec![
        row.method.to_owned(),
        row.path.to_owned(),
        who,
        row.reach.to_owned(),
        row.summary.split_inclusive(['.', '\n']).next().unwrap_or_default().trim().to_owned(),
    ]
}
