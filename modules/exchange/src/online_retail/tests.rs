//! The rules on small files: one line per case, with what it must become.

use super::*;
use std::io::Cursor;
use testkit::Damage;

pub(super) const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// The year of a file with these lines.
pub(super) fn year(lines: &str) -> Year {
    plan(Cursor::new(format!("{HEADER}{lines}"))).unwrap()
}

/// The reason of each row, in the order of the rows.
fn reasons(year: &Year) -> Vec<String> {
    let lines = year.docs.iter().flat_map(|doc| &doc.lines);
    let mut found: Vec<(u32, Reason)> =
        lines.filter_map(|line| line.source.map(|(reason, row)| (row, reason))).collect();
    found.sort_by_key(|(row, _)| *row);
    found.into_iter().map(|(_, reason)| reason.to_string()).collect()
}

fn doc<'y>(year: &'y Year, number: &str) -> &'y Doc {
    let mut docs = year.docs.iter().filter(|doc| &*doc.number == number);
    let found = docs.next().unwrap();
    assert!(docs.next().is_none(), "{number} has more than one document");
    found
}

#[test]
fn each_line_has_the_reason_of_the_first_rule_that_fits() {
    // what the line is, what its reason must be
    let cases = [
        ("1,22423,REGENCY CAKESTAND 3 TIER,2,2011-01-03 10:00:00,12.75,17850.0,UK", "sale"),
        ("2,22423,REGENCY CAKESTAND 3 TIER,1,2011-01-03 10:01:00,12.75,,UK", "sale"),
        ("3,22423,REGENCY CAKESTAND 3 TIER,1,2011-01-03 10:02:00,0.0,17850.0,UK", "gift"),
        ("4,22423, REGENCY  CAKESTAND 3 TIER ,1,2011-01-03 10:03:00,0.0,,UK", "sent_free"),
        ("5,23001,TRAVEL CARD WALLET,1,2011-01-03 10:04:00,0.0,,UK", "sent_free"),
        ("6,22423,found,1,2011-01-03 10:05:00,0.0,,UK", "adjusted_found"),
        ("7,22423,,1,2011-01-03 10:06:00,0.0,,UK", "adjusted_unexplained"),
        ("8,22423,?,-1,2011-01-03 10:07:00,0.0,,UK", "adjusted_unexplained"),
        ("9,22423,REGENCY CAKESTAND 3 TIER,-1,2011-01-03 10:08:00,0.0,,UK", "adjusted_unexplained"),
        ("10,22423,wet pallet,-1,2011-01-03 10:09:00,0.0,,UK", "adjusted_damaged"),
        ("11,22423,John Lewis,1,2011-01-03 10:10:00,0.0,,UK", "adjusted_other"),
        ("C12,22423,REGENCY CAKESTAND 3 TIER,-1,2011-01-03 10:11:00,12.75,17850.0,UK", "return_matched"),
        ("C13,22423,REGENCY CAKESTAND 3 TIER,-2,2011-01-03 10:12:00,9.0,17850.0,UK", "return_partly_matched"),
        ("C14,22423,REGENCY CAKESTAND 3 TIER,-1,2011-01-03 10:13:00,12.75,17850.0,UK", "return_unmatched"),
        ("C15,22423,REGENCY CAKESTAND 3 TIER,-1,2011-01-03 10:14:00,12.75,,UK", "return_no_customer"),
        ("16,22423,REGENCY CAKESTAND 3 TIER,-1,2011-01-03 10:15:00,12.75,,UK", "return_no_customer"),
        ("C17,22423,damages,-1,2011-01-03 10:16:00,0.0,,UK", "return_no_customer"),
        ("18,POST,POSTAGE,1,2011-01-03 10:17:00,18.0,17850.0,UK", "service_charge"),
        ("19,m,Manual,1,2011-01-03 10:18:00,0.0,17850.0,UK", "service_free"),
        ("20,DOT,,1000,2011-01-03 10:19:00,0.0,,UK", "service_free"),
        ("C21,D,Discount,-1,2011-01-03 10:20:00,27.5,17850.0,UK", "service_credit"),
        ("C22,BANK CHARGES,Bank Charges,-1,2011-01-03 10:21:00,10.0,,UK", "service_credit"),
        ("23,gift_0001_10,Voucher £10.00,1,2011-01-03 10:22:00,8.33,,UK", "service_charge"),
        ("24,23444,Next Day Carriage,1,2011-01-03 10:23:00,15.0,1,UK", "service_charge"),
        ("25,DCGS0003,BOXED GLASS ASHTRAY,1,2011-01-03 10:24:00,2.51,,UK", "sale"),
        ("A26,B,Adjust bad debt,1,2011-01-03 10:25:00,-11062.06,,UK", "bad_debt"),
        ("27,84826,STICKERS,10000,2011-01-03 10:26:00,1.0,1,UK", "mistake"),
        ("C28,84826,STICKERS,-10000,2011-01-03 10:27:00,1.0,1,UK", "mistake_undone"),
    ];
    let lines: String = cases.iter().flat_map(|(line, _)| [line, "\n"]).collect();
    let year = year(&lines);
    for ((line, expected), reason) in cases.iter().zip(reasons(&year)) {
        assert_eq!(reason, *expected, "{line}");
    }
    assert!(year.reconciliation.balances);
    assert_eq!(year.reconciliation.total.lines, 28);
}

