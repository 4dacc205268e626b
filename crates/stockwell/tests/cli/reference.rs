//! The committed description of the API is what the program tells. Of the page of the commands a test stands beside
//! what makes it.

use super::Shell;
use std::path::Path;

#[test]
fn the_committed_description_is_what_the_program_tells() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let committed = std::fs::read_to_string(root.join("docs/reference/openapi.json")).unwrap();
    let told = Shell::new().run(&["openapi"]).good().out;
    let mut both = committed.trim_end().lines().zip(told.trim_end().lines()).enumerate();
    let apart = both.find(|(_, (committed, told))| committed != told);
    assert_eq!(apart, None, "run `cargo xtask openapi`");
    assert_eq!(committed.lines().count(), told.trim_end().lines().count(), "run `cargo xtask openapi`");
}
