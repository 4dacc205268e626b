//! Requests that cannot be done, and more of them than there is room for: nobody else is disturbed, and
//! nothing is lost.

use super::Race;
use super::support::client::Post;
use super::support::crowd;
use super::support::site::{issue, receive, reserve};
use serde_json::json;

everywhere!(a_request_that_cannot_be_done_disturbs_no_other);

fn a_request_that_cannot_be_done_disturbs_no_other(race: &Race) {
    const CALLERS: usize = 48;
    race.stocked("GOOD", 0);
    race.stocked("FULL", 1);
    let poison = |kind: usize, key: &str| {
        let line = |qty: &str, cost: &str, lot: Option<&str>| {
            let mut line = json!({ "sku": "FULL", "qty": qty, "location": "LON-1", "unit_cost": cost });
            if let Some(lot) = lot {
                line["lot"] = lot.into();
            }
            line
        };
        let receipt = |body| Post { path: "/api/v1/postings/receive".into(), key: key.to_owned(), body };
        match kind {
            0 => receipt(json!({ "lines": [line("9223372036854", "0", None)] })),
            1 => receipt(json!({ "lines": [line("1000000000", "9000000000", None)] })),
            2 => receipt(json!({ "lines": [line("1", "1", None)], "note": "a\u{0}b" })),
            3 => receipt(json!({ "lines": [line("1", "1", None)], "document": "a\u{0}b" })),
            4 => receipt(json!({ "lines": [line("1", "1", Some("a\u{0}b"))] })),
            5 => {
                let mut post = reserve(key, "FULL");
                post.body["owner"] = "a\u{0}b".into();
                post
            }
            6 => {
                let mut post = reserve(key, "FULL\u{0}");
                post.body["site"] = "LON\u{0}".into();
                post
            }
            _ => issue(key, &[("FULL", 1_000_000_000)]),
        }
    };
    let replies = crowd(CALLERS, |caller| {
        let mut client = race.client(caller);
        let post = |number: usize| {
            let key = format!("p-{caller}-{number}");
            if caller.is_multiple_of(3) {
                poison((caller / 3 + number) % 8, &key)
            } else {
                receive(&key, "GOOD", 1)
            }
        };
        (0..8).map(|number| (post(number), client.post(&post(number)).unwrap())).collect::<Vec<_>>()
    });
    for (caller, replies) in replies.iter().enumerate() {
        for (post, reply) in replies {
            if caller.is_multiple_of(3) {
                assert!((400..500).contains(&reply.status), "{post:?}: {reply:?}");
            } else {
                assert_eq!(reply.status, 201, "{reply:?}");
            }
        }
    }
    let books = race.books();
    assert_eq!(books.stock["GOOD"].available, 32 * 8);
    assert_eq!(books.stock["FULL"].available, 1);
}

/// A flood of heavy bulks: those that find the queue full are told when to come again, and come.
fn a_flood_is_told_to_come_again_and_nothing_is_lost(race: &Race) {
    const CALLERS: usize = 12;
    const LINES: usize = 100;
    const POSTINGS: usize = 100;
    race.stocked("FLOOD", 200_000);
    let bulk = |caller: usize| {
        let line = json!({ "sku": "FLOOD", "qty": "1", "location": "LON-1", "to_location": "LON-2" });
        let lines = vec![line; LINES];
        let postings = vec![json!({ "kind": "move", "lines": lines }); POSTINGS];
        let (path, key) = ("/api/v1/postings/bulk".into(), format!("flood-{caller}"));
        Post { path, key, body: json!({ "postings": postings }) }
    };
    let clients = race.clients(CALLERS);
    let posts: Vec<Post> = (0..CALLERS).map(bulk).collect();
    let refused = crowd(CALLERS, |caller| {
        let mut client = clients[caller].lock().unwrap();
        let mut refused = 0;
        loop {
            let reply = client.post(&posts[caller]).unwrap();
            if reply.status == 200 {
                assert_eq!(reply.json()["accepted"], POSTINGS);
                return refused;
            }
            assert_eq!(reply.outcome(), "503 busy");
            let seconds = reply.retry_after.expect("it says when to come again");
            refused += 1;
            std::thread::sleep(std::time::Duration::from_secs(seconds));
        }
    });
    assert!(refused.iter().sum::<usize>() > 0, "the queue was never full");
    let books = race.books();
    let moved = books.bins[&("FLOOD".to_owned(), "LON-2".to_owned())];
    assert_eq!(moved, i64::try_from(CALLERS * POSTINGS * LINES).unwrap());
    let per_bulk = i64::try_from(POSTINGS).unwrap();
    assert!((0..CALLERS).all(|caller| books.postings[&format!("flood-{caller}")] == per_bulk));
}

mod full_queue {
    #[test]
    fn a_flood_is_told_to_come_again_and_nothing_is_lost_sqlite() {
        super::a_flood_is_told_to_come_again_and_nothing_is_lost(&super::Race::new(db::Engine::Sqlite, 1));
    }

    #[test]
    fn a_flood_is_told_to_come_again_and_nothing_is_lost_postgres() {
        super::a_flood_is_told_to_come_again_and_nothing_is_lost(&super::Race::new(db::Engine::Postgres, 1));
    }
}
