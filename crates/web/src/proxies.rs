//! Where a request comes from that a proxy hands on. A proxy that is trusted says it in `X-Forwarded-For`; of
//! everybody else that header is not believed, and whatever a caller has written into it himself stands to
//! the left of what the proxy has added.
//!
//! Invariant: an address that counts was either seen by this server, or told by a proxy that is trusted.

use crate::strangers::Peer;
use axum::http::{HeaderMap, HeaderName};
use domain::network::Network;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Arc<[Network]>);

impl Proxies {
    /// Those with an address in one of these.
    pub fn new(networks: Vec<Network>) -> Proxies {
        Proxies(networks.into())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Who asks, as far as it is known from somebody who is trusted: the last of the chain who is no proxy of
    /// ours. What cannot be read as an address ends the chain.
    pub(crate) fn origin(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        let Peer(mut origin) = peer;
        if self.0.is_empty() {
            return peer;
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().collect::<Vec<_>>().into_iter().rev();
        let told = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',').map(address));
        for told in told {
            match told {
                Some(told) if self.trusts(origin) => origin = told,
                _ => break,
            }
        }
        Peer(origin)
    }
}

/// An address as proxies write it: with a port or without, in brackets or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn origin(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let networks = trusted.iter().map(|text| Network::parse(text).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let Peer(address) = Proxies::new(networks).origin(Peer(peer.parse().unwrap()), &headers);
        address.to_string()
    }

    #[test]
    fn an_address_counts_when_somebody_trusted_tells_it() {
        let proxy: &[&str] = &["127.0.0.1"];
        let two: &[&str] = &["127.0.0.1", "10.0.0.0/8"];
        // who is trusted, who connects, what is told, who asks
        let table: [(&[&str], &str, &[&str], &str); 16] = [
            (&[], "127.0.0.1", &["192.0.2.7"], "127.0.0.1"),
            (proxy, "127.0.0.1", &[], "127.0.0.1"),
            (proxy, "127.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            (proxy, "198.51.100.1", &["192.0.2.7"], "198.51.100.1"),
            // what the caller has written stands to the left
            (proxy, "127.0.0.1", &["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
            (proxy, "127.0.0.1", &["127.0.0.1, 192.0.2.7"], "192.0.2.7"),
            (proxy, "127.0.0.1", &["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
            // a chain of proxies of ours
            (two, "127.0.0.1", &["203.0.113.9, 192.0.2.7, 10.1.2.3"], "192.0.2.7"),
            (two, "127.0.0.1", &["192.0.2.7", "10.1.2.3"], "192.0.2.7"),
            (two, "127.0.0.1", &["10.1.2.3"], "10.1.2.3"),
            // as it is written
            (proxy, "127.0.0.1", &["192.0.2.7:4711"], "192.0.2.7"),
            (proxy, "127.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            (proxy, "::ffff:127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            (proxy, "127.0.0.1", &["::ffff:192.0.2.7"], "192.0.2.7"),
            // what is no address is not skipped
            (two, "127.0.0.1", &["192.0.2.7, unknown, 10.1.2.3"], "10.1.2.3"),
            (proxy, "127.0.0.1", &["192.0.2.7,"], "127.0.0.1"),
        ];
        for (trusted, peer, lines, expected) in table {
            assert_eq!(origin(trusted, peer, lines), expected, "{trusted:?} {peer} {lines:?}");
        }
    }
}
