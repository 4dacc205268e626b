//! `GET /api/v1/organisation`.

use super::Organisation;
use web::{Answer, App, Failure};

/// Shows the organisation and how its stock is valued.
#[utoipa::path(get, path = "/api/v1/organisation", responses((status = 200, body = Organisation)))]
pub(crate) async fn get_organisation(app: App) -> web::Result {
    let organisation = app.db().read(|conn| Ok::<_, Failure>(super::organisation(conn)?)).await?;
    Ok(Answer::ok(&organisation)?.version(organisation.version))
}
