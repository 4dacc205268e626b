//! What is to be believed of what an identity provider says of somebody, and what they may for it. Values come
//! in, values go out.

use domain::Instant;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Seconds that two clocks may differ.
const SKEW_SECONDS: i64 = 60;
/// Characters of what a provider calls somebody, at most; the standard says so.
const SUBJECT_CHARS_MAX: usize = 255;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Instant,
}

/// Why a token is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Unbelieved {
    #[error("it comes from another issuer than `oidc.issuer`")]
    Issuer,
    #[error("it is for somebody else than `oidc.client_id`")]
    Audience,
    #[error("it answers another sign-in than this one")]
    Nonce,
    #[error("it is past its time")]
    Expired,
    #[error("it is not good yet; one of the clocks is wrong")]
    TooEarly,
    #[error("it does not say when it was made, or until when it is good")]
    Timeless,
    #[error("it does not say who it is about")]
    Subject,
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name).and_then(Value::as_str)
}

/// The subject of a token whose signature fits, when everything else about it fits as well.
pub(crate) fn believe(claims: &Map<String, Value>, asked: Asked<'_>) -> Result<String, Unbelieved> {
    if text(claims, "iss") != Some(asked.issuer) {
        return Err(Unbelieved::Issuer);
    }
    let (is_for, is_shared) = match claims.get("aud") {
        Some(Value::String(one)) => (one == asked.client_id, false),
        Some(Value::Array(all)) => (all.iter().any(|one| one == asked.client_id), all.len() > 1),
        _ => (false, false),
    };
    let party = claims.get("azp");
    // of several it has to say who has asked for it
    let is_ours = party.map_or(!is_shared, |party| party == asked.client_id);
    if !is_for || !is_ours {
        return Err(Unbelieved::Audience);
    }
    if text(claims, "nonce") != Some(asked.nonce) {
        return Err(Unbelieved::Nonce);
    }
    let now = asked.now.0 / 1_000_000;
    let at = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(until), Some(made)) = (at("exp"), at("iat")) else { return Err(Unbelieved::Timeless) };
    if until.saturating_add(SKEW_SECONDS) <= now {
        return Err(Unbelieved::Expired);
    }
    let from = at("nbf").unwrap_or(made).max(made);
    if from.saturating_sub(SKEW_SECONDS) > now {
        return Err(Unbelieved::TooEarly);
    }
    let subject = text(claims, "sub").filter(|subject| {
        !subject.is_empty() && subject.len() <= SUBJECT_CHARS_MAX && !subject.chars().any(char::is_control)
    });
    subject.map(str::to_owned).ok_or(Unbelieved::Subject)
}

/// What a provider says beside the token is about the same person, and changes nothing of what the token says.
pub(crate) fn complete(claims: &mut Map<String, Value>, more: Map<String, Value>) -> Result<(), Unbelieved> {
    if more.get("sub").is_none() || more.get("sub") != claims.get("sub") {
        return Err(Unbelieved::Subject);
    }
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

/// A claim and a value by which a provider says that it has asked for a second factor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Factor {
    /// Among the methods.
    Amr(String),
    /// The class.
    Acr(String),
}

impl Factor {
    /// Reads `amr:mfa` and the like.
    pub fn parse(text: &str) -> Option<Factor> {
        let (claim, value) = text.split_once(':')?;
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty())?;
        match claim.trim() {
            "amr" => Some(Factor::Amr(value)),
            "acr" => Some(Factor::Acr(value)),
            _ => None,
        }
    }
}

/// Whether the provider has asked for a second factor, in one of the words that the operator accepts.
pub(crate) fn has_second_factor(claims: &Map<String, Value>, accepted: &[Factor]) -> bool {
    let methods = claims.get("amr").and_then(Value::as_array);
    accepted.iter().any(|factor| match factor {
        Factor::Amr(word) => methods.is_some_and(|all| all.iter().any(|one| one == word.as_str())),
        Factor::Acr(word) => text(claims, "acr") == Some(word),
    })
}

/// The groups that somebody is in: a list of texts, or one text.
pub(crate) fn groups(claims: &Map<String, Value>, claim: &str) -> BTreeSet<String> {
    match claims.get(claim) {
        Some(Value::String(one)) => BTreeSet::from([one.clone()]),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

/// Which role a group has, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRole {
    /// The group, as the provider calls it.
    pub group: String,
    /// The role.
    pub role: String,
    /// The code of the place; `None` everywhere.
    pub place: Option<String>,
}

impl GroupRole {
    /// Reads `GROUP=ROLE` or `GROUP=ROLE@PLACE`. A group may hold `=` itself.
    pub fn parse(text: &str) -> Option<GroupRole> {
        let (group, role) = text.rsplit_once('=')?;
        let (role, place) = match role.split_once('@') {
            Some((role, place)) => (role, Some(place.trim().to_owned())),
            None => (role, None),
        };
        let read = GroupRole { group: group.trim().to_owned(), role: role.trim().to_owned(), place };
        // roles for a category are given here, by hand
        let is_category = text.rsplit_once('=').is_some_and(|(_, role)| role.contains('#'));
        let is_whole = !is_category
            && !read.group.is_empty()
            && !read.role.is_empty()
            && read.place.as_deref() != Some("");
        is_whole.then_some(read)
    }
}

/// A role at a place, with the number of the grant for one that is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Held<P> {
    pub(crate) id: i64,
    pub(crate) role: String,
    pub(crate) place: P,
}

