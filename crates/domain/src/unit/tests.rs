//! Decision tables and laws of units.

use super::*;
use proptest::prelude::*;

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn qty(text: &str) -> Qty {
    Qty::parse(text).unwrap()
}

/// Converts there, and where that can be said, back again.
fn converted(given: &str, from: &str, factor: &str, to: &str) -> Result<String, String> {
    let factor = Ratio::parse(factor).unwrap();
    let there = convert(qty(given), (from, to), factor).map_err(|error| error.to_string())?;
    assert_eq!(convert(there, (to, from), factor.inverse()), Ok(qty(given)), "{given} {from} and back");
    Ok(there.to_string())
}

#[test]
fn unit_codes_and_what_is_wrong_with_them() {
    for code in ["each", "kg", "m2", "case12", "a", "abcdefghijklmnop"] {
        assert_eq!(UnitCode::parse(code).unwrap().as_str(), code);
    }
    let cases = [
        ("", "a unit is 1 to 16 characters long, this one is empty"),
        ("abcdefghijklmnopq", "a unit is at most 16 characters long, this one has `17`"),
        ("Case", "a unit takes the letters a to z, and digits after the first, so not `C` at character 1"),
        ("2pack", "a unit takes the letters a to z, and digits after the first, so not `2` at character 1"),
        ("fl oz", "a unit takes the letters a to z, and digits after the first, so not ` ` at character 3"),
        ("m²", "a unit takes the letters a to z, and digits after the first, so not `²` at character 2"),
    ];
    for (code, detail) in cases {
        assert_eq!(UnitCode::parse(code).unwrap_err().to_string(), detail);
    }
}

#[test]
fn what_is_counted_is_whole_unless_the_item_says_otherwise() {
    assert!(COUNTED.is_sorted());
    assert!(unit("each").whole_by_default() && unit("pair").whole_by_default());
    assert!(!unit("kg").whole_by_default() && !unit("m").whole_by_default());
}

#[test]
fn conversions_are_exact_there_and_back() {
    let cases = [
        ("1", "box", "9", "each", Ok("9")),
        ("5", "dozen", "12", "each", Ok("60")),
        ("2.5", "dozen", "12", "each", Ok("30")),
        ("0.5", "gross", "144", "each", Ok("72")),
        ("0", "box", "9", "each", Ok("0")),
        ("7", "each", "1", "each", Ok("7")),
        ("0.5", "box", "9", "each", Ok("4.5")),
        ("1000000000", "each", "1", "each", Ok("1000000000")),
        (
            "1000000000",
            "box",
            "9",
            "each",
            Err(
                "`1000000000` box is more than a line takes: one `box` is 9 `each`, and `1000000000` the most",
            ),
        ),
        (
            "1000000000",
            "huge",
            "9223372036854775807",
            "each",
            Err("`1000000000` huge is more than a line takes: one `huge` is 9223372036854775807 `each`, \
                 and `1000000000` the most"),
        ),
        ("100", "lb", "0.45359237", "kg", Ok("45.359237")),
        (
            "1",
            "lb",
            "0.45359237",
            "kg",
            Err("`1` lb is not exact in millionths of `kg`: one `lb` is 45359237/100000000 `kg`; \
                 give the quantity in another unit"),
        ),
        ("3", "third", "1/3", "kg", Ok("1")),
        (
            "1",
            "third",
            "1/3",
            "kg",
            Err("`1` third is not exact in millionths of `kg`: one `third` is 1/3 `kg`; \
                 give the quantity in another unit"),
        ),
        ("0.000001", "tonne", "1000", "kg", Ok("0.001")),
        ("1000000", "tonne", "1000", "kg", Ok("1000000000")),
        (
            "1000000.000001",
            "tonne",
            "1000",
            "kg",
            Err(
                "`1000000.000001` tonne is more than a line takes: one `tonne` is 1000 `kg`, and `1000000000` the most",
            ),
        ),
    ];
    for (given, from, factor, to, expected) in cases {
        let shown = converted(given, from, factor, to);
        assert_eq!(shown, expected.map(str::to_owned).map_err(str::to_owned), "{given} {from}");
    }
}

#[test]
fn a_hundred_and_twenty_minus_a_dozen_are_a_hundred_and_eight() {
    let dozen = convert(qty("1"), ("dozen", "each"), Ratio::parse("12").unwrap()).unwrap();
    assert_eq!(qty("120").checked_sub(dozen), Some(qty("108")));
}

#[test]
fn refusals_have_codes() {
    let code = |given: &str, factor: &str| {
        convert(qty(given), ("pack", "each"), Ratio::parse(factor).unwrap()).unwrap_err().problem("/qty").code
    };
    assert_eq!(code("1000000000", "2"), Code::InvalidQuantity);
    assert_eq!(code("1", "1/3"), Code::InexactConversion);
    assert_eq!(UnitError::TooManyPackagings { count: 33 }.code(), Code::TooMany);
    assert_eq!(UnitError::TooManyBarcodes { unit: unit("box"), count: 33 }.code(), Code::TooMany);
    let factor = Ratio::parse("1/2").unwrap();
    let broken = UnitError::FactorNotWhole { unit: unit("half"), factor, base: unit("each") };
    assert_eq!(broken.code(), Code::InvalidValue);
}

proptest! {
    #[test]
    fn converting_there_and_back_is_identity(
        millionths in 0..=Qty::MAX.millionths(),
        num in 1..100_000_i64,
        den in 1..1_000_i64,
    ) {
        let factor = Ratio::new(num, den).unwrap();
        // a multiple of the denominator is exact, anything else is met by chance
        for millionths in [millionths, millionths / den * den] {
            let given = Qty::from_millionths(millionths).unwrap();
            for (factor, back) in [(factor, factor.inverse()), (factor.inverse(), factor)] {
                if let Ok(there) = convert(given, ("pack", "kg"), factor) {
                    prop_assert_eq!(convert(there, ("kg", "pack"), back), Ok(given));
                }
            }
        }
        let small = Qty::from_millionths(millionths % 1_000_000 * den).unwrap();
        prop_assert!(convert(small, ("pack", "kg"), factor).is_ok(), "the law is not held by refusing");
    }
}
