//! Two items that the file does not have, to show lots with their last days and serials.

use super::ground::{SIMULATED, bin_codes};
use crate::online_retail::ZONE;
use catalog::NewItem;
use db::Tx;
use domain::ledger::Kind;
use domain::when::Date;
use domain::{Ctx, Qty, Zone};
use serde_json::json;
use std::sync::Arc;
use stock::{LineInput, LotInput, PostInput, QtyInput, Request, Work};
use web::{Failure, Principal};

/// Soup in lots.
const SOUP: &str = "DEMO-SOUP";
/// Drills with serials.
const DRILL: &str = "DEMO-DRILL";
/// How many days each lot of soup is good for from today, and how many tins it has.
const LOTS: [(&str, i32, u32); 3] = [("R-75", 20, 240), ("R-76", 90, 480), ("R-77", 180, 480)];
/// The serials of the drills.
const DRILLS: [&str; 12] = [
    "D-0001", "D-0002", "D-0003", "D-0004", "D-0005", "D-0006", "D-0007", "D-0008", "D-0009", "D-0010",
    "D-0011", "D-0012",
];

/// How many items these are.
pub(super) const ITEMS: usize = 2;

/// How many movements receive their stock: one for each lot, one for each serial.
pub(super) const fn movements() -> usize {
    LOTS.len() + DRILLS.len()
}

/// Makes the items and receives their stock, now.
pub(super) fn load(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Failure> {
    let Some(bin) = bin_codes().next() else { return Ok(()) };
    let items: [_; ITEMS] = [
        json!({ "sku": SOUP, "name": "Tomato soup, tin", "base_unit": "each", "tracking": "lot",
                "expiry": "named", "category": "demo" }),
        json!({ "sku": DRILL, "name": "Cordless drill", "base_unit": "each", "tracking": "serial",
                "category": "demo" }),
    ];
    let items: Vec<NewItem> = items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
    catalog::ensure_category(tx, ctx, "demo")?;
    catalog::create_items(tx, ctx, &items)?;
    let post = PostInput {
        kind: Kind::Receive,
        effective_at: None,
        post_late: false,
        document: Some("SIM-DEMO".to_owned()),
        reason: Some(SIMULATED.to_owned()),
        note: None,
        lines: lines(&bin, today(ctx)?),
    };
    let principal = Arc::new(Principal::system());
    let request = Request {
        ctx: ctx.clone(),
        principal,
        key: None,
        work: Work::Post(post),
        second: web::Second::Cannot,
    };
    match stock::run_in(tx, &[request])?.first() {
        Some(answer) if answer.status.is_success() => Ok(()),
        Some(answer) => Err(Failure::fault(String::from_utf8_lossy(&answer.body).into_owned())),
        None => Err(Failure::fault("the stock of the demo items was not answered")),
    }
}

/// The day it is at the site.
fn today(ctx: &Ctx) -> Result<Date, Failure> {
    let zone = Zone::parse(ZONE).map_err(|bad| Failure::fault(bad.to_string()))?;
    Ok(zone.date(ctx.now))
}

fn lines(bin: &str, today: Date) -> Vec<LineInput> {
    let mut lines: Vec<LineInput> = LOTS
        .iter()
        .map(|(code, days, tins)| LineInput {
            lot: Some(LotInput {
                code: (*code).to_owned(),
                expiry_on: domain::when::plus_days(today, *days),
                made_on: Some(today),
            }),
            ..line(SOUP, bin, *tins)
        })
        .collect();
    let serials: Vec<String> = DRILLS.map(str::to_owned).into();
    let drills = u32::try_from(serials.len()).unwrap_or(u32::MAX);
    lines.push(LineInput { serials, ..line(DRILL, bin, drills) });
    lines
}

fn line(sku: &str, bin: &str, units: u32) -> LineInput {
    LineInput::new(sku, QtyInput::Moves(Qty::units(units).unwrap_or(Qty::ONE)), bin)
}
