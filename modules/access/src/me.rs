//! What a caller may know of themselves.

use crate::Access;
use crate::condition::{self, SecondPerson};
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
    /// Which of that asks for a second person, always or above a limit.
    second_person: Vec<SecondPerson>,
    /// The code of a location: there and below; null for everywhere.
    within: Option<String>,
    /// The path of a category: only for its items, and those of the categories below; null for everything.
    category: Option<String>,
}

/// Who I am and what I may do.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me)))]
pub(crate) async fn get_me(State(access): State<Access>, app: App, caller: Caller) -> web::Result {
    let me = app.db().read(move |conn| {
        let mut grants = Vec::new();
        for grant in caller.principal.grants() {
            let within = access.place_code(conn, grant.within)?;
            let category = access.category_path(conn, grant.category)?;
            let second_person = condition::views(&grant.conditions);
            let permissions = crate::roles::words(grant.permissions);
            grants.push(Held { permissions, second_person, within, category });
        }
        let principal = &caller.principal;
        let name = principal.name().to_owned();
        Ok::<_, Failure>(Me { id: principal.id(), name, kind: principal.kind().word(), grants })
    });
    Answer::ok(&me.await?)
}
