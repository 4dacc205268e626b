//! The reference of the command line as a page, made from the commands themselves.

use super::examples;
use crate::config::{self, KEYS};
use crate::exit::Stop;
use clap::{Arg, Command};
use std::fmt::Write as _;

const HEAD: &str = "# The command line

<!-- Made by `cargo xtask openapi` from the commands themselves. -->

Results go to standard output, remarks and errors to standard error. With `--json` a result is one JSON value, an
error is `{\"error\", \"exit_code\", \"code\"}`, with `errors` where fields are at fault, and a remark `{\"remark\"}`, each on a
line of its own. The demo, which goes on, says what it has loaded as `{\"imported\"}` and where it answers as `{\"serving\"}`, each
on one line; its log goes to standard error, that of `serve` to standard output. Bars that show progress appear only
where a terminal watches. An export to standard output is the list alone, in the form
that `--format` names, with `--json` or without.

Secrets are not given as arguments, which every user of the machine can read: passwords come in on standard input
(`--password-stdin`), the URL of a database with a password in it by `STOCKWELL_DATABASE` or by the configuration file.
Neither is ever written to the log.
";

const DATABASE: &str = "
## The database

| URL | where the data is |
|---|---|
| (none) | the file `stockwell.db` in the data folder |
| `sqlite:PATH` | this file |
| `postgres://USER:PASSWORD@HOST:PORT/DATABASE` | PostgreSQL 14 or newer |
| `postgres://USER@%2Frun%2Fpostgresql/DATABASE` | the same, by a socket of this machine |

A PostgreSQL that is reached over a network is reached over TLS when it offers it. What must be is said in the URL,
in the words of PostgreSQL's own programs; what is asked for is what happens, or the database is not opened.

| `?sslmode=` | encrypted | the certificate is checked |
|---|---|---|
| `disable` | no | |
| `prefer` (when nothing is said) | when the server offers it | no |
| `require` | yes | no; with `sslrootcert` as by `verify-ca` |
| `verify-ca` | yes | it was issued by a trusted authority |
| `verify-full` | yes | the same, and it names the host |

Trusted are the authorities of the machine, or those in the PEM file that `&sslrootcert=PATH` names (`%2F` for `/`); a
server that signed for itself is trusted when the file holds its own certificate. For a managed PostgreSQL over the
internet, take `verify-full` with the certificate that its provider publishes. Client certificates are not supported:
sign in with a password (SCRAM).
";

/// The page.
pub(super) fn page(command: &Command) -> String {
    let mut command = command.clone();
    command.build();
    let mut page = HEAD.to_owned();
    put(&mut page, "\n## Exit codes\n\n| code | what it says |\n|---|---|\n");
    for (code, about) in Stop::CODES {
        put(&mut page, &format!("| {code} | {about} |\n"));
    }
    put(&mut page, "\n## What every command takes\n\n");
    options(&mut page, command.get_arguments().filter(|argument| argument.is_global_set()));
    put(&mut page, "\n## Settings\n\n");
    put(
        &mut page,
        "A flag comes before the environment, the environment before the file, the file before the default. The file is TOML;\na dot in a name stands for a table. It is named by `--config` or `STOCKWELL_CONFIG`.\n\n",
    );
    put(&mut page, "| setting | environment | default | what it is |\n|---|---|---|---|\n");
    for key in KEYS {
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        put(
            &mut page,
            &format!("| `{}` | `{}` | {default} | {} |\n", key.name, config::variable(key.name), key.about),
        );
    }
    put(&mut page, DATABASE);
    put(&mut page, "\n## Commands\n");
    below(&mut page, &command, &[]);
    page
}

fn put(page: &mut String, text: &str) {
    page.push_str(text);
}

fn below(page: &mut String, command: &Command, path: &[String]) {
    for next in command.get_subcommands().filter(|next| !next.is_hide_set() && next.get_name() != "help") {
        let path = [path, &[next.get_name().to_owned()]].concat();
        if next.get_subcommands().any(|below| below.get_name() != "help") {
            below(page, next, &path);
        } else {
            one(page, next, &path);
        }
    }
}

fn one(page: &mut String, command: &Command, path: &[String]) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    // writing to a text cannot fail
    let _done = write!(page, "\n### `stockwell {}`\n\n{about}.\n", path.join(" "));
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| {
            !argument.is_global_set() && !["help", "version"].contains(&argument.get_id().as_str())
        })
        .collect();
    if !own.is_empty() {
        put(page, "\n");
        options(page, own.into_iter());
    }
    if let Some(example) = examples::of(path) {
        put(page, &format!("\n```\n{example}\n```\n"));
    }
}

fn options<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    put(page, "| argument | what it is |\n|---|---|\n");
    for argument in arguments {
        let name = argument.to_string().replace('|', "\\|");
        let mut about = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let defaults: Vec<String> = argument
            .get_default_values()
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        let takes_value = argument.get_action().takes_values();
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|_| takes_value)
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        if !values.is_empty() {
            about = format!("{about}: {}", values.join(", "));
        }
        if takes_value && !defaults.is_empty() {
            about = format!("{about}; {} when not given", defaults.join(", "));
        }
        if argument.is_required_set() {
            about = format!("{about}; must be given");
        }
        put(page, &format!("| `{name}` | {} |\n", about.replace('|', "\\|")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands;

    #[test]
    fn the_committed_page_is_made_from_the_commands() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let made = page(&commands());
        let same = committed.lines().zip(made.lines()).take_while(|(one, other)| one == other).count();
        assert!(
            committed.trim_end() == made.trim_end(),
            "docs/reference/cli.md:{} is not what the commands say; run `cargo xtask openapi`",
            same + 1
        );
    }

    #[test]
    fn each_exit_code_that_a_stop_has_is_in_the_list() {
        let stops = [
            Stop::Failed(domain::Problem::new(domain::Code::NotFound, "x")),
            Stop::Usage(String::new()),
            Stop::Violated,
            Stop::CannotRun(String::new()),
            Stop::Settings(String::new()),
            Stop::Interrupted(String::new()),
        ];
        let mut codes: Vec<u8> = stops.iter().map(Stop::code).collect();
        codes.insert(0, 0);
        assert_eq!(Stop::Wrong(String::new()).code(), Stop::Violated.code());
        assert_eq!(codes, Stop::CODES.map(|(code, _)| code));
    }
}