/// What changes of what somebody holds: the grants to take, and the roles to give. What the map does not name
/// is left to those who give roles here.
pub(crate) fn follow<P: PartialEq + Clone>(
    held: &[Held<P>],
    map: &[(String, String, P)],
    groups: &BTreeSet<String>,
) -> (Vec<i64>, Vec<(String, P)>) {
    let is_wanted = |role: &str, place: &P| {
        map.iter().any(|(group, to, at)| to == role && at == place && groups.contains(group))
    };
    let is_named = |role: &str, place: &P| map.iter().any(|(_, to, at)| to == role && at == place);
    let taken =
        held.iter().filter(|held| is_named(&held.role, &held.place) && !is_wanted(&held.role, &held.place));
    let taken = taken.map(|held| held.id).collect();
    let mut given: Vec<(String, P)> = Vec::new();
    for (_, role, place) in map.iter().filter(|(group, _, _)| groups.contains(group)) {
        let has = held.iter().any(|held| held.role == *role && held.place == *place);
        let is_new = !given.iter().any(|(to, at)| to == role && at == place);
        if !has && is_new {
            given.push((role.clone(), place.clone()));
        }
    }
    (taken, given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn fine() -> Map<String, Value> {
        let claims = json!({
            "iss": "https://idp.example", "aud": "stockwell", "nonce": "n1", "sub": "u-7",
            "iat": NOW, "exp": NOW + 300,
        });
        claims.as_object().unwrap().clone()
    }

    fn believed(change: impl Fn(&mut Map<String, Value>)) -> Result<String, Unbelieved> {
        let mut claims = fine();
        change(&mut claims);
        let now = Instant(NOW * 1_000_000);
        believe(&claims, Asked { issuer: "https://idp.example", client_id: "stockwell", nonce: "n1", now })
    }

    #[test]
    fn a_token_is_believed_when_all_of_it_fits() {
        use Unbelieved::{Audience, Expired, Issuer, Nonce, Subject, Timeless, TooEarly};
        let set = |name: &'static str, value: Value| {
            move |claims: &mut Map<String, Value>| {
                claims.insert(name.to_owned(), value.clone());
            }
        };
        let subject = || Ok("u-7".to_owned());
        let table: [(&'static str, Value, Result<String, Unbelieved>); 31] = [
            ("iss", json!("https://idp.example"), subject()),
            ("iss", json!("https://idp.example/"), Err(Issuer)),
            ("iss", json!("https://IDP.example"), Err(Issuer)),
            ("iss", json!("https://evil.example"), Err(Issuer)),
            ("iss", Value::Null, Err(Issuer)),
            ("aud", json!(["stockwell"]), subject()),
            ("aud", json!("other"), Err(Audience)),
            ("aud", json!([]), Err(Audience)),
            ("aud", json!(["other"]), Err(Audience)),
            ("aud", json!(["other", "stockwell"]), Err(Audience)),
            ("aud", Value::Null, Err(Audience)),
            ("azp", json!("stockwell"), subject()),
            ("azp", json!("other"), Err(Audience)),
            ("azp", Value::Null, Err(Audience)),
            ("nonce", json!("n2"), Err(Nonce)),
            ("nonce", json!(""), Err(Nonce)),
            ("nonce", Value::Null, Err(Nonce)),
            ("exp", json!(NOW - 59), subject()),
            ("exp", json!(NOW - 60), Err(Expired)),
            ("exp", json!(i64::MIN), Err(Expired)),
            ("exp", json!("never"), Err(Timeless)),
            ("iat", json!(NOW + 60), subject()),
            ("iat", json!(NOW + 61), Err(TooEarly)),
            ("iat", Value::Null, Err(Timeless)),
            ("nbf", json!(NOW + 60), subject()),
            ("nbf", json!(NOW + 61), Err(TooEarly)),
            ("sub", json!(""), Err(Subject)),
            ("sub", json!(7), Err(Subject)),
            ("sub", json!("x".repeat(255)), Ok("x".repeat(255))),
            ("sub", json!("x".repeat(256)), Err(Subject)),
            ("sub", json!("a\nb"), Err(Subject)),
        ];
        for (name, value, expected) in table {
            assert_eq!(believed(set(name, value.clone())), expected, "{name} = {value}");
        }
        for (name, expected) in [("iss", Issuer), ("aud", Audience), ("nonce", Nonce), ("sub", Subject)] {
            assert_eq!(believed(|claims| drop(claims.remove(name))), Err(expected), "{name}");
        }
        let shared = |claims: &mut Map<String, Value>| {
            claims.insert("aud".into(), json!(["other", "stockwell"]));
            claims.insert("azp".into(), json!("stockwell"));
        };
        assert_eq!(believed(shared), subject());
    }

    #[test]
    fn what_is_said_beside_is_about_the_same_person_and_changes_nothing() {
        let more = |value: Value| value.as_object().unwrap().clone();
        let mut claims = fine();
        let said = more(json!({ "sub": "u-7", "groups": ["a"], "nonce": "n2", "exp": 0 }));
        complete(&mut claims, said).unwrap();
        assert_eq!((&claims["groups"], &claims["nonce"]), (&json!(["a"]), &json!("n1")));
        for other in [json!({ "sub": "u-8", "groups": ["b"] }), json!({ "groups": ["b"] })] {
            assert_eq!(complete(&mut claims, more(other)), Err(Unbelieved::Subject));
        }
        assert_eq!(claims["groups"], json!(["a"]));
    }

    #[test]
    fn a_second_factor_counts_in_the_words_that_are_accepted() {
        let accepted = [Factor::parse("amr:mfa").unwrap(), Factor::parse(" acr : gold").unwrap()];
        let table = [
            (json!({}), false),
            (json!({ "amr": ["pwd"] }), false),
            (json!({ "amr": ["pwd", "mfa"] }), true),
            (json!({ "amr": "mfa" }), false),
            (json!({ "acr": "mfa" }), false),
            (json!({ "acr": "gold" }), true),
            (json!({ "acr": "goldish" }), false),
        ];
        for (claims, expected) in table {
            assert_eq!(has_second_factor(claims.as_object().unwrap(), &accepted), expected, "{claims}");
            assert!(!has_second_factor(claims.as_object().unwrap(), &[]));
        }
        for text in ["", "mfa", "amr:", "amr: ", "xyz:mfa"] {
            assert_eq!(Factor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_group_has_a_role_everywhere_or_at_a_place() {
        let read = |text: &str| GroupRole::parse(text).map(|read| (read.group, read.role, read.place));
        let whole = |group: &str, role: &str, place: Option<&str>| {
            Some((group.to_owned(), role.to_owned(), place.map(str::to_owned)))
        };
        assert_eq!(read("clerks=clerk"), whole("clerks", "clerk", None));
        assert_eq!(read(" cn=a,ou=b = picker@BER-1 "), whole("cn=a,ou=b", "picker", Some("BER-1")));
        for text in ["", "clerks", "=clerk", "clerks=", "clerks=@BER", "clerks=picker@", "clerks=picker@ "] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// What is held, the groups, what is taken, what is given.
    type Row<'r> = (&'r [(i64, &'r str, u8)], &'r [&'r str], &'r [i64], &'r [(&'r str, u8)]);

    #[test]
    fn roles_follow_groups_and_others_stay() {
        let map: Vec<(String, String, u8)> =
            [("clerks", "clerk", 0), ("berlin", "picker", 1), ("boss", "clerk", 0)]
                .map(|(group, role, place)| (group.to_owned(), role.to_owned(), place))
                .to_vec();
        let held = |all: &[(i64, &str, u8)]| -> Vec<Held<u8>> {
            all.iter()
                .map(|(id, role, place)| Held { id: *id, role: (*role).to_owned(), place: *place })
                .collect()
        };
        let table: [Row<'_>; 9] = [
            (&[], &[], &[], &[]),
            (&[], &["clerks"], &[], &[("clerk", 0)]),
            (&[], &["clerks", "boss"], &[], &[("clerk", 0)]),
            (&[], &["nobody", "berlin"], &[], &[("picker", 1)]),
            (&[(1, "clerk", 0)], &["boss"], &[], &[]),
            (&[(1, "clerk", 0)], &[], &[1], &[]),
            (&[(1, "clerk", 0)], &["berlin"], &[1], &[("picker", 1)]),
            // given here: another role, or another place
            (&[(1, "auditor", 0), (2, "picker", 0)], &[], &[], &[]),
            (&[(1, "auditor", 0), (2, "picker", 1)], &["clerks"], &[2], &[("clerk", 0)]),
        ];
        for (has, groups, taken, given) in table {
            let groups: BTreeSet<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            let given: Vec<(String, u8)> =
                given.iter().map(|(role, place)| ((*role).to_owned(), *place)).collect();
            assert_eq!(follow(&held(has), &map, &groups), (taken.to_vec(), given), "{has:?} {groups:?}");
        }
    }

    #[test]
    fn groups_are_a_list_of_texts_or_one() {
        let of = |value: Value| {
            groups(json!({ "g": value }).as_object().unwrap(), "g").into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of(json!(["b", "a", 1, "a"])), ["a", "b"]);
        assert_eq!(of(json!("a b")), ["a b"]);
        assert_eq!((of(json!({ "a": 1 })).len(), of(Value::Null).len()), (0, 0));
    }
}
