//! The folder of backups: how they are named, and which of them are kept. What has another name is nobody's business
//! here: it is neither listed nor taken away.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// What the names begin with; then comes the instant in UTC, such as `20261122T143000`.
const BEGINS: &str = "stockwell-";
const ENDS: &str = ".backup";

/// How many letters of an instant are the same for all of an hour, a day, a month.
const HOUR: usize = "20261122T14".len();
const DAY: usize = "20261122".len();
const MONTH: usize = "202611".len();
const SECOND: usize = "20261122T143000".len();

/// How many are kept: of so many hours, days and months that have any, the last one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keep {
    pub(crate) hourly: usize,
    pub(crate) daily: usize,
    pub(crate) monthly: usize,
}

/// The name of a backup that is made at an instant, as a text of RFC 3339.
pub(crate) fn name(at: &str) -> String {
    let at: String = at.chars().filter(char::is_ascii_alphanumeric).take(SECOND).collect();
    format!("{BEGINS}{at}{ENDS}")
}

/// The instant in a name; none of what is no backup of ours.
pub(crate) fn instant(name: &str) -> Option<&str> {
    let at = name.strip_prefix(BEGINS)?.strip_suffix(ENDS)?;
    let is_right =
        |(place, byte): (usize, u8)| if place == DAY { byte == b'T' } else { byte.is_ascii_digit() };
    (at.len() == SECOND && at.bytes().enumerate().all(is_right)).then_some(at)
}

/// Which instants are not kept. The last one always is.
pub(crate) fn surplus<'a>(instants: &[&'a str], keep: Keep) -> Vec<&'a str> {
    let mut newest_first: Vec<&str> = instants.to_vec();
    newest_first.sort_unstable_by(|a, b| b.cmp(a));
    let mut kept: BTreeSet<&str> = newest_first.first().copied().into_iter().collect();
    for (letters, count) in [(HOUR, keep.hourly), (DAY, keep.daily), (MONTH, keep.monthly)] {
        let mut seen = BTreeSet::new();
        for at in &newest_first {
            if seen.len() < count && seen.insert(at.get(..letters)) {
                kept.insert(at);
            }
        }
    }
    newest_first.into_iter().filter(|at| !kept.contains(at)).collect()
}

/// The backups of a folder, the oldest first, with their instants.
///
/// # Errors
/// When the folder cannot be read; one that is not there has none.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let at = path.file_name().and_then(|name| name.to_str()).and_then(instant).map(ToOwned::to_owned);
        found.extend(at.map(|at| (at, path)));
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_are_backups() {
        assert_eq!(name("2026-11-22T14:30:00.123456Z"), "stockwell-20261122T143000.backup");
        assert_eq!(instant(&name("2026-11-22T14:30:00Z")), Some("20261122T143000"));
        let others = [
            "stockwell-monday.backup",
            "stockwell-20261122T143000.backup.part-x",
            "stockwell-20261122T143000.db",
            "stockwell-2026112T2143000.backup",
            "other-20261122T143000.backup",
            "stockwell-20261122T1430000.backup",
        ];
        for other in others {
            assert_eq!(instant(other), None, "{other}");
        }
    }

    /// One line a case: what there is, how many of hours, days and months are kept, and what goes.
    #[test]
    fn what_is_kept() {
        let rows: [(&str, [usize; 3], &str); 8] = [
            ("", [24, 14, 12], ""),
            ("20261122T143000", [0, 0, 0], ""),
            ("20261122T140000 20261122T143000", [0, 0, 0], "20261122T140000"),
            ("20261122T140000 20261122T143000", [24, 14, 12], "20261122T140000"),
            ("20261122T120000 20261122T130000 20261122T140000", [2, 0, 0], "20261122T120000"),
            ("20261120T230000 20261121T230000 20261122T140000", [1, 2, 0], "20261120T230000"),
            ("20260930T230000 20261031T230000 20261130T230000", [1, 1, 2], "20260930T230000"),
            // an hour without one does not count
            ("20261120T010000 20261121T010000 20261122T010000", [3, 0, 0], ""),
        ];
        for (there, [hourly, daily, monthly], gone) in rows {
            let words = |text: &'static str| -> Vec<&str> { text.split_whitespace().collect() };
            let found = surplus(&words(there), Keep { hourly, daily, monthly });
            assert_eq!(found, words(gone), "{there}");
        }
    }

    #[test]
    fn of_a_year_of_hours_the_promised_ones_stay() {
        let all: Vec<String> = (1..=12)
            .flat_map(|month| (1..=28).map(move |day| (month, day)))
            .flat_map(|(month, day)| (0..24).map(move |hour| format!("2026{month:02}{day:02}T{hour:02}0500")))
            .collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let gone = surplus(&all, Keep { hourly: 24, daily: 14, monthly: 12 });
        // the last day is among the hours, and the last month among the days
        assert_eq!(all.len() - gone.len(), 24 + 13 + 11);
        assert!(!gone.contains(&"20260128T230500") && gone.contains(&"20260128T220500"));
    }
}
