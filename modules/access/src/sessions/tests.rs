//! When a session goes on, line by line.

use super::*;

#[test]
fn a_session_ends_by_itself_at_its_two_limits_and_when_it_is_ended() {
    let begun = Instant(1_000_000_000_000);
    let at = |seconds| begun.plus_seconds(seconds);
    let session = |seen, ended: Option<&str>| SessionRow {
        id: 4,
        principal: PrincipalId(100),
        login: "ann".to_owned(),
        method: "password".to_owned(),
        network: None,
        agent: String::new(),
        begun_at: begun,
        seen_at: at(seen),
        expires_at: at(WHOLE_SECONDS),
        ended_at: ended.map(|_| begun),
        ended_why: ended.map(str::to_owned),
        half: false,
    };
    // last seen, ended by, now, whether it goes on
    let table = [
        (0, None, 0, true),
        (0, None, IDLE_SECONDS - 1, true),
        (0, None, IDLE_SECONDS, false),
        (WHOLE_SECONDS - 5, None, WHOLE_SECONDS - 1, true),
        (WHOLE_SECONDS - 5, None, WHOLE_SECONDS, false),
        (0, Some("sign_out"), 1, false),
    ];
    for (seen, ended, now, goes_on) in table {
        let why = past(&session(seen, ended), at(now));
        assert_eq!(why.is_none(), goes_on, "{seen} {ended:?} {now}: {why:?}");
    }
}

#[test]
fn a_secret_has_its_form_and_shows_nothing() {
    let secret = Secret::new().unwrap();
    assert!(is_secret(secret.reveal()));
    assert_ne!(secret.reveal(), Secret::new().unwrap().reveal());
    assert_eq!(format!("{secret:?}"), "Secret(***)");
    for text in ["", "short", &format!("{}_", &secret.reveal()[1..]), &format!("{}a", secret.reveal())] {
        assert!(!is_secret(text), "{text}");
    }
}
