//! What a location is: its kind, where it may stand, and its role. Pure words; the tree itself
//! lives in the places module.

use crate::as_problem::AsProblem;
use crate::problem::Code;
use crate::word::words;

words! {
    /// The kind of a location.
    LocationKind, "location kind" {
        /// A place with its own stock and time zone: the root of a location tree.
        Site = 1, "site";
        /// A part of a site.
        Zone = 2, "zone";
        /// A way between racks.
        Aisle = 3, "aisle";
        /// A frame of shelves.
        Rack = 4, "rack";
        /// A level of a rack.
        Shelf = 5, "shelf";
        /// The smallest place.
        Bin = 6, "bin";
        /// A tote, carton or pallet: a location whose parent can change.
        HandlingUnit = 7, "handling_unit";
        /// Virtual: where receipts come from.
        Supplier = 11, "supplier";
        /// Virtual: where issues go to.
        Customer = 12, "customer";
        /// Virtual: where components go to and products come from.
        Production = 13, "production";
        /// Virtual: where goods that broke, spoiled or vanished go to.
        Loss = 14, "loss";
        /// Virtual: the other side of counts and corrections.
        Adjustment = 15, "adjustment";
        /// Between two sites; one per transfer or shipment. Belongs to no site, still owned.
        Transit = 16, "transit";
        /// Virtual: where the stock of the first day comes from.
        Opening = 17, "opening";
    }
}

words! {
    /// How far a site is on its way into use.
    SiteState, "state of a site" {
        /// Its places are made, and what stands there is taken up; nothing else is done there yet.
        SetUp = 1, "set_up";
        /// It works, and is watched: it is marked wherever it is shown.
        Pilot = 2, "pilot";
        /// It works.
        Live = 3, "live";
    }
}

/// Why a location may not stand where it should.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StandError {
    /// A kind that is always a root.
    #[error("{} stands below nothing", .kind.with_article())]
    AlwaysRoot {
        /// The kind of the location.
        kind: LocationKind,
    },
    /// A kind that is never a root.
    #[error("{} stands below something; give it a parent", .kind.with_article())]
    NeverRoot {
        /// The kind of the location.
        kind: LocationKind,
    },
    /// A parent of the wrong kind.
    #[error("{} does not stand below {}", .kind.with_article(), .parent.with_article())]
    WrongParent {
        /// The kind of the location.
        kind: LocationKind,
        /// The kind of the parent.
        parent: LocationKind,
    },
}

impl AsProblem for StandError {
    fn code(&self) -> Code {
        Code::WrongLocationKind
    }
}

/// The level of the smallest place.
const BIN: u8 = 5;

impl LocationKind {
    /// Its word in a sentence: an `aisle`, a `bin`.
    pub fn with_article(self) -> String {
        let article = if self.word().starts_with(['a', 'o']) { "an" } else { "a" };
        format!("{article} `{self}`")
    }

    /// Whether it is a place with walls: it belongs to a site and its stock is on hand.
    pub const fn is_real(self) -> bool {
        self.level().is_some() || matches!(self, LocationKind::HandlingUnit)
    }

    /// Whether it stands for the world outside: its stock is not ours.
    pub const fn is_virtual(self) -> bool {
        !self.is_owned()
    }

    /// Whether what stands there is ours: real locations and transit.
    pub const fn is_owned(self) -> bool {
        self.is_real() || matches!(self, LocationKind::Transit)
    }

    /// Whether a balance there may be below zero. Real locations and transit: never, whatever the
    /// setting.
    pub const fn may_be_negative(self) -> bool {
        self.is_virtual()
    }

    /// The depth in a site: 0 for the site, 5 for a bin; `None` for kinds outside of this order.
    const fn level(self) -> Option<u8> {
        match self {
            LocationKind::Site => Some(0),
            LocationKind::Zone => Some(1),
            LocationKind::Aisle => Some(2),
            LocationKind::Rack => Some(3),
            LocationKind::Shelf => Some(4),
            LocationKind::Bin => Some(BIN),
            LocationKind::HandlingUnit
            | LocationKind::Supplier
            | LocationKind::Customer
            | LocationKind::Production
            | LocationKind::Loss
            | LocationKind::Adjustment
            | LocationKind::Transit
            | LocationKind::Opening => None,
        }
    }

    /// Whether it may stand below a location of another kind, or below nothing.
    ///
    /// A site, a virtual location and transit are roots. A zone, aisle, rack, shelf or bin stands
    /// below any larger of these (levels may be left out), and all but a bin below one of their own kind,
    /// as a room does in a hall. A handling unit stands below any real location, another handling unit
    /// included, and travels in transit.
    ///
    /// # Errors
    /// [`StandError`] names the kinds.
    pub const fn stands_below(self, parent: Option<LocationKind>) -> Result<(), StandError> {
        let root = matches!(self, LocationKind::Site | LocationKind::Transit) || self.is_virtual();
        match (root, parent) {
            (true, None) => Ok(()),
            (true, Some(_)) => Err(StandError::AlwaysRoot { kind: self }),
            (false, None) => Err(StandError::NeverRoot { kind: self }),
            (false, Some(parent)) => {
                let fits = match (self.level(), parent.level()) {
                    (Some(own), Some(above)) => above < own || (above == own && own < BIN),
                    (Some(_), None) => false,
                    (None, _) => parent.is_owned(),
                };
                if fits { Ok(()) } else { Err(StandError::WrongParent { kind: self, parent }) }
            }
        }
    }
}

