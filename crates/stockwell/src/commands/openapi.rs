//! `stockwell openapi`: the description of the API, from the same table as the router.

use crate::cli::Call;
use crate::exit::Done;
use crate::server;
use clap::Args;

/// No arguments.
#[derive(Debug, Args)]
pub(crate) struct Openapi {}

pub(crate) fn run(call: Call<'_>, _: &Openapi) -> Done {
    call.out.line(&server::description())
}
