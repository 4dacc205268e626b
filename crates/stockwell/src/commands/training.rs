//! `stockwell training`: copies of the store that people practise in and that are thrown away afterwards.

use crate::cli::Call;
use crate::exit::Done;
use crate::training::{self, Made, Removed, Wanted};
use clap::{Args, Subcommand};
use domain::word::counted;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Training {
    /// Make a copy of the store in a new folder, also while it is served; the store is only read
    Make(Make),
    /// Throw a copy away; nothing else is
    Remove(Remove),
}

/// What, and where to.
#[derive(Debug, Args)]
pub(crate) struct Make {
    /// The new folder, which must be empty or not there
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// Hold everybody to this site; may stand more than once
    #[arg(long = "site", value_name = "CODE")]
    sites: Vec<String>,
    /// The login of the one who may everything in the copy, who is made there
    #[arg(long, value_name = "LOGIN", default_value = "trainer")]
    trainer: String,
}

/// Which.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The folder of the copy
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// What the fields of a request are called here.
const OPTIONS: [(&str, &str); 3] = [("/sites", "--site"), ("/trainer", "--trainer"), ("/login", "--trainer")];

pub(crate) fn run(call: Call<'_>, command: &Training) -> Done {
    match command {
        Training::Make(Make { into, sites, trainer }) => {
            let progress = call.out.progress();
            let wanted = Wanted { folder: into, sites, trainer };
            let made = training::make(call.config, wanted, &progress);
            drop(progress);
            call.out.show(&made.map_err(|stop| stop.at_options(&OPTIONS))?, made_text)
        }
        Training::Remove(Remove { folder }) => call.out.show(&training::remove(folder)?, removed_text),
    }
}

fn made_text(made: &Made) -> String {
    let Made { folder, database, training, people, rows, files, login, password } = made;
    let folder = folder.display();
    let held = match training.sites.as_slice() {
        [] => "everybody keeps what they may do".to_owned(),
        sites => format!("everybody is held to {}", sites.join(", ")),
    };
    let access::Prepared { users_kept, logins_erased, keys_revoked, approvals_expired, .. } = people;
    let nobody = match logins_erased.as_slice() {
        [] => String::new(),
        logins => format!(
            "\nnobody there are those who may do nothing at {}: {}",
            if training.sites.len() == 1 { "this site" } else { "these sites" },
            logins.join(", ")
        ),
    };
    let kept = counted(*users_kept, "user stays", "users stay");
    let revoked = counted(*keys_revoked, "key was", "keys were");
    let expired = counted(*approvals_expired, "command waits", "commands wait");
    format!(
        "made and verified a training copy in `{folder}`: {rows} rows, {files} pieces of files\n{held}: {kept}; \
         {revoked} revoked, {expired} no more{nobody}\n\
         serve it with `stockwell serve --data {folder} --database {database} --listen 127.0.0.1:8081`\n\
         sign in as `{login}`, password, shown only now: {password}\n\
         everybody else gets a password there by `stockwell user password LOGIN --data {folder} --database {database}`"
    )
}

fn removed_text(removed: &Removed) -> String {
    let Removed { folder, training, left } = removed;
    let folder = folder.display();
    let first = format!("threw the training copy of {} away", training.made_at.to_the_second());
    if left.is_empty() {
        return format!("{first}, and `{folder}` with it");
    }
    format!("{first}; `{folder}` stays, for there is something else in it: {}", left.join(", "))
}
