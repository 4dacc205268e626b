//! What of a text is about a person, and what stands in its place. Pure: texts come in, texts go out.
//!
//! In what is told of the person themselves every text is theirs, but for words of the product ([`KEPT`]): what
//! somebody adds there later is taken away until they decide otherwise. In what is told of others only the login is.

use serde_json::Value;
use std::collections::BTreeSet;

/// Keys of texts that say nothing of a person, in what is told of one: words of the product, names of roles, and
/// sentences, in which the login is looked for.
const KEPT: [&str; 15] = [
    "handle",
    "role",
    "permissions",
    "why",
    "method",
    "password",
    "second_factor",
    "expires_at",
    "detail",
    "code",
    "taken",
    "kept",
    "issuer",
    "request",
    "digest",
];

/// Keys under which an answer shows somebody.
const SHOWN: [&str; 7] = ["login", "name", "owner", "user", "network", "networks", "agent"];

/// Whose texts are taken away.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) login: String,
    /// The ids and public parts of their keys.
    pub(super) keys: Vec<(i64, String)>,
    /// Whatever else names them or what is theirs, as answers show it.
    pub(super) known: BTreeSet<String>,
}

/// What stands in the place of somebody: what no login can be.
pub(super) fn mark(id: i64) -> String {
    // the schema lets nothing else take the place of a text
    format!("erased:{id}")
}

/// What is told, a JSON text, without what is of these people; `None` when nothing of it is. `is_about` says of whom
/// it is told.
pub(super) fn details_of(
    people: &[Person],
    is_about: impl Fn(&Person) -> bool,
    text: &str,
) -> Option<String> {
    let mut taken: Option<String> = None;
    for person in people {
        let text = taken.as_deref().unwrap_or(text);
        let is_about = is_about(person);
        if (is_about || person.may_stand_in(text))
            && let Some(new) = person.details(is_about, text)
        {
            taken = Some(new);
        }
    }
    taken
}

impl Person {
    /// Whether the login may be somewhere in a text, also written as a part of an address. Much cheaper than to look.
    fn may_stand_in(&self, text: &str) -> bool {
        text.contains('%') || text.to_ascii_lowercase().contains(&self.login)
    }

    pub(super) fn mark(&self) -> String {
        mark(self.id)
    }

    /// Whether an audit row with this target tells of them.
    pub(super) fn is_target(&self, target: &str) -> bool {
        match target.split_once(':') {
            Some(("user", login)) => login == self.login,
            Some(("key", public_id)) => self.keys.iter().any(|(_, own)| own == public_id),
            _ => false,
        }
    }

    /// Whether an event of this record tells of them.
    pub(super) fn is_aggregate(&self, kind: &str, id: &str) -> bool {
        match kind {
            "access.user" => id == self.id.to_string(),
            "access.key" => self.keys.iter().any(|(own, _)| own.to_string() == id),
            _ => false,
        }
    }

    /// A target without the login.
    pub(super) fn target(&self, target: &str) -> Option<String> {
        (target.split_once(':') == Some(("user", &self.login))).then(|| format!("user:{}", self.mark()))
    }

    /// What is told, a JSON text, of them or (`!of_them`) of somebody else; `None` when nothing of it is theirs.
    pub(super) fn details(&self, of_them: bool, text: &str) -> Option<String> {
        let mut value: Value = serde_json::from_str(text).ok()?;
        let changes = self.take(&mut value, None, of_them);
        changes.then(|| value.to_string())
    }

    fn take(&self, value: &mut Value, key: Option<&str>, of_them: bool) -> bool {
        match value {
            Value::String(text) => {
                let taken = if of_them && !key.is_some_and(|key| KEPT.contains(&key)) {
                    Some(self.mark()).filter(|mark| mark != text)
                } else {
                    self.sentence(text)
                };
                let changes = taken.is_some();
                *text = taken.unwrap_or_else(|| std::mem::take(text));
                changes
            }
            // every one of them is looked at
            Value::Array(values) => {
                values.iter_mut().fold(false, |changes, value| self.take(value, key, of_them) | changes)
            }
            Value::Object(map) => {
                let mut changes = false;
                for (key, value) in map.iter_mut() {
                    changes |= self.take(value, Some(key), of_them);
                }
                // a wrong password for them most likely came from where they were
                if changes && let Some(peer @ Value::String(_)) = map.get_mut("peer") {
                    *peer = Value::String(self.mark());
                }
                changes
            }
            _ => false,
        }
    }

