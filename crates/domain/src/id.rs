//! Typed identifiers. Two kinds of thing never share an id type.
//!
//! Master data (items, locations, lots, principals) has `i64` ids that the application hands out
//! in blocks; documents, postings, claims and events have `UUIDv7` ids, shown with a text prefix.

use std::fmt;
use uuid::Uuid;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The stored number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// An item (one record per stock-keeping unit). Its public handle is the SKU.
    ItemId
}
number_id! {
    /// A category of the catalogue. Its public handle is its path.
    CategoryId
}
number_id! {
    /// The definition of an attribute. Its public handle is its key.
    AttributeId
}
number_id! {
    /// An option set. Its public handle is its code.
    OptionSetId
}
number_id! {
    /// A family of items. Its public handle is its code.
    FamilyId
}
number_id! {
    /// A supplier. Its public handle is its code.
    SupplierId
}
number_id! {
    /// What a supplier sells us of an item.
    SupplyId
}
number_id! {
    /// A price or a standard cost of an item, valid for a time.
    PriceId
}
number_id! {
    /// A location, real or virtual. Its public handle is the location code.
    LocationId
}
number_id! {
    /// A site: the id of the root of a location tree. Virtual and transit locations belong to
    /// no site, see [`SiteId::NONE`].
    SiteId
}
number_id! {
    /// A lot or a serial of one item; [`LotId::NONE`] means the balance has none.
    LotId
}
number_id! {
    /// A file that is attached to a record.
    FileId
}
number_id! {
    /// Whoever acts: a user or an API key.
    PrincipalId
}

impl LotId {
    /// No lot: the item is not lot-tracked. Part of every balance key, so no key part is ever null.
    pub const NONE: LotId = LotId(0);

    /// Whether this names a real lot or serial.
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

impl SiteId {
    /// The site of locations that belong to none (virtual, transit).
    pub const NONE: SiteId = SiteId(0);

    /// Whether this names a real site.
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The location that is the root of this site's tree.
    pub const fn root(self) -> LocationId {
        LocationId(self.0)
    }
}

/// Text that is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id here looks like `{prefix}_` and 32 hexadecimal digits")]
pub struct BadId {
    /// The prefix that the wanted kind of id begins with.
    pub prefix: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What its text form begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The sixteen stored bytes.
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the sixteen stored bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Reads the text form, `prefix_` and 32 hexadecimal digits.
            ///
            /// # Errors
            /// [`BadId`] for anything else.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| hex.len() == 32)
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(BadId { prefix: $prefix })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

uuid_id! {
    /// One posting: a set of movements and claim changes that happened together.
    PostingId, "pst"
}
uuid_id! {
    /// One claim on stock (a reservation or an allocation) with one owner.
    ClaimId, "clm"
}
uuid_id! {
    /// A document: an order, a transfer, a count.
    DocumentId, "doc"
}
uuid_id! {
    /// A command that waits for a second person.
    ApprovalId, "apr"
}
uuid_id! {
    /// One event of the feed.
    EventId, "evt"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_shows() {
        let id = PostingId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string(), "pst_01900000000070008000000000000001");
        assert_eq!(PostingId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        for text in
            ["clm_01900000000070008000000000000001", "pst_", "pst_x", "", "01900000000070008000000000000001"]
        {
            assert_eq!(PostingId::parse(text), Err(BadId { prefix: "pst" }), "{text}");
        }
    }
}
