//! What a run has found: one record for each invariant.

use super::catalogue::Invariant;
use serde::Serialize;

/// How many violations of an invariant are told in words; all are counted.
pub const SAMPLE_MAX: usize = 20;

/// What a run has found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether everything was recomputed.
    pub deep: bool,
    /// One for each invariant that was asked for, in the order of their numbers.
    pub records: Vec<Record>,
    /// How long the whole run took.
    pub ms: u64,
}

impl Report {
    /// Whether nothing was found wrong. What was skipped was not looked at.
    pub fn is_sound(&self) -> bool {
        self.records.iter().all(|record| record.status != Status::Fail)
    }
}

/// What became of one invariant.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Its number.
    pub id: Invariant,
    /// What it says, in a few words.
    pub title: &'static str,
    /// How it stands.
    pub status: Status,
    /// How many rows were looked at.
    pub rows_checked: u64,
    /// How many things are wrong.
    pub violations: u64,
    /// The first of them, each in a sentence that names its key.
    pub sample: Vec<String>,
    /// How long it took.
    pub ms: u64,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// How an invariant stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It was not checked.
    Skipped,
}

impl Status {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::Skipped => "skipped",
        }
    }
}