    /// A sentence or an address without the login; `None` when it does not stand there. The login alone may be a word
    /// of any language, so it counts where it is marked as one: alone, in backquotes, behind `/users/`.
    pub(super) fn sentence(&self, text: &str) -> Option<String> {
        if text == self.login {
            // whoever is erased once more is called so already
            return Some(self.mark()).filter(|mark| mark != text);
        }
        let quoted = text.replace(&format!("`{}`", self.login), &format!("`{}`", self.mark()));
        let addressed = self.address(&quoted);
        (addressed != text).then_some(addressed)
    }

    fn address(&self, text: &str) -> String {
        const BEFORE: &str = "/users/";
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(BEFORE) {
            let end = behind.find(['/', '?', ' ', '`', '"', ',']).unwrap_or(behind.len());
            let (segment, after) = behind.split_at(end);
            out.push_str(before);
            out.push_str(BEFORE);
            let is_theirs = decoded(segment).is_some_and(|segment| segment.eq_ignore_ascii_case(&self.login));
            out.push_str(if is_theirs { "" } else { segment });
            if is_theirs {
                out.push_str(&self.mark());
            }
            rest = after;
        }
        out + rest
    }

    /// The body of an answer without what it shows of them.
    pub(super) fn answer(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut value: Value = serde_json::from_slice(body).ok()?;
        self.hide(&mut value, None, false).then(|| value.to_string().into_bytes())
    }

    /// In what shows them by their login every text is theirs under a key that shows somebody, also a name that they
    /// have no more; elsewhere those that are known.
    fn hide(&self, value: &mut Value, key: Option<&str>, shows_them: bool) -> bool {
        match value {
            Value::String(text) => {
                let is_shown = key.is_some_and(|key| SHOWN.contains(&key));
                let taken = if is_shown && (shows_them || self.known.contains(text)) {
                    Some(self.mark()).filter(|mark| mark != text)
                } else {
                    self.sentence(text)
                };
                let changes = taken.is_some();
                *text = taken.unwrap_or_else(|| std::mem::take(text));
                changes
            }
            Value::Array(values) => {
                values.iter_mut().fold(false, |changes, value| self.hide(value, key, shows_them) | changes)
            }
            Value::Object(map) => {
                let names_them =
                    |key: &str| map.get(key).and_then(Value::as_str).is_some_and(|text| text == self.login);
                let shows_them = names_them("login") || names_them("owner");
                map.iter_mut()
                    .fold(false, |changes, (key, value)| self.hide(value, Some(key), shows_them) | changes)
            }
            _ => false,
        }
    }
}

