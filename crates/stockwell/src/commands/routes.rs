//! `stockwell routes`: every route with its permission, from the table that the router is made of.

use crate::cli::Call;
use crate::exit::Done;
use crate::out::table;
use crate::wiring;
use clap::Args;
use serde::Serialize;
use web::RouteRow;

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct List {}

#[derive(Serialize)]
struct Listing<'a> {
    routes: Vec<RouteRow<'a>>,
}

pub(crate) fn run(call: Call<'_>, _: &List) -> Done {
    let routes = wiring::routes();
    let mut rows: Vec<RouteRow<'_>> = routes.table().map(web::RouteInfo::row).collect();
    rows.sort_by_key(|row| (row.path, row.method));
    call.out.show(&Listing { routes: rows }, |listing| {
        let cells = |row: &RouteRow<'_>| {
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
        };
        let rows: Vec<Vec<String>> = listing.routes.iter().map(cells).collect();
        table(&["method", "path", "permission", "reach", "what it does"], &rows)
    })
}
