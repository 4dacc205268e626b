//! A catalogue from a file: items with five attributes and three barcodes each, imported by the command, and
//! then what somebody finds in it.

use super::load::Tally;
use super::rounds::bare;
use super::whole::{Runs, import, note};
use super::{Figures, Plan, Site};
use crate::commands::Operator;
use crate::exit::Stop;
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use tokio::runtime::Runtime;

/// How often something is looked for.
const SEARCHES: u64 = 1_000;
const LOOKUPS: u64 = 10_000;
/// The words of names: what, of what, in which colour, for what.
const WORDS: [[&str; 12]; 4] = [
    [
        "bracket", "hinge", "lantern", "kettle", "cushion", "ladder", "basket", "drawer", "candle",
        "trolley", "mirror", "blanket",
    ],
    [
        "steel", "oak", "cotton", "glass", "brass", "linen", "marble", "wicker", "copper", "ceramic", "wool",
        "bamboo",
    ],
    ["red", "blue", "green", "ivory", "black", "amber", "violet", "white", "grey", "coral", "navy", "olive"],
    [
        "garden", "kitchen", "office", "nursery", "workshop", "hallway", "balcony", "bathroom", "studio",
        "cellar", "attic", "garage",
    ],
];

/// A word of a place in a name, which differs from item to item.
fn word(number: u64, place: usize) -> &'static str {
    let words = WORDS.get(place).unwrap_or(&WORDS[0]);
    let power = u32::try_from(place).unwrap_or(0);
    let at = number / 12_u64.pow(power) % 12;
    usize::try_from(at).ok().and_then(|at| words.get(at)).unwrap_or(&"")
}

fn name(number: u64) -> String {
    format!("{} {} {} {} {number:05}", word(number, 0), word(number, 1), word(number, 2), word(number, 3))
}

fn barcode(number: u64, which: u64) -> String {
    format!("B{which}-{number:07}")
}

fn attributes(file: &Path) -> std::io::Result<()> {
    let kinds = ["material,text", "colour,text", "load,number", "outdoor,boolean", "since,date"];
    std::fs::write(file, format!("key,kind\n{}\n", kinds.join("\n")))
}

fn items(file: &Path, count: u64) -> std::io::Result<()> {
    let mut text = "sku,name,base_unit,units,barcodes,attribute.material,attribute.colour,attribute.load,\
                    attribute.outdoor,attribute.since\n"
        .to_owned();
    for number in 0..count {
        let [one, two, three] = [1, 2, 3].map(|which| barcode(number, which));
        // writing to a string never fails
        let _ = writeln!(
            text,
            "I{number:06},{},each,case=12,{one}|{two}|case:{three},{},{},{}.5,{},20{:02}-01-15",
            name(number),
            word(number, 1),
            word(number, 2),
            number % 400,
            number % 2 == 0,
            number % 25
        );
    }
    std::fs::write(file, text)
}

/// The import as its command, with the most memory it held; a unit is an item. Then searches with a mistake
/// in a word, and lookups of barcodes, each by itself in this process.
pub(super) fn import_list(plan: &Plan, site: &Site, runtime: &Runtime) -> Result<Figures, Stop> {
    let count = plan.size.items;
    let file = site.data.join("list.csv");
    plan.progress.waits("attributes and items are imported");
    attributes(&file)?;
    taken(&import(site, &["list", "attributes"], &file).map_err(Stop::cannot_run)?.0, 5)
        .map_err(Stop::cannot_run)?;
    items(&file, count)?;
    let bare = || runtime.block_on(bare(site.floor.clone())).map_err(Stop::cannot_run);
    let before = bare()?;
    let begun = Instant::now();
    let (said, memory_mib) = import(site, &["list", "items"], &file).map_err(Stop::cannot_run)?;
    let took = begun.elapsed();
    taken(&said, count).map_err(Stop::cannot_run)?;
    let mut tally = Tally::default();
    note(&mut tally, took);
    let floor = f64::midpoint(before, bare()?);
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a count of items for people")]
    let per_s = count as f64 / took.as_secs_f64().max(1e-9);
    let figures = Runs { tally, per_s, floor, memory_mib }.figures(plan);
    plan.progress.waits("items are looked for");
    let operator = Operator::open_to_read(&site.config)?;
    let searched = each(SEARCHES, count, |number| {
        let mistyped = word(number, 0).replacen('e', "a", 1);
        let text = format!("{mistyped} {} {}", word(number, 2), word(number, 3));
        let found = operator.db.read_blocking(|conn| catalog::search(conn, &text, None))?;
        if found.items.is_empty() {
            Err(Stop::Wrong(format!("nothing is found by `{text}`")))
        } else {
            Ok(())
        }
    })?;
    let looked_up = each(LOOKUPS, count, |number| {
        let code = barcode(number, 1 + number % 3);
        let found = operator.db.read_blocking(|conn| catalog::item_by_barcode(conn, &code))?;
        if found.is_some() { Ok(()) } else { Err(Stop::Wrong(format!("the barcode `{code}` is of no item"))) }
    })?;
    operator.db.close();
    Ok(Figures { search_p99_ms: Some(searched), lookup_p99_ms: Some(looked_up), ..figures })
}

/// Refuses an import that has not taken every row.
fn taken(said: &[u8], rows: u64) -> anyhow::Result<()> {
    let said: Value = serde_json::from_slice(said).context("what the import said")?;
    let created = said.get("created").and_then(Value::as_u64);
    if created != Some(rows) {
        bail!("{rows} rows were to be taken: {said}");
    }
    Ok(())
}

/// Asks for items all over the catalogue; how long that takes at most, 99 times of 100, in milliseconds.
fn each(times: u64, count: u64, mut ask: impl FnMut(u64) -> Result<(), Stop>) -> Result<f64, Stop> {
    let mut tally = Tally::default();
    for number in 0..times {
        // a step that has no factor in common with counts of people
        let number = number.wrapping_mul(7_919) % count.max(1);
        let begun = Instant::now();
        ask(number)?;
        note(&mut tally, begun.elapsed());
    }
    Ok(tally.quantile_ms(990))
}
