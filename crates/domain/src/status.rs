//! The status of stock: why it may or may not be used. A balance is kept per status.

use std::fmt;

/// Only [`Status::Good`] is sellable. Stored as the small number in the table below.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Usable and sellable.
    Good,
    /// Held back by a person or a rule.
    Hold,
    /// Set apart until inspected.
    Quarantined,
    /// Broken.
    Damaged,
    /// Past its last sellable day.
    Expired,
    /// Doubted: a count or a scan disagreed.
    Suspect,
}

impl Status {
    /// All statuses, in stored order.
    pub const ALL: [Status; 6] =
        [Status::Good, Status::Hold, Status::Quarantined, Status::Damaged, Status::Expired, Status::Suspect];

    /// The stored number.
    pub const fn number(self) -> i64 {
        match self {
            Status::Good => 1,
            Status::Hold => 2,
            Status::Quarantined => 3,
            Status::Damaged => 4,
            Status::Expired => 5,
            Status::Suspect => 6,
        }
    }

    /// From the stored number.
    pub fn from_number(number: i64) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.number() == number)
    }

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Status::Good => "good",
            Status::Hold => "hold",
            Status::Quarantined => "quarantined",
            Status::Damaged => "damaged",
            Status::Expired => "expired",
            Status::Suspect => "suspect",
        }
    }

    /// From the word.
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether stock of this status may be set to `to` by a person.
    ///
    /// ```text
    /// from \ to     good hold quarantined damaged expired suspect
    /// good           -    x        x         x       .       x
    /// hold           x    -        x         x       .       x
    /// quarantined    x    x        -         x       .       x
    /// damaged        x    x        x         -       .       x
    /// expired        .    .        .         x       -       .
    /// suspect        x    x        x         x       .       -
    /// ```
    /// `expired` is entered only by the expiry rule (a lot past its last sellable day), and left
    /// only for `damaged` (on the way to disposal): a wrong date is mended on the lot, which
    /// brings the stock back by the same rule.
    pub const fn may_become(self, to: Status) -> bool {
        match (self, to) {
            (Status::Expired, Status::Damaged) => true,
            (_, Status::Expired) | (Status::Expired, _) => false,
            _ => self.number() != to.number(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_changes_is_the_one_in_the_document() {
        let rows: Vec<String> = Status::ALL
            .iter()
            .map(|from| {
                Status::ALL
                    .iter()
                    .map(|to| {
                        if from == to {
                            '-'
                        } else if from.may_become(*to) {
                            'x'
                        } else {
                            '.'
                        }
                    })
                    .collect()
            })
            .collect();
        assert_eq!(rows, ["-xxx.x", "x-xx.x", "xx-x.x", "xxx-.x", "...x-.", "xxxx.-"]);
    }

    #[test]
    fn words_and_numbers_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.word()), Some(status));
            assert_eq!(Status::from_number(status.number()), Some(status));
        }
        assert_eq!(Status::parse("available"), None);
    }
}
