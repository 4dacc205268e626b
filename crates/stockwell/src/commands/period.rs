//! `stockwell period`: the months that were closed, with their digests, for whoever keeps the figures.

use super::Operator;
use crate::cli::Call;
use crate::exit::Done;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Period {
    /// List the months that were ever closed, each closed one with its digest
    List,
}

pub(crate) fn run(call: Call<'_>, period: &Period) -> Done {
    let Period::List = period;
    let operator = Operator::open_to_read(call.config)?;
    let rows = operator.db.read_blocking(stock::periods)?;
    call.out.show(&rows, |rows| {
        let text = |row: &stock::PeriodShown| match &row.digest {
            Some(closing) => format!(
                "{} {} at {}: {} postings, {} movements\n  {}",
                row.period, row.state, closing.closed_at, closing.postings, closing.movements, closing.digest
            ),
            None => format!("{} {}", row.period, row.state),
        };
        if rows.is_empty() {
            return "no month was ever closed".to_owned();
        }
        rows.iter().map(text).collect::<Vec<_>>().join("\n")
    })
}
