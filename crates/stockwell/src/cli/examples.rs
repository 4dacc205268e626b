//! One example for each command, shown by its `--help` and in the reference. A test runs each past
//! the parser, and finds commands that have none.

/// A command by its words, and how it is called.
type Example = (&'static [&'static str], &'static str);

const EXAMPLES: &[Example] = &[
    (&["serve"], "stockwell serve --data /var/lib/stockwell --listen 127.0.0.1:8080"),
    (&["demo"], "stockwell demo"),
    (&["init"], "stockwell init --data /var/lib/stockwell --currency EUR --zone Europe/Berlin"),
    (&["import", "online-retail"], "stockwell import online-retail online-retail.csv.gz --data year"),
    (&["import", "list"], "stockwell import list items items.xlsx --dry-run --refused refused.xlsx"),
    (
        &["export"],
        "stockwell export --what stock --format csv --as-of 2011-06-30T22:59:59.999999Z --out stock.csv",
    ),
    (&["user", "add"], "stockwell user add ann --role administrator --role clerk@LON"),
    (&["user", "list"], "stockwell user list --json"),
    (&["user", "end"], "stockwell user end ann"),
    (&["user", "password"], "stockwell user password ann --password-stdin < password.txt"),
    (&["user", "remove-second-factor"], "stockwell user remove-second-factor ann"),
    (&["key", "add"], "stockwell key add till --role integration --within LON --days 90"),
    (&["key", "list"], "stockwell key list"),
    (&["key", "revoke"], "stockwell key revoke swk_1a2B3c4D"),
    (&["session", "list"], "stockwell session list --user ann"),
    (&["session", "end"], "stockwell session end 7"),
    (&["role", "list"], "stockwell role list"),
    (&["approval", "list"], "stockwell approval list --all"),
    (&["audit", "export"], "stockwell audit export --from 2026-01-01T00:00:00Z --out audit.jsonl"),
    (&["audit", "check"], "stockwell audit check january.jsonl february.jsonl"),
    (&["privacy", "export"], "stockwell privacy export ann --out ann.json"),
    (&["privacy", "erase"], "stockwell privacy erase customer:17850"),
    (&["location", "sheet"], "stockwell location sheet --below LON --kind bin --format html > bins.html"),
    (&["files", "move"], "stockwell files move --to s3 --config /etc/stockwell.toml"),
    (&["files", "restore"], "stockwell files restore /backups/monday.backup --data /var/lib/stockwell"),
    (&["period", "list"], "stockwell period list"),
    (&["migrate"], "stockwell migrate --data /var/lib/stockwell"),
    (
        &["migrate-store"],
        "stockwell migrate-store --data /var/lib/stockwell --to postgres://stockwell@db.example/stockwell",
    ),
    (&["backup", "create"], "stockwell backup create /backups/monday.backup --data /var/lib/stockwell"),
    (&["backup", "list"], "stockwell backup list --data /var/lib/stockwell"),
    (&["backup", "verify"], "stockwell backup verify /backups/monday.backup --deep"),
    (&["backup", "prune"], "stockwell backup prune --dry-run --data /var/lib/stockwell"),
    (&["backup", "key"], "stockwell backup key /etc/stockwell-backup.key"),
    (&["restore"], "stockwell restore /backups/monday.backup --into /var/lib/stockwell-new"),
    (&["training", "make"], "stockwell training make --into training --site LON --data /var/lib/stockwell"),
    (&["training", "remove"], "stockwell training remove training"),
    (&["config", "show"], "stockwell config show --config /etc/stockwell.toml"),
    (&["config", "default"], "stockwell config default > stockwell.toml"),
    (&["doctor"], "stockwell doctor --bundle help.zip --verify"),
    (&["routes"], "stockwell routes"),
    (&["openapi"], "stockwell openapi > openapi.json"),
    (&["bench"], "stockwell bench reserve-hot --engine sqlite --clients 64 --seconds 20"),
    (&["verify"], "stockwell verify --check I-05 --deep"),
];

/// The command with an example below the help of each of its commands.
pub(super) fn add_to(command: clap::Command) -> clap::Command {
    EXAMPLES.iter().fold(command, |command, (path, example)| put(command, path, example))
}

fn put(command: clap::Command, path: &[&str], example: &str) -> clap::Command {
    match path.split_first() {
        // a path that nobody has would make a command: the test below finds it
        Some((first, rest)) => command.mut_subcommand(*first, |below| put(below, rest, example)),
        None => command.after_help(format!("Example:\n  {example}")),
    }
}

/// The example of a command, by its words.
pub(super) fn of(path: &[String]) -> Option<&'static str> {
    EXAMPLES.iter().find(|(known, _)| *known == path).map(|(_, example)| *example)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, commands};
    use clap::CommandFactory as _;

    /// The words of each command that has none below it.
    fn leaves(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        let mut below = command.get_subcommands().filter(|below| !below.is_hide_set()).peekable();
        if below.peek().is_none() {
            found.push(path.to_vec());
            return;
        }
        for next in below {
            leaves(next, &[path, &[next.get_name().to_owned()]].concat(), found);
        }
    }

    #[test]
    fn each_command_has_a_sentence_and_an_example_that_it_understands() {
        commands().debug_assert();
        let mut found = Vec::new();
        leaves(&Cli::command(), &[], &mut found);
        for path in &found {
            let example = of(path).unwrap_or_else(|| panic!("`{}` has no example", path.join(" ")));
            let call = example.split(['<', '>']).next().unwrap_or_default();
            let parsed = commands().try_get_matches_from(call.split_whitespace());
            let mut matches = &parsed.unwrap_or_else(|error| panic!("{example}: {error}"));
            for word in path {
                let (name, below) = matches.subcommand().unwrap();
                assert_eq!(name, word, "{example}");
                matches = below;
            }
        }
        assert_eq!(EXAMPLES.len(), found.len(), "an example of a command that is not there");
    }

    #[test]
    fn the_help_of_a_command_shows_its_example() {
        let mut commands = commands();
        commands.build();
        let user = commands.find_subcommand_mut("user").unwrap();
        let help = user.find_subcommand_mut("add").unwrap().render_help().to_string();
        assert!(
            help.ends_with("Example:\n  stockwell user add ann --role administrator --role clerk@LON\n"),
            "{help}"
        );
    }
}
