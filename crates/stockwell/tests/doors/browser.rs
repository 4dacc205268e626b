//! The pages in a browser: Debian's Chromium, driven by `playwright-core` and judged by `axe-core`.
//!
//! The pictures of the gallery are for eyes, and no test compares them: whoever changes a page looks at them.

use crate::identity_provider::PEERS;
use crate::pages::{page_address, shown};
use crate::scope_walk::Stage;
use crate::world::PASSWORD;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use stockwell::wiring;
use web::{Access, Within};

/// Where the pictures are.
const GALLERY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/gallery");

/// Somebody who may everything, and a few things to look at.
fn stage() -> Stage {
    let stage = Stage::on(db::Engine::Sqlite);
    stage.world.user("boss", &[("administrator", Within::All)]);
    for number in 1..=60 {
        let item = json!({ "sku": format!("BRG-{number:05}"), "name": format!("Sealed bearing {number}"), "base_unit": "each" });
        stage.admin.post("/api/v1/items", &item).good();
    }
    stage
}

/// Runs a script of the browser; what it found wrong fails the test, and what it measured is kept with the pictures.
fn run(stage: &Stage, script: &str, more: &[(&str, String)]) {
    for package in ["playwright-core", "axe-core"] {
        let there = Path::new(PEERS).join("node_modules").join(package).exists();
        assert!(there, "`{package}` is not there: run `.ci/peers` at the root of the repository");
    }
    let mut command = Command::new("node");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(script));
    let base = format!("http://localhost:{}", stage.world.address.port());
    command.envs([
        ("PEERS", PEERS),
        ("BASE", &base),
        ("LOGIN", "boss"),
        ("PASSWORD", PASSWORD),
        ("GALLERY", GALLERY),
    ]);
    command.envs(more.iter().map(|(name, value)| (*name, value)));
    let output = command.output().unwrap_or_else(|error| {
        panic!("`node` does not run ({error}): on Debian, `apt-get install nodejs npm chromium` brings it")
    });
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let last = said.lines().last().unwrap_or_default();
    let told: Value =
        serde_json::from_str(last).unwrap_or_else(|_| panic!("{script} broke: {said}{complained}"));
    // what was measured stands beside the pictures
    std::fs::create_dir_all(GALLERY).unwrap();
    std::fs::write(Path::new(GALLERY).join(format!("{script}.json")), told["figures"].to_string()).unwrap();
    let found: Vec<&str> = told["found"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(found.is_empty() && output.status.success(), "{}\n{complained}", found.join("\n"));
}

/// The pages that can be opened, with a name for their picture.
fn pages(stage: &Stage) -> Vec<(String, String)> {
    let routes = wiring::routes();
    let boss = stage.world.stranger().sign_in("boss", PASSWORD).unwrap();
    // whoever has signed in does not see the pages of signing in
    let shown = shown(&routes).filter(|route| !matches!(route.access, Access::Public(_)));
    // whoever has a passkey is asked for it
    let shown = shown.filter(|route| !route.path.contains("/passkeys/{id}"));
    shown
        .map(|route| {
            let plain: String =
                route.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            let name = plain.trim_matches('-').to_owned();
            (if name.is_empty() { "today".to_owned() } else { name }, page_address(stage, &boss, &route.path))
        })
        .collect()
}

fn sweep(windows: &Value) {
    let stage = stage();
    let pages = serde_json::to_string(&pages(&stage)).unwrap();
    run(&stage, "sweep.mjs", &[("PAGES", pages), ("WINDOWS", windows.to_string())]);
}

#[test]
fn every_page_is_whole_on_a_desk_and_on_a_telephone() {
    sweep(&json!([["desktop", "light", "en-GB"], ["phone", "dark", "de-DE"]]));
}

#[test]
#[ignore = "long: every page in every window, in each theme"]
fn every_page_is_whole_in_every_window() {
    sweep(&json!([
        ["desktop", "light", "de-DE"],
        ["desktop", "dark", "en-GB"],
        ["tablet", "light", "en-GB"],
        ["tablet", "dark", "de-DE"],
        ["phone", "light", "en-GB"],
        ["phone", "dark", "de-DE"],
    ]));
}

#[test]
fn people_find_their_way_by_the_keyboard_and_without_scripts() {
    run(&stage(), "journeys.mjs", &[]);
}
