//! The thirty-one invariants: number, title, and what checks them.

use super::findings::Findings;
use super::ground::Ground;
use super::{
    answers, audit_chain, audited, balances, blocks, categories, chain, claims, costs, customers, documents,
    events, fifo, files, floor, kept, kept_answers, looked_up, lots, lows, owners, parents, periods, prices,
    rebuild, returns, reversals, rights, rollups, said, sent, serial_times, shape, site_states, stood, told,
    training, units, values, variants, versions,
};
use db::{Conn, DbError};
use serde::{Serialize, Serializer};
use std::fmt;

/// One of the invariants, by its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Invariant(u8);

impl Invariant {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Invariant> {
        ENTRIES.iter().map(Entry::invariant)
    }

    /// Reads `I-05`, whatever the case of the letter; `None` for what is no invariant.
    ///
    /// ```
    /// use insight::verify::Invariant;
    /// assert_eq!(Invariant::parse("i-05").unwrap().to_string(), "I-05");
    /// assert_eq!(Invariant::parse("I-32"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Invariant> {
        let number = text.strip_prefix("I-").or_else(|| text.strip_prefix("i-"))?;
        let number: u8 = number.parse().ok()?;
        Invariant::all().find(|invariant| invariant.0 == number)
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I-{:02}", self.0)
    }
}

impl Serialize for Invariant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One part of the check of an invariant.
pub(super) type Part = fn(&mut Conn<'_>, &Ground, &mut Findings) -> Result<(), DbError>;

/// How an invariant is checked.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// By these, one after the other.
    Runs(&'static [Part]),
    /// Not here, for this reason.
    Skipped(&'static str),
}

/// An invariant.
pub(super) struct Entry {
    number: u8,
    pub(super) title: &'static str,
    pub(super) check: Check,
}

impl Entry {
    pub(super) const fn invariant(&self) -> Invariant {
        Invariant(self.number)
    }
}

const fn runs(number: u8, title: &'static str, parts: &'static [Part]) -> Entry {
    Entry { number, title, check: Check::Runs(parts) }
}

const fn skipped(number: u8, title: &'static str, reason: &'static str) -> Entry {
    Entry { number, title, check: Check::Skipped(reason) }
}

const NO_JOURNAL: &str = "there is no financial journal yet";

/// All of them, by number.
pub(super) const ENTRIES: [Entry; 31] = [
    runs(1, "A balance is the sum of its history", &[balances::history]),
    runs(
        2,
        "Every movement takes from one place what it gives to another",
        &[balances::shape, balances::zero],
    ),
    runs(3, "No real location holds less than nothing", &[floor::now, floor::prefixes, floor::instants]),
    runs(4, "Claims never exceed what they are made on", &[balances::covered, balances::guarded]),
    runs(5, "What is allocated is the sum of its allocations", &[claims::allocated]),
    runs(6, "Every live claim has one open owner", &[claims::owned, claims::in_documents, said::claims]),
    runs(
        7,
        "A serial is in exactly one place",
        &[lots::serials, lots::serial_moves, serial_times::moved_last, serial_times::instants],
    ),
    runs(
        8,
        "Lots stand where the item is tracked by lot, and nowhere else",
        &[
            lots::moves,
            lots::stock,
            lots::on_hold,
            kept::bounds,
            kept::beginnings,
            kept::over,
            parents::kin,
            parents::stock,
            parents::moves,
        ],
    ),
    runs(9, "Cost layers match stock", &[costs::layers, costs::stacks]),
    runs(10, "Layers are used oldest first, and once", &[costs::quantities, fifo::order]),
    runs(11, "Value is exact to the minor unit", &[costs::worth, values::movements, owners::worth]),
    skipped(12, "Debits equal credits", NO_JOURNAL),
    skipped(13, "The stock accounts equal the layers", NO_JOURNAL),
    runs(14, "A posting is reversed at most once, and as a whole", &[reversals::once, reversals::mirrored]),
    runs(
        15,
        "The hash chains are unbroken",
        &[chain::dense, chain::anchored, chain::hashes, audit_chain::audit],
    ),
    runs(
        16,
        "No document is partly booked",
        &[documents::states, documents::booked, sent::said, sent::postings],
    ),
    runs(
        17,
        "A request has one effect and one answer",
        &[answers::one_effect, answers::answered, kept_answers::bodies],
    ),
    skipped(
        18,
        "Acknowledged means present",
        "it takes a record outside of the database: see the crash tests",
    ),
    runs(
        19,
        "Events are gapless, and every posting has its own",
        &[events::aggregates, events::postings, told::sites],
    ),
    runs(20, "The feed skips nothing", &[events::positions, events::covered, events::in_order]),
    skipped(21, "Delivered at least once", "there are no subscribers with a record of their own yet"),
    runs(22, "Every change is in the audit log", &[audit_chain::audit_head, audited::changes]),
    runs(23, "A closed period does not change", &[periods::closed, periods::digests, periods::dates]),
    runs(24, "Document numbers are unique", &[documents::numbers]),
    runs(25, "Transit drains", &[documents::transit]),
    runs(
        26,
        "References and shapes hold",
        &[
            shape::movements,
            shape::rows,
            shape::archived,
            shape::tree,
            blocks::told,
            site_states::told,
            training::marked,
            shape::units,
            stood::spans,
            stood::booked,
            customers::links,
            files::kept,
            units::moves,
            categories::tree,
            categories::bills,
            variants::combined,
            prices::apart,
            prices::merged,
            looked_up::values,
            looked_up::words,
        ],
    ),
    runs(27, "Versions count the changes", &[versions::counted, said::items, said::lots, said::organisation]),
    runs(
        28,
        "Grants name what exists",
        &[rights::grants, rights::keys, rights::sessions, rights::factors, rights::roles, rights::approvals],
    ),
    skipped(29, "Both stores give the same answer", "it takes two stores: compare their canonical exports"),
    runs(
        30,
        "The log folds to what is stored",
        &[rollups::guards, rollups::months, lows::held, rebuild::claims, rebuild::digest],
    ),
    runs(31, "No more comes back than was sold", &[returns::sales, returns::links]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_one_to_thirty_one() {
        let numbers: Vec<u8> = ENTRIES.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (1..=31).collect::<Vec<u8>>());
    }

    #[test]
    fn a_number_reads_back_and_nothing_else_does() {
        for invariant in Invariant::all() {
            assert_eq!(Invariant::parse(&invariant.to_string()), Some(invariant));
        }
        for text in ["", "5", "I-", "I-0", "I-32", "J-05", "I-05 "] {
            assert_eq!(Invariant::parse(text), None, "{text}");
        }
    }
}
