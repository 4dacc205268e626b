//! The password in the URL of a database: never shown, never in a list of processes.

/// A URL without its password, for people. Rather too much is hidden than too little.
pub(crate) fn without_password(url: &str) -> String {
    let (main, query) = url.split_once('?').map_or((url, None), |(main, query)| (main, Some(query)));
    let mut shown = main.to_owned();
    let hidden = main.split_once("://").and_then(|(scheme, rest)| {
        let (before, host) = rest.rsplit_once('@')?;
        let (user, _) = before.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{host}"))
    });
    if let Some(hidden) = hidden {
        shown = hidden;
    } else if query.is_some_and(|query| query.contains('@')) && main.matches(':').count() > 1 {
        // a question mark in the password itself
        return without_password(&url.replacen('?', "%3F", 1));
    }
    let Some(query) = query else { return shown };
    let parts: Vec<&str> =
        query.split('&').map(|part| if is_password(part) { "password=***" } else { part }).collect();
    format!("{shown}?{}", parts.join("&"))
}

fn is_password(part: &str) -> bool {
    part.split_once('=').is_some_and(|(name, _)| percent_decoded(name).eq_ignore_ascii_case("password"))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let coded = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match coded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let rows = [
            ("postgres://ann:s3cret@host/db", "postgres://ann:***@host/db"),
            ("postgres://ann:s@cret@host/db", "postgres://ann:***@host/db"),
            ("postgres://ann:s?cret@host/db", "postgres://ann:***@host/db"),
            ("postgres://ann:s3cret@host/db?sslmode=require", "postgres://ann:***@host/db?sslmode=require"),
            ("postgres://ann@host/db?password=s3cret&a=b", "postgres://ann@host/db?password=***&a=b"),
            ("postgres://ann@host/db?p%61ssword=s3cret", "postgres://ann@host/db?password=***"),
            (
                "postgres://ann:x@host/db?application_name=a@b",
                "postgres://ann:***@host/db?application_name=a@b",
            ),
            ("postgres://ann@host/db", "postgres://ann@host/db"),
            ("sqlite:a.db", "sqlite:a.db"),
            ("sqlite:a?b.db", "sqlite:a?b.db"),
        ];
        for (url, shown) in rows {
            assert_eq!(without_password(url), shown);
        }
    }
}
