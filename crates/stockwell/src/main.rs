//! `stockwell`: inventory with a ledger that cannot be wrong.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stockwell::cli::main()
}
