//! `stockwell restore`: makes a new data folder (or fills an empty PostgreSQL database) from a
//! backup. It never writes over anything.

use super::backup::{check_schema, tool};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::store_backup;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// From where, to where.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// The new data folder, which must be empty or not there; on PostgreSQL give `--database`
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// What was restored.
#[derive(Debug, Serialize)]
struct Restored {
    from: PathBuf,
    into: String,
}

pub(crate) fn run(call: Call<'_>, restore: &Restore) -> Done {
    if !restore.from.is_file() {
        return Err(Stop::CannotRun(format!("there is no file `{}`", restore.from.display())));
    }
    let into = match &restore.into {
        Some(folder) => {
            let file = into_folder(&restore.from, folder)?;
            file.display().to_string()
        }
        None if call.config.database_file().is_none() => {
            let url = call.config.database();
            into_server(&restore.from, &url)?;
            check_schema(&url)?;
            crate::config::without_password(&url)
        }
        None => return Err(Stop::Usage("say with `--into` which new folder to make".to_owned())),
    };
    call.out.show(&Restored { from: restore.from.clone(), into }, |restored| {
        format!("restored and checked `{}` from `{}`", restored.into, restored.from.display())
    })
}

fn into_folder(from: &Path, folder: &Path) -> Result<PathBuf, Stop> {
    store_backup::check(from)?;
    super::private_folder(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(Stop::CannotRun(format!(
            "`{}` is not empty, and nothing is ever written over: choose a new folder",
            folder.display()
        )));
    }
    let file = folder.join("stockwell.db");
    store_backup::copy(from, &file, |_| Ok(()))?;
    check_schema(&format!("sqlite:{}", file.display()))?;
    Ok(file)
}

/// All or nothing: what is there already makes the first statement fail, and then nothing is done.
fn into_server(from: &Path, url: &str) -> Result<(), Stop> {
    tool("pg_restore", Some(url), &["--no-owner", "--single-transaction", "--exit-on-error"], from)
}