words! {
    /// What a real location is used for.
    Role, "role" {
        /// Where goods rest; picked from too.
        Storage = 1, "storage";
        /// Where goods arrive.
        Receiving = 2, "receiving";
        /// Where picked goods wait to leave.
        Staging = 3, "staging";
        /// Where pickers take single units.
        PickFace = 4, "pick_face";
        /// Bulk behind the pick faces.
        Reserve = 5, "reserve";
        /// Where goods wait for a decision.
        Quarantine = 6, "quarantine";
        /// Where goods are worked on, and what is needed for it stands ready.
        Production = 7, "production";
    }
}

impl Role {
    /// Whether good stock there counts as sellable, unless the location says otherwise.
    ///
    /// ```text
    /// role        sellable  open to allocation
    /// storage        x              x
    /// receiving      x              x
    /// staging        x              .    (what stands there is on its way out already)
    /// pick_face      x              x
    /// reserve        x              x
    /// quarantine     .              .
    /// production     .              .    (it is for the orders that are made there)
    /// ```
    pub const fn sellable_by_default(self) -> bool {
        !matches!(self, Role::Quarantine | Role::Production)
    }

    /// Whether new allocations may choose stock there; those that exist keep their claim.
    pub const fn open_to_allocation(self) -> bool {
        !matches!(self, Role::Staging | Role::Quarantine | Role::Production)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;

    #[test]
    fn words_and_numbers_read_back() {
        assert_words!(LocationKind, Role);
    }

    #[test]
    fn which_kinds_are_ours_and_which_may_be_negative() {
        let letter = |yes: bool, letter: char| if yes { letter } else { '.' };
        let rows: Vec<String> = LocationKind::ALL
            .iter()
            .map(|kind| {
                let flags: String = [
                    letter(kind.is_real(), 'r'),
                    letter(kind.is_virtual(), 'v'),
                    letter(kind.is_owned(), 'o'),
                    letter(kind.may_be_negative(), 'n'),
                ]
                .iter()
                .collect();
                format!("{flags} {kind}")
            })
            .collect();
        assert_eq!(
            rows,
            [
                "r.o. site",
                "r.o. zone",
                "r.o. aisle",
                "r.o. rack",
                "r.o. shelf",
                "r.o. bin",
                "r.o. handling_unit",
                ".v.n supplier",
                ".v.n customer",
                ".v.n production",
                ".v.n loss",
                ".v.n adjustment",
                "..o. transit",
                ".v.n opening",
            ]
        );
    }

    #[test]
    fn which_kinds_stand_below_which() {
        // columns in the order of the list, then a last one for "below nothing"
        let rows: Vec<String> = LocationKind::ALL
            .iter()
            .map(|kind| {
                let parents = LocationKind::ALL.iter().copied().map(Some).chain([None]);
                let row: String =
                    parents.map(|parent| if kind.stands_below(parent).is_ok() { 'x' } else { '.' }).collect();
                format!("{row} {kind}")
            })
            .collect();
        assert_eq!(
            rows,
            [
                "..............x site",
                "xx............. zone",
                "xxx............ aisle",
                "xxxx........... rack",
                "xxxxx.......... shelf",
                "xxxxx.......... bin",
                "xxxxxxx.....x.. handling_unit",
                "..............x supplier",
                "..............x customer",
                "..............x production",
                "..............x loss",
                "..............x adjustment",
                "..............x transit",
                "..............x opening",
            ]
        );
    }

    #[test]
    fn a_refused_parent_is_named() {
        let refused = LocationKind::Rack.stands_below(Some(LocationKind::Bin)).unwrap_err();
        assert_eq!(refused.to_string(), "a `rack` does not stand below a `bin`");
        assert_eq!(refused.problem("/parent").code, Code::WrongLocationKind);
        let refused = LocationKind::Aisle.stands_below(Some(LocationKind::Bin)).unwrap_err();
        assert_eq!(refused.to_string(), "an `aisle` does not stand below a `bin`");
        let refused = LocationKind::Site.stands_below(Some(LocationKind::Site)).unwrap_err();
        assert_eq!(refused, StandError::AlwaysRoot { kind: LocationKind::Site });
        let refused = LocationKind::Bin.stands_below(None).unwrap_err();
        assert_eq!(refused, StandError::NeverRoot { kind: LocationKind::Bin });
    }

    #[test]
    fn staging_is_sellable_but_not_open_to_allocation() {
        let rows: Vec<_> =
            Role::ALL.iter().map(|role| (role.sellable_by_default(), role.open_to_allocation())).collect();
        assert_eq!(
            rows,
            [
                (true, true),
                (true, true),
                (true, false),
                (true, true),
                (true, true),
                (false, false),
                (false, false)
            ]
        );
    }
}
