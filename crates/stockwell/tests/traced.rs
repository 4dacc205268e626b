//! What is answered is on the disk: the system calls of a running server, in the order in which they
//! happened. Before each answer the last frame of its transaction was written to the log, and after that
//! the log was synced.
//!
//! The embedded engine alone: on PostgreSQL the server does both, before it answers the commit.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]

#[expect(dead_code, reason = "some of it is for races and crashes")]
mod support;

#[path = "traced/calls.rs"]
mod calls;

use calls::{Trace, too_early};
use db::Engine;
use serde_json::json;
use std::time::{Duration, Instant};
use support::client::Post;
use support::crowd;
use support::site::Site;

const CLIENTS: usize = 4;
const POSTINGS: usize = 12;
/// How long the tracer may need to write down the end.
const PATIENCE: Duration = Duration::from_mins(1);

/// What marks a posting in the log and in its answer.
fn mark(client: usize, number: usize) -> String {
    format!("traced-{client:02}-{number:03}.")
}

fn receive(mark: &str) -> Post {
    let line = json!({ "sku": "BOLT", "qty": "1", "location": "LON-1" });
    let body = json!({ "document": mark, "lines": [line] });
    Post { path: "/api/v1/postings/receive".into(), key: mark.to_owned(), body }
}

#[test]
fn every_answer_comes_after_the_sync_of_what_it_says() {
    let site = Site::new(Engine::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls");
    let server = site.traced(&file);
    server.stocked("BOLT", 0);
    crowd(CLIENTS, |client| {
        let mut connection = server.client();
        for number in 0..POSTINGS {
            let reply = connection.post(&receive(&mark(client, number))).unwrap();
            assert_eq!(reply.status, 201, "{reply:?}");
        }
    });
    server.stop();
    let begun = Instant::now();
    let text = loop {
        let text = std::fs::read_to_string(&file).unwrap();
        if text.trim_end().ends_with("+++ exited with 0 +++") {
            break text;
        }
        assert!(begun.elapsed() < PATIENCE, "the trace does not end: {}", text.lines().last().unwrap_or(""));
        std::thread::sleep(Duration::from_millis(50));
    };
    let trace = Trace::read(&text);
    let marks: Vec<String> =
        (0..CLIENTS).flat_map(|client| (0..POSTINGS).map(move |number| mark(client, number))).collect();
    assert_eq!(too_early(&trace, &marks), Vec::<String>::new());
}
