//! `stockwell config`: every setting with its value and where that comes from, and a file to begin with. Passwords are
//! never shown.

use super::Operator;
use crate::cli::Call;
use crate::config::{self, Config as Settings, KEYS, Key};
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
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) source: String,
    about: &'static str,
    /// The environment variable that sets it.
    variable: String,
}

pub(crate) fn run(call: Call<'_>, command: &Config) -> Done {
    match command {
        Config::Show(Show {}) => {
            let config = &as_they_hold(call.config);
            call.out.show(&settings(Call { config, ..call }), |settings| shown(settings))
        }
        Config::Default(Template {}) => call.out.line(&template()),
    }
}

/// The settings as they hold for the database, as far as it is a file that can be read: to a training copy some of
/// them say nothing. Nobody waits for a server to see their settings.
pub(crate) fn as_they_hold(config: &Settings) -> Settings {
    let is_there = config.database_file().is_some_and(|file| file.exists());
    let operator = if is_there { Operator::open_to_read(config).ok() } else { None };
    let held = operator.and_then(|operator| {
        let held = super::settings_for(config, &operator.db);
        operator.db.close();
        held.ok()
    });
    held.unwrap_or_else(|| config.clone())
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
