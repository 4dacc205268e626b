//! Codes: the public handles of items, lots, serials, locations and reasons.
//!
//! A code is shown as it was written and found whatever its case: uniqueness and lookup go by
//! [`Sku::folded`] and its siblings. Which characters a code has is decided so that it can stand
//! in an address (percent-encoded), in a CSV cell and on a label:
//!
//! * every character can be seen, and a blank stands alone between others;
//! * never `.` or `..`: addresses drop them even when encoded;
//! * the codes that we choose ourselves (SKU, location, reason) do not begin with `=`, `+`, `-` or
//!   `@`; lots and serials are chosen by whoever made the goods and may;
//! * a slash is fine in a SKU, a lot and a serial, where the world has them, and is `%2F` in an
//!   address; a location code has none, for it is not a path: `LON-A-01-02` is one code.

use crate::text::{BadText, check_length, check_seen, text_type};
use crate::word::echo;

/// The longest code, in characters.
pub const CODE_CHARS_MAX: usize = 64;

/// What sets the kinds of code apart.
struct Rule {
    what: &'static str,
    /// Chosen by us, so that it may be asked not to look like a formula.
    ours: bool,
    slash: bool,
}

impl Rule {
    fn read(&self, text: &str) -> Result<Box<str>, BadText> {
        let what = self.what;
        check_length(what, text, CODE_CHARS_MAX)?;
        check_seen(what, text, is_invisible)?;
        if text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") {
            return Err(BadText::Blank { what, given: echo(text) });
        }
        if matches!(text, "." | "..") {
            return Err(BadText::Dots { what, given: text.to_owned() });
        }
        if let Some(character) = text.chars().next().filter(|c| self.ours && "=+-@".contains(*c)) {
            return Err(BadText::Formula { what, character });
        }
        if let Some(before) = text.find('/').filter(|_| !self.slash).and_then(|at| text.get(..at)) {
            let position = before.chars().count() + 1;
            return Err(BadText::Character { what, takes: "takes no slash", character: '/', position });
        }
        Ok(text.into())
    }
}

/// Whether a character leaves no mark of its own: control and format characters, every white
/// space but the blank, variation selectors, tags, and the mark of a broken encoding.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The key of a code whatever its case: `ẞ` and `ß` are `ss`, `Σ`, `σ` and `ς` are one. Going down, up
/// and down again meets what going down alone leaves apart.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let down = text.chars().flat_map(char::to_lowercase);
    down.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

