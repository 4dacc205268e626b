//! The race for the scarce item: everybody reserves one of it at once, ten times as often as there
//! are pieces. Exactly what there is can be promised, whoever comes.

use super::askers::{Reserve, Run, Side};
use super::books::{Leaves, held_to};
use super::child::Server;
use super::{Plan, Site, load, rounds, world};
use crate::exit::Stop;
use anyhow::{Context as _, bail};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::runtime::Runtime;

/// Requests in all.
const REQUESTS: u32 = 10 * world::SCARCE_UNITS;

/// Runs it once, and holds what the clients were told against the database.
pub(crate) fn run(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<(), Stop> {
    held_to(&site.config, Leaves::Claim, || {
        let accepted = runtime.block_on(race(plan, site)).map_err(Stop::cannot_run)?;
        Ok((accepted, ()))
    })
}

async fn race(plan: &Plan, site: &Site) -> anyhow::Result<u64> {
    let server = Server::start(&site.data, &site.database)?;
    let name = format!("s{}", server.address.port());
    let keys = AtomicU64::new(0);
    let run = Arc::new(Run { token: site.token.clone(), name, items: plan.size.items, keys });
    let clients = load::connect(server.address, plan.clients, |number| Reserve {
        side: Side::new(&run, number),
        hot: Some(world::SCARCE),
    });
    let requests = usize::try_from(REQUESTS)?;
    let tally = rounds::burst(clients.await?, requests).await.context("the race for the scarce item")?;
    server.stop()?;
    let units = u64::from(world::SCARCE_UNITS);
    if tally.other > 0 {
        bail!("{} requests of the race were answered otherwise: {:?}", tally.other, tally.sample);
    }
    if (tally.accepted, tally.refused) != (units, u64::from(REQUESTS) - units) {
        bail!("of {units} units {} were reserved, {} requests refused", tally.accepted, tally.refused);
    }
    Ok(tally.accepted)
}