#[test]
fn returned_units_come_from_the_latest_sales_first() {
    let year = year(
        "1,A1,THE THING,5,2011-01-03 10:00:00,2.0,7,UK\n\
         2,A1,THE THING,3,2011-01-04 10:00:00,2.0,7,UK\n\
         3,A1,THE THING,9,2011-01-04 11:00:00,2.0,8,UK\n\
         C4,a1,THE THING,-4,2011-01-05 10:00:00,1.5,7,UK\n\
         5,A1,THE THING,1,2011-01-06 10:00:00,2.0,7,UK\n\
         C6,A1,THE THING,-7,2011-01-07 10:00:00,2.0,7,UK\n",
    );
    let found: Vec<_> = year.matches.iter().map(|m| (m.return_row, m.sale_row, m.units)).collect();
    assert_eq!(found, [(5, 3, 3), (5, 2, 1), (7, 6, 1), (7, 2, 4)]);
    let line = &doc(&year, "C6").lines[0];
    assert_eq!(line.source, Some((Reason::ReturnPartlyMatched, 7)));
    assert_eq!(year.matches(line).len(), 2);
    assert_eq!(year.matches(&doc(&year, "5").lines[0]), []);
    let returns = year.reconciliation.returns;
    assert_eq!((returns.matched, returns.pairs, returns.unmatched, returns.no_customer), (9, 4, 2, 0));
}

#[test]
fn a_return_never_comes_from_a_sale_that_is_not_earlier() {
    // the second sale stands earlier in the file than it happened
    let year = year(
        "2,A1,THE THING,3,2011-01-05 10:00:00,2.0,7,UK\n\
         C1,A1,THE THING,-3,2011-01-04 10:00:00,2.0,7,UK\n\
         C3,B1,THE OTHER,-1,2011-01-06 10:00:00,2.0,7,UK\n\
         4,B1,THE OTHER,1,2011-01-06 10:00:00,2.0,7,UK\n\
         C5,B1,THE OTHER,-1,2011-01-06 10:00:00,2.0,7,UK\n",
    );
    let [late, early, before, _, behind] = reasons(&year).try_into().unwrap();
    assert_eq!(
        [late, early, before, behind],
        ["sale", "return_unmatched", "return_unmatched", "return_matched"]
    );
}