macro_rules! code_type {
    ($(#[$attr:meta])* $name:ident, $what:literal, ours: $ours:literal, slash: $slash:literal) => {
        text_type! {
            $(#[$attr])*
            $name, BadText, |text| Rule { what: $what, ours: $ours, slash: $slash }.read(text)
        }

        impl $name {
            /// The key for uniqueness and lookup: the same for every case.
            pub fn folded(&self) -> String {
                fold(&self.0)
            }
        }
    };
}

code_type! {
    /// The handle of an item: 1 to [`CODE_CHARS_MAX`] characters.
    ///
    /// ```
    /// use domain::Sku;
    /// assert_eq!(Sku::parse("85123A").unwrap().folded(), Sku::parse("85123a").unwrap().folded());
    /// assert!(Sku::parse(" 85123A").is_err());
    /// ```
    Sku, "a SKU", ours: true, slash: true
}

code_type! {
    /// The handle of a lot within its item: 1 to [`CODE_CHARS_MAX`] characters.
    LotCode, "a lot code", ours: false, slash: true
}

code_type! {
    /// The handle of a serial within its item: 1 to [`CODE_CHARS_MAX`] characters.
    SerialCode, "a serial", ours: false, slash: true
}

code_type! {
    /// The handle of a location, unique in the whole organisation: 1 to [`CODE_CHARS_MAX`]
    /// characters without a slash, such as `LON` or `LON-A-01-02`.
    LocationCode, "a location code", ours: true, slash: false
}

code_type! {
    /// The handle of a reason for an adjustment or a loss: 1 to [`CODE_CHARS_MAX`] characters
    /// without a slash.
    ReasonCode, "a reason code", ours: true, slash: false
}

code_type! {
    /// The handle of a family of items: 1 to [`CODE_CHARS_MAX`] characters.
    FamilyCode, "the code of a family", ours: true, slash: true
}

code_type! {
    /// The handle of a supplier: 1 to [`CODE_CHARS_MAX`] characters without a slash.
    SupplierCode, "the code of a supplier", ours: true, slash: false
}

code_type! {
    /// What a supplier calls something that it sells: 1 to [`CODE_CHARS_MAX`] characters.
    SupplierSku, "the SKU of a supplier", ours: false, slash: true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::as_problem::AsProblem;
    use crate::problem::Code;
    use proptest::prelude::*;

    /// A letter for each of SKU, lot, serial, location and reason that takes the text.
    fn takers(text: &str) -> String {
        let taken = [
            Sku::parse(text).is_ok(),
            LotCode::parse(text).is_ok(),
            SerialCode::parse(text).is_ok(),
            LocationCode::parse(text).is_ok(),
            ReasonCode::parse(text).is_ok(),
        ];
        taken.iter().zip("klsor".chars()).map(|(taken, letter)| if *taken { letter } else { '.' }).collect()
    }

    #[test]
    fn which_codes_take_which_texts() {
        let cases = [
            ("A", "klsor"),
            ("LON-A-01-02", "klsor"),
            ("BANK CHARGES", "klsor"),
            ("Größe 5", "klsor"),
            ("100%?#&\"'\\", "klsor"),
            ("M8/40", "kls.."),
            ("/", "kls.."),
            ("=1+1", ".ls.."),
            ("+5V", ".ls.."),
            ("-10", ".ls.."),
            ("@home", ".ls.."),
            ("A-1", "klsor"),
            ("...", "klsor"),
            (".", "....."),
            ("..", "....."),
            ("", "....."),
            (" ", "....."),
            (" A", "....."),
            ("A ", "....."),
            ("A  B", "....."),
            ("A\u{A0}B", "....."),
            ("A\tB", "....."),
            ("A\u{200B}", "....."),
            ("A\u{FFFD}", "....."),
        ];
        for (text, expected) in cases {
            assert_eq!(takers(text), expected, "{text:?}");
        }
        assert_eq!(takers(&"é".repeat(CODE_CHARS_MAX)), "klsor");
        assert_eq!(takers(&"é".repeat(CODE_CHARS_MAX + 1)), ".....");
    }

    #[test]
    fn a_refusal_names_the_text_the_place_and_the_rule() {
        let cases = [
            ("", "a location code is 1 to 64 characters long, this one is empty"),
            (" A", "a location code neither begins nor ends with a blank nor has two in a row: ` A`"),
            (
                "A\u{200B}",
                "a location code has no invisible characters, this one has `U+200B` at character 2",
            ),
            ("É/A", "a location code takes no slash, so not `/` at character 2"),
            ("=A", "a location code does not begin with `=`, which a spreadsheet takes for a formula"),
            ("..", "a location code is not `..`, which stands for a folder in an address"),
        ];
        for (text, detail) in cases {
            let refused = LocationCode::parse(text).unwrap_err();
            assert_eq!(refused.to_string(), detail);
            assert_eq!(refused.problem("/code").code, Code::InvalidValue);
        }
        let refused = LocationCode::parse(&"x".repeat(65)).unwrap_err();
        assert_eq!(refused.to_string(), "a location code is at most 64 characters long, this one has `65`");
        assert_eq!(refused.code(), Code::LimitExceeded);
    }

    #[test]
    fn codes_that_differ_in_case_only_have_one_key() {
        for (one, other) in
            [("abc", "ABC"), ("straße", "STRASSE"), ("ẞ", "ss"), ("ΟΔΟΣ", "οδος"), ("\u{212A}g", "kg")]
        {
            assert_eq!(Sku::parse(one).unwrap().folded(), Sku::parse(other).unwrap().folded(), "{one}");
        }
        assert_ne!(Sku::parse("A1").unwrap().folded(), Sku::parse("AI").unwrap().folded());
        assert_eq!(Sku::parse("Case Kept").unwrap().to_string(), "Case Kept");
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{1,64}") {
            let key = fold(&text);
            prop_assert_eq!(fold(&key), key.clone());
            prop_assert_eq!(fold(&text.to_lowercase()), key);
        }

        #[test]
        fn reading_never_fails_on_what_was_read(text in any::<String>()) {
            if let Ok(sku) = Sku::parse(&text) {
                prop_assert_eq!(sku.as_str(), &text);
                prop_assert_eq!(Sku::parse(sku.as_str()), Ok(sku));
            }
        }

        #[test]
        fn whatever_is_read_from_any_text_reads_back_from_what_it_shows(
            text in prop_oneof![any::<String>(), "[-+0-9.,/:eETZ]{0,30}", "[a-zA-Z0-9]{1,20}"],
        ) {
            macro_rules! reads_back {
                ($($read:path),+) => {$(
                    if let Ok(value) = $read(&text) {
                        prop_assert_eq!($read(&value.to_string()).ok(), Some(value), "{}", stringify!($read));
                    }
                )+};
            }
            reads_back!(Sku::parse, LotCode::parse, SerialCode::parse, LocationCode::parse, ReasonCode::parse);
            reads_back!(crate::Qty::parse, crate::Delta::parse, crate::Ratio::parse, crate::UnitCost::parse);
            reads_back!(crate::UnitCode::parse, crate::Instant::parse, crate::when::parse_date, crate::Currency::parse);
            if let Ok(barcode) = crate::Barcode::parse(&text) {
                let again = crate::Barcode::parse(&barcode.to_string()).unwrap();
                prop_assert_eq!(again.key(), barcode.key());
            }
        }
    }
}
