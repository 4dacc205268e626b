//! Which addresses belong to everybody's network. All others are those of somebody's own machines, which
//! whoever may name an address must not reach through this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to everybody's network. One of the newer protocol that stands for an older one
/// is that one.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_old(address),
        IpAddr::V6(address) => is_public_new(address),
    }
}

fn is_public_old(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    // this machine, houses, providers, single cables and measurements; protocols and examples; many at once
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_new(address: Ipv6Addr) -> bool {
    match address.segments() {
        // an older address behind a gateway
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_old(Ipv4Addr::new(a, b, c, d))
        }
        // protocols that carry older addresses, and examples
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // nothing else is given out to everybody
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
        169.253.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.0.1 192.169.0.1 198.17.0.1 198.20.0.1 223.255.255.255 \
        ::ffff:1.1.1.1 64:ff9b::1.1.1.1 2000::1 2001:200::1 2606:4700::1111 2a00:1450::1";

    const PRIVATE: &str = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 \
        127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 \
        198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 \
        :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 \
        64:ff9b:1::1.1.1.1 100::1 2001::1 2001:10::1 2001:db8::1 2002:a00:1::1 3fff::1 4000::1 fc00::1 \
        fd12:3456::1 fe80::1 fec0::1 ff02::1";

    #[test]
    fn only_what_belongs_to_everybodys_network_is_public() {
        for (texts, expected) in [(PUBLIC, true), (PRIVATE, false)] {
            for text in texts.split_whitespace() {
                assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
            }
        }
    }
}