#[test]
fn only_a_giant_order_cancelled_in_full_on_its_day_is_a_mistake() {
    let order = "1,A1,THE THING,12000,2011-07-01 23:30:00,1.0,7,UK\n";
    for (cancellation, expected) in [
        ("C2,A1,THE THING,-12000,2011-07-01 23:50:00,1.0,7,UK\n", ["mistake", "mistake_undone"]),
        ("C2,A1,THE THING,-12000,2011-07-02 00:10:00,1.0,7,UK\n", ["sale", "return_matched"]),
        ("C2,A1,THE THING,-11999,2011-07-01 23:50:00,1.0,7,UK\n", ["sale", "return_matched"]),
        ("C2,A1,THE THING,-12000,2011-07-01 23:50:00,1.1,7,UK\n", ["sale", "return_matched"]),
        ("C2,A1,THE THING,-12000,2011-07-01 23:50:00,1.0,8,UK\n", ["sale", "return_unmatched"]),
        ("C2,A1,THE THING,-12000,2011-07-01 23:20:00,1.0,7,UK\n", ["sale", "return_unmatched"]),
    ] {
        assert_eq!(reasons(&year(&format!("{order}{cancellation}"))), expected, "{cancellation}");
    }
}

#[test]
fn a_mistake_is_kept_and_moves_nothing() {
    let year = year(
        "1,A1,THE THING,5,2011-01-03 10:00:00,2.0,7,UK\n\
         2,A1,THE THING,74215,2011-01-03 11:00:00,1.04,7,UK\n\
         C3,A1,THE THING,-74215,2011-01-03 11:16:00,1.04,7,UK\n\
         4,A1,THE THING,5,2011-01-03 12:00:00,2.0,7,UK\n",
    );
    let simulated = year.docs.iter().filter(|doc| doc.kind.is_simulated());
    let came: i64 = simulated.map(|doc| doc.lines[0].units()).sum();
    assert!((10..100).contains(&came), "nobody bought stock for the mistake: {came}");
    let [mistake] = year.reconciliation.mistakes.try_into().unwrap();
    assert_eq!((&*mistake.order, &*mistake.cancellation, mistake.units), ("2", "C3", 74_215));
    assert_eq!(mistake.on_hand, came - 5);
}

#[test]
fn an_invoice_is_one_document_for_each_kind() {
    let year = year(
        "1,A1,THE THING,5,2011-01-03 10:01:00,2.0,7,France\n\
         1,POST,POSTAGE,1,2011-01-03 10:00:00,18.0,7,France\n\
         1,A1,THE THING,1,2011-01-03 10:01:00,0.0,7,France\n\
         1,A1,broken,-1,2011-01-03 10:01:00,0.0,7,France\n\
         1,A1,THE THING,5,2011-01-03 10:01:00,2.0,7,France\n",
    );
    let kinds: Vec<_> = year.docs.iter().map(|doc| (doc.kind, &*doc.number, doc.lines.len())).collect();
    assert_eq!(
        kinds,
        [
            (DocKind::OpeningStock, "SIM-OPENING", 1),
            (DocKind::Sale, "1", 3),
            (DocKind::Gift, "1", 1),
            (DocKind::Adjustment(Cause::Damaged), "1", 1)
        ]
    );
    let sale = &year.docs[1];
    assert_eq!(sale.at.to_string(), "2011-01-03T10:00:00Z", "the earliest line");
    assert_eq!((sale.customer, sale.country.as_deref()), (Some(7), Some("France")));
    let effects: Vec<_> = sale.lines.iter().map(|line| (line.effect, line.units())).collect();
    assert_eq!(effects, [(Effect::Out, 5), (Effect::None, 1), (Effect::Out, 5)]);
    let gift = &year.docs[2];
    assert_eq!((gift.at, gift.customer, gift.lines[0].effect), (sale.at, Some(7), Effect::Out));
    assert_eq!(year.item(&sale.lines[1]).unwrap().class, domain::ItemClass::Service);
    assert!(year.docs[0].lines[0].units() >= 12, "demand of all lines together");
    assert_eq!(year.reconciliation.repeats, 1);
}

