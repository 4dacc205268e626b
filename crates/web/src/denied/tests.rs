//! Who has which rows, and that nothing is lost between them.

use super::*;
use crate::Limits;
use crate::principal::PrincipalKind;
use std::sync::mpsc;

const NOW: Instant = Instant(1_000_000_000);

fn ann() -> Asker {
    let principal = Principal::new(PrincipalId(9), "ann", PrincipalKind::User, Vec::new(), None);
    Asker::Known(Arc::new(principal))
}

fn refusal(asker: Asker, route: &str, at: Instant) -> Refusal {
    let denied = Denied { times: 1, code: Code::Forbidden, detail: "no".to_owned() };
    Refusal { asker, route: route.to_owned(), signs_in: false, denied, at, request_id: Uuid::from_u128(7) }
}

fn details(row: &Row) -> serde_json::Value {
    serde_json::from_str(&row.details).unwrap()
}

#[test]
fn beyond_so_many_a_minute_refusals_are_counted_and_none_is_lost() {
    let denials = Denials::new();
    let mut rows = 0;
    for place in 0..1_000 {
        let route = if place % 4 == 0 { "GET /a" } else { "POST /b" };
        rows += usize::from(denials.enter(&refusal(ann(), route, NOW)).is_some());
    }
    assert_eq!(rows, 30);
    // somebody else has their own
    let stranger = Asker::stranger(Some("AbCdEfGh"), None);
    assert!(denials.enter(&refusal(stranger, "GET /a", NOW)).is_some());
    assert!(denials.due(NOW.plus_micros(COUNTED_MICROS - 1), false).is_empty());
    let due = denials.due(NOW.plus_micros(COUNTED_MICROS), false);
    let [row] = due.as_slice() else { panic!("{due:?}") };
    // of the first 30 in turn 8 were of the first route
    let expected = json!([
        { "route": "GET /a", "code": "forbidden", "times": 242 },
        { "route": "POST /b", "code": "forbidden", "times": 728 },
    ]);
    assert_eq!((row.action, &details(row)["refused"]), (COUNTED, &expected));
    assert!(denials.tallies().is_empty(), "nobody is remembered for ever");
}

#[test]
fn a_loud_stranger_hides_no_other_and_all_together_fill_no_log() {
    let denials = Denials::new();
    let rows = |address: [u8; 4], times: usize| {
        let peer = Some(Peer(address.into()));
        let enter = || denials.enter(&refusal(Asker::stranger(None, peer), "GET /a", NOW));
        (0..times).filter(|_| enter().is_some()).count()
    };
    assert_eq!(rows([192, 0, 2, 1], 1_000), 30);
    assert_eq!(rows([192, 0, 2, 2], 1), 1, "somebody else has rows of their own");
    let crowd: usize = (0..200).map(|last| rows([198, 51, 100, last], 2)).sum();
    assert_eq!(crowd, 300 - 31, "and all of them no more than so many");
    let [told] = denials.due(NOW, true).try_into().unwrap();
    let counted = 970 + 400 - crowd;
    assert_eq!(details(&told)["refused"][0]["times"], counted, "what is in no row of its own is counted");
}

#[test]
fn what_is_not_written_is_counted_and_told_later() {
    let denials = Denials::new();
    let row = denials.enter(&refusal(ann(), "GET /a", NOW)).unwrap();
    denials.count_again(&row);
    let [told] = denials.due(NOW, true).try_into().unwrap();
    assert_eq!(details(&told)["refused"][0]["times"], 1);
    denials.count_again(&told);
    denials.count_again(&denials.enter(&refusal(ann(), "GET /a", NOW)).unwrap());
    let [told] = denials.due(NOW, true).try_into().unwrap();
    assert_eq!(details(&told)["refused"][0]["times"], 2);
    assert!(denials.due(NOW, true).is_empty());
}

#[test]
fn who_came_without_a_key_has_tried_nothing() {
    let denials = Denials::new();
    assert!(denials.enter(&refusal(Asker::Nobody, "GET /a", NOW)).is_none());
    assert!(denials.due(NOW, true).is_empty());
}

#[test]
fn only_what_is_forbidden_is_denied() {
    for code in Code::ALL {
        let denied = Denied::of(&Problem::new(*code, "x"));
        assert_eq!(denied.is_some(), code.kind() == Kind::Forbidden, "{code:?}");
    }
}

#[test]
fn what_fails_when_nobody_waits_for_it_any_more_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("t.db").display());
    let settings = db::Settings { queue_patience: Duration::from_millis(100), ..db::Settings::new(url) };
    let limits = Limits { request_time_max: Duration::from_millis(5), ..Limits::default() };
    let (app, _) = crate::tests::doors_on(&settings, limits);
    let ((running, is_running), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let db = app.db().clone();
    let holder = std::thread::spawn(move || {
        db.write_blocking(move |_| {
            running.send(()).unwrap();
            released.recv().unwrap();
            Ok::<_, DbError>(())
        })
    });
    is_running.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        note(&app, refusal(ann(), "GET /a", NOW)).await;
        assert!(app.denials().due(NOW, true).is_empty(), "it waits to be written");
        release.send(()).unwrap();
        // it has waited for too long by now
        let told = tokio::time::timeout(Duration::from_mins(1), async {
            loop {
                if let Some(told) = app.denials().due(NOW, true).pop() {
                    return told;
                }
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(details(&told.await.unwrap())["refused"][0]["times"], 1);
    });
    holder.join().unwrap().unwrap();
}
