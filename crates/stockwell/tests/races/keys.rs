//! Idempotency keys under a crowd: one effect and one answer, whoever asks how often.

use super::support::crowd;
use super::support::site::{issue, receive};
use super::{Race, counts, tally};

everywhere!(
    fifty_identical_requests_have_one_effect_and_one_answer,
    a_key_with_another_body_is_refused_and_disturbs_nobody,
    who_goes_away_and_asks_again_gets_the_stored_outcome,
);

fn fifty_identical_requests_have_one_effect_and_one_answer(race: &Race) {
    race.stocked("SAME", 0);
    for round in 0..5 {
        let key = format!("same-{round}");
        let replies = race.at_once(50, |_| receive(&key, "SAME", 7));
        assert_eq!(tally(&replies), counts([("201", 50)]));
        assert_eq!(replies.iter().filter(|reply| !reply.replayed).count(), 1);
        assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    }
    // a refusal is an outcome as well
    let replies = race.at_once(50, |_| issue("same-refusal", &[("SAME", 36)]));
    assert!(replies.iter().all(|reply| reply.status == 409 && reply.body == replies[0].body), "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| !reply.replayed).count(), 1);
    let books = race.books();
    assert_eq!(books.stock["SAME"].available, 35);
    assert!((0..5).all(|round| books.postings[&format!("same-{round}")] == 1));
}

fn a_key_with_another_body_is_refused_and_disturbs_nobody(race: &Race) {
    race.stocked("BODY", 0);
    // in every pair of callers of one key, two want different things; the others repeat
    for round in 0..10 {
        let key = format!("body-{round}");
        let replies = race.at_once(24, |number| {
            let units = if number % 4 == 3 { 1 } else { 2 };
            receive(&key, "BODY", units)
        });
        let outcome = |other: bool| {
            tally(replies.iter().enumerate().filter(|(n, _)| (n % 4 == 3) == other).map(|(_, reply)| reply))
        };
        // whichever came first is done, and the other body is refused
        let first_wins = (counts([("201", 18)]), counts([("422 idempotency_mismatch", 6)]));
        let second_wins = (counts([("422 idempotency_mismatch", 18)]), counts([("201", 6)]));
        let seen = (outcome(false), outcome(true));
        assert!(seen == first_wins || seen == second_wins, "{seen:?}");
        // later too, and those who repeat what was done get its answer beside those who do not
        let done = if seen == first_wins { 2 } else { 1 };
        let replies =
            race.at_once(24, |number| receive(&key, "BODY", if number.is_multiple_of(2) { done } else { 9 }));
        for (number, reply) in replies.iter().enumerate() {
            let expected = if number.is_multiple_of(2) { "201" } else { "422 idempotency_mismatch" };
            assert_eq!((reply.outcome().as_str(), reply.replayed), (expected, number.is_multiple_of(2)));
        }
    }
    let books = race.books();
    assert!((0..10).all(|round| books.postings[&format!("body-{round}")] == 1));
}

fn who_goes_away_and_asks_again_gets_the_stored_outcome(race: &Race) {
    const CALLERS: usize = 40;
    race.stocked("GONE", 0);
    let replies = crowd(CALLERS, |number| {
        let post = receive(&format!("gone-{number}"), "GONE", 1);
        let mut first = race.client(number);
        first.send(&post).unwrap();
        drop(first);
        // the same request through the next server, while the first may still be under way
        let again = race.client(number + 1).post(&post).unwrap();
        let third = race.client(number + 2).post(&post).unwrap();
        (again, third)
    });
    for (again, third) in replies {
        assert_eq!(again.status, 201, "{again:?}");
        assert_eq!((third.status, &third.body, third.replayed), (201, &again.body, true));
    }
    let books = race.books();
    assert_eq!(books.stock["GONE"].available, i64::try_from(CALLERS).unwrap());
    assert!((0..CALLERS).all(|number| books.postings[&format!("gone-{number}")] == 1));
}
