//! Reading SKUs, units and barcodes, so that each refusal names its field. A text that is none of
//! these names nothing: looking it up finds nothing.

use domain::barcode::Symbology;
use domain::unit::UnitCode;
use domain::word::echo;
use domain::{AsProblem, BadRatio, Barcode, Code, Problem, Ratio, Sku};

/// The key that a SKU is found by; `None` for a text that no item can have.
pub(crate) fn sku_key(text: &str) -> Option<String> {
    Sku::parse(text).ok().map(|sku| sku.folded())
}

/// A SKU as written, and its key.
pub(crate) fn sku(text: &str, pointer: &str) -> Result<Sku, Problem> {
    Sku::parse(text).map_err(|error| error.problem(pointer))
}

/// The key that a barcode is found by; `None` for a text that no scanner sends.
pub(crate) fn barcode_key(text: &str) -> Option<String> {
    Barcode::scanned(text).ok().map(|barcode| barcode.key())
}

/// A new barcode. As long as a GTIN it needs the right check digit, unless the caller says that it
/// is `code_128`, free text; any other symbology that is named must be the one that it is.
pub(crate) fn barcode(text: &str, symbology: Option<&str>) -> Result<Barcode, Problem> {
    let named = symbology
        .map(|word| Symbology::parse(word).map_err(|error| error.problem("/symbology")))
        .transpose()?;
    let barcode = if named == Some(Symbology::Code128) {
        Barcode::scanned(text).map_err(|error| error.problem("/code"))?
    } else {
        Barcode::parse(text).map_err(|error| error.problem("/code"))?
    };
    match named {
        Some(named) if named != barcode.symbology() => {
            let detail =
                format!("`{barcode}` is of the kind `{}`, not `{named}`; leave it out", barcode.symbology());
            Err(Problem::at(Code::InvalidValue, "/symbology", detail))
        }
        _ => Ok(barcode),
    }
}

/// A unit.
pub(crate) fn unit(text: &str, pointer: &str) -> Result<UnitCode, Problem> {
    UnitCode::parse(text).map_err(|error| error.problem(pointer))
}

/// How many base units a unit is. A refusal names the unit, and the factor as it was written.
pub(crate) fn factor(text: &str, unit: &UnitCode) -> Result<Ratio, Problem> {
    let refuse = |is: &str| {
        let detail = format!("the factor of the unit `{unit}` is {is}, `{}` is not", echo(text));
        Err(Problem::at(Code::InvalidValue, "/factor", detail))
    };
    let unsigned = text.strip_prefix('-');
    match Ratio::parse(unsigned.unwrap_or(text)) {
        Ok(factor) if unsigned.is_none() => Ok(factor),
        Ok(_) | Err(BadRatio::NotPositive { .. }) => refuse("above zero"),
        Err(BadRatio::NotARatio) => {
            refuse("a plain number such as `12` or `0.25`, or a fraction such as `1/3`")
        }
        Err(error @ BadRatio::TooLarge) => Err(error.problem("/factor")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barcode_of_the_house_says_so() {
        assert_eq!(barcode("4006381333931", None).unwrap().symbology(), Symbology::Ean13);
        assert_eq!(barcode("4006381333932", None).unwrap_err().errors[0].pointer, "/code");
        assert_eq!(barcode("4006381333932", Some("code_128")).unwrap().symbology(), Symbology::Code128);
        assert_eq!(barcode("4006381333931", Some("ean_8")).unwrap_err().errors[0].pointer, "/symbology");
        assert_eq!(barcode("4006381333931", Some("qr")).unwrap_err().errors[0].pointer, "/symbology");
    }

    #[test]
    fn a_factor_is_refused_with_its_unit_and_as_it_was_written() {
        let case = unit("case", "/unit").unwrap();
        for (text, words) in [
            ("0", "the factor of the unit `case` is above zero, `0` is not"),
            ("0.00", "the factor of the unit `case` is above zero, `0.00` is not"),
            ("0/5", "the factor of the unit `case` is above zero, `0/5` is not"),
            ("-3", "the factor of the unit `case` is above zero, `-3` is not"),
            ("-0", "the factor of the unit `case` is above zero, `-0` is not"),
            (
                "a dozen",
                "the factor of the unit `case` is a plain number such as `12` or `0.25`, \
                 or a fraction such as `1/3`, `a dozen` is not",
            ),
        ] {
            assert_eq!(factor(text, &case).unwrap_err().detail, words);
        }
        assert_eq!(factor("0.5", &case), Ok(Ratio::new(1, 2).unwrap()));
    }
}