/// A part of an address as it is meant: `%40` is `@`.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut parts = segment.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> Person {
        let known = ["ann", "Ann Lee", "laptop"].map(str::to_owned).into();
        Person { id: 101, login: "ann".into(), keys: vec![(102, "k1".into())], known }
    }

    #[test]
    fn a_login_is_taken_where_it_is_marked_as_one() {
        for (text, expected) in [
            ("ann", Some("erased:101")),
            ("a wrong password for `ann`", Some("a wrong password for `erased:101`")),
            ("POST /api/v1/users/ann/end", Some("POST /api/v1/users/erased:101/end")),
            ("/api/v1/users/ann", Some("/api/v1/users/erased:101")),
            ("/api/v1/users/ANN?x=1", Some("/api/v1/users/erased:101?x=1")),
            ("/api/v1/users/%61nn", Some("/api/v1/users/erased:101")),
            ("/api/v1/users/anna/end", None),
            ("/api/v1/users/bob/ann", None),
            ("/api/v1/users/%6", None),
            ("`anna` and ann", None),
            ("", None),
        ] {
            assert_eq!(ann().sentence(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn of_a_person_every_text_is_taken_but_words_of_the_product() {
        for (of_them, text, expected) in [
            (
                true,
                r#"{"details":{"grants":[{"role":"clerk","within":3}],"name":"Ann Lee"},"handle":"ann","id":101}"#,
                Some(
                    r#"{"details":{"grants":[{"role":"clerk","within":3}],"name":"erased:101"},"handle":"erased:101","id":101}"#,
                ),
            ),
            (
                true,
                r#"{"details":{"name":{"after":"Ann Lee","before":"Ann"}},"handle":"ann","id":101}"#,
                Some(
                    r#"{"details":{"name":{"after":"erased:101","before":"erased:101"}},"handle":"erased:101","id":101}"#,
                ),
            ),
            (
                true,
                r#"{"details":{"name":"laptop","networks":["192.0.2.1"],"owner":"ann"},"handle":"k1","id":102}"#,
                Some(
                    r#"{"details":{"name":"erased:101","networks":["erased:101"],"owner":"erased:101"},"handle":"k1","id":102}"#,
                ),
            ),
            (true, r#"{"later":"something of theirs"}"#, Some(r#"{"later":"erased:101"}"#)),
            (true, r#"{"session":5,"why":"sign_out"}"#, None),
            (true, r#"{"digest":"00ff","rows":3}"#, None),
            (false, r#"{"details":{"name":"Ann Lee"},"handle":"bob"}"#, None),
            (
                false,
                r#"{"detail":"a wrong password for `ann`","key":null,"peer":"192.0.2.1"}"#,
                Some(r#"{"detail":"a wrong password for `erased:101`","key":null,"peer":"erased:101"}"#),
            ),
            (false, r#"{"detail":"a wrong password for `bob`","peer":"192.0.2.1"}"#, None),
            (false, "no JSON about `ann`", None),
        ] {
            assert_eq!(ann().details(of_them, text).as_deref(), expected, "{text}");
            // what was taken away is gone: a second time finds nothing
            if let Some(text) = expected {
                assert_eq!(ann().details(of_them, text), None, "{text}");
            }
        }
    }

    #[test]
    fn of_several_people_each_is_taken() {
        let bob = Person { id: 201, login: "bob".into(), keys: Vec::new(), known: BTreeSet::new() };
        let people = [ann(), bob];
        for (about, text, expected) in [
            (0, r#"{"detail":"`ann` and `bob`"}"#, Some(r#"{"detail":"`erased:101` and `erased:201`"}"#)),
            (
                201,
                r#"{"detail":"of `ann`","name":"Bob"}"#,
                Some(r#"{"detail":"of `erased:101`","name":"erased:201"}"#),
            ),
            (0, r#"{"detail":"/users/B%6Fb/end"}"#, Some(r#"{"detail":"/users/erased:201/end"}"#)),
            (0, r#"{"detail":"/users/ANN/end"}"#, Some(r#"{"detail":"/users/erased:101/end"}"#)),
            (0, r#"{"detail":"`carl`, bobby"}"#, None),
        ] {
            let found = details_of(&people, |person| person.id == about, text);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn of_somebody_erased_nothing_changes() {
        let erased = Person { login: "erased:101".into(), known: BTreeSet::new(), ..ann() };
        for text in
            [r#"{"details":{"name":"erased:101"},"handle":"erased:101"}"#, r#"{"detail":"`erased:101`"}"#]
        {
            assert_eq!(erased.details(true, text), None, "{text}");
            assert_eq!(erased.answer(text.as_bytes()), None, "{text}");
        }
        assert_eq!(erased.sentence("POST /api/v1/users/erased:101/end"), None);
    }

    #[test]
    fn what_tells_of_a_person_is_known_by_their_login_their_id_and_their_keys() {
        let ann = ann();
        for target in ["user:ann", "key:k1"] {
            assert!(ann.is_target(target), "{target}");
        }
        for target in ["user:anna", "key:k2", "ann", "item:ann"] {
            assert!(!ann.is_target(target), "{target}");
        }
        assert!(ann.is_aggregate("access.user", "101") && ann.is_aggregate("access.key", "102"));
        assert!(!ann.is_aggregate("access.user", "102") && !ann.is_aggregate("item", "101"));
        assert_eq!(ann.target("user:ann").as_deref(), Some("user:erased:101"));
        assert_eq!(ann.target("key:k1"), None, "it is random");
    }

    #[test]
    fn an_answer_hides_what_it_shows_of_a_person_and_no_item_of_that_name() {
        let hidden = |body: &str| ann().answer(body.as_bytes()).map(|body| String::from_utf8(body).unwrap());
        assert_eq!(
            hidden(r#"{"grants":[],"login":"ann","name":"Ann Lee"}"#).as_deref(),
            Some(r#"{"grants":[],"login":"erased:101","name":"erased:101"}"#)
        );
        assert_eq!(
            hidden(r#"{"login":"ann","name":"Ann, as she was called"}"#).as_deref(),
            Some(r#"{"login":"erased:101","name":"erased:101"}"#)
        );
        assert_eq!(hidden(r#"{"login":"bob","name":"Bob"}"#), None);
        assert_eq!(hidden(r#"{"name":"laptop stand","sku":"laptop"}"#), None);
        assert_eq!(hidden("not JSON"), None);
    }
}
