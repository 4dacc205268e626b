//! `GET /api/v1/locations` and `/locations/{code}`.

use crate::code;
use crate::location::Location;
use crate::location_type;
use crate::store::NO_WALK;
use crate::store_list::{Filter, Order, list};
use db::Conn;
use domain::{Code, LocationKind, Problem, Role};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path, Scope};

web::sorts! {
    /// The orders of the list of locations.
    pub(crate) enum LocationSort { Code = "code", CodeDown = "-code", Walk = "walk" }
}

/// The filters of the list of locations.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LocationFilter {
    /// Only locations of this site, by its code.
    site: Option<String>,
    /// This location and everything below it, by its code.
    below: Option<String>,
    /// Only what stands directly below this location, by its code.
    parent: Option<String>,
    /// Only locations whose code holds this; capital and small letters do not differ.
    code: Option<String>,
    /// Only this kind. Virtual and transit locations are listed only by their kind.
    kind: Option<String>,
    /// Only this role.
    role: Option<String>,
    /// Only locations of this type, by its code.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    location_type: Option<String>,
    /// Only what is blocked, or only what is not.
    blocked: Option<bool>,
    /// `false` lists what is in use, and so does leaving it out; `true` lists only what is archived,
    /// `all` both.
    archived: Option<String>,
}

/// Whether archived locations are asked for; `None` for all, archived or not.
pub(crate) fn archived(asked: Option<&str>) -> Result<Option<bool>, Problem> {
    match asked {
        None | Some("false") => Ok(Some(false)),
        Some("true") => Ok(Some(true)),
        Some("all") => Ok(None),
        Some(other) => {
            let detail = format!("`{other}` is none of `false`, `true`, `all`");
            Err(Problem::at(Code::MalformedParameter, "?archived", detail))
        }
    }
}

impl LocationFilter {
    /// The filter as the store takes it; codes that are out of reach name nothing.
    fn read(&self, conn: &mut Conn<'_>, scope: &Scope) -> Result<Filter, Failure> {
        let LocationFilter {
            site,
            below,
            parent,
            code,
            kind,
            role,
            location_type,
            blocked,
            archived: asked_archived,
        } = self;
        let kind = web::word(kind.as_deref(), "?kind", LocationKind::parse)?;
        let role = web::word(role.as_deref(), "?role", Role::parse)?;
        let location_type = location_type.as_deref().map(|code| location_type::find(conn, code));
        let location_type = location_type.transpose().map_err(|_| {
            let named = self.location_type.as_deref().unwrap_or_default();
            let detail = format!("there is no location type `{}`", domain::word::echo(named));
            Problem::at(Code::MalformedParameter, "?type", detail)
        })?;
        let mut named = |code: &Option<String>, pointer: &str| {
            code.as_deref().map(|code| asked(conn, scope, code, pointer)).transpose()
        };
        let site = named(site, "?site")?;
        if let Some(location) = site.as_ref().filter(|location| location.kind != LocationKind::Site) {
            let detail =
                format!("`{}` is a `{}`; use `below` for what is no site", location.code, location.kind);
            return Err(Problem::at(Code::WrongLocationKind, "?site", detail).into());
        }
        Ok(Filter {
            site: site.map(|location| location.site_id),
            below: named(below, "?below")?.map(|location| location.id),
            parent: named(parent, "?parent")?.map(|location| location.id),
            holds: code.as_deref().map(|text| code::key(text).unwrap_or_else(|| text.to_lowercase())),
            kind,
            role,
            blocked: *blocked,
            location_type: location_type.map(|found| found.id),
            archived: archived(asked_archived.as_deref())?,
            roots: scope.roots_json(),
            ..Filter::default()
        })
    }
}

/// A location that a filter names. Out of reach and not there are the same answer.
fn asked(conn: &mut Conn<'_>, scope: &Scope, code: &str, pointer: &str) -> Result<Location, Failure> {
    super::location(conn, scope.reached(), code)?.ok_or_else(|| {
        Problem::at(Code::UnknownLocation, pointer, format!("there is no location `{code}`")).into()
    })
}

/// Lists locations by code.
#[utoipa::path(
    get,
    path = "/api/v1/locations",
    params(List<LocationFilter, LocationSort>),
    responses((status = 200, body = Page<Location>))
)]
pub(crate) async fn list_locations(
    app: App,
    caller: Caller,
    list_of: List<LocationFilter, LocationSort>,
) -> web::Result {
    let (mut after_walk, limit) = (0, list_of.fetch());
    let order = match list_of.sort {
        LocationSort::Code => Order::Code,
        LocationSort::CodeDown => Order::CodeDown,
        LocationSort::Walk => Order::Walk,
    };
    let after = if order == Order::Walk {
        list_of.after::<(i64, String)>()?.map(|(walk, code)| {
            after_walk = walk;
            code
        })
    } else {
        list_of.after::<String>()?
    };
    let asked = list_of.filter.clone();
    let locations = app
        .db()
        .read(move |conn| {
            let filter = Filter { after, order, after_walk, limit, ..asked.read(conn, &caller.scope)? };
            Ok::<_, Failure>(list(conn, &filter)?)
        })
        .await?;
    let key = |location: &Location| code::key(&location.code).unwrap_or_default();
    Answer::ok(&match order {
        Order::Walk => list_of.page(locations, |one| (one.walk.unwrap_or(NO_WALK), key(one)))?,
        Order::Code | Order::CodeDown => list_of.page(locations, key)?,
    })
}

/// Shows one location by its code.
#[utoipa::path(
    get,
    path = "/api/v1/locations/{code}",
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = Location))
)]
pub(crate) async fn get_location(app: App, caller: Caller, Path(code): Path<String>) -> web::Result {
    let location = app
        .db()
        .read(move |conn| {
            let found = super::location(conn, caller.scope.reached(), &code)?;
            found.ok_or_else(|| Failure::from(Problem::not_found("location", &code)))
        })
        .await?;
    Ok(Answer::ok(&location)?.version(location.version))
}
