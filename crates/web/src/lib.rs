//! The delivery kit: everything that stands between a socket and a module's function.
//!
//! A module declares its routes with [`Routes`], one line each: permission, reach, handler.
//! From that one table come the router, the OpenAPI description and `stockwell routes`. The guard
//! in front of every handler names the request, authenticates, checks the permission, throttles,
//! measures, and turns every refusal into one `application/problem+json`.
//!
//! Not here: business rules, SQL of a module, the command line. The kit knows users and keys only
//! through [`Authenticator`], and locations only as the roots of a [`Scope`].

mod answer;
mod app;
mod body;
mod by_name;
mod cursor;
mod denied;
mod desk;
mod differences;
mod doors;
mod events;
mod failure;
mod file_stream;
mod guard;
mod held;
mod idempotent;
mod json;
mod limiter;
mod list;
mod master_key;
mod meter;
mod openapi;
mod organisation;
mod params;
mod patient;
mod principal;
mod problem;
mod problem_pages;
mod proxies;
mod record;
mod routes;
mod scope;
mod second;
mod serve;
mod session;
mod strangers;
mod system;
mod upload;
mod version;
mod visitor;
mod waiting;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Page};
pub use app::{App, AppParts, Categories, CategoryLine, Clock, Feed, Limits, Readiness, State};
pub use body::{Command, FromJson, IdempotencyKey, Json, StrangerCommand};
pub use desk::{Asked, CSRF_FIELD, Desk, Form, Posted, Refusals, Reply, Write};
pub use differences::{FieldChange, differences};
pub use doors::Doors;
pub use failure::{Failure, Result};
pub use file_stream::{file_response, file_stream};
pub use held::Held;
pub use idempotent::{is_final, is_final_status, replay};
pub use json::{Entries, read_entry, read_loosely};
pub use limiter::Limiter;
pub use list::{LIMIT_DEFAULT, LIMIT_MAX, List, Sort};
pub use master_key::{MasterKey, SealError};
pub use openapi::openapi;
pub use organisation::OrganisationSetUp;
pub use params::{Path, Query, word};
pub use principal::{Authenticator, Caller, Grant, Principal, PrincipalKind, Stage, Within};
pub use problem::{problem_value, request_id_text, status};
pub use proxies::Proxies;
pub use record::{RecordChange, audit, record_change};
pub use routes::{
    Access, Bound, Described, Face, Kept, PageRoute, PublicReason, Reach, RouteInfo, RouteRow, Routes,
    Unversioned,
};
pub use scope::{Reached, Scope};
pub use second::{AgreedTo, Agreement, Need, Second, Sent, Waiting, closed, record_held, store_held};
pub use serve::{Closing, serve};
pub use session::{Credential, Errand, SessionCookie, SessionSecret, csrf_token};
pub use strangers::Strangers;
pub use system::system_routes;
pub use upload::Upload;
pub use utoipa_axum::routes;
pub use version::IfMatch;
pub use visitor::Visitor;
pub use waiting::wait_at;
