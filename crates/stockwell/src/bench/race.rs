//! The race for the scarce item: everybody reserves one of it at once, ten times as often as there
//! are pieces. Exactly what there is can be promised, whoever comes.

use super::askers::{Reserve, Run, Side};
use super::books::{Leaves, held_to};
use super::child::Server;
use super::load::Tally;
use super::{Plan, Site, load, rounds, world};
use crate::exit::Stop;
use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::runtime::Runtime;

/// Requests for each piece there is.
const CROWD: u64 = 10;

/// Connections at least: one alone would race with nobody.
const RACERS: usize = 64;

/// Runs it once, and holds what the clients were told against the database.
pub(crate) fn run(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<(), Stop> {
    let units = world::scarce(&site.config)?;
    held_to(&site.config, Leaves::Claim, || {
        let tally = runtime.block_on(race(plan, site, units)).map_err(Stop::cannot_run)?;
        exact(&tally, units)?;
        Ok((tally.accepted, ()))
    })
}

async fn race(plan: &Plan, site: &Site, units: u64) -> anyhow::Result<Tally> {
    let server = Server::start(&site.data, &site.database)?;
    let name = format!("s{}", server.address.port());
    let keys = AtomicU64::new(0);
    let run = Arc::new(Run { token: site.token.clone(), name, items: plan.size.items, keys });
    let clients = load::connect(server.address, plan.clients.max(RACERS), |number| Reserve {
        side: Side::new(&run, number),
        hot: Some(world::SCARCE),
    });
    let requests = usize::try_from(units * CROWD)?;
    let tally = rounds::burst(clients.await?, requests).await.context("the race for the scarce item")?;
    server.stop()?;
    Ok(tally)
}

/// All there is was reserved, and not one more.
fn exact(tally: &Tally, units: u64) -> Result<(), Stop> {
    if tally.other > 0 {
        let text =
            format!("{} requests of the race were answered otherwise: {:?}", tally.other, tally.sample);
        return Err(Stop::CannotRun(text));
    }
    if (tally.accepted, tally.refused) != (units, units * CROWD - units) {
        let text =
            format!("of {units} units {} were reserved, {} requests refused", tally.accepted, tally.refused);
        return Err(Stop::Wrong(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_too_many_or_too_few_is_wrong() {
        let told = |accepted, refused, other| {
            let tally = Tally { accepted, refused, other, ..Tally::default() };
            exact(&tally, 500).map_err(|stop| stop.code()).err()
        };
        assert_eq!(told(500, 4_500, 0), None);
        assert_eq!(told(501, 4_499, 0), Some(3));
        assert_eq!(told(499, 4_501, 0), Some(3));
        assert_eq!(told(500, 4_499, 1), Some(4));
    }
}
