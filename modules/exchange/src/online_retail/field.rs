//! The eight columns and what may stand in them. Pure: a text in, a value or a refusal out.
//!
//! | column | what it may hold |
//! | --- | --- |
//! | `InvoiceNo` | digits, with `C` (cancellation) or `A` (bad debt) in front or nothing |
//! | `StockCode` | 1 to 40 characters; small letters become capitals |
//! | `Description` | at most 200 characters, or nothing |
//! | `Quantity` | a whole number, not zero, at most a million either way |
//! | `InvoiceDate` | `2010-12-01 08:26:00`, civil time in London |
//! | `UnitPrice` | pounds with at most six decimals, see [`Price`] |
//! | `CustomerID` | `17850` or `17850.0`, or nothing |
//! | `Country` | 1 to 60 characters |

use super::line::InvoiceKind;
use super::price::{BadPrice, Price};
use domain::{Code, Instant, Zone};

/// The names of the columns, as they stand in the first row.
pub(super) const COLUMNS: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// Longest invoice number, letter included.
pub(super) const INVOICE_CHARS_MAX: usize = 20;
/// Longest stock code.
pub(super) const CODE_CHARS_MAX: usize = 40;
/// Longest description.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 200;
/// Longest name of a country.
pub(super) const COUNTRY_CHARS_MAX: usize = 60;
/// Most units on a line, either way.
pub const QUANTITY_MAX: i64 = 1_000_000;

/// Characters of a refused text that are shown again.
const ECHO_CHARS_MAX: usize = 40;

/// Why a text cannot stand in its column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: Code,
    pub(super) detail: String,
}

fn refused(code: Code, text: &str, why: impl std::fmt::Display) -> Refused {
    Refused { code, detail: format!("`{}`: {why}", echo(text)) }
}

