//! The door of API keys.

use super::{NewKey, PER_MINUTE};
use crate::Access;
use crate::authority::By;
use crate::role::parse_permissions;
use crate::roles;
use crate::store_keys::KeyRow;
use crate::token::Token;
use axum::extract::State;
use db::Conn;
use domain::{Code, Instant, LocationId, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path, Within};

web::sorts! {
    /// The orders of the list of keys.
    pub(crate) enum KeySort { Id = "id" }
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// The principal, as in the audit log.
    #[schema(value_type = i64)]
    id: PrincipalId,
    /// What it is for.
    name: String,
    /// The key begins with this; enough to find it, not to use it.
    prefix: String,
    /// The whole key: only in the answer that makes it, and only once.
    secret: Option<String>,
    /// The login of the user it acts for; null for a machine.
    owner: Option<String>,
    /// At most these; null for all that the owner may.
    permissions: Option<Vec<&'static str>>,
    /// Codes of locations: there and below; null for everywhere.
    within: Option<Vec<String>>,
    /// Addresses and networks that it may be used from; null for from everywhere.
    networks: Option<Vec<String>>,
    /// Requests a minute; null for any number.
    per_minute: Option<u32>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// To about a minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
    /// Null while it is in use.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Instant>,
    /// Counts its changes; the `ETag`.
    version: i64,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    /// What it is for.
    name: String,
    /// The login of the user it acts for. Without it, it is the key of a machine.
    owner: Option<String>,
    /// At most these. A machine's key has these or a role.
    permissions: Option<Vec<String>>,
    /// The permissions that this role has now, in place of a list.
    role: Option<String>,
    /// Codes of locations: there and below. Everywhere when not given.
    within: Option<Vec<String>>,
    /// Addresses and networks that it may be used from, such as `192.0.2.0/24`; from everywhere when not
    /// given.
    networks: Option<Vec<String>>,
    /// Requests a minute, 600 when not given.
    per_minute: Option<u32>,
    /// No rate limit; only for a machine.
    #[serde(default)]
    unlimited: bool,
    /// A year from now when not given.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
}

/// Which keys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyFilter {
    /// Only those of this user.
    owner: Option<String>,
    /// Only revoked ones, or only others.
    revoked: Option<bool>,
}

/// API keys.
#[utoipa::path(get, path = "/api/v1/keys", params(List<KeyFilter, KeySort>), responses((status = 200, body = Page<KeyView>)))]
pub(crate) async fn list_keys(
    State(access): State<Access>,
    app: App,
    list: List<KeyFilter, KeySort>,
) -> web::Result {
    let after: Option<PrincipalId> = list.after()?;
    let (owner, revoked, fetch) = (list.filter.owner.clone(), list.filter.revoked, list.fetch());
    let views = app
        .db()
        .read(move |conn| {
            let keys = super::list(conn, after, (owner.as_deref(), revoked), fetch)?;
            keys.into_iter().map(|key| access.key_view(conn, key)).collect::<Result<Vec<_>, Failure>>()
        })
        .await?;
    Answer::ok(&list.page(views, |key| key.id)?)
}

/// One API key, without its secret.
#[utoipa::path(get, path = "/api/v1/keys/{id}", params(("id" = i64, Path)), responses((status = 200, body = KeyView)))]
pub(crate) async fn get_key(State(access): State<Access>, app: App, Path(id): Path<i64>) -> web::Result {
    let view = app.db().read(move |conn| {
        let key = super::find(conn, PrincipalId(id))?;
        access.key_view(conn, key)
    });
    shown(&view.await?)
}

/// Makes an API key. Its secret is in the first answer only, not in a repeated one.
#[utoipa::path(post, path = "/api/v1/keys", request_body = CreateKey, responses((status = 201, body = KeyView)))]
pub(crate) async fn create_key(
    State(access): State<Access>,
    app: App,
    command: Command<CreateKey>,
) -> web::Result {
    let token = Token::new().map_err(|error| Failure::fault(format!("no random source: {error}")))?;
    let name = crate::users::name(&command.body.name)?;
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let by = desk.by(&command.caller);
        let new = new_key(tx, &by, &command.body, &name)?;
        let key = super::create(tx, &by, &new, &token)?;
        let kept = desk.key_view(tx, key.clone())?;
        let view = KeyView { secret: Some(token.reveal().to_owned()), ..desk.key_view(tx, key)? };
        Answer::created(format!("/api/v1/keys/{}", kept.id), &view)?.version(view.version).keep(&kept)
    });
    access.after(answer.await).await
}

