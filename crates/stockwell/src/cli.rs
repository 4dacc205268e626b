//! The frame of the command line: global flags, the list of commands, exit codes.

use crate::commands::{
    backup, bench, demo, doctor, import, init, key, migrate, openapi, restore, routes, serve, user, verify,
};
use crate::config::{Config, Flags};
use crate::exit::Done;
use crate::out::Out;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "Exit codes:
  0   done
  1   refused or failed; nothing was changed
  2   called wrongly
  3   `verify` found a violation
  4   could not run, for instance because the database is in use
  78  settings that are not safe, or cannot be read

Settings come from flags, then from the environment (STOCKWELL_…), then from the file given with
--config; `stockwell doctor` shows each with its source.";

/// What do we have, where is it, when do we need more.
#[derive(Debug, Parser)]
#[command(name = "stockwell", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// The folder of the data
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`; a file in the data folder when not given
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// A configuration file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON value in place of text
    #[arg(long, global = true)]
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
    /// Users
    #[command(subcommand)]
    User(user::User),
    /// API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Bring the schema of the database up to date
    Migrate(migrate::Migrate),
    /// Write a checked copy of the database, also while it is in use
    Backup(backup::Backup),
    /// Make a new data folder from a backup
    Restore(restore::Restore),
    /// Show versions, settings with their sources, and the health of the database
    Doctor(doctor::Doctor),
    /// List the routes of the API with their permissions
    Routes(routes::List),
    /// Print the `OpenAPI` description of the API
    Openapi(openapi::Openapi),
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

/// Runs the command of the arguments of the process.
pub fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let out = Out { json: global.json };
    match run(global, command, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            out.stopped(&stop);
            ExitCode::from(&stop)
        }
    }
}

fn run(global: Global, command: Command, out: Out) -> Done {
    let Global { data, database, config, json: _ } = global;
    let listen = match &command {
        Command::Serve(serve) => serve.listen.clone(),
        Command::Demo(demo) => demo.listen.clone(),
        _ => None,
    };
    let demo = matches!(command, Command::Demo(_)).then(|| PathBuf::from(demo::FOLDER));
    let data = data.or(demo);
    let config = Config::read(&Flags { config, data, database, listen })?;
    let call = Call { config: &config, out };
    match command {
        Command::Serve(command) => serve::run(call, &command),
        Command::Demo(command) => demo::run(call, &command),
        Command::Init(command) => init::run(call, &command),
        Command::Import(command) => import::run(call, command),
        Command::User(command) => user::run(call, command),
        Command::Key(command) => key::run(call, command),
        Command::Migrate(command) => migrate::run(call, &command),
        Command::Backup(command) => backup::run(call, &command),
        Command::Restore(command) => restore::run(call, &command),
        Command::Doctor(command) => doctor::run(call, &command),
        Command::Routes(command) => routes::run(call, &command),
        Command::Openapi(command) => openapi::run(call, &command),
        Command::Bench(command) => bench::run(call, command),
        Command::Verify(command) => verify::run(call, command),
    }
}
