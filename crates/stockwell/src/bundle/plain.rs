//! Texts without what could be a secret, or somebody.

/// Settings whose values are words of a list, hours, or paths and addresses: what they say cannot open anything.
const SHOWN: [&str; 19] = [
    "data",
    "database",
    "listen",
    "log.level",
    "log.format",
    "files.store",
    "files.folder",
    "files.s3.region",
    "files.s3.credentials_file",
    "sign_in.second_factor",
    "secrets.key_file",
    "verify.hour",
    "backup.folder",
    "backup.key_file",
    "backup.every_hours",
    "export.lists",
    "export.folder",
    "export.format",
    "export.locale",
];

/// What is told of the value of a setting.
pub(crate) fn setting(name: &str, value: &str, source: &str) -> String {
    let is_number = value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok();
    if value.is_empty() || source == "default" || is_number || SHOWN.contains(&name) {
        plain(value)
    } else {
        "(set)".to_owned()
    }
}

/// A text without who signs in at an address and with what, without the questions of addresses, without addresses of
/// mail, and without whose folder it is.
pub(crate) fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| c.is_whitespace() || END.contains(c)) {
        words.push_str(&word_plain(word));
    }
    HOMES.iter().fold(words, |text, homes| without_owner(&text, homes))
}

/// Below these each user has a folder.
const HOMES: [&str; 2] = ["/home/", "/Users/"];

/// A text with `~` in place of the folder of any user.
fn without_owner(text: &str, homes: &str) -> String {
    let mut parts = text.split(homes);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let owner = part.find(|c: char| c == '/' || END.contains(c) || c.is_whitespace());
        plain.push('~');
        plain.push_str(owner.and_then(|end| part.get(end..)).unwrap_or_default());
    }
    plain
}

/// What ends a word beside blanks.
const END: &str = "`'\"(),;<>";

/// A word, which may be an address, or say who somebody is.
fn word_plain(word: &str) -> String {
    let end = word.chars().next_back().filter(|c| c.is_whitespace() || END.contains(*c));
    let body = end.map_or(word, |end| word.strip_suffix(end).unwrap_or(word));
    let end = end.map(String::from).unwrap_or_default();
    if let Some((scheme, rest)) = body.split_once("://") {
        // whatever stands before the last `@` is somebody, or a password with a `?` or `/` in it
        let is_somebody = rest.contains('@');
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let host = host.split(['?', '#']).next().unwrap_or_default();
        let somebody = if is_somebody { "***@" } else { "" };
        return format!("{scheme}://{somebody}{host}{end}");
    }
    if body.contains('@') { format!("***{end}") } else { format!("{body}{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_and_what_is_asked_is_left_out() {
        let cases = [
            ("postgres://ann:s3cret@db.example/x?password=s3cret", "postgres://***@db.example/x"),
            ("postgres://ann:s3?cr@et@db.example/x", "postgres://***@db.example/x"),
            ("postgres://db.example/x?user=ann", "postgres://db.example/x"),
            ("`https://idp.example/a#b` answers", "`https://idp.example/a` answers"),
            ("ask ann@example.com, or (bob@example.com)", "ask ***, or (***)"),
            ("`/home/ann/data` can be read", "`~/data` can be read"),
            ("sqlite:/Users/ann/x.db, /home/bob", "sqlite:~/x.db, ~"),
            ("sqlite:data/stockwell.db", "sqlite:data/stockwell.db"),
            ("1,5 MiB free\n", "1,5 MiB free\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn a_value_is_shown_only_where_it_cannot_be_a_secret() {
        let cases = [
            ("limits.streams", "10", "flag", "10"),
            ("oidc.create_users", "true", "flag", "true"),
            ("oidc.name", "Single sign-on", "default", "Single sign-on"),
            ("oidc.client_id", "s3cret", "environment STOCKWELL_OIDC_CLIENT_ID", "(set)"),
            ("public_url", "https://ann:s3cret@x", "file a", "(set)"),
            ("database", "postgres://ann:s3cret@x/y", "file a", "postgres://***@x/y"),
            ("outbound.origins", "", "file a", ""),
        ];
        for (name, value, source, expected) in cases {
            assert_eq!(setting(name, value, source), expected, "{name}");
        }
    }

    #[test]
    fn what_is_shown_is_a_setting() {
        for name in SHOWN {
            assert!(crate::config::KEYS.iter().any(|key| key.name == name), "{name}");
        }
    }
}