/// Revokes an API key.
#[utoipa::path(post, path = "/api/v1/keys/{id}/revoke", params(("id" = i64, Path)), responses((status = 200, body = KeyView)))]
pub(crate) async fn revoke_key(
    State(access): State<Access>,
    app: App,
    Path(id): Path<i64>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let key = super::revoke(tx, &desk.by(&command.caller), PrincipalId(id), version)?;
        shown(&desk.key_view(tx, key)?)
    });
    access.after(answer.await).await
}

fn new_key(conn: &mut Conn<'_>, by: &By<'_>, body: &CreateKey, name: &str) -> Result<NewKey, Failure> {
    let permissions = match (&body.permissions, &body.role) {
        (Some(_), Some(_)) => {
            let detail = "name either `permissions` or a `role`, not both";
            return Err(Problem::at(Code::InvalidValue, "/role", detail).into());
        }
        (Some(words), None) => Some(parse_permissions(words)?),
        (None, Some(role)) => Some(role_of(conn, role)?),
        (None, None) => None,
    };
    let per_minute = match (body.unlimited, body.per_minute) {
        (true, None) => None,
        (false, None) => Some(PER_MINUTE),
        (false, Some(rate)) if rate > 0 => Some(rate),
        (_, Some(_)) => {
            let detail = "`per_minute` is at least 1, and stands not beside `unlimited`";
            return Err(Problem::at(Code::InvalidValue, "/per_minute", detail).into());
        }
    };
    let locations = body.within.as_ref().map(|codes| locations(conn, by, codes)).transpose()?;
    Ok(NewKey {
        name: name.to_owned(),
        owner: body.owner.clone(),
        permissions,
        locations,
        networks: body.networks.as_deref().map(super::parse_networks).transpose()?,
        per_minute,
        expires_at: body.expires_at,
    })
}

/// What the role of a new key allows.
///
/// # Errors
/// `invalid_value` at `/role` when there is none of the name.
pub fn role_of(conn: &mut Conn<'_>, name: &str) -> Result<domain::permission::Permissions, Failure> {
    roles::find(conn, name).map(|role| role.permissions).map_err(|failure| match failure {
        Failure::Refused(problem) => {
            Problem::at(Code::InvalidValue, "/role", problem.detail.into_owned()).into()
        }
        other => other,
    })
}

fn locations(conn: &mut Conn<'_>, by: &By<'_>, codes: &[String]) -> Result<Vec<LocationId>, Failure> {
    if codes.is_empty() {
        let detail = "`within` names at least one location, or is left out for everywhere";
        return Err(Problem::at(Code::InvalidValue, "/within", detail).into());
    }
    let mut found = Vec::with_capacity(codes.len());
    for (place, code) in codes.iter().enumerate() {
        if let Within::Subtree(location) = by.place(conn, Some(code), || format!("/within/{place}"))? {
            found.push(location);
        }
    }
    Ok(found)
}

fn shown(view: &KeyView) -> web::Result {
    Ok(Answer::ok(view)?.version(view.version))
}

impl Access {
    /// A key as the API shows it.
    fn key_view(&self, conn: &mut Conn<'_>, key: KeyRow) -> Result<KeyView, Failure> {
        let mut within = None;
        if let Some(ids) = key.locations {
            let mut codes = Vec::with_capacity(ids.len());
            for id in ids {
                codes.extend(self.place_code(conn, Within::Subtree(id))?);
            }
            within = Some(codes);
        }
        Ok(KeyView {
            id: key.id,
            name: key.name,
            prefix: format!("swk_{}", key.public_id),
            secret: None,
            owner: key.owner.map(|owner| owner.login),
            permissions: key.permissions.map(roles::words),
            within,
            networks: key.networks.as_deref().map(super::words_of),
            per_minute: key.per_minute,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            version: key.version,
        })
    }
}
