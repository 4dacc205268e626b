//! The door of the audit log.

use db::audit::{self, Entry, Filter, Order};
use domain::{Instant, PrincipalId, hex};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Failure, List, Page};

web::sorts! {
    /// The orders of the audit log.
    pub(crate) enum AuditSort { Newest = "-n", Oldest = "n" }
}

/// Which rows.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditFilter {
    /// Only by this principal.
    actor: Option<i64>,
    /// Only this action, such as `access.key.create`.
    action: Option<String>,
    /// Only of this, such as `user:ann`.
    target: Option<String>,
    /// Not before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Instant>,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
struct AuditActor {
    /// The principal.
    #[schema(value_type = i64)]
    id: PrincipalId,
    /// The name at the time.
    name: String,
}

/// A row of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditView {
    /// Its number; they are dense.
    n: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Who.
    actor: AuditActor,
    /// What was done, such as `access.key.create`.
    action: String,
    /// What it was done to, such as `user:ann`.
    target: String,
    /// How it ended.
    outcome: String,
    /// The id of the request, as its answer and the log have it.
    request_id: String,
    /// What belongs to the action: what was changed, and how.
    #[schema(value_type = Object)]
    details: Box<RawValue>,
    /// Covers this row and the hash of the row before it.
    hash: String,
}

impl TryFrom<Entry> for AuditView {
    type Error = Failure;

    fn try_from(entry: Entry) -> Result<Self, Failure> {
        let Entry { n, at, actor_id, actor_name, action, target, request_id, outcome, details, hash } = entry;
        Ok(AuditView {
            n,
            at: Instant(at),
            actor: AuditActor { id: PrincipalId(actor_id), name: actor_name },
            action,
            target,
            outcome,
            request_id: format!("req_{}", uuid::Uuid::from_bytes(request_id).simple()),
            details: RawValue::from_string(details)?,
            hash: hex::digits(&hash),
        })
    }
}

/// The audit log.
#[utoipa::path(get, path = "/api/v1/audit", params(List<AuditFilter, AuditSort>), responses((status = 200, body = Page<AuditView>)))]
pub(crate) async fn list_audit(app: App, list: List<AuditFilter, AuditSort>) -> web::Result {
    let AuditFilter { actor, action, target, from, to } = list.filter.clone();
    let order = match list.sort {
        AuditSort::Newest => Order::Newest,
        AuditSort::Oldest => Order::Oldest,
    };
    let (after, fetch) = (list.after()?, list.fetch());
    let rows = app.db().read(move |conn| {
        let filter = Filter {
            actor_id: actor,
            action: action.as_deref(),
            target: target.as_deref(),
            from: from.map(|at| at.0),
            to: to.map(|at| at.0),
        };
        audit::list(conn, &filter, order, after, fetch)
    });
    let views = rows.await?.into_iter().map(AuditView::try_from).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&list.page(views, |row| row.n)?)
}
