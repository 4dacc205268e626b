//! The environment: which variables are ours. A name with our prefix that is no setting is refused,
//! as in the file, for a misspelt setting would be ignored otherwise.

use super::KEYS;
use crate::exit::Stop;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// What the names of all of them begin with.
const PREFIX: &str = "STOCKWELL_";
/// The one that names the configuration file.
pub(super) const FILE: &str = "STOCKWELL_CONFIG";

/// The environment variable of a key.
pub(crate) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('.', "_").to_ascii_uppercase())
}

/// Our variables with their values.
#[derive(Debug)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Those of this process.
    ///
    /// # Errors
    /// [`Stop::Settings`] for one that is no setting, and for one that is not UTF-8.
    pub(super) fn of_process() -> Result<Variables, Stop> {
        Variables::of(std::env::vars_os())
    }

    pub(super) fn of(all: impl Iterator<Item = (OsString, OsString)>) -> Result<Variables, Stop> {
        let known: Vec<String> = KEYS.iter().map(|key| variable(key.name)).chain([FILE.to_owned()]).collect();
        let mut found = BTreeMap::new();
        for (name, value) in all {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let value = value
                .into_string()
                .map_err(|_| Stop::Settings(format!("the variable `{name}` is not valid UTF-8")))?;
            if known.iter().any(|known| known == name) {
                found.insert(name.to_owned(), value);
            } else if !tells_of_a_service(name, &value) {
                return Err(unknown(name, &known));
            }
        }
        Ok(Variables(found))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Whether Kubernetes has set it: for a service of the name `stockwell`, or one that begins so, every
/// container gets variables like `STOCKWELL_SERVICE_HOST` and `STOCKWELL_PORT=tcp://…`.
fn tells_of_a_service(name: &str, value: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || (name.ends_with("_PORT") && value.contains("://"))
}

fn unknown(name: &str, known: &[String]) -> Stop {
    let meant = meant(name, known.iter().map(String::as_str));
    Stop::Settings(format!(
        "the variable `{name}` is no setting{meant}; see `stockwell config show` for all of them"
    ))
}

/// A question for the name that somebody may have meant, if there is one.
pub(super) fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known.map(|known| (distance(name, known), known)).min();
    match nearest {
        Some((faults, known)) if faults <= FAULTS_MAX => format!(": is `{known}` meant?"),
        _ => String::new(),
    }
}

/// So many slips of the finger make a name that somebody may have meant.
const FAULTS_MAX: usize = 3;

/// The least number of letters to add, leave out or change that makes one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, from) in from.bytes().enumerate() {
        let mut left = above + 1;
        let mut diagonal = above;
        for (cell, to) in row.iter_mut().skip(1).zip(to.bytes()) {
            let changed = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[(&str, &str)]) -> Result<Variables, Stop> {
        Variables::of(given.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    fn a_misspelt_variable_is_refused_and_the_right_one_named() {
        let rows = [
            ("STOCKWELL_LISTN", "is `STOCKWELL_LISTEN` meant?"),
            ("STOCKWELL_LOGLEVEL", "is `STOCKWELL_LOG_LEVEL` meant?"),
            ("STOCKWELL_LIMIT_STREAM", "is `STOCKWELL_LIMITS_STREAMS` meant?"),
            ("STOCKWELL_PORT", "`STOCKWELL_PORT` is no setting"),
            ("STOCKWELL_", "`STOCKWELL_` is no setting"),
        ];
        for (name, why) in rows {
            let stop = of(&[(name, "8080")]).unwrap_err();
            assert_eq!(stop.code(), 78);
            assert!(stop.to_string().contains(why), "{stop}");
        }
        let far = of(&[("STOCKWELL_COLOUR_OF_THE_DOOR", "red")]).unwrap_err();
        assert!(!far.to_string().contains("meant"), "{far}");
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let given = [
            ("PATH", "/bin"),
            ("STOCKWELLS_HOME", "x"),
            ("STOCKWELL_LISTEN", "127.0.0.1:1"),
            ("STOCKWELL_CONFIG", "file"),
            ("STOCKWELL_SERVICE_HOST", "10.0.0.1"),
            ("STOCKWELL_SERVICE_PORT_HTTP", "80"),
            ("STOCKWELL_PORT", "tcp://10.0.0.1:80"),
            ("STOCKWELL_PORT_80_TCP_ADDR", "10.0.0.1"),
        ];
        let variables = of(&given).unwrap();
        assert_eq!(variables.0.len(), 2);
        assert_eq!(variables.get("STOCKWELL_LISTEN"), Some("127.0.0.1:1"));
    }

    #[test]
    fn the_distance_counts_letters() {
        let rows = [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3)];
        for (from, to, expected) in rows {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
