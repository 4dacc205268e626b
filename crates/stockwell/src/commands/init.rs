//! `stockwell init`: makes a data folder ready, with an empty database in it. The first user comes
//! by `stockwell user add`, or by the link that `stockwell serve` shows.

use super::migrate::bring_up_to_date;
use crate::cli::Call;
use crate::config::{self, Config};
use crate::exit::Done;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct Init {}

#[derive(Debug, Serialize)]
struct Ready {
    data: PathBuf,
    database: String,
    /// It was there already.
    existed: bool,
}

pub(crate) fn run(call: Call<'_>, _: &Init) -> Done {
    let existed = prepare(call.config)?;
    let database = config::without_password(&call.config.database());
    let ready = Ready { data: call.config.data().to_owned(), database, existed };
    call.out.show(&ready, |ready| {
        let state = if ready.existed { "is there already and up to date" } else { "is ready" };
        format!(
            "`{}` {state}\nnext: `stockwell user add LOGIN --role administrator`, then `stockwell serve`",
            ready.database
        )
    })
}

/// Makes folder and schema; whether there was a database before.
pub(crate) fn prepare(config: &Config) -> Result<bool, crate::exit::Stop> {
    super::private_folder(config.data())?;
    let file = config.database_file();
    let had_file = file.is_some_and(|file| file.exists());
    let db = super::open(config, &super::db_settings(config)?)?;
    let migrated = bring_up_to_date(config, &db, had_file)?;
    db.close();
    Ok(migrated.applied == 0 || had_file)
}
