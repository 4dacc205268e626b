//! What an import did with a record.

/// What an import did with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Brought {
    /// It was made.
    Created,
    /// It was changed.
    Changed,
    /// It was so already.
    Unchanged,
}

impl Brought {
    /// Of a record that counts its changes, from 1.
    pub(crate) const fn of_versions(before: i64, after: i64) -> Brought {
        match before {
            _ if before == after => Brought::Unchanged,
            0 => Brought::Created,
            _ => Brought::Changed,
        }
    }
}
