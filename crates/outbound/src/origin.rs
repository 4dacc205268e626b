//! Where a request goes: scheme, host and port, and which of them an operator has listed.

use crate::OutboundError;
use hyper::Uri;
use std::fmt;
use std::net::IpAddr;

/// Bytes of an address at most.
pub(crate) const URL_BYTES_MAX: usize = 8_192;

/// A scheme, a host and a port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    is_tls: bool,
    /// In small letters, an address of the newer protocol without its brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// Reads an origin: `https://host`, `https://host:8443` or `http://10.0.0.5:9000`, with nothing after it.
    ///
    /// # Errors
    /// [`OutboundError::Malformed`].
    pub fn parse(text: &str) -> Result<Origin, OutboundError> {
        let (origin, uri) = read(text)?;
        if matches!(uri.path(), "" | "/") && uri.query().is_none() && !text.contains(['#', '?']) {
            Ok(origin)
        } else {
            Err(OutboundError::Malformed {
                url: text.to_owned(),
                why: "there is more than a host and a port",
            })
        }
    }

    /// The origin of an address that names are added to: one without a query.
    ///
    /// # Errors
    /// [`OutboundError::Malformed`].
    pub fn of_folder(text: &str) -> Result<Origin, OutboundError> {
        if text.contains(['?', '#']) {
            // not repeated: it may hold a secret
            return Err(OutboundError::Malformed { url: String::new(), why: "a name cannot be added to it" });
        }
        Ok(read(text)?.0)
    }

    /// Whether it is spoken over TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether it is where everybody may look: over TLS, at the port for that.
    pub(crate) fn is_usual(&self) -> bool {
        self.is_tls && self.port == 443
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As the header `Host` has it: without a port that goes without saying.
    pub(crate) fn authority(&self) -> String {
        let host = match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.host.clone(),
        };
        match (self.is_tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

/// The origin of an address, and the address.
pub(crate) fn read(text: &str) -> Result<(Origin, Uri), OutboundError> {
    let wrong = |why: &'static str| OutboundError::Malformed { url: text.to_owned(), why };
    if text.len() > URL_BYTES_MAX {
        // not repeated at full length
        return Err(OutboundError::Malformed { url: String::new(), why: "it has more than 8192 bytes" });
    }
    let uri: Uri = text.parse().map_err(|_| wrong("it is not an address"))?;
    let is_tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong("it begins neither with `https://` nor with `http://`")),
    };
    let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
    if authority.as_str().contains('@') {
        // not repeated: it may be a password
        return Err(OutboundError::Malformed { url: String::new(), why: "it holds a user or a password" });
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if host.is_empty() || !host.is_ascii() {
        return Err(wrong("its host is not written in ASCII"));
    }
    let port = match authority.as_str().rsplit_once(':') {
        Some((_, digits)) if !digits.ends_with(']') => {
            digits.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong("its port is no port"))?
        }
        _ if is_tls => 443,
        _ => 80,
    };
    Ok((Origin { is_tls, host, port }, uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_to_where_it_leads() {
        let table = [
            ("https://idp.example", "https://idp.example"),
            ("https://IDP.example:443/a?b=c", "https://idp.example"),
            ("https://idp.example:8443/", "https://idp.example:8443"),
            ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]"),
            ("https://[::1]:9000", "https://[::1]:9000"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text).unwrap().0.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn names_are_added_to_what_has_no_query() {
        assert_eq!(Origin::of_folder("https://a.example/in/x").unwrap().to_string(), "https://a.example");
        for text in ["https://a.example/?key=s3cr3t", "https://a.example/#s3cr3t", "a.example/in"] {
            let refused = Origin::of_folder(text).unwrap_err().to_string();
            assert!(!refused.contains("s3cr3t"), "{refused}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_a_password_not_repeated() {
        for text in [
            "",
            "idp.example",
            "/path",
            "ftp://idp.example/",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://idp.example:0/",
            "https://idp.example:65536/",
            "https://idp.example:x/",
            "https://idp.example:/",
            "https://bücher.example/",
            "https://a b/",
            "https://ann:s3cret@idp.example/",
            "https://ann@idp.example/",
        ] {
            let refused = read(text).unwrap_err();
            assert!(matches!(refused, OutboundError::Malformed { .. }), "{text}");
            assert!(!refused.to_string().contains("s3cret"), "{refused}");
        }
        let at = |length: usize| format!("https://a/{}", "x".repeat(length - 10));
        assert!(read(&at(URL_BYTES_MAX)).is_ok());
        assert!(read(&at(URL_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn an_origin_has_nothing_after_it() {
        assert_eq!(Origin::parse("https://a/").unwrap(), Origin::parse("https://A:443").unwrap());
        for text in ["https://a/b", "https://a?b", "https://a/?b", "https://a#b", "a:443"] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }
}
