//! How much a place takes, and what may stand in it together.
//!
//! A [`Room`] is a place with rules, and with all that stands in it or below it, whatever its status. A rule binds
//! what is put there: receipts, returns, production, moves, arrivals. What is counted, corrected or brought in at the
//! start is a fact of the goods and is booked whatever the rules say. Sizes are whole cubic millimetres, weights
//! whole milligrams; both are shown in litres and kilograms, of which they are millionths, as quantities are.

mod hold;
#[cfg(test)]
mod tests;

pub use hold::Room;

use crate::word::words;
use crate::{Delta, ItemId, LocationId, LotId, Ratio};
use rustc_hash::FxHashMap;
use std::fmt;

words! {
    /// What a limit counts.
    Measure, "measure of a place" {
        /// Cubic millimetres.
        Volume = 1, "volume";
        /// Milligrams.
        Weight = 2, "weight";
        /// Base units of all items together, in millionths.
        Units = 3, "units";
        /// Different items.
        Items = 4, "items";
        /// Different lots and serials; what has no lot counts as one for each item.
        Lots = 5, "lots";
        /// Different owners, ourselves among them.
        Owners = 6, "owners";
    }
}

words! {
    /// What classes of goods tell apart.
    Class, "class of goods" {
        /// Where a site keeps them, in its own words.
        Storage = 1, "storage_class";
        /// How cold.
        Temperature = 2, "temperature";
        /// What is dangerous about them.
        Hazard = 3, "hazard_class";
    }
}

words! {
    /// What comes of it when a rule is broken.
    Breach, "answer to a breach" {
        /// It is refused.
        Refuse = 1, "refuse";
        /// It is booked, and said.
        Warn = 2, "warn";
    }
}

words! {
    /// What is done with goods of which nobody has said how large or heavy they are.
    Unsized, "answer to an unknown size" {
        /// They do not count.
        Allow = 1, "allow";
        /// They are not taken.
        Refuse = 2, "refuse";
    }
}

/// How much of something there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Of volume, weight and units in millionths of a litre, a kilogram and a unit; of all else a count.
    pub max: i64,
    /// What comes of it when there would be more.
    pub breach: Breach,
    /// What is done where volume or weight are not known.
    pub unknown: Unsized,
}

/// Which classes may stand there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Only {
    /// These; `None` among them stands for goods without a class.
    pub of: Vec<Option<Box<str>>>,
    /// What comes of it when others come.
    pub breach: Breach,
}

/// The rules of a place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RoomRules {
    /// The limits, each of another measure.
    pub limits: Vec<(Measure, Limit)>,
    /// The classes.
    pub only: Vec<(Class, Only)>,
}

impl RoomRules {
    /// Whether anything may stand there.
    pub const fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.only.is_empty()
    }
}

/// How large or heavy goods are: so much for so many base units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Cubic millimetres or milligrams of one package.
    pub each: i64,
    /// How many base units that is.
    pub per: Ratio,
}

impl Size {
    /// Of a quantity in millionths, rounded up.
    pub fn of(self, qty: i64) -> i128 {
        let (num, den) = self.scale();
        let exact = i128::from(qty).checked_mul(num);
        exact.map_or(i128::MAX, |exact| exact.div_euclid(den) + i128::from(exact.rem_euclid(den) != 0))
    }

    /// The largest quantity, in millionths, that is no larger than this.
    pub fn within(self, room: i128) -> i64 {
        let (num, den) = self.scale();
        let most = room.max(0).checked_mul(den).map_or(i128::MAX, |wide| wide.div_euclid(num.max(1)));
        i64::try_from(most).unwrap_or(i64::MAX)
    }

    /// What one millionth of a base unit takes, as a fraction.
    fn scale(self) -> (i128, i128) {
        let num = i128::from(self.each) * i128::from(self.per.den());
        (num, i128::from(self.per.num()) * i128::from(crate::qty::SCALE))
    }
}

/// What the rules of places ask of an item.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Goods {
    /// Cubic millimetres; unknown where no package has three sides.
    pub volume: Option<Size>,
    /// Milligrams; unknown where no package has a weight.
    pub weight: Option<Size>,
    /// The third party whose goods they are; none for our own.
    pub owner: Option<Box<str>>,
    /// The storage class.
    pub storage: Option<Box<str>>,
    /// The word of the temperature class.
    pub temperature: Option<&'static str>,
    /// The word of the hazard class.
    pub hazard: Option<&'static str>,
}

impl Goods {
    fn class(&self, class: Class) -> Option<&str> {
        match class {
            Class::Storage => self.storage.as_deref(),
            Class::Temperature => self.temperature,
            Class::Hazard => self.hazard,
        }
    }
}

/// Something that is to be put into a room.
#[derive(Clone, Copy, Debug)]
pub struct Coming<'a> {
    /// The item.
    pub item: ItemId,
    /// The lot or serial; [`LotId::NONE`] for untracked items.
    pub lot: LotId,
    /// How much, in millionths.
    pub qty: i64,
    /// What the item is as a thing.
    pub goods: &'a Goods,
}