#[test]
fn supply_comes_before_what_needs_it() {
    let year = year(
        "1,A1,THE THING,5,2011-01-03 10:00:00,2.0,7,UK\n\
         2,A1,THE THING,7,2011-06-20 06:00:00,2.0,7,UK\n",
    );
    let stream: Vec<_> = year.docs.iter().map(|doc| (&*doc.number, doc.at.to_string())).collect();
    let stream: Vec<_> = stream.iter().map(|(number, at)| (*number, &**at)).collect();
    assert_eq!(
        stream,
        [
            ("SIM-OPENING", "2011-01-03T00:00:00Z"),
            ("1", "2011-01-03T10:00:00Z"),
            ("SIM-2011-W25", "2011-06-20T05:00:00Z"),
            ("2", "2011-06-20T05:00:00Z"),
        ]
    );
}

#[test]
fn another_seed_simulates_another_supply_of_the_same_year() {
    let file = || {
        let lines = (1..60).map(|n| format!("{n},A{},THE THING,50,2011-01-03 10:00:00,2.0,7,UK\n", n % 20));
        Cursor::new(format!("{HEADER}{}", lines.collect::<String>()))
    };
    let (one, same, other) = (plan(file()).unwrap(), plan(file()).unwrap(), plan_seeded(file(), 1).unwrap());
    assert_eq!((&one.items, &one.docs), (&same.items, &same.docs));
    assert_ne!(one.items, other.items);
    assert_eq!(one.reconciliation.reasons, other.reconciliation.reasons);
}

#[test]
fn a_need_beyond_the_limit_of_a_line_is_refused() {
    let line = |n| format!("{n},A1,THE THING,1000000,2011-01-03 10:00:00,2.0,7,UK\n");
    let lines: String = (0..1001).map(line).collect();
    let problem = plan(Cursor::new(format!("{HEADER}{lines}"))).unwrap_err();
    assert_eq!(problem.code, Code::LimitExceeded);
    assert!(problem.detail.contains("`A1`"), "{problem}");
}

#[test]
fn words_of_reasons_and_kinds_are_unique() {
    let reasons: std::collections::BTreeSet<_> = Reason::all().map(|reason| reason.to_string()).collect();
    assert_eq!(reasons.len(), Reason::all().count());
    assert_eq!(reasons.len(), 13 + Cause::ALL.len());
    let kinds: std::collections::BTreeSet<_> = DocKind::all().map(|kind| kind.to_string()).collect();
    assert_eq!(kinds.len(), 8 + Cause::ALL.len());
}

/// A file that was damaged is refused at a row, or every line of it is accounted for.
#[test]
fn a_damaged_file_is_refused_at_a_row_or_read_whole() {
    let right = format!(
        "{HEADER}\
         1,22423,REGENCY CAKESTAND 3 TIER,2,2011-01-03 10:00:00,12.75,17850.0,UK\n\
         2,85123A,\"HEART, WHITE\",6,2011-01-03 10:01:00,2.55,,UK\n\
         C3,22423,REGENCY CAKESTAND 3 TIER,-1,2011-01-04 10:02:00,12.75,17850.0,UK\n\
         4,22423,damages,-1,2011-01-05 10:03:00,0.0,,UK\n\
         5,POST,POSTAGE,1,2011-01-06 10:04:00,18.0,17850.0,UK\n"
    );
    let (mut damage, mut refused, mut whole) = (Damage::new(11), 0, 0);
    for _ in 0..Damage::cases() {
        let file = damage.of(right.as_bytes());
        match plan(Cursor::new(&file)) {
            Ok(year) => {
                assert!(year.reconciliation.balances, "{:?}", String::from_utf8_lossy(&file));
                whole += 1;
            }
            Err(problem) => {
                let [error] = &problem.errors[..] else { panic!("{problem:?}") };
                assert!(error.pointer.starts_with("row ") && problem.code != Code::Internal, "{problem:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && whole > 0, "{refused} refused, {whole} whole");
}
