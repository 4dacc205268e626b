//! Currencies of ISO 4217 and how many decimals their minor unit has.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::word::echo;
use std::fmt;

/// A currency in use, by its three capital letters.
///
/// ```
/// use domain::currency::Currency;
/// assert_eq!(Currency::parse("GBP").unwrap().minor_digits(), 2);
/// assert_eq!(Currency::parse("JPY").unwrap().minor_digits(), 0);
/// assert_eq!(Currency::parse("KWD").unwrap().minor_digits(), 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    minor_digits: u8,
}

/// The most decimals a minor unit has.
pub const MINOR_DIGITS_MAX: u32 = 4;

/// The list in use, by decimals; sorted within each row. Metals, funds and test codes are left
/// out: nobody pays with them. ANG and BGN, which ended in 2025, are kept for their documents.
const TABLE: [(u8, &[&str]); 4] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ],
    ),
    (
        2,
        &[
            "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN",
            "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP",
            "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
            "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR",
            "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL",
            "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN",
            "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
            "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
            "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED",
            "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// A text that is no currency in use.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{given}` is no currency in use; it is three capital letters of ISO 4217 such as `GBP`")]
pub struct UnknownCurrency {
    /// The text, at most its first characters.
    pub given: String,
}

impl AsProblem for UnknownCurrency {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

impl Currency {
    /// From the three capital letters.
    ///
    /// # Errors
    /// [`UnknownCurrency`] for anything that is not a currency in use.
    pub fn parse(code: &str) -> Result<Currency, UnknownCurrency> {
        TABLE
            .iter()
            .find_map(|(minor_digits, codes)| {
                let index = codes.binary_search(&code).ok()?;
                Some(Currency { code: codes.get(index)?, minor_digits: *minor_digits })
            })
            .ok_or_else(|| UnknownCurrency { given: echo(code) })
    }

    /// The three capital letters.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// The decimals of the minor unit: 0, 2, 3 or 4. A cent is a hundredth, so 2.
    pub fn minor_digits(self) -> u32 {
        u32::from(self.minor_digits)
    }

    /// The same, as a count of characters.
    pub(crate) fn places(self) -> usize {
        usize::from(self.minor_digits)
    }

    /// All currencies, by decimals.
    pub fn all() -> impl Iterator<Item = Currency> {
        TABLE.iter().flat_map(|(minor_digits, codes)| {
            codes.iter().map(|code| Currency { code, minor_digits: *minor_digits })
        })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Currency::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_sorted_has_no_code_twice_and_reads_back() {
        let mut seen = BTreeSet::new();
        for (minor_digits, codes) in TABLE {
            assert!(codes.is_sorted());
            assert!(u32::from(minor_digits) <= MINOR_DIGITS_MAX);
        }
        for currency in Currency::all() {
            assert!(seen.insert(currency.code()), "{currency} stands twice");
            assert!(currency.code().len() == 3 && currency.code().bytes().all(|b| b.is_ascii_uppercase()));
            assert_eq!(Currency::parse(currency.code()), Ok(currency));
        }
        assert!(seen.len() > 150);
    }

    #[test]
    fn what_is_no_currency_is_refused_by_its_text() {
        for text in ["", "gbp", "GB", "GBPX", "XXX", "XAU", "ZZZ", "£"] {
            let refused = Currency::parse(text).unwrap_err();
            assert_eq!(refused.given, text);
            assert_eq!(refused.problem("/currency").code, Code::InvalidValue);
        }
    }
}
