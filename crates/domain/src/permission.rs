//! The closed list of permissions. A role is a set of them; a route declares exactly one.

use std::fmt;

macro_rules! permissions {
    ($(#[doc = $doc:literal] $name:ident = $word:literal;)*) => {
        /// What somebody may do: `resource.action`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Permission {
            $(#[doc = $doc] $name,)*
        }

        impl Permission {
            /// All permissions.
            pub const ALL: &'static [Permission] = &[$(Permission::$name,)*];

            /// The word used on the wire and in roles.
            pub const fn word(self) -> &'static str {
                match self { $(Permission::$name => $word,)* }
            }

            /// What it allows, in a sentence.
            pub const fn about(self) -> &'static str {
                match self { $(Permission::$name => $doc.trim_ascii_start(),)* }
            }
        }
    };
}

permissions! {
    /// See items, units and barcodes.
    CatalogRead = "catalog.read";
    /// Create and change items, units and barcodes.
    CatalogWrite = "catalog.write";
    /// See sites and locations.
    PlacesRead = "places.read";
    /// Create and change sites and locations.
    PlacesWrite = "places.write";
    /// Set a site that is tried out back to its set-up.
    SitesSetBack = "sites.set_back";
    /// See stock, lots, claims and the ledger.
    StockRead = "stock.read";
    /// Receive stock.
    StockReceive = "stock.receive";
    /// Issue stock.
    StockIssue = "stock.issue";
    /// Move stock between locations of a site, and handling units.
    StockMove = "stock.move";
    /// Change the status of stock: hold, quarantine, damage and back.
    StockStatus = "stock.status";
    /// Adjust stock to a count, with a reason.
    StockAdjust = "stock.adjust";
    /// Reverse a posting.
    StockReverse = "stock.reverse";
    /// Reserve, allocate and release stock.
    StockClaim = "stock.claim";
    /// Create, ship and receive transfers.
    StockTransfer = "stock.transfer";
    /// See costs and values.
    CostRead = "cost.read";
    /// Read the event feed.
    EventsRead = "events.read";
    /// See users, roles, grants and keys.
    AccessRead = "access.read";
    /// Change users, roles, grants and keys.
    AccessWrite = "access.write";
    /// See the audit log.
    AuditRead = "audit.read";
    /// See settings, metrics and health details.
    SystemRead = "system.read";
    /// Change settings and reasons, close periods, start upkeep.
    SystemWrite = "system.write";
    /// Open a closed period again.
    PeriodsReopen = "periods.reopen";
    /// Import files. What is in them needs its own permission besides.
    ImportsRun = "imports.run";
    /// Take whole lists as files. What is in them needs its own permission besides.
    ExportsRead = "exports.read";
}

impl Permission {
    /// From the word.
    pub fn parse(word: &str) -> Option<Permission> {
        Permission::ALL.iter().copied().find(|permission| permission.word() == word)
    }

    /// The bit of this permission in a [`Permissions`] set.
    const fn bit(self) -> u64 {
        #[expect(clippy::as_conversions, reason = "a field-less enum has no other const conversion")]
        {
            1 << (self as u64)
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Permissions(u64);

const _: () = assert!(Permission::ALL.len() <= 64, "the set is one word");

impl Permissions {
    /// No permission.
    pub const NONE: Permissions = Permissions(0);

    /// Every permission.
    pub fn all() -> Permissions {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether the set holds one.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Permissions) -> Permissions {
        Permissions(self.0 | other.0)
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Permissions) -> Permissions {
        Permissions(self.0 & other.0)
    }

    /// The permissions in the set, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        permissions
            .into_iter()
            .fold(Permissions::NONE, |set, permission| Permissions(set.0 | permission.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.word()), Some(*permission));
        }
        assert_eq!(Permission::parse("stock"), None);
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set: Permissions = [Permission::StockRead, Permission::SystemWrite].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Permission::StockRead, Permission::SystemWrite]);
        assert!(!set.contains(Permission::CostRead));
        assert_eq!(Permissions::all().iter().count(), Permission::ALL.len());
    }
}
