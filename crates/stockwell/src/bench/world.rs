//! A database to measure in: one site with bins, items with stock, a key without a rate limit.

use crate::bench::Size;
use crate::commands::Operator;
use crate::config::Config;
use crate::exit::Stop;
use catalog::NewItem;
use domain::ledger::Kind;
use domain::{Ctx, Qty};
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
pub(crate) fn make(config: &Config, size: &Size) -> Result<String, Stop> {
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
    let principal = Arc::new(Principal::system());
    for chunk in lines.chunks(LINES) {
        let post = PostInput {
            kind: Kind::Opening,
            effective_at: None,
            post_late: false,
            document: Some("BENCH-OPENING".to_owned()),
            reason: None,
            note: None,
            lines: chunk.to_vec(),
        };
        let request = Request {
            ctx: ctx.clone(),
            principal: Arc::clone(&principal),
            key: None,
            work: Work::Post(post),
        };
        let answers = db.write_blocking(move |tx| stock::run_in(tx, std::slice::from_ref(&request)))?;
        if let Some(answer) = answers.iter().find(|answer| !answer.status.is_success()) {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(Stop::CannotRun(format!("the opening stock was refused: {body}")));
        }
    }
    operator.db.close();
    crate::commands::key::machine(config, "bench")
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
