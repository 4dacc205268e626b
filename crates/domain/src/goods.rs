//! What goods are as things: how cold they are kept, what is dangerous about them, the level of a
//! packaging and its size. Pure words and numbers; no movement is judged here.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::text::{BadText, check_length, text_type};
use crate::word::words;

/// The longest storage class, in characters.
pub const STORAGE_CLASS_CHARS_MAX: usize = 32;

/// The longest side of a packaging, in millimetres: a hundred metres.
pub const SIDE_MM_MAX: i64 = 100_000;

/// The heaviest packaging, in milligrams: a hundred tonnes.
pub const WEIGHT_MG_MAX: i64 = 100_000_000_000;

/// The highest number of the United Nations for dangerous goods that the product takes.
pub const UN_NUMBER_MAX: i64 = 9_999;

text_type! {
    /// Where a site keeps such goods, in its own words: `small-parts`, `trgs510-3`. 1 to
    /// [`STORAGE_CLASS_CHARS_MAX`] lower case letters, digits and dashes.
    StorageClass, BadText, |text| {
        let what = "a storage class";
        check_length(what, text, STORAGE_CLASS_CHARS_MAX)?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match (1..).zip(text.chars()).find(|(_, c)| !fits(*c)) {
            None => Ok(text.into()),
            Some((position, character)) => {
                let takes = "takes the letters a to z, digits and `-`";
                Err(BadText::Character { what, takes, character, position })
            }
        }
    }
}

words! {
    /// How cold goods are kept.
    Temperature, "temperature class" {
        /// As the hall is, about 15 to 25 degrees Celsius.
        Ambient = 1, "ambient";
        /// 8 to 15 degrees.
        Cool = 2, "cool";
        /// 2 to 8 degrees.
        Chilled = 3, "chilled";
        /// At most -18 degrees.
        Frozen = 4, "frozen";
        /// At most -60 degrees.
        DeepFrozen = 5, "deep_frozen";
    }
}

words! {
    /// The class of a dangerous good, as the United Nations number them for transport.
    HazardClass, "hazard class" {
        /// Explosives: mass explosion.
        Explosive1 = 1, "1.1";
        /// Explosives: projection.
        Explosive2 = 2, "1.2";
        /// Explosives: fire.
        Explosive3 = 3, "1.3";
        /// Explosives: slight.
        Explosive4 = 4, "1.4";
        /// Explosives: very insensitive.
        Explosive5 = 5, "1.5";
        /// Explosives: extremely insensitive.
        Explosive6 = 6, "1.6";
        /// Flammable gases.
        FlammableGas = 7, "2.1";
        /// Gases neither flammable nor toxic.
        Gas = 8, "2.2";
        /// Toxic gases.
        ToxicGas = 9, "2.3";
        /// Flammable liquids.
        FlammableLiquid = 10, "3";
        /// Flammable solids.
        FlammableSolid = 11, "4.1";
        /// Liable to catch fire by themselves.
        SelfIgniting = 12, "4.2";
        /// Flammable gases on contact with water.
        WaterReactive = 13, "4.3";
        /// Oxidising.
        Oxidising = 14, "5.1";
        /// Organic peroxides.
        Peroxide = 15, "5.2";
        /// Toxic.
        Toxic = 16, "6.1";
        /// Infectious.
        Infectious = 17, "6.2";
        /// Radioactive.
        Radioactive = 18, "7";
        /// Corrosive.
        Corrosive = 19, "8";
        /// Other dangers, batteries among them.
        Other = 20, "9";
    }
}

impl HazardClass {
    /// Whether goods of this class have a packing group: explosives, gases, peroxides, what is
    /// infectious and what is radioactive have none (ADR 2.1.1.3).
    pub const fn has_packing_group(self) -> bool {
        use HazardClass as H;
        matches!(
            self,
            H::FlammableLiquid
                | H::FlammableSolid
                | H::SelfIgniting
                | H::WaterReactive
                | H::Oxidising
                | H::Toxic
                | H::Corrosive
                | H::Other
        )
    }
}

words! {
    /// How dangerous a dangerous good is.
    PackingGroup, "packing group" {
        /// Great danger.
        Great = 1, "I";
        /// Medium danger.
        Medium = 2, "II";
        /// Minor danger.
        Minor = 3, "III";
    }
}

words! {
    /// The level of a packaging.
    PackLevel, "packaging level" {
        /// What is sold one by one.
        Each = 1, "each";
        /// A few in one wrapping.
        Inner = 2, "inner";
        /// What is handled by hand in a hall.
        Case = 3, "case";
        /// A layer of a pallet.
        Layer = 4, "layer";
        /// What a truck moves.
        Pallet = 5, "pallet";
    }
}

/// What is dangerous about goods. A packing group goes only with a class that has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Hazard {
    /// The class.
    pub class: HazardClass,
    /// The number of the United Nations, 1 to [`UN_NUMBER_MAX`]; `1263` is paint.
    pub un_number: Option<u16>,
    /// The packing group.
    pub packing_group: Option<PackingGroup>,
}

