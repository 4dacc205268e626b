//! Decision tables and laws of units.

use super::*;
use proptest::prelude::*;

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn qty(text: &str) -> Qty {
    Qty::parse(text).unwrap()
}

fn packaging(code: &str, factor: &str) -> Packaging {
    Packaging { unit: unit(code), factor: Ratio::parse(factor).unwrap(), barcodes: Vec::new() }
}

fn of(base: &str, whole: bool) -> BaseUnit {
    BaseUnit { unit: unit(base), whole, barcodes: Vec::new() }
}

fn units(base: &str, whole: bool, packagings: &[(&str, &str)]) -> Units {
    let packagings = packagings.iter().map(|(code, factor)| packaging(code, factor)).collect();
    Units::new(of(base, whole), packagings).unwrap()
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
fn conversions_to_the_base_unit_and_back() {
    let bolts = units("each", true, &[("box", "9"), ("dozen", "12"), ("gross", "144")]);
    let flour = units("kg", false, &[("lb", "0.45359237"), ("third", "1/3"), ("tonne", "1000")]);
    let cases = [
        (&bolts, "1", "box", Ok("9")),
        (&bolts, "5", "dozen", Ok("60")),
        (&bolts, "2.5", "dozen", Ok("30")),
        (&bolts, "0.5", "gross", Ok("72")),
        (&bolts, "0", "box", Ok("0")),
        (&bolts, "7", "each", Ok("7")),
        (&bolts, "0.5", "each", Err("the item is kept in whole `each`, not `0.5`")),
        (&bolts, "0.5", "box", Err("the item is kept in whole `each`, not `4.5`")),
        (&bolts, "1", "pallet", Err("the item has no unit `pallet`, it has `each`, `box`, `dozen`, `gross`")),
        (
            &bolts,
            "1000000000",
            "box",
            Err(
                "`1000000000` box is more than a line takes: one `box` is 9 `each`, and `1000000000` the most",
            ),
        ),
        (&flour, "970", "kg", Ok("970")),
        (&flour, "100", "lb", Ok("45.359237")),
        (
            &flour,
            "1",
            "lb",
            Err("`1` lb is not exact in millionths of `kg`: one `lb` is 45359237/100000000 `kg`; \
                 give the quantity in another unit"),
        ),
        (&flour, "3", "third", Ok("1")),
        (
            &flour,
            "1",
            "third",
            Err("`1` third is not exact in millionths of `kg`: one `third` is 1/3 `kg`; \
                 give the quantity in another unit"),
        ),
        (&flour, "0.000001", "tonne", Ok("0.001")),
        (&flour, "1000000", "tonne", Ok("1000000000")),
        (
            &flour,
            "1000000.000001",
            "tonne",
            Err(
                "`1000000.000001` tonne is more than a line takes: one `tonne` is 1000 `kg`, and `1000000000` the most",
            ),
        ),
    ];
    for (units, given, code, expected) in cases {
        let base = units.to_base(qty(given), &unit(code));
        let shown = base.as_ref().map(ToString::to_string).map_err(ToString::to_string);
        assert_eq!(shown, expected.map(str::to_owned).map_err(str::to_owned), "{given} {code}");
        if let Ok(base) = base {
            assert_eq!(units.from_base(base, &unit(code)), Ok(qty(given)), "{given} {code} and back");
        }
    }
}

#[test]
fn one_box_of_nine_minus_nine_leaves_nothing() {
    let item = units("each", true, &[("box", "9")]);
    let received = item.to_base(qty("1"), &unit("box")).unwrap();
    let sold = item.to_base(qty("9"), &unit("each")).unwrap();
    assert_eq!(received.checked_sub(sold), Some(Qty::ZERO));
}

#[test]
fn a_hundred_and_twenty_minus_a_dozen_are_a_hundred_and_eight() {
    let item = units("each", true, &[("dozen", "12")]);
    let dozen = item.to_base(qty("1"), &unit("dozen")).unwrap();
    assert_eq!(qty("120").checked_sub(dozen), Some(qty("108")));
}

#[test]
fn what_is_no_decimal_of_the_unit_is_told_in_whole_units_and_a_rest() {
    let bolts = units("each", true, &[("case", "12"), ("box", "9")]);
    assert_eq!(bolts.split(qty("31"), &unit("case")), Ok((2, qty("7"))));
    assert_eq!(bolts.split(qty("5"), &unit("case")), Ok((0, qty("5"))));
    assert_eq!(bolts.split(qty("5"), &unit("each")), Ok((5, Qty::ZERO)));
    let refused = bolts.from_base(qty("10"), &unit("box")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`10` each is not exact in millionths of `box`: one `each` is 1/9 `box`; \
         give the quantity in another unit"
    );
    let flour = units("kg", false, &[("third", "1/3")]);
    assert_eq!(flour.split(qty("1"), &unit("third")), Ok((3, Qty::ZERO)));
    assert_eq!(flour.split(qty("0.5"), &unit("third")).unwrap_err().code(), Code::InexactConversion);
}

#[test]
fn units_that_contradict_themselves_are_refused() {
    let barcode = |text: &str| Barcode::parse(text).unwrap();
    let with = |code: &str, barcodes: Vec<Barcode>| Packaging { barcodes, ..packaging(code, "12") };
    let many = |count: usize| (0..count).map(|n| packaging(&format!("u{n}"), "2")).collect::<Vec<_>>();
    let codes = |count: usize| (0..count).map(|n| barcode(&format!("C{n}"))).collect::<Vec<_>>();
    let cases = [
        (vec![packaging("each", "1")], Some("the unit `each` stands twice")),
        (vec![packaging("box", "9"), packaging("box", "10")], Some("the unit `box` stands twice")),
        (vec![packaging("half", "1/2")], Some("`half` has 1/2 `each`, but the item is kept in whole `each`")),
        (
            vec![with("box", vec![barcode("012345678905")]), with("case", vec![barcode("0012345678905")])],
            Some("the barcode `0012345678905` stands twice"),
        ),
        (many(PACKAGINGS_PER_ITEM_MAX), None),
        (many(PACKAGINGS_PER_ITEM_MAX + 1), Some("an item has at most 32 packagings, not `33`")),
        (vec![with("box", codes(BARCODES_PER_UNIT_MAX))], None),
        (
            vec![with("box", codes(BARCODES_PER_UNIT_MAX + 1))],
            Some("a unit has at most 32 barcodes, `box` has `33`"),
        ),
    ];
    for (packagings, expected) in cases {
        let made = Units::new(of("each", true), packagings);
        assert_eq!(made.err().map(|error| error.to_string()).as_deref(), expected);
    }
    assert!(Units::new(of("kg", false), vec![packaging("half", "1/2")]).is_ok());
}

#[test]
fn refusals_have_codes() {
    let item = units("each", true, &[("third", "3"), ("huge", "9223372036854775807")]);
    let code = |given: &str, of: &str| item.to_base(qty(given), &unit(of)).unwrap_err().problem("/qty").code;
    assert_eq!(code("0.5", "each"), Code::FractionRefused);
    assert_eq!(code("1", "case"), Code::UnknownUnit);
    assert_eq!(code("1000000000", "huge"), Code::LimitExceeded);
    assert_eq!(item.from_base(qty("1"), &unit("third")).unwrap_err().code(), Code::InexactConversion);
    let twice = Units::new(of("each", true), vec![packaging("each", "1")]).unwrap_err();
    assert_eq!(twice.code(), Code::InvalidValue);
    assert_eq!(UnitError::TooManyPackagings { count: 33 }.code(), Code::TooMany);
}

proptest! {
    #[test]
    fn converting_there_and_back_is_identity(
        millionths in 0..=Qty::MAX.millionths(),
        num in 1..100_000_i64,
        den in 1..1_000_i64,
    ) {
        let factor = Ratio::new(num, den).unwrap();
        let pack = Packaging { unit: unit("pack"), factor, barcodes: Vec::new() };
        let item = Units::new(of("kg", false), vec![pack]).unwrap();
        // a multiple of the denominator is exact, anything else is met by chance
        for millionths in [millionths, millionths / den * den] {
            let given = Qty::from_millionths(millionths).unwrap();
            if let Ok(base) = item.to_base(given, &unit("pack")) {
                prop_assert_eq!(item.from_base(base, &unit("pack")), Ok(given));
            }
            if let Ok(packs) = item.from_base(given, &unit("pack")) {
                prop_assert_eq!(item.to_base(packs, &unit("pack")), Ok(given));
            }
        }
    }

    #[test]
    fn whole_units_and_the_rest_add_up_again(each in 0..1_000_000_000_u32, factor in 1..10_000_i64) {
        let item = units("each", true, &[("case", &factor.to_string())]);
        let given = Qty::units(each).unwrap();
        let (cases, rest) = item.split(given, &unit("case")).unwrap();
        prop_assert!(rest < Qty::from_millionths(factor * SCALE).unwrap());
        let cases = Qty::from_millionths(cases * SCALE).unwrap();
        let base = item.to_base(cases, &unit("case")).unwrap();
        prop_assert_eq!(base.checked_add(rest), Some(given));
    }
}