/// A rule that would be broken, with what explains it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lacks {
    /// The place whose rule it is.
    pub room: LocationId,
    /// What would be too much, or does not belong there.
    pub what: Lacking,
    /// What comes of it.
    pub breach: Breach,
}

/// What a place lacks for something to be put there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lacking {
    /// Room: there is so much, so much more would come, and of the item so many base units in millionths still fit.
    Room {
        /// Of what.
        measure: Measure,
        /// How much there may be.
        max: i64,
        /// How much there is.
        there: i64,
        /// How much would come.
        came: i64,
        /// How much of the item still fits.
        fits: i64,
    },
    /// The class.
    Class {
        /// Which kind of class.
        class: Class,
        /// That of the goods.
        is: Option<Box<str>>,
        /// Those that may stand there.
        only: Vec<Option<Box<str>>>,
    },
    /// A size that nobody has said.
    Size {
        /// Volume or weight.
        measure: Measure,
    },
}

/// How a class is called in a sentence.
struct Called<'a>(Option<&'a str>);

impl fmt::Display for Called<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(class) => write!(f, "`{class}`"),
            None => f.write_str("goods without one"),
        }
    }
}

impl Lacking {
    /// The sentence about a place of this name.
    pub fn sentence(&self, place: &str) -> String {
        match self {
            Lacking::Room { measure, max, there, came, fits } => {
                let shown = |number: &i64| match measure {
                    Measure::Volume => format!("{} l", Delta(*number)),
                    Measure::Weight => format!("{} kg", Delta(*number)),
                    Measure::Units => Delta(*number).to_string(),
                    _ => number.to_string(),
                };
                let what = match measure {
                    Measure::Volume => "of volume",
                    Measure::Weight => "of weight",
                    Measure::Units => "units",
                    Measure::Items => "items",
                    Measure::Lots => "lots",
                    Measure::Owners => "owners",
                };
                format!(
                    "`{place}` takes at most `{}` {what}, has `{}`, and `{}` would come; `{}` more of the item fits",
                    shown(max),
                    shown(there),
                    shown(came),
                    Delta(*fits)
                )
            }
            Lacking::Class { class, is, only } => {
                let only: Vec<String> = only.iter().map(|one| Called(one.as_deref()).to_string()).collect();
                format!(
                    "`{place}` takes only {} by `{}`, and this is {}",
                    only.join(", "),
                    class.word(),
                    Called(is.as_deref())
                )
            }
            Lacking::Size { measure } => format!(
                "`{place}` has a limit of `{}`, and that of the item is unknown; give one of its units a size and a weight",
                measure.word()
            ),
        }
    }
}

/// The rooms that a batch puts goods into.
#[derive(Clone, Debug, Default)]
pub struct Rooms {
    /// The places that goods go to or come from, each with the rooms that it counts in.
    pub of: FxHashMap<LocationId, Vec<LocationId>>,
    /// The rooms.
    pub rooms: FxHashMap<LocationId, Room>,
    /// What stands there and what comes, as things.
    pub goods: FxHashMap<ItemId, Goods>,
}

impl Rooms {
    /// Every rule that would be broken if it went from one place to another.
    pub fn lacks(&self, coming: (ItemId, LotId, i64), from: LocationId, to: LocationId) -> Vec<Lacks> {
        let Some(rooms) = self.of.get(&to) else { return Vec::new() };
        let stays = self.of.get(&from);
        let unknown = Goods::default();
        let (item, lot, qty) = coming;
        let goods = self.goods.get(&item).unwrap_or(&unknown);
        let entered = rooms.iter().filter(|room| stays.is_none_or(|stays| !stays.contains(room)));
        entered
            .filter_map(|room| self.rooms.get(room))
            .flat_map(|room| room.lacks(Coming { item, lot, qty, goods }))
            .collect()
    }

    /// Notes that something has come to a place into the rooms that it was not in before.
    pub fn put_new(&mut self, (item, lot, qty): (ItemId, LotId, i64), from: LocationId, to: LocationId) {
        let stays = self.of.get(&from);
        let unknown = Goods::default();
        let goods = self.goods.get(&item).unwrap_or(&unknown);
        for room in self.of.get(&to).into_iter().flatten() {
            if stays.is_none_or(|stays| !stays.contains(room))
                && let Some(room) = self.rooms.get_mut(room)
            {
                room.put(Coming { item, lot, qty, goods });
            }
        }
    }

    /// Notes that a place has so much more, or less.
    pub fn put(&mut self, (item, lot, qty): (ItemId, LotId, i64), at: LocationId) {
        let Some(rooms) = self.of.get(&at) else { return };
        let unknown = Goods::default();
        let goods = self.goods.get(&item).unwrap_or(&unknown);
        for room in rooms {
            if let Some(room) = self.rooms.get_mut(room) {
                room.put(Coming { item, lot, qty, goods });
            }
        }
    }
}
