//! The frame of the command line: global flags, the list of commands, exit codes.

mod examples;
mod reference;

use crate::commands::{
    approval, audit, backup, bench, config as config_command, demo, doctor, export, files, import, init, key,
    location, migrate, migrate_store, openapi, period, privacy, restore, role, routes, serve, session,
    training, user, verify,
};
use crate::config::{self, Config, Flags};
use crate::exit::{Done, Stop};
use crate::out::Out;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What do we have, where is it, when do we need more.
#[derive(Debug, Parser)]
#[command(name = "stockwell", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Over the options of all commands, so that they do not stand between those of one.
const COMMON: &str = "Options of every command";

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// The folder of the data; `stockwell-data` when not given, `stockwell-demo` for the demo
    #[arg(long, global = true, value_name = "DIR", help_heading = COMMON)]
    data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`; a file in the data folder when not given
    #[arg(long, global = true, value_name = "URL", help_heading = COMMON)]
    database: Option<String>,
    /// A configuration file
    #[arg(long, global = true, value_name = "FILE", help_heading = COMMON)]
    config: Option<PathBuf>,
    /// One JSON value in place of text
    #[arg(long, global = true, help_heading = COMMON)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until told to stop
    Serve(serve::Serve),
    /// Show the product with a real year of trade
    Demo(demo::Demo),
    /// Make a data folder ready
    Init(init::Init),
    /// Take in what other systems wrote
    #[command(subcommand)]
    Import(import::Import),
    /// Write lists of the ledger for spreadsheets and programs
    Export(export::Export),
    /// Users
    #[command(subcommand)]
    User(user::User),
    /// API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Sessions of users who have signed in
    #[command(subcommand)]
    Session(session::Session),
    /// Roles, which users and keys are given
    #[command(subcommand)]
    Role(role::Role),
    /// The audit log, to be checked by somebody else
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Personal data: written, and taken away
    #[command(subcommand)]
    Privacy(privacy::Privacy),
    /// Commands that wait for a second person
    #[command(subcommand)]
    Approval(approval::Approval),
    /// The places of the sites
    #[command(subcommand)]
    Location(location::Location),
    /// The bytes of images and documents
    #[command(subcommand)]
    Files(files::Files),
    /// Months, and the digests of those that are closed
    #[command(subcommand)]
    Period(period::Period),
    /// Bring the schema of the database up to date
    Migrate(migrate::Migrate),
    /// Bring a whole database into another one, of the same engine or of the other
    MigrateStore(migrate_store::MigrateStore),
    /// Backups: write, list, check and prune them
    #[command(subcommand)]
    Backup(backup::Backup),
    /// Make a new data folder, or fill an empty PostgreSQL database, from a backup
    Restore(restore::Restore),
    /// Copies to practise in: made of the store, and thrown away
    #[command(subcommand)]
    Training(training::Training),
    /// The settings: each with its source, and a file to begin with
    #[command(subcommand)]
    Config(config_command::Config),
    /// Show versions, settings with their sources, and the health of the database
    Doctor(doctor::Doctor),
    /// List the routes of the API with their permissions
    Routes(routes::List),
    /// Print the `OpenAPI` description of the API
    Openapi(openapi::Openapi),
    /// Print the reference of the commands as a page
    #[command(hide = true)]
    Reference,
    /// Measure the product through its own doors
    Bench(bench::Bench),
    /// Hold the invariants against the database
    Verify(verify::Verify),
}

/// What a command is given.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The settings.
    pub config: &'a Config,
    /// Where to print.
    pub out: Out,
}

/// The commands, each with its example.
fn commands() -> clap::Command {
    let settings = "Settings come from flags, then from the environment (STOCKWELL_…), then from the file given \
                    with --config; `stockwell config show` shows each with its source.";
    let codes: Vec<String> = Stop::CODES.iter().map(|(code, about)| format!("  {code:<3} {about}")).collect();
    let command = Cli::command().after_help(format!("Exit codes:\n{}\n\n{settings}", codes.join("\n")));
    examples::add_to(command)
}

/// Runs the command of the arguments of the process.
pub fn main() -> ExitCode {
    let parsed = commands().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let Cli { global, command } = match parsed {
        Ok(cli) => cli,
        Err(error) => return called_wrongly(&error),
    };
    let out = Out { json: global.json };
    match run(global, command, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            out.stopped(&stop);
            ExitCode::from(&stop)
        }
    }
}

/// Help and the version are results. What is wrong with a call is told as every error is.
fn called_wrongly(error: &clap::Error) -> ExitCode {
    let asks_for_json =
        std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json");
    if !(error.use_stderr() && asks_for_json) {
        error.exit();
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let sentence = text.split("\n\n").next().unwrap_or(text).trim();
    let stop = Stop::Usage(sentence.to_owned());
    Out { json: true }.stopped(&stop);
    ExitCode::from(&stop)
}

fn run(global: Global, command: Command, out: Out) -> Done {
    let Global { data, database, config, json: _ } = global;
    let listen = match &command {
        Command::Serve(serve) => serve.listen.clone(),
        Command::Demo(demo) => demo.listen.clone(),
        _ => None,
    };
    let defaults: &[_] = if matches!(command, Command::Demo(_)) { &demo::DEFAULTS } else { &[] };
    if matches!(command, Command::Reference) {
        return out.line(&reference::page(&commands()));
    }
    if database.as_deref().is_some_and(|url| config::without_password(url) != url) {
        out.remark(
            "the password of the database stands in the list of processes: give the URL in STOCKWELL_DATABASE \
             or in a configuration file",
        );
    }
    let place = bench::Place { data: data.clone(), database: database.clone() };
    let config = Config::read(&Flags { config, data, database, listen, defaults })?;
    let call = Call { config: &config, out };
    match command {
        Command::Serve(command) => serve::run(call, &command),
        Command::Demo(command) => demo::run(call, &command),
        Command::Init(command) => init::run(call, &command),
        Command::Import(command) => import::run(call, command),
        Command::Export(command) => export::run(call, &command),
        Command::User(command) => user::run(call, command),
        Command::Key(command) => key::run(call, command),
        Command::Session(command) => session::run(call, command),
        Command::Role(command) => role::run(call, &command),
        Command::Approval(command) => approval::run(call, &command),
        Command::Audit(command) => audit::run(call, &command),
        Command::Privacy(command) => privacy::run(call, &command),
        Command::Location(command) => location::run(call, &command),
        Command::Files(command) => files::run(call, &command),
        Command::Period(command) => period::run(call, &command),
        Command::Migrate(command) => migrate::run(call, &command),
        Command::MigrateStore(command) => migrate_store::run(call, &command),
        Command::Backup(command) => backup::run(call, command),
        Command::Restore(command) => restore::run(call, &command),
        Command::Training(command) => training::run(call, &command),
        Command::Config(command) => config_command::run(call, &command),
        Command::Doctor(command) => doctor::run(call, &command),
        Command::Routes(command) => routes::run(call, &command),
        Command::Openapi(command) => openapi::run(call, &command),
        Command::Reference => Ok(()),
        Command::Bench(command) => bench::run(call, command, place),
        Command::Verify(command) => verify::run(call, command),
    }
}
