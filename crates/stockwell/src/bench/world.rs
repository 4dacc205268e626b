//! A database to measure in: one site with bins, items with stock, a key without a rate limit.

use crate::bench::Size;
use crate::commands::Operator;
use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use catalog::NewItem;
use domain::ledger::Kind;
use domain::{Ctx, Delta, Qty};
use serde_json::json;
use std::sync::Arc;
use stock::{LineInput, PostInput, QtyInput, Request, Work};
use web::{Failure, Principal, Reached};

/// The one item that everybody wants.
pub(crate) const HOT: &str = "HOT";
/// The item of which there is little: exactly this many are reserved, never one more.
pub(crate) const SCARCE: &str = "SCARCE";
/// How many there are of it.
pub(crate) const SCARCE_UNITS: u32 = 500;
/// Items with names of their own, which come before the numbered ones.
pub(crate) const SPECIAL: usize = 2;
/// How many there are of every other item: more than any run can reserve.
const PLENTY: u32 = 100_000_000;
/// Lines of a posting while the world is filled.
const LINES: usize = 1_000;

/// Makes the world; the key that requests carry.
pub(crate) fn make(config: &Config, size: &Size, progress: &Progress) -> Result<String, Stop> {
    progress.waits("a world is made");
    let operator = Operator::open(config)?;
    let Operator { db, ctx, .. } = &operator;
    let (items, bins) = (size.items, size.bins);
    let made = ctx.clone();
    db.write_blocking(move |tx| {
        places(tx, &made, bins)?;
        let wanted: Vec<NewItem> = skus(items).map(|sku| item(&sku)).collect::<Result<_, _>>()?;
        for chunk in wanted.chunks(catalog::ITEMS_PER_CALL_MAX) {
            catalog::create_items(tx, &made, chunk)?;
        }
        Ok::<_, Failure>(())
    })?;
    let lines: Vec<LineInput> =
        skus(items).enumerate().map(|(number, sku)| opening(&sku, number, bins)).collect();
    for (number, chunk) in lines.chunks(LINES).enumerate() {
        progress.counts(number * LINES, lines.len(), "items get their opening stock");
        open(&operator, chunk)?;
    }
    operator.db.close();
    crate::commands::key::machine(config, "bench")
}

/// Posts lines of opening stock.
fn open(operator: &Operator, lines: &[LineInput]) -> Result<(), Stop> {
    let post = PostInput {
        kind: Kind::Opening,
        effective_at: None,
        post_late: false,
        document: Some("BENCH-OPENING".to_owned()),
        reason: None,
        note: None,
        lines: lines.to_vec(),
    };
    let ctx = operator.ctx.clone();
    let principal = Arc::new(Principal::system());
    let request = Request { ctx, principal, key: None, work: Work::Post(post), second: web::Second::Cannot };
    let answers = operator.db.write_blocking(move |tx| stock::run_in(tx, std::slice::from_ref(&request)))?;
    match answers.iter().find(|answer| !answer.status.is_success()) {
        None => Ok(()),
        Some(answer) => {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            Err(Stop::CannotRun(format!("the opening stock was refused: {body}")))
        }
    }
}

/// Finds the world that an earlier run made, as large as this one is asked for; a key that requests carry.
pub(crate) fn find(config: &Config, size: &Size) -> Result<String, Stop> {
    let operator = Operator::open(config)?;
    let last = size.items.checked_sub(1).map_or_else(|| HOT.to_owned(), |number| format!("I{number:06}"));
    let beyond = format!("I{:06}", size.items);
    let bins = [format!("BEN-{:03}", size.bins), format!("BEN-{:03}", size.bins + 1)];
    let found = operator.db.read_blocking(move |conn| {
        let items = catalog::facts_by_sku(conn, &[last.as_str(), beyond.as_str()])?;
        let bins = places::facts_by_code(conn, &bins.each_ref().map(String::as_str))?;
        let items: Vec<bool> = items.iter().map(Option::is_some).collect();
        let bins: Vec<bool> = bins.iter().map(Option::is_some).collect();
        Ok::<_, Failure>((items, bins))
    })?;
    if found != (vec![true, false], vec![true, false]) {
        let text = "what is there is no world of a benchmark with so many items and bins: give `--items` and \
                    `--bins` of the run that made it";
        return Err(Stop::CannotRun(text.to_owned()));
    }
    // the last race has promised all of it
    let scarce = skus(0).position(|sku| sku == SCARCE).unwrap_or(0);
    open(&operator, &[opening(SCARCE, scarce, size.bins)])?;
    operator.db.close();
    crate::commands::key::machine(config, "bench")
}

/// How many pieces there are of the scarce item: those of a race that was broken off are there still.
pub(crate) fn scarce(config: &Config) -> Result<u64, Stop> {
    let operator = Operator::open_to_read(config)?;
    let now = operator.ctx.now;
    let available = operator.db.read_blocking(move |conn| {
        let item = catalog::facts_by_sku(conn, &[SCARCE])?.pop().flatten();
        let site = places::facts_by_code(conn, &["BEN"])?.pop().flatten();
        match (item, site) {
            (Some(item), Some(site)) => stock::available(conn, item.id, site.site, now),
            _ => Ok(Delta::ZERO),
        }
    })?;
    operator.db.close();
    Ok(u64::try_from(available.0 / Qty::ONE.delta().0).unwrap_or(0))
}

fn places(tx: &mut db::Tx<'_>, ctx: &Ctx, bins: u64) -> Result<(), Failure> {
    let site = json!({ "code": "BEN", "name": "Bench", "kind": "site", "zone": "Europe/London" });
    places::create_location(tx, ctx, Reached::All, &serde_json::from_value(site)?)?;
    for bin in 1..=bins {
        let bin = json!({ "code": format!("BEN-{bin:03}"), "kind": "bin", "parent": "BEN" });
        places::create_location(tx, ctx, Reached::All, &serde_json::from_value(bin)?)?;
    }
    Ok(())
}

fn skus(items: u64) -> impl Iterator<Item = String> {
    [HOT.to_owned(), SCARCE.to_owned()].into_iter().chain((0..items).map(|number| format!("I{number:06}")))
}

fn item(sku: &str) -> Result<NewItem, Failure> {
    Ok(serde_json::from_value(json!({ "sku": sku, "name": format!("Item {sku}"), "base_unit": "each" }))?)
}

fn opening(sku: &str, number: usize, bins: u64) -> LineInput {
    let units = if sku == SCARCE { SCARCE_UNITS } else { PLENTY };
    let bin = u64::try_from(number).unwrap_or(0) % bins + 1;
    LineInput::new(sku, QtyInput::Moves(Qty::units(units).unwrap_or(Qty::ONE)), format!("BEN-{bin:03}"))
}
