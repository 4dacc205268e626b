//! The places as people see them: the tree of locations, each of them, the sites with their hours and their way into
//! use, the map of a floor, and how stock lies across the sites.

mod acts;
mod balance;
mod calendar;
mod edit;
mod holds;
mod make;
mod map;
mod place;
mod show;
mod site;
mod sites;
mod tree;

use acts::Act;
use axum::routing::{get, post};
use domain::Permission;
use web::{Bound, PageRoute, Path, Posted, Reach, Routes, State};

use crate::cx::Cx;

/// The pages of places.
pub(crate) fn routes<S: State>() -> Routes<S> {
    let (reads, writes) = (Permission::PlacesRead, Permission::PlacesWrite);
    let list = |path, says| PageRoute::get(path, says).bound(Bound::Common).reach(Reach::Filtered);
    let one = |path, says| PageRoute::get(path, says).bound(Bound::Common).reach(Reach::Named);
    let form = |path, says| PageRoute::get(path, says).reach(Reach::Named).beside(BESIDE);
    let sends = |path, says| PageRoute::post(path, says).reach(Reach::Named);
    let across = PageRoute::get("/balance", "How stock lies across the sites.").bound(Bound::Rows);
    let across = across.reach(Reach::Filtered);
    Routes::new("places")
        .page(reads, list("/locations", "The locations of each site, as a tree."), get(tree::show))
        .page(
            reads,
            one("/locations/{code}", "One location: what it is, and what is in it."),
            get(show::show),
        )
        .page(writes, form("/locations/new", "The form of a new location."), get(edit::new))
        .page(writes, sends("/locations/new", "Makes a location."), post(edit::make))
        .page(writes, form("/locations/{code}/edit", "The form of what a location is."), get(edit::edit))
        .page(writes, sends("/locations/{code}/edit", "Changes what a location is."), post(edit::change))
        .page(writes, form("/locations/make", "The form of many new locations."), get(make::ask))
        .page(writes, sends("/locations/make", "Tries or makes many locations."), post(make::make))
        .and(acts())
        .page(reads, list("/locations/map", "The map of a floor."), get(map::show))
        .page(Permission::StockRead, across, get(balance::show))
        .and(of_sites())
}

/// A form shows what it changes.
const BESIDE: &[Permission] = &[Permission::PlacesRead];

/// What is done to one location, each a page of its own that says what will happen.
fn acts<S: State>() -> Routes<S> {
    let mut routes = Routes::new("places");
    for act in Act::ALL {
        let (shown, sent) = (act.says(), act.says_when_sent());
        routes = routes
            .page(
                Permission::PlacesWrite,
                PageRoute::get(act.path(), shown).reach(Reach::Named).beside(BESIDE),
                get(move |cx: Cx, path: Path<String>| acts::ask(act, cx, path)),
            )
            .page(
                Permission::PlacesWrite,
                PageRoute::post(act.path(), sent).reach(Reach::Named),
                post(move |cx: Cx, path: Path<String>, Posted(form): Posted| acts::run(act, cx, path, form)),
            );
    }
    routes
}

/// The sites.
fn of_sites<S: State>() -> Routes<S> {
    let (reads, writes, sets_back) =
        (Permission::PlacesRead, Permission::PlacesWrite, Permission::SitesSetBack);
    let form = |path, says| PageRoute::get(path, says).reach(Reach::Named).beside(BESIDE);
    let sends = |path, says| PageRoute::post(path, says).reach(Reach::Named);
    let list = PageRoute::get("/sites", "The sites.").bound(Bound::Common).reach(Reach::Filtered);
    // what a site needs is told to those who hold the permission for all items
    let one =
        PageRoute::get("/sites/{code}", "One site, its hours and its way into use.").reach(Reach::Named);
    Routes::new("places")
        .page(reads, list, get(sites::list))
        .page(reads, one, get(site::show))
        .page(writes, form("/sites/new", "The form of a new site."), get(sites::new))
        .page(writes, sends("/sites/new", "Makes a site."), post(sites::make))
        .page(writes, form("/sites/{code}/edit", "The form of an address and contacts."), get(site::edit))
        .page(writes, sends("/sites/{code}/edit", "Changes an address and contacts."), post(site::change))
        .page(writes, form("/sites/{code}/calendar", "The form of the hours of a site."), get(calendar::edit))
        .page(writes, sends("/sites/{code}/calendar", "Gives a site a calendar."), post(calendar::change))
        .page(writes, form("/sites/{code}/state", "What a site needs to go on."), get(site::ask_state))
        .page(writes, sends("/sites/{code}/state", "Takes a site on."), post(site::set_state))
        .page(sets_back, form("/sites/{code}/set-back", "What a set-back does."), get(site::ask_back))
        .page(sets_back, sends("/sites/{code}/set-back", "Sets a site back."), post(site::set_back))
}
