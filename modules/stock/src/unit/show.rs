//! A handling unit as it is shown: its record, and page by page what stands in it.

use super::store::{self, After};
use super::{find, name};
use db::Conn;
use domain::{Delta, LocationId, Problem, Status};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, List, Reached, Scope};

/// A handling unit with what is in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnitShown {
    /// Its code.
    pub(crate) code: String,
    /// What it stands in.
    pub(crate) parent: Option<String>,
    /// Its site.
    pub(crate) site: Option<String>,
    /// Whether nothing goes in or out.
    pub(crate) blocked: bool,
    /// Whether it, or what it stands in, is out of use.
    pub(crate) archived: bool,
    /// How often its record changed.
    pub(crate) version: i64,
    /// What stands in it and in the units inside of it, unit by unit, as far as this page goes.
    pub(crate) contents: Vec<ContentShown>,
    /// The `cursor` of the next page of contents; null when this is the last one.
    pub(crate) next: Option<String>,
}

/// Stock in a unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ContentShown {
    /// The unit that it is in: this one, or one inside of it.
    pub(crate) unit: String,
    /// The item.
    pub(crate) sku: String,
    /// The lot or serial.
    pub(crate) lot: Option<String>,
    /// The status.
    #[schema(value_type = String)]
    pub(crate) status: Status,
    /// On hand, in the base unit.
    #[schema(value_type = String)]
    pub(crate) on_hand: Delta,
    /// Of which bound to owners.
    #[schema(value_type = String)]
    pub(crate) allocated: Delta,
    #[serde(skip)]
    pub(super) after: After,
}

web::sorts! {
    /// The order of the contents of a unit.
    pub(crate) enum ContentSort { Unit = "unit" }
}

/// The contents of a unit have no filters.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentFilter {}

/// Which page of the contents is shown.
pub(crate) type Contents = List<ContentFilter, ContentSort>;

/// A unit within reach with its contents.
pub(crate) fn get(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: &str,
    list: &Contents,
) -> Result<UnitShown, Failure> {
    let unit = find(conn, scope, code)?;
    show(conn, unit.id, list)
}

pub(super) fn show(conn: &mut Conn<'_>, unit: LocationId, list: &Contents) -> Result<UnitShown, Failure> {
    let code = name(conn, Some(unit))?;
    let location = places::location(conn, Reached::All, &code)?;
    let location = location.ok_or_else(|| Problem::not_found("handling unit", &code))?;
    let rows = store::contents_page(conn, unit, list.after::<After>()?.as_ref(), list.fetch())?;
    let page = list.page(rows, |row| row.after)?;
    Ok(UnitShown {
        code: location.code,
        parent: location.parent,
        site: location.site,
        blocked: location.blocked,
        archived: location.archived,
        version: location.version,
        contents: page.items,
        next: page.next,
    })
}