/// The beginning of a text, fit for a sentence.
pub(super) fn echo(text: &str) -> String {
    let mut echo: String =
        text.chars().take(ECHO_CHARS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(ECHO_CHARS_MAX).is_some() {
        echo.push('…');
    }
    echo
}

/// A text of limited length without control characters.
fn text(text: &str, chars_max: usize) -> Result<&str, Refused> {
    // most texts are shorter in bytes than they may be in characters
    if text.len() > chars_max && text.chars().nth(chars_max).is_some() {
        return Err(refused(
            Code::LimitExceeded,
            text,
            format_args!("at most {chars_max} characters may stand here, shorten it"),
        ));
    }
    let plain = text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    if !plain && text.chars().any(|c| c != ' ' && (c.is_control() || c.is_whitespace())) {
        return Err(refused(
            Code::InvalidValue,
            text,
            "a tab or another character that cannot be seen stands in it",
        ));
    }
    Ok(text)
}

/// A text that is there.
fn present(given: &str, chars_max: usize) -> Result<&str, Refused> {
    let trimmed = text(given, chars_max)?.trim();
    if trimmed.is_empty() {
        return Err(refused(Code::InvalidValue, given, "nothing stands here, and it is needed"));
    }
    Ok(trimmed)
}

/// What the invoice number says.
pub(super) fn invoice(given: &str) -> Result<InvoiceKind, Refused> {
    let number = text(given, INVOICE_CHARS_MAX)?;
    let (kind, digits) = match number.as_bytes() {
        [b'C', digits @ ..] => (InvoiceKind::Cancellation, digits),
        [b'A', digits @ ..] => (InvoiceKind::BadDebt, digits),
        digits => (InvoiceKind::Plain, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        let why = "an invoice number is digits, with `C` or `A` in front or nothing";
        return Err(refused(Code::InvalidValue, given, why));
    }
    Ok(kind)
}

/// The stock code as it is written; [`fold_code`] makes it the SKU.
pub(super) fn code(given: &str) -> Result<&str, Refused> {
    let code = present(given, CODE_CHARS_MAX)?;
    // what a SKU may not be, so that no item is refused when the rows are long forgotten
    if code.starts_with(['=', '+', '-', '@', '.']) || code.contains("  ") {
        let why = "a code begins with a letter or a digit, and a blank stands alone in it";
        return Err(refused(Code::InvalidValue, given, why));
    }
    Ok(code)
}

/// The SKU of a stock code.
pub(super) fn fold_code(written: &str) -> String {
    written.to_uppercase()
}

/// The description as it is written; [`fold_description`] tidies it.
pub(super) fn description(given: &str) -> Result<&str, Refused> {
    text(given, DESCRIPTION_CHARS_MAX)
}

/// A description without outer blanks, runs of blanks made one.
pub(super) fn fold_description(written: &str) -> String {
    let mut folded = String::with_capacity(written.len());
    for word in written.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// The name of a country.
pub(super) fn country(given: &str) -> Result<&str, Refused> {
    present(given, COUNTRY_CHARS_MAX)
}

/// A whole number of units.
pub(super) fn quantity(given: &str) -> Result<i64, Refused> {
    let digits = given.strip_prefix('-').unwrap_or(given);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(digits) {
        let fraction = digits.split_once('.').is_some_and(|(a, b)| all_digits(a) && all_digits(b));
        return Err(if fraction {
            refused(Code::FractionRefused, given, "the shop sells whole units, write a number such as `6`")
        } else {
            refused(Code::InvalidQuantity, given, "a quantity is a whole number such as `6` or `-6`")
        });
    }
    // what has only digits and still does not parse is too large
    match given.parse::<i64>() {
        Ok(0) => Err(refused(Code::InvalidQuantity, given, "a line is about at least one unit")),
        Ok(units) if units.abs() <= QUANTITY_MAX => Ok(units),
        _ => {
            let why = format_args!("a line has at most {QUANTITY_MAX} units");
            Err(refused(Code::LimitExceeded, given, why))
        }
    }
}

/// The instant of a civil time.
pub(super) fn instant(given: &str, zone: &Zone) -> Result<Instant, Refused> {
    let bad = || {
        let why = "a date and time looks like `2010-12-01 08:26:00`";
        refused(Code::InvalidValue, given, why)
    };
    let shaped = given.len() == 19
        && given.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            10 => byte == b' ',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    // second 60 would be read as 59
    if !shaped || given.ends_with(":60") {
        return Err(bad());
    }
    let at = zone.parse_civil(given).map_err(|_| bad())?;
    if at < Instant::MIN || at > Instant::MAX {
        return Err(refused(Code::InvalidValue, given, "a date lies in the years 1900 to 2199"));
    }
    Ok(at)
}

/// The price of a unit.
pub(super) fn price(given: &str) -> Result<Price, Refused> {
    Price::parse(given).map_err(|bad| {
        let code = if bad == BadPrice::TooLarge { Code::LimitExceeded } else { Code::InvalidValue };
        refused(code, given, bad)
    })
}

/// The number of a customer, or none.
pub(super) fn customer(given: &str) -> Result<Option<u32>, Refused> {
    if given.is_empty() {
        return Ok(None);
    }
    let digits = given.strip_suffix(".0").unwrap_or(given);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(number) if plain => Ok(Some(number)),
        _ => {
            let why = "a customer is a whole number such as `17850` or `17850.0`, or nothing";
            Err(refused(Code::InvalidValue, given, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of<T>(result: Result<T, Refused>) -> Result<T, Code> {
        result.map_err(|refused| refused.code)
    }

    #[test]
    fn quantities_are_whole_and_not_zero() {
        let cases: &[(&str, Result<i64, Code>)] = &[
            ("6", Ok(6)),
            ("-80995", Ok(-80_995)),
            ("1000000", Ok(1_000_000)),
            ("0", Err(Code::InvalidQuantity)),
            ("-0", Err(Code::InvalidQuantity)),
            ("", Err(Code::InvalidQuantity)),
            ("-", Err(Code::InvalidQuantity)),
            ("+6", Err(Code::InvalidQuantity)),
            ("NaN", Err(Code::InvalidQuantity)),
            ("1e3", Err(Code::InvalidQuantity)),
            ("6,5", Err(Code::InvalidQuantity)),
            ("2.5", Err(Code::FractionRefused)),
            ("1000001", Err(Code::LimitExceeded)),
            ("1000000000000000000000000000000", Err(Code::LimitExceeded)),
        ];
        for (text, expected) in cases {
            assert_eq!(code_of(quantity(text)), *expected, "{text}");
        }
    }

    #[test]
    fn dates_are_civil_times_in_london() {
        let london = Zone::parse("Europe/London").unwrap();
        let read = |text| code_of(instant(text, &london)).map(|at| at.to_string());
        assert_eq!(read("2010-12-01 08:26:00"), Ok("2010-12-01T08:26:00Z".to_owned()));
        assert_eq!(read("2011-07-01 08:26:00"), Ok("2011-07-01T07:26:00Z".to_owned()), "summer time");
        for text in [
            "",
            "2010-12-01",
            "2010-12-01T08:26:00",
            "01/12/2010 08:26",
            "2010-13-01 08:26:00",
            "2011-02-29 08:26:00",
            "2010-12-01 24:26:00",
            "2010-12-01 08:26:60",
            "1850-12-01 08:26:00",
            "9999-12-01 08:26:00",
        ] {
            assert_eq!(read(text), Err(Code::InvalidValue), "{text}");
        }
    }

    #[test]
    fn customers_are_numbers_or_nobody() {
        let cases: &[(&str, Result<Option<u32>, Code>)] = &[
            ("", Ok(None)),
            ("17850.0", Ok(Some(17_850))),
            ("17850", Ok(Some(17_850))),
            ("17850.5", Err(Code::InvalidValue)),
            ("-1", Err(Code::InvalidValue)),
            ("+1", Err(Code::InvalidValue)),
            (".0", Err(Code::InvalidValue)),
            ("99999999999", Err(Code::InvalidValue)),
            ("nan", Err(Code::InvalidValue)),
        ];
        for (text, expected) in cases {
            assert_eq!(code_of(customer(text)), *expected, "{text}");
        }
    }

    #[test]
    fn invoice_numbers_say_what_they_are() {
        assert_eq!(invoice("536365"), Ok(InvoiceKind::Plain));
        assert_eq!(invoice("C536379"), Ok(InvoiceKind::Cancellation));
        assert_eq!(invoice("A563185"), Ok(InvoiceKind::BadDebt));
        for text in ["", "C", "X1", "c1", "53 6", "C-1", "５"] {
            assert_eq!(code_of(invoice(text)), Err(Code::InvalidValue), "{text}");
        }
        assert_eq!(code_of(invoice("123456789012345678901")), Err(Code::LimitExceeded));
    }

    #[test]
    fn texts_have_limits_and_no_control_characters() {
        assert_eq!(code_of(description(&"é".repeat(200))).map(str::len), Ok(400));
        assert_eq!(code_of(description(&"é".repeat(201))), Err(Code::LimitExceeded));
        assert_eq!(code_of(description("a\tb")), Err(Code::InvalidValue));
        assert_eq!(code_of(code(" 85123a ")), Ok("85123a"));
        for bad in ["  ", "=A1", "-1", ".", "A  B", "A\u{a0}B"] {
            assert_eq!(code_of(code(bad)), Err(Code::InvalidValue), "{bad}");
        }
        assert_eq!(code_of(country("")), Err(Code::InvalidValue));
        assert_eq!(fold_description("  RETRO  TIN "), "RETRO TIN");
    }

    #[test]
    fn a_refused_text_is_shown_short_and_harmless() {
        let shown = price(&"9\u{7}".repeat(50)).unwrap_err().detail;
        assert!(shown.starts_with("`9?9?9?") && shown.contains("…`: a price is"), "{shown}");
    }
}
