//! What a check collects: how many rows it saw, how many things are wrong, the first in words.

use super::report::SAMPLE_MAX;

/// The findings of one invariant.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) rows: u64,
    pub(super) violations: u64,
    pub(super) sample: Vec<String>,
}

impl Findings {
    /// One more row was looked at.
    pub(super) fn row(&mut self) {
        self.rows = self.rows.saturating_add(1);
    }

    /// Something is wrong; the sentence is made only when it will be told.
    pub(super) fn add(&mut self, sentence: impl FnOnce() -> String) {
        self.violations = self.violations.saturating_add(1);
        if self.is_telling() {
            self.sample.push(sentence());
        }
    }

    /// Adds when a condition that must hold does not.
    pub(super) fn hold(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.add(sentence);
        }
    }

    /// Whether another violation would be told in words.
    pub(super) fn is_telling(&self) -> bool {
        self.sample.len() < SAMPLE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_told() {
        let mut findings = Findings::default();
        for number in 0..50 {
            findings.hold(number % 2 == 0, || format!("{number} is odd"));
        }
        assert_eq!((findings.violations, findings.sample.len()), (25, 20));
        assert_eq!(findings.sample[0], "1 is odd");
    }
}
