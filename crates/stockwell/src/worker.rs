//! What the product does by itself while it serves: expired lots at each site's midnight,
//! reservations and approvals whose time is over, months made ready, old answers forgotten, items of an older
//! store made ready for the search, files that nothing refers to, imports that nobody came back to.

use crate::gauges::Upkept;
use domain::{Actor, Ctx};
use files::Files;
use std::sync::Arc;
use std::time::Duration;
use web::{App, Principal};

/// How long it rests between two rounds. A round that finds nothing due only reads.
const REST: Duration = Duration::from_secs(5);
/// Every so many rounds files are swept: each hour.
const ROUNDS_OF_SWEEP: u32 = 720;

/// Works until it is dropped. A round that fails is reported and tried again.
pub(crate) async fn work(app: App, files: &Files, upkept: &Upkept) {
    let mut rounds = 1_u32;
    loop {
        tokio::time::sleep(REST).await;
        if rounds.is_multiple_of(ROUNDS_OF_SWEEP) {
            sweep(&app, files).await;
            forget_imports(&app).await;
        }
        rounds = rounds.wrapping_add(1);
        let round = app.clone();
        let done = tokio::task::spawn_blocking(move || {
            access::forget_old_sessions(round.db(), round.now())?;
            access::expire_approvals(round.db(), &context(&round))?;
            stock::upkeep(round.db(), &context(&round))
        })
        .await;
        match done {
            Ok(Ok(report)) => {
                upkept.count(&report);
                let stock::UpkeepReport { sites_swept, claims_expired, claims_set_aside, jobs } = report;
                let failed = jobs.iter().filter(|run| run.failed).count();
                if sites_swept + claims_expired + claims_set_aside + failed > 0 {
                    tracing::info!(sites_swept, claims_expired, claims_set_aside, failed, "upkeep");
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "upkeep failed and will be tried again"),
            Err(error) => tracing::error!(%error, "upkeep ended unexpectedly"),
        }
        let round = app.clone();
        match tokio::task::spawn_blocking(move || catalog::read_unread(round.db())).await {
            Ok(Ok(0)) => {}
            Ok(Ok(items)) => tracing::info!(items, "made ready for the search"),
            Ok(Err(error)) => tracing::warn!(%error, "the search is not ready and will be tried again"),
            Err(error) => tracing::error!(%error, "making the search ready ended unexpectedly"),
        }
    }
}

/// Takes away the bytes of files that nothing refers to.
async fn sweep(app: &App, files: &Files) {
    let (app, files) = (app.clone(), files.clone());
    match tokio::task::spawn_blocking(move || files::sweep(app.db(), &files, app.now())).await {
        Ok(Ok(files::Swept { blobs: 0, quarantined: 0 })) => {}
        Ok(Ok(files::Swept { blobs, quarantined })) => tracing::info!(blobs, quarantined, "files were swept"),
        Ok(Err(error)) => tracing::warn!(%error, "files cannot be swept, and will be tried again"),
        Err(error) => tracing::error!(%error, "the sweep of files ended unexpectedly"),
    }
}

/// Removes imports that nobody came back to.
async fn forget_imports(app: &App) {
    let app = app.clone();
    match tokio::task::spawn_blocking(move || exchange::imports::forget(app.db(), app.now())).await {
        Ok(Ok(0)) => {}
        Ok(Ok(imports)) => tracing::info!(imports, "imports that were left lying were removed"),
        Ok(Err(error)) => tracing::warn!(%error, "imports cannot be removed, and will be tried again"),
        Err(error) => tracing::error!(%error, "removing imports ended unexpectedly"),
    }
}

/// The product itself, now.
fn context(app: &App) -> Ctx {
    let actor = Actor { id: Principal::SYSTEM, name: "system".to_owned() };
    Ctx { actor, now: app.now(), ids: Arc::clone(app.ids()), request_id: app.ids().next() }
}
