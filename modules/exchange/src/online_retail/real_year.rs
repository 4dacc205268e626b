//! The rules on the real year itself, all 541,909 lines of it.

use super::line::{InvoiceKind, Line, Table};
use super::*;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/online-retail/online-retail.csv.gz");

/// The file and its year, read once for all tests here.
fn loaded() -> &'static (Table, Year) {
    static LOADED: OnceLock<(Table, Year)> = OnceLock::new();
    LOADED.get_or_init(|| {
        let zone = Zone::parse(ZONE).unwrap();
        let table = read::read(std::fs::File::open(FILE).unwrap(), &zone).unwrap();
        let year = of_table(&table, SEED).unwrap();
        (table, year)
    })
}

fn count(rule: impl Fn(&Line) -> bool) -> usize {
    loaded().0.lines.iter().filter(|line| rule(line)).count()
}

#[test]
fn the_file_is_the_one_that_was_described() {
    let (table, year) = loaded();
    assert_eq!(count(|_| true), 541_909);
    assert_eq!(count(|line| line.kind == InvoiceKind::Cancellation), 9_288);
    assert_eq!(count(|line| line.kind == InvoiceKind::BadDebt), 3);
    assert_eq!(count(|line| line.quantity < 0), 10_624);
    let write_off = |line: &Line| line.quantity < 0 && line.kind != InvoiceKind::Cancellation;
    assert_eq!(count(write_off), 1_336);
    assert_eq!(count(|line| write_off(line) && !line.price.is_zero()), 0);
    assert_eq!(count(|line| line.price.is_zero()), 2_515);
    assert_eq!(count(|line| line.price < Price::ZERO), 2);
    assert_eq!(count(|line| line.customer.is_none()), 135_080);
    let description = |line: &Line| table.descriptions.text(line.description);
    assert_eq!(count(|line| description(line).is_empty()), 1_454);
    assert_eq!(count(|line| !description(line).is_ascii()), 32);
    let small = |line: &Line| description(line).chars().any(char::is_lowercase);
    assert_eq!(count(|line| line.price.is_zero() && small(line)), 593);
    let masters = year.reconciliation.masters;
    assert_eq!((masters.codes, masters.items), (4_070, 3_958));
    assert_eq!((masters.invoices, masters.customers, masters.countries), (25_900, 4_372, 38));
    assert_eq!(year.reconciliation.repeats, 5_268);
}

#[test]
fn codes_are_of_the_forms_that_were_described() {
    let table = &loaded().0;
    let is_product_form = |sku: &str| {
        let letters = sku.trim_start_matches(|c: char| c.is_ascii_digit());
        sku.len() - letters.len() == 5
            && letters.len() <= 2
            && letters.bytes().all(|b| b.is_ascii_uppercase())
    };
    let product = |line: &Line| is_product_form(table.items.text(line.item));
    assert_eq!(count(|line| !product(line)), 2_995);
    let priced = |line: &Line| product(line) && line.price > Price::ZERO;
    assert_eq!(count(priced), 536_429);
    let items: std::collections::BTreeSet<Ix> =
        table.lines.iter().filter(|line| priced(line)).map(|line| line.item).collect();
    assert_eq!(items.len(), 3_805);
    for (sku, lines) in
        [("POST", 1_256), ("DOT", 710), ("M", 572), ("C2", 144), ("D", 77), ("S", 63), ("B", 3)]
    {
        assert_eq!(count(|line| table.items.text(line.item) == sku), lines, "{sku}");
    }
}

#[test]
fn every_line_is_counted_once_and_the_totals_are_those_of_the_file() {
    let (_, year) = loaded();
    let Reconciliation { file, total, balances, .. } = &year.reconciliation;
    assert!(balances);
    assert_eq!(file, total);
    assert_eq!((total.lines, total.quantity), (541_909, 5_176_450));
    assert_eq!(total.revenue.to_string(), "9747747.934");
    let from_file = year.docs.iter().flat_map(|doc| &doc.lines).filter_map(|line| line.source);
    let mut rows: Vec<u32> = from_file.map(|(_, row)| row).collect();
    rows.sort_unstable();
    assert!(rows.iter().copied().eq(2..=541_910), "each row stands on exactly one line of a document");
}

#[test]
fn the_reconciliation_reads_as_it_did() {
    insta::assert_snapshot!(loaded().1.reconciliation.to_string());
}

#[test]
fn programs_get_the_same_numbers() {
    let json = serde_json::to_value(&loaded().1.reconciliation).unwrap();
    assert_eq!(json["total"]["revenue"], "9747747.934");
    assert_eq!(json["reasons"][0]["reason"], "sale");
    assert_eq!(json["reasons"][0]["lines"], 527_673);
    assert_eq!(json["mistakes"][0]["order"], "541431");
    assert_eq!(json["mistakes"][0]["ordered_at"], "2011-01-18T10:01:00Z");
    assert_eq!(json["documents"][0]["kind"], "opening_stock");
}

