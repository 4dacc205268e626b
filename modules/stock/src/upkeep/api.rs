//! The route of upkeep, for whoever will not wait for midnight.

use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, App, Command};

/// What will be done within seconds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct SweepSoon {
    /// The sites that will be swept for expired lots.
    sites: usize,
}

/// Sweeps all sites for expired lots within seconds.
#[utoipa::path(post, path = "/api/v1/upkeep/expiry", responses((status = 200, body = SweepSoon)))]
pub(crate) async fn sweep_expired(app: App, command: Command<()>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let sites = super::sweep_soon(tx, &command.caller.ctx)?;
            Answer::ok(&SweepSoon { sites })
        })
        .await
}