/// Why something is no hazard, or no size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GoodsError {
    /// A number that the United Nations do not give.
    #[error("a UN number is 1 to {UN_NUMBER_MAX}, `{number}` is not")]
    UnNumber {
        /// The number given.
        number: i64,
    },
    /// A packing group where there is none.
    #[error("goods of the hazard class `{class}` have no packing group; leave it out")]
    NoPackingGroup {
        /// The class.
        class: HazardClass,
    },
    /// A side that no packaging has.
    #[error("a side is 1 to {SIDE_MM_MAX} millimetres, `{mm}` is not")]
    Side {
        /// The length given.
        mm: i64,
    },
    /// A weight that no packaging has.
    #[error("a weight is above 0 and at most {} g, with at most three decimals, such as `12.5`", WEIGHT_MG_MAX / 1_000)]
    Weight,
}

impl AsProblem for GoodsError {
    fn code(&self) -> Code {
        Code::InvalidValue
    }
}

impl Hazard {
    /// From its parts.
    ///
    /// # Errors
    /// [`GoodsError`] for a number outside of its range, or a packing group where there is none.
    pub fn new(
        class: HazardClass,
        un_number: Option<i64>,
        packing_group: Option<PackingGroup>,
    ) -> Result<Hazard, GoodsError> {
        if packing_group.is_some() && !class.has_packing_group() {
            return Err(GoodsError::NoPackingGroup { class });
        }
        let in_range = |number: i64| match u16::try_from(number) {
            Ok(small) if (1..=UN_NUMBER_MAX).contains(&number) => Ok(small),
            _ => Err(GoodsError::UnNumber { number }),
        };
        Ok(Hazard { class, un_number: un_number.map(in_range).transpose()?, packing_group })
    }
}

/// A side in millimetres, 1 to [`SIDE_MM_MAX`].
///
/// # Errors
/// [`GoodsError::Side`] outside of the range.
pub const fn side_mm(mm: i64) -> Result<i64, GoodsError> {
    if mm >= 1 && mm <= SIDE_MM_MAX { Ok(mm) } else { Err(GoodsError::Side { mm }) }
}

/// A weight in grams with at most three decimals, as milligrams.
///
/// ```
/// assert_eq!(domain::goods::weight_mg("12.5"), Ok(12_500));
/// ```
///
/// # Errors
/// [`GoodsError::Weight`] for what is no such number, or outside of 1 to [`WEIGHT_MG_MAX`].
pub fn weight_mg(grams: &str) -> Result<i64, GoodsError> {
    match crate::decimal::parse(grams, 3) {
        Ok(mg) if (1..=WEIGHT_MG_MAX).contains(&mg) => Ok(mg),
        _ => Err(GoodsError::Weight),
    }
}

/// A weight in milligrams, written in grams: `12.5`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grams(pub i64);

impl std::fmt::Display for Grams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::decimal::write_short(self.0, 3, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;

    #[test]
    fn words_read_back() {
        assert_words!(Temperature, HazardClass, PackingGroup, PackLevel);
    }

    #[test]
    fn a_hazard_is_what_can_be() {
        let group = Some(PackingGroup::Medium);
        let paint = Hazard::new(HazardClass::FlammableLiquid, Some(1263), group);
        assert!(paint.is_ok_and(|hazard| hazard.un_number == Some(1263)));
        let gas = Hazard::new(HazardClass::Gas, None, group);
        assert_eq!(gas, Err(GoodsError::NoPackingGroup { class: HazardClass::Gas }));
        for number in [0, -1, UN_NUMBER_MAX + 1, 70_000] {
            let refused = Hazard::new(HazardClass::Other, Some(number), None);
            assert_eq!(refused, Err(GoodsError::UnNumber { number }));
        }
        assert!(Hazard::new(HazardClass::Other, Some(UN_NUMBER_MAX), None).is_ok());
    }

    #[test]
    fn sizes_have_their_ranges() {
        assert_eq!((side_mm(1), side_mm(SIDE_MM_MAX)), (Ok(1), Ok(SIDE_MM_MAX)));
        for mm in [0, -5, SIDE_MM_MAX + 1] {
            assert_eq!(side_mm(mm), Err(GoodsError::Side { mm }));
        }
        assert_eq!((weight_mg("0.001"), weight_mg("100000000")), (Ok(1), Ok(WEIGHT_MG_MAX)));
        for grams in ["0", "-1", "0.0001", "100000000.001", "1e3", "heavy", ""] {
            assert_eq!(weight_mg(grams), Err(GoodsError::Weight), "{grams}");
        }
        assert_eq!(
            (Grams(12_500).to_string(), Grams(1).to_string()),
            ("12.5".to_owned(), "0.001".to_owned())
        );
    }

    #[test]
    fn a_storage_class_is_a_word() {
        assert!(StorageClass::parse("trgs510-3").is_ok());
        assert!(StorageClass::parse(&"x".repeat(STORAGE_CLASS_CHARS_MAX)).is_ok());
        for text in ["", "A", "a b", "ä", &"x".repeat(STORAGE_CLASS_CHARS_MAX + 1)] {
            assert!(StorageClass::parse(text).is_err(), "{text}");
        }
    }
}
