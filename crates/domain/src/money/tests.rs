//! Decision tables and laws of money.

use super::*;
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

#[test]
fn amounts_and_what_they_mean() {
    let gbp = currency("GBP");
    let cases = [
        ("GBP", "12.50", Ok((1250, "12.50 GBP"))),
        ("GBP", "-0.01", Ok((-1, "-0.01 GBP"))),
        ("GBP", "12.500", Err(BadMoney::TooFine { currency: gbp })),
        ("JPY", "12", Ok((12, "12 JPY"))),
        ("JPY", "12.0", Err(BadMoney::TooFine { currency: currency("JPY") })),
        ("KWD", "0.125", Ok((125, "0.125 KWD"))),
        ("GBP", "92233720368547758.07", Ok((i64::MAX, "92233720368547758.07 GBP"))),
        ("GBP", "92233720368547758.08", Err(BadMoney::TooLarge)),
        ("GBP", "£1", Err(BadMoney::NotANumber)),
        ("GBP", "1,50", Err(BadMoney::NotANumber)),
    ];
    for (code, text, expected) in cases {
        let read = Money::parse(text, currency(code));
        assert_eq!(
            read.map(|money| (money.minor, money.to_string())),
            expected.map(|(minor, shown)| (minor, shown.to_owned())),
            "{text} {code}"
        );
    }
    assert_eq!(BadMoney::TooFine { currency: gbp }.to_string(), "an amount of `GBP` has at most 2 decimals");
}

#[test]
fn pounds_and_euros_are_never_added() {
    let pound = Money { minor: 100, currency: currency("GBP") };
    let euro = Money { minor: 100, currency: currency("EUR") };
    let refused = pound.checked_add(euro).unwrap_err();
    assert_eq!(refused.to_string(), "`EUR` is not `GBP`; give the amount in `GBP`");
    assert_eq!(refused.problem("/cost").code, Code::CurrencyMismatch);
    assert_eq!(pound.checked_sub(pound), Ok(Money::zero(currency("GBP"))));
    let most = Money { minor: i64::MAX, ..pound };
    assert_eq!(most.checked_add(pound), Err(BadMoney::TooLarge));
    assert_eq!(Money { minor: i64::MIN, ..pound }.checked_sub(pound), Err(BadMoney::TooLarge));
}

#[test]
fn unit_costs_and_what_they_mean() {
    let cases = [
        ("0", Ok(0)),
        ("1.25", Ok(1_250_000)),
        ("0.000001", Ok(1)),
        ("0.0000001", Err(BadMoney::CostTooFine)),
        ("1000000000000", Ok(UnitCost::MAX.millionths())),
        ("1000000000000.000001", Err(BadMoney::CostTooLarge)),
        ("99999999999999999999", Err(BadMoney::CostTooLarge)),
        ("-1", Err(BadMoney::Negative)),
        ("-0", Err(BadMoney::Negative)),
        ("x", Err(BadMoney::NotANumber)),
    ];
    for (text, expected) in cases {
        assert_eq!(UnitCost::parse(text).map(UnitCost::millionths), expected, "{text}");
    }
    assert_eq!(UnitCost::from_millionths(-1), None);
    assert_eq!(UnitCost::from_millionths(UnitCost::MAX.0 + 1), None);
    assert_eq!(BadMoney::CostTooLarge.to_string(), "a cost per unit is at most `1000000000000`");
}

#[test]
fn costs_are_rounded_once_and_half_to_even() {
    let cases = [
        ("3.333333", "3", 2, Some(1000)),
        ("0.005", "1", 2, Some(0)),
        ("0.015", "1", 2, Some(2)),
        ("0.000001", "0.000001", 2, Some(0)),
        ("0.005", "3", 2, Some(2)),
        ("1.5", "1", 0, Some(2)),
        ("2.5", "1", 0, Some(2)),
        ("1000000000000", "1", 2, Some(100_000_000_000_000)),
        ("1000000000000", "1000000000", 2, None),
        ("92233720.36", "1000000000", 2, Some(9_223_372_036_000_000_000)),
        ("92233720.37", "1000000000", 2, None),
        ("1", "1", 12, Some(1_000_000_000_000)),
        ("1", "1", 13, None),
    ];
    for (cost, qty, digits, expected) in cases {
        let value = UnitCost::parse(cost).unwrap().extend(Qty::parse(qty).unwrap(), digits);
        assert_eq!(value, expected, "{cost} x {qty}");
    }
}

#[test]
fn a_cost_per_unit_comes_only_from_goods_that_are_there() {
    assert_eq!(UnitCost::of(1, Qty::ZERO, 2), None);
    assert_eq!(UnitCost::of(-100, Qty::ONE, 2), None);
    assert_eq!(UnitCost::of(0, Qty::ONE, 2), Some(UnitCost::ZERO));
    assert_eq!(UnitCost::of(i64::MAX, Qty::from_millionths(1).unwrap(), 2), None);
    assert_eq!(UnitCost::of(100, Qty::ONE, 13), None);
}

proptest! {
    #[test]
    fn an_amount_reads_back_what_it_shows(minor in -i64::MAX..=i64::MAX, pick: prop::sample::Index) {
        let all: Vec<_> = Currency::all().collect();
        let money = Money { minor, currency: *pick.get(&all) };
        prop_assert_eq!(Money::parse(&money.amount().to_string(), money.currency), Ok(money));
    }

    #[test]
    fn a_unit_cost_reads_back_what_it_shows(millionths in 0..=UnitCost::MAX.0) {
        let cost = UnitCost(millionths);
        prop_assert_eq!(UnitCost::parse(&cost.to_string()), Ok(cost));
    }

    #[test]
    fn extending_is_never_off_by_more_than_half_a_minor_unit(
        cost in 0..=1_000_000_000_i64,
        qty in 0..=1_000_000_000_000_i64,
    ) {
        let value = UnitCost(cost).extend(Qty::from_millionths(qty).unwrap(), 2).unwrap();
        let off = i128::from(value) * 10_i128.pow(10) - i128::from(cost) * i128::from(qty);
        prop_assert!(off.abs() * 2 <= 10_i128.pow(10));
    }
}
