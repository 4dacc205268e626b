//! A network of addresses, as in `192.0.2.0/24`: from where a key may be used.

use core::fmt;
use core::net::IpAddr;

/// Addresses that begin alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    address: IpAddr,
    /// How many bits they have in common.
    bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadNetwork {
    /// It has another form.
    Malformed,
    /// It names an address inside of this network, and not the network.
    Inside(Network),
}

impl Network {
    /// Reads an address or a network.
    ///
    /// ```
    /// # use domain::network::Network;
    /// let network = Network::parse("192.0.2.0/24").unwrap();
    /// assert!(network.contains("192.0.2.77".parse().unwrap()));
    /// assert_eq!(network.to_string(), "192.0.2.0/24");
    /// assert_eq!(Network::parse("2001:DB8::1").unwrap().to_string(), "2001:db8::1");
    /// ```
    ///
    /// # Errors
    /// [`BadNetwork`].
    pub fn parse(text: &str) -> Result<Network, BadNetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadNetwork::Malformed)?;
        let most = width(address);
        let bits = match bits {
            // neither a sign nor zeros in front
            Some(bits) if bits.starts_with(['+', '0']) && bits != "0" => return Err(BadNetwork::Malformed),
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or(BadNetwork::Malformed)?,
            None => most,
        };
        // an address of the older protocol in the clothes of the newer is compared as what it is
        let (address, bits) = match (address, address.to_canonical()) {
            (IpAddr::V6(_), older @ IpAddr::V4(_)) => {
                (older, bits.checked_sub(MAPPED_BITS).ok_or(BadNetwork::Malformed)?)
            }
            _ => (address, bits),
        };
        let network = Network { address: first(address, bits), bits };
        if network.address == address { Ok(network) } else { Err(BadNetwork::Inside(network)) }
    }

    /// Whether an address is one of them. One of the newer protocol that stands for an older one is that one.
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address) && first(address, self.bits) == self.address
    }
}

/// The bits before an address of the older protocol that is written in the newer.
const MAPPED_BITS: u8 = 96;

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with all bits beyond the first ones taken away.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::from((u32::from(address) & mask).to_be_bytes())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::from((u128::from(address) & mask).to_be_bytes())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == width(self.address) {
            return self.address.fmt(f);
        }
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_reaches_to_its_last_address_and_no_further() {
        // network, inside, outside
        let table = [
            ("192.0.2.0/24", ["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]),
            ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("10.0.0.0/7", ["10.0.0.0", "11.255.255.255"], ["9.255.255.255", "12.0.0.0"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "2001:db8::1"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "192.0.2.7"]),
            ("::/0", ["::1", "ffff::"], ["0.0.0.0", "::ffff:192.0.2.7"]),
        ];
        for (text, inside, outside) in table {
            let network = Network::parse(text).unwrap();
            assert_eq!(network.to_string(), text);
            let holds = |address: &str| network.contains(address.parse().unwrap());
            assert!(inside.iter().all(|address| holds(address)), "{text}");
            assert!(!outside.iter().any(|address| holds(address)), "{text}");
        }
    }

    #[test]
    fn an_older_address_in_the_clothes_of_the_newer_is_what_it_is() {
        for (text, meant) in [("::ffff:192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.0/120", "192.0.2.0/24")] {
            let network = Network::parse(text).unwrap();
            assert_eq!(network.to_string(), meant);
            assert!(network.contains("192.0.2.7".parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "x",
            "/",
            "192.0.2.0/",
            "192.0.2.0/33",
            "192.0.2.0/-1",
            "192.0.2.0/+8",
            "192.0.2.0/08",
            "192.0.2.0/24/8",
            "192.0.2/24",
            " 192.0.2.0",
            "2001:db8::/129",
            "example.com",
            "192.0.2.0/256",
        ] {
            assert_eq!(Network::parse(text), Err(BadNetwork::Malformed), "{text}");
        }
        assert_eq!(Network::parse("::ffff:192.0.2.0/95"), Err(BadNetwork::Malformed));
        let Err(BadNetwork::Inside(meant)) = Network::parse("192.0.2.7/24") else { panic!() };
        assert_eq!(meant.to_string(), "192.0.2.0/24");
    }
}
