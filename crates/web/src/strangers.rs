//! A limit for those whom nobody knows, by where they come from.
//!
//! Behind a proxy that is not trusted ([`crate::Proxies`]) all of them come from one address; they then share
//! one limit.

use crate::limiter::Limiter;
use domain::Instant;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Commands of strangers from one address in a minute.
pub(crate) const COMMANDS_PER_MINUTE: u32 = 20;
/// Addresses that are remembered; beyond them, all others share one limit.
const ADDRESSES_MAX: usize = 4_096;

/// What strangers have used up of something.
#[derive(Debug)]
pub struct Strangers {
    /// How much of it one address has in a minute.
    per_minute: u32,
    known: Mutex<HashMap<IpAddr, Limiter>>,
    others: Limiter,
}

impl Strangers {
    /// So much for each address in a minute.
    pub fn per_minute(per_minute: u32) -> Strangers {
        Strangers { per_minute, known: Mutex::default(), others: Limiter::per_minute(per_minute) }
    }

    /// Takes one; otherwise the seconds to wait. Without an address there is no network.
    pub(crate) fn take(&self, peer: Option<Peer>, now: Instant) -> Result<(), i64> {
        self.take_from(peer.map(|Peer(address)| address), now)
    }

    /// The same by an address.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn take_from(&self, address: Option<IpAddr>, now: Instant) -> Result<(), i64> {
        let Some(address) = address else { return Ok(()) };
        let address = network(address);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ADDRESSES_MAX && !known.contains_key(&address) {
            known.retain(|_, limiter| !limiter.is_full(now));
            if known.len() >= ADDRESSES_MAX {
                return self.others.take(now);
            }
        }
        known.entry(address).or_insert_with(|| Limiter::per_minute(self.per_minute)).take(now)
    }

    /// Gives one back that an address has taken, because what it was taken for was no guess.
    pub fn give_back(&self, address: Option<IpAddr>) {
        let Some(address) = address.map(network) else { return };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&address).unwrap_or(&self.others).give_back();
    }
}

/// What one party has in its hands: an address, or a network of the newer protocol.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer(text.parse().unwrap())
    }

    #[test]
    fn each_address_has_so_many_a_minute() {
        let strangers = Strangers::per_minute(COMMANDS_PER_MINUTE);
        let now = Instant(1_000_000_000);
        let taken =
            |text: &str, now| (0..30).filter(|_| strangers.take(Some(peer(text)), now).is_ok()).count();
        assert_eq!([taken("192.0.2.1", now), taken("192.0.2.2", now)], [20, 20]);
        assert_eq!(strangers.take(Some(peer("192.0.2.1")), now), Err(4));
        assert_eq!(taken("::ffff:192.0.2.1", now), 0, "the same one");
        assert_eq!([taken("2001:db8::1", now), taken("2001:db8::2", now)], [20, 0], "one network");
        assert_eq!(taken("2001:db8:0:1::1", now), 20);
        assert_eq!(taken("192.0.2.1", now.plus_micros(60_000_000)), 20);
        assert_eq!((0..100).filter(|_| strangers.take(None, now).is_ok()).count(), 100);
    }

    #[test]
    fn what_was_given_back_can_be_taken_again() {
        let strangers = Strangers::per_minute(10);
        let (now, address) = (Instant(1_000_000_000), "192.0.2.1".parse().ok());
        for _ in 0..50 {
            assert_eq!(strangers.take_from(address, now), Ok(()));
            strangers.give_back(address);
        }
        assert_eq!((0..30).filter(|_| strangers.take_from(address, now).is_ok()).count(), 10);
        strangers.give_back(address);
        assert_eq!((0..30).filter(|_| strangers.take_from(address, now).is_ok()).count(), 1);
    }

    #[test]
    fn beyond_so_many_addresses_all_share_one_limit() {
        let strangers = Strangers::per_minute(COMMANDS_PER_MINUTE);
        let now = Instant(1_000_000_000);
        let address = |number: u32| Some(Peer(IpAddr::from(number.to_be_bytes())));
        for number in 0..4_096 {
            assert_eq!(strangers.take(address(number), now), Ok(()));
        }
        assert_eq!((5_000..5_100).filter(|number| strangers.take(address(*number), now).is_ok()).count(), 20);
        assert_eq!(strangers.take(address(7), now), Ok(()), "who is known has an own one");
        let later = now.plus_micros(60_000_000);
        let fresh = (5_000..5_100).filter(|number| strangers.take(address(*number), later).is_ok()).count();
        assert_eq!(fresh, 100, "whoever has used up nothing is forgotten");
    }
}
