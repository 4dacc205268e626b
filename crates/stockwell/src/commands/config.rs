//! `stockwell config`: every setting with its value and where that comes from, and a file to begin with. Passwords are
//! never shown.

use crate::cli::Call;
use crate::config::{self, KEYS, Key};
use crate::exit::Done;
use crate::out::{table, wrapped};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt::Write as _;

/// What to show.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every setting with its value and where that comes from
    Show(Show),
    /// Print a configuration file with every setting, its default and what it does
    Default(Template),
}

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct Show {}

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct Template {}

/// A setting as it is.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    name: &'static str,
    value: String,
    source: String,
    about: &'static str,
    /// The environment variable that sets it.
    variable: String,
}

pub(crate) fn run(call: Call<'_>, command: &Config) -> Done {
    match command {
        Config::Show(Show {}) => call.out.show(&settings(call), |settings| shown(settings)),
        Config::Default(Template {}) => call.out.line(&template()),
    }
}

/// All settings, without secrets.
pub(crate) fn settings(call: Call<'_>) -> Vec<Setting> {
    let each = call.config.shown().map(|(key, value, source)| Setting {
        name: key.name,
        value,
        source: source.to_string(),
        about: key.about,
        variable: config::variable(key.name),
    });
    each.collect()
}

/// The settings below each other.
pub(crate) fn shown(settings: &[Setting]) -> String {
    let rows: Vec<Vec<String>> = settings
        .iter()
        .map(|Setting { name, value, source, about, .. }| {
            vec![(*name).to_owned(), value.clone(), source.clone(), (*about).to_owned()]
        })
        .collect();
    table(&["setting", "value", "from", "what it is"], &rows)
}

/// A file in which every setting stands in a comment: what is to differ is taken out of it.
fn template() -> String {
    let mut text = "# The settings of Stockwell with their defaults. Take the `# ` away from a line to change it, and from the\n\
                    # head of its table. Flags and variables of the environment come before what stands here.\n"
        .to_owned();
    let (bare, in_tables): (Vec<Key>, Vec<Key>) = KEYS.iter().partition(|key| !key.name.contains('.'));
    let mut last = "";
    for key in bare.into_iter().chain(in_tables) {
        let (head, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if head != last {
            let _infallible = write!(text, "\n# [{head}]\n");
            last = head;
        }
        let about = wrapped(key.about, 0).replace('\n', "\n## ");
        let _infallible =
            write!(text, "\n## {}\n# {name} = {}\n", about.trim_end_matches("\n## "), value(key.default));
    }
    text
}

fn value(default: &str) -> String {
    let is_bare = default.parse::<i64>().is_ok() || default.parse::<bool>().is_ok();
    if is_bare { default.to_owned() } else { format!("{default:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flags, Source};

    #[test]
    fn the_file_to_begin_with_says_every_default() {
        let text = template();
        assert!(
            text.lines().all(|line| line.is_empty() || line.starts_with('#')),
            "it changes nothing: {text}"
        );
        let open: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                line.strip_prefix("# ").filter(|line| line.contains(" = ") || line.starts_with('['))
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stockwell.toml");
        std::fs::write(&file, open.join("\n")).unwrap();
        let flags = Flags { config: Some(file.clone()), ..Flags::default() };
        let said = Config::read(&flags).unwrap();
        let plain = Config::read(&Flags::default()).unwrap();
        for ((key, value, source), (_, default, _)) in said.shown().zip(plain.shown()) {
            assert_eq!((value, source), (default, &Source::File(file.clone())), "{}", key.name);
        }
    }
}
