//! What a caller may know of themselves.

use crate::Access;
use axum::extract::State;
use domain::PrincipalId;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, App, Caller, Failure};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The principal, as in the audit log.
    #[schema(value_type = i64)]
    id: PrincipalId,
    /// The login, or the name of a machine's key.
    name: String,
    /// `user` or `key`.
    kind: &'static str,
    /// What may be done, and where.
    grants: Vec<Held>,
}

/// Permissions that hold somewhere.
#[derive(Debug, Serialize, ToSchema)]
struct Held {
    /// What may be done.
    permissions: Vec<&'static str>,
    /// The code of a location: there and below; null for everywhere.
    within: Option<String>,
}

/// Who I am and what I may do.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me)))]
pub(crate) async fn get_me(State(access): State<Access>, app: App, caller: Caller) -> web::Result {
    let me = app.db().read(move |conn| {
        let mut grants = Vec::new();
        for grant in caller.principal.grants() {
            let within = access.place_code(conn, grant.within)?;
            grants.push(Held { permissions: crate::roles::words(grant.permissions), within });
        }
        let principal = &caller.principal;
        let name = principal.name().to_owned();
        Ok::<_, Failure>(Me { id: principal.id(), name, kind: principal.kind().word(), grants })
    });
    Answer::ok(&me.await?)
}
