//! Many bins made by one request: a rack for each hundred of them, in one transaction.

use super::child::Server;
use super::client::{Client, request};
use super::load::Tally;
use super::rounds::{bare, median};
use super::whole::{Runs, note};
use super::{Figures, Plan, Site};
use crate::commands::Operator;
use crate::exit::Stop;
use anyhow::bail;
use serde_json::json;
use std::time::Instant;
use tokio::runtime::Runtime;
use web::Failure;

/// Bins of a request for each item of the world: a hundred thousand in a world of ten thousand items.
const BINS_PER_ITEM: u64 = 10;
/// Bins of a rack.
const RACK: u64 = 100;

/// One request after the other, each of which makes so many bins below the site. A unit is a bin.
pub(crate) fn make_bins(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    let racks = (plan.size.items * BINS_PER_ITEM).div_ceil(RACK);
    let before = below(site)?;
    let server = Server::start(&site.data, &site.database).map_err(Stop::cannot_run)?;
    let rest = server.memory_mib();
    let mut client = runtime.block_on(Client::connect(server.address)).map_err(Stop::cannot_run)?;
    let (mut tally, mut floors) = (Tally::default(), Vec::new());
    let all = plan.seconds.max(1);
    for round in 0..all {
        plan.shows(round, all);
        let begun = Instant::now();
        runtime.block_on(made(&mut client, site, round, racks)).map_err(Stop::cannot_run)?;
        note(&mut tally, begun.elapsed());
        floors.push(runtime.block_on(bare(site.floor.clone())).map_err(Stop::cannot_run)?);
    }
    let memory_mib = server.memory_peak_mib();
    server.stop().map_err(Stop::cannot_run)?;
    // what was told is what is there: the racks, and the bins in them
    let wanted = usize::try_from(all * racks * (RACK + 1)).unwrap_or(usize::MAX);
    let gained = below(site)?.saturating_sub(before);
    if gained != wanted {
        return Err(Stop::Wrong(format!("{wanted} locations were made, and {gained} are there")));
    }
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a count of bins for people")]
    let per_s = tally.per_second() * (racks * RACK) as f64;
    let figures = Runs { tally, per_s, floor: median(floors), memory_mib }.figures(plan);
    Ok(Figures { memory_rest_mib: rest, ..figures })
}

/// Makes the bins of one round.
async fn made(client: &mut Client, site: &Site, round: u64, racks: u64) -> anyhow::Result<()> {
    let pattern = format!("R{round}-{{1..{racks}}}-{{001..{RACK}}}");
    let levels = json!([{ "kind": "rack" }, { "kind": "bin" }]);
    let walk = json!({ "from": 0 });
    let body = json!({ "parent": "BEN", "pattern": pattern, "levels": levels, "walk": walk }).to_string();
    let mut text = Vec::new();
    let key = format!("bins-{round}");
    request(&mut text, "POST", "/api/v1/locations/bulk", &site.token, Some(&key), &body);
    let reply = client.call(&text).await?;
    if reply.status != 201 {
        bail!("{} {}", reply.status, String::from_utf8_lossy(reply.body));
    }
    Ok(())
}

/// How many locations stand in the site of the world.
fn below(site: &Site) -> Result<usize, Stop> {
    let operator = Operator::open_to_read(&site.config)?;
    let count = operator.db.read_blocking(|conn| {
        let root = places::facts_by_code(conn, &["BEN"])?.pop().flatten();
        let below = root.map(|root| places::subtree(conn, root.id)).transpose()?;
        Ok::<_, Failure>(below.map_or(0, |below| below.len()))
    })?;
    operator.db.close();
    Ok(count)
}
