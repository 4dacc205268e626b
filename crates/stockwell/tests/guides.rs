//! The guides, run: every block marked `sh` is given to a shell as it stands in the page, against a
//! fresh shop, and what it answers is held to the block of JSON behind it. A guide that says what is no
//! longer so fails here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]

#[path = "guides/page.rs"]
mod page;
#[path = "guides/sample.rs"]
mod sample;

use page::{Block, Page};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the guides let the server listen.
const ADDRESS: &str = "127.0.0.1:7070";
/// Where they let a second one listen.
const SECOND: &str = "127.0.0.1:7071";
/// The guide that makes the shop which the others rest on.
const SHOP: &str = "the-shop.md";
/// Stands in the output before that of a block.
const MARK: &str = "@@ block ";

/// Seconds after which a guide is ended: one that waits for a server that never becomes ready waits for ever.
const LONGEST: &str = "240";

/// Runs the blocks of a guide one after the other in one shell; what each of them printed.
fn run(page: &Page, folder: &Path) -> Vec<(Block, String)> {
    let mut blocks = if page.needs_shop() { Page::read(SHOP).shell() } else { Vec::new() };
    let own = blocks.len();
    blocks.extend(page.shell());
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [address, second] = listeners.map(|listener| listener.local_addr().unwrap().to_string());
    let mut script = "exec 2>&1\n".to_owned();
    for (number, block) in blocks.iter().enumerate() {
        let _infallible = write!(script, "printf '\n%s\n' '{MARK}{number}'\n{}\n", block.text);
    }
    // the servers that a guide has started end with it
    script.push_str("kill $! $server 2> /dev/null\nwait\n");
    std::fs::write(folder.join(".curlrc"), "silent\nshow-error\n").unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_stockwell")).parent().unwrap();
    let mut shell = Command::new("timeout");
    shell
        .env_clear()
        .args(["--kill-after=10", LONGEST, "sh", "-c"])
        .arg(script.replace(ADDRESS, &address).replace(SECOND, &second));
    shell.env("STOCKWELL_SHUTDOWN_DELAY_SECONDS", "0");
    shell.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", program.display()));
    shell.env("CURL_HOME", folder).env("HOME", folder).current_dir(folder);
    shell.stdin(Stdio::null()).stdout(Stdio::piped());
    let printed = shell.output().unwrap();
    let ended = printed.status;
    let printed = String::from_utf8(printed.stdout).unwrap();
    let parts = printed.split(MARK).skip(1).map(|part| part.split_once('\n').unwrap().1.to_owned());
    let parts: Vec<String> = parts.collect();
    assert_eq!(parts.len(), blocks.len(), "{}: not all of it was run ({ended}): {printed}", page.name);
    blocks.into_iter().zip(parts).skip(own).collect()
}

/// What is wrong with what a block printed.
fn faults(page: &Page, block: &Block, printed: &str) -> Vec<String> {
    let place = format!("{}:{}", page.name, block.line);
    // not ready yet, and cut off as it was told to
    let foreseen =
        |line: &str| ["curl: (7)", "curl: (22)", "curl: (28)"].iter().any(|code| line.starts_with(code));
    let said = |line: &&str| {
        let begins = ["error: ", "curl: ", "sh: "].iter().any(|begin| line.starts_with(begin));
        begins && !foreseen(line)
    };
    let mut faults: Vec<String> =
        printed.lines().filter(said).map(|line| format!("{place}: {line}")).collect();
    let answers = sample::values(printed);
    for code in answers.iter().filter_map(refusal) {
        // whoever reads the page learns that it is refused, and by what name
        if !block.around.contains(&format!("`{code}`")) {
            faults.push(format!("{place}: refused with `{code}`, of which the page does not say: {printed}"));
        }
    }
    let samples = sample::values(&block.sample);
    let behind = answers.len().saturating_sub(samples.len());
    if samples.len() > answers.len() {
        faults.push(format!("{place}: {} samples of {} answers: {printed}", samples.len(), answers.len()));
    }
    for (sample, answer) in samples.iter().zip(&answers[behind..]) {
        faults
            .extend(sample::differ(sample, answer, "").into_iter().map(|fault| format!("{place}: {fault}")));
    }
    faults
}

/// The code of a refusal.
fn refusal(answer: &Value) -> Option<&str> {
    answer.get("type")?.as_str()?.strip_prefix("/docs/problems/")
}

fn holds(name: &str) {
    let page = Page::read(name);
    let folder = tempfile::tempdir().unwrap();
    let printed = run(&page, folder.path());
    let faults: Vec<String> =
        printed.iter().flat_map(|(block, printed)| faults(&page, block, printed)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

macro_rules! guides {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[test] fn $test() { holds($name); })*
        /// The pages that are run.
        const RUN: &[&str] = &[$($name),*];
    };
}

guides! {
    first_steps: "first-steps.md",
    the_shop: "the-shop.md",
    moving_and_counting: "moving-and-counting.md",
    asking_about_stock: "asking-about-stock.md",
    beyond_stock: "beyond-stock.md",
    lots_and_expiry: "lots-and-expiry.md",
    lots_on_hold: "lots-on-hold.md",
    sites: "sites.md",
    laying_out_a_site: "laying-out-a-site.md",
    how_much_fits: "how-much-fits.md",
    across_sites: "across-sites.md",
    places_out_of_use: "places-out-of-use.md",
    closing_a_month: "closing-a-month.md",
    taking_a_site_into_use: "taking-a-site-into-use.md",
    training: "training.md",
    how_your_books_are_kept: "how-your-books-are-kept.md",
    export: "export.md",
    import: "import.md",
    operating: "operating.md",
    connecting_a_shop: "connecting-a-shop.md",
    signing_in: "signing-in.md",
    a_second_person: "a-second-person.md",
    rights_for_a_part: "rights-for-a-part.md",
    personal_data: "personal-data.md",
    the_audit_log: "the-audit-log.md",
    the_catalogue: "the-catalogue.md",
    variants: "variants.md",
    prices_and_suppliers: "prices-and-suppliers.md",
    images_and_documents: "images-and-documents.md",
}

#[test]
fn every_guide_with_commands_is_run() {
    let all = Page::all();
    let lacking: Vec<&String> = all.iter().filter(|name| !RUN.contains(&name.as_str())).collect();
    // the real year is run by tests of its own, with a slice of it
    assert_eq!(lacking, ["the-real-year.md"]);
    assert_eq!(RUN.iter().collect::<BTreeSet<_>>().len(), RUN.len());
}
