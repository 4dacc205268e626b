//! `bench`: the benchmarks are a command of the product; this builds it well and passes all on.

use crate::process;
use anyhow::Result;

/// Runs `stockwell bench` of an optimised build.
pub(crate) fn run(args: &[String]) -> Result<()> {
    process::run(
        process::cargo().args(["run", "--release", "--package", "stockwell", "--", "bench"]).args(args),
    )
}
