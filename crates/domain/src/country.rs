//! Countries of ISO 3166-1 by their two letters, as addresses carry them.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::word::echo;
use std::fmt;

/// The list in use, sorted.
const TABLE: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI \
    BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN \
    CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP \
    NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
    VN VU WF WS YE YT ZA ZM ZW";

/// How far one code stands from the next in the table: two letters and a blank.
const STEP: usize = 3;

/// A country, by its two capital letters.
///
/// ```
/// use domain::Country;
/// assert_eq!(Country::parse("GB").unwrap().code(), "GB");
/// assert!(Country::parse("UK").is_err(), "what people say is not what the list has");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Country(&'static str);

/// A text that is no country.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{given}` is no country; it is two capital letters of ISO 3166 such as `GB`")]
pub struct UnknownCountry {
    /// The text, at most its first characters.
    pub given: String,
}

impl AsProblem for UnknownCountry {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

impl Country {
    /// From the two capital letters.
    ///
    /// # Errors
    /// [`UnknownCountry`] for anything that is not in the list.
    pub fn parse(text: &str) -> Result<Country, UnknownCountry> {
        let found = Country::all().find(|country| country.0 == text);
        found.ok_or_else(|| UnknownCountry { given: echo(text) })
    }

    /// The two capital letters.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// All countries, sorted.
    pub fn all() -> impl Iterator<Item = Country> {
        (0..TABLE.len()).step_by(STEP).filter_map(|at| TABLE.get(at..at + 2)).map(Country)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        let all: Vec<&str> = Country::all().map(Country::code).collect();
        assert_eq!(all.len(), 249);
        assert!(all.is_sorted());
        assert!(all.iter().all(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
        assert_eq!((all[0], all[248]), ("AD", "ZW"));
    }

    #[test]
    fn what_is_no_country_is_refused() {
        for text in ["", "G", "GBR", "gb", "UK", "XX", "D ", " D", "E A", "\u{0}"] {
            assert!(Country::parse(text).is_err(), "{text:?}");
        }
        let refused = Country::parse("UK").unwrap_err().problem("/address/country");
        assert_eq!(refused.errors[0].pointer, "/address/country");
        assert!(refused.detail.contains("`UK`"), "{}", refused.detail);
    }
}