#[test]
fn what_nobody_paid_for_stands_apart() {
    let year = &loaded().1;
    for (kind, reason, lines) in
        [(DocKind::Gift, Reason::Gift, 33), (DocKind::SentFree, Reason::SentFree, 380)]
    {
        let docs: Vec<&Doc> = year.docs.iter().filter(|doc| doc.kind == kind).collect();
        assert_eq!(docs.iter().map(|doc| doc.lines.len()).sum::<usize>(), lines, "{kind}");
        assert!(docs.iter().all(|doc| doc.customer.is_some() == (kind == DocKind::Gift)), "{kind}");
        let mut all = docs.iter().flat_map(|doc| &doc.lines);
        assert!(all.all(|line| line.effect == Effect::Out && line.price.is_zero()), "{kind}");
        let counted = year.reconciliation.reasons.iter().find(|row| row.reason == reason).unwrap();
        assert_eq!(usize::try_from(counted.totals.lines), Ok(lines), "{kind}");
    }
}

#[test]
fn the_two_giant_mistakes_are_handled() {
    let year = &loaded().1;
    let handled: Vec<_> = year
        .reconciliation
        .mistakes
        .iter()
        .map(|m| (&*m.order, &*m.cancellation, &*m.sku, m.units))
        .collect();
    assert_eq!(handled, [("541431", "C541433", "23166", 74_215), ("581483", "C581484", "23843", 80_995)]);
    let kept_out = year.docs.iter().filter(|doc| doc.kind == DocKind::Mistake).flat_map(|doc| &doc.lines);
    assert!(kept_out.clone().count() == 4 && kept_out.clone().all(|line| line.effect == Effect::None));
}

#[test]
fn stock_is_never_below_zero_and_services_have_none() {
    let year = &loaded().1;
    let mut stock: FxHashMap<Ix, i64> = FxHashMap::default();
    let mut last = year.docs[0].at;
    for doc in &year.docs {
        assert!(doc.at >= last, "{} is out of order", doc.number);
        last = doc.at;
        for line in &doc.lines {
            let item = year.item(line).unwrap();
            assert!(item.class.stockable() || line.effect == Effect::None, "{}", item.sku);
            let left = stock.entry(line.item).or_default();
            *left += line.stock_units();
            assert!(*left >= 0, "{} takes {} to {left}", doc.number, item.sku);
        }
    }
    assert_eq!(stock.values().sum::<i64>(), year.reconciliation.simulated.on_hand);
}

#[test]
fn documents_have_names_of_their_own_and_returns_follow_their_sales() {
    let year = &loaded().1;
    let names: std::collections::BTreeSet<_> = year.docs.iter().map(|doc| (doc.kind, &doc.number)).collect();
    assert_eq!(names.len(), year.docs.len());
    let apart = |doc: &&Doc| !matches!(doc.kind, DocKind::Gift | DocKind::SentFree);
    let numbers: std::collections::BTreeSet<_> =
        year.docs.iter().filter(apart).map(|doc| &doc.number).collect();
    assert_eq!(
        numbers.len(),
        year.docs.iter().filter(apart).count(),
        "only what nobody paid for stands apart"
    );

    let lines =
        year.docs.iter().enumerate().flat_map(|(at, doc)| doc.lines.iter().map(move |line| (at, line)));
    let of_row: FxHashMap<u32, (usize, &DocLine)> =
        lines.filter_map(|(at, line)| line.source.map(|(_, row)| (row, (at, line)))).collect();
    let mut taken: FxHashMap<u32, i64> = FxHashMap::default();
    for found in &year.matches {
        let ((sold_at, sale), (returned_at, taken_back)) =
            (of_row[&found.sale_row], of_row[&found.return_row]);
        assert!(sold_at < returned_at && sale.item == taken_back.item);
        assert_eq!(year.docs[sold_at].customer, year.docs[returned_at].customer);
        *taken.entry(found.sale_row).or_default() += found.units;
    }
    assert!(taken.iter().all(|(row, units)| *units <= of_row[row].1.units()), "no unit comes back twice");
}

#[test]
fn names_are_names_and_costs_lie_below_prices() {
    let year = &loaded().1;
    let item = |sku: &str| year.items.iter().find(|item| item.sku == sku).unwrap();
    assert_eq!(item("85123A").name, "WHITE HANGING HEART T-LIGHT HOLDER");
    assert_eq!(item("POST").name, "POSTAGE");
    assert_eq!(item("46000M").name, "POLYESTER FILLER PAD 45x45cm");
    assert_eq!(item("23001").name, "TRAVEL CARD WALLET DOTCOMGIFTSHOP");
    assert_eq!(item("23059").name, "Item 23059", "`Thrown away-rusty` is no name");
    for item in year.items.iter().filter(|item| item.class.stockable()) {
        assert!(
            !item.name.is_empty() && !["check", "damages", "found"].contains(&&*item.name.to_lowercase())
        );
        assert!(item.unit_cost > Price::ZERO, "{}", item.sku);
        // the smallest cost is a hundredth of a penny
        let limit = item.prices.map_or(PRICE_UNKNOWN, |prices| prices.median);
        assert!(item.unit_cost < limit, "{} costs {}", item.sku, item.unit_cost);
    }
}
