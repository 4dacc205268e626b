//! `stockwell location`: the places of the sites, for the operator at the host.

use super::Operator;
use crate::cli::Call;
use crate::exit::Done;
use clap::{Args, Subcommand};
use serde::Serialize;
use web::Reached;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Location {
    /// Print the locations in use as a list, as somebody walks past them
    Sheet(Sheet),
}

/// What stands on the list, and how.
#[derive(Debug, Args)]
pub(crate) struct Sheet {
    /// This location and everything below it; everything when not given
    #[arg(long, value_name = "LOCATION")]
    below: Option<String>,
    /// Only this kind, such as bin
    #[arg(long)]
    kind: Option<String>,
    /// `text`; `html`, which prints well; or `csv`
    #[arg(long, default_value = "text")]
    format: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    sheet: String,
}

pub(crate) fn run(call: Call<'_>, location: &Location) -> Done {
    let Location::Sheet(Sheet { below, kind, format }) = location;
    let asked = places::Sheet { below: below.clone(), kind: kind.clone(), format: Some(format.clone()) };
    let operator = Operator::open_to_read(call.config)?;
    let sheet = operator.db.read_blocking(|conn| places::sheet(conn, Reached::All, &asked))?;
    operator.db.close();
    call.out.show(&Shown { sheet }, |shown| shown.sheet.trim_end().to_owned())
}
