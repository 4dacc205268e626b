//! A whole store carried into PostgreSQL, by its command: read, written, and both sides compared and
//! verified.

use super::load::Tally;
use super::rounds::bare;
use super::whole::{Runs, by_command, note};
use super::{Figures, Plan, Site};
use crate::exit::Stop;
use anyhow::{Context as _, bail};
use db::cluster::TemporaryCluster;
use serde_json::Value;
use std::ffi::OsStr;
use std::time::Instant;
use tokio::runtime::Runtime;

/// The store of the world goes into a PostgreSQL of its own. A unit is a movement. Its floor is that of after it: the
/// bare engine leaves tables of its own in the database, which are none of a store.
pub(crate) fn migrate_store(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    plan.progress.waits("a PostgreSQL to go to is started");
    let cluster = TemporaryCluster::start()?;
    plan.progress.waits("the store is carried over");
    let begun = Instant::now();
    let args = ["migrate-store", "--to", cluster.url()].map(OsStr::new);
    let (said, memory_mib) = by_command(site, &args).map_err(Stop::cannot_run)?;
    let took = begun.elapsed();
    drop(cluster);
    let movements = carried(&said).map_err(Stop::cannot_run)?;
    if movements < plan.size.movements {
        let text = format!("{} movements were to be carried over, and {movements} were", plan.size.movements);
        return Err(Stop::Wrong(text));
    }
    let mut tally = Tally::default();
    note(&mut tally, took);
    let floor = runtime.block_on(bare(site.floor.clone())).map_err(Stop::cannot_run)?;
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a count of rows for people")]
    let per_s = movements as f64 / took.as_secs_f64().max(1e-9);
    Ok(Runs { tally, per_s, floor, memory_mib }.figures(plan))
}

/// How many movements the command says that are on both sides.
fn carried(said: &[u8]) -> anyhow::Result<u64> {
    let said: Value = serde_json::from_slice(said).context("what the command said")?;
    let tables = said.get("tables").and_then(Value::as_array).context("it names no tables")?;
    let movements = tables.iter().find(|table| table.get("name") == Some(&"stock_movement".into()));
    match movements.map(|table| (table.get("rows"), table.get("is_same"))) {
        Some((Some(rows), Some(Value::Bool(true)))) => rows.as_u64().context("rows are a number"),
        _ => bail!("the movements are not said to be the same"),
    }
}
