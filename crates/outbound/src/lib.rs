//! Requests to other machines: the one client for all of them, whoever has chosen the address.
//!
//! Invariants: what an operator has not listed is reached over TLS, at port 443 and at a public address; a name
//! that leads to any other address as well is not reached at all, and the connection goes to the address that
//! was looked at; no redirect is followed; no answer takes longer or is longer than the request allows. The
//! variables that name a proxy are not read.
//!
//! Not here: retries, sessions, compression, a pool. Each request has a connection of its own.

mod address;
mod client;
mod origin;
mod request;
mod tls;

#[cfg(test)]
mod tests;

pub use client::{Answer, Incoming, Outbound, Settings};
pub use hyper::{HeaderMap, Method, StatusCode, header};
pub use origin::Origin;
pub use request::{ANSWER_BYTES_MAX, Request, TIME_MAX};

use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// Why there is no answer. The texts name hosts and no paths: those may hold secrets.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum OutboundError {
    /// This is no address.
    #[error("`{url}` cannot be asked: {why}")]
    Malformed {
        /// As it was given; empty where it may hold a secret.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Over plain HTTP, or at another port.
    #[error("`{0}` is asked over `https` at port 443 only: list it in `outbound.origins` to allow it")]
    Unlisted(Origin),
    /// The name leads to an address that is not public.
    #[error("`{0}` leads to an address of a private network: list it in `outbound.origins` to allow it")]
    Private(Origin),
    /// Nobody knows the name.
    #[error("`{0}` is not known by name")]
    Unknown(Origin),
    /// Nobody answers at the address.
    #[error("`{0}` cannot be reached: {1}")]
    Unreachable(Origin, String),
    /// Whoever answers is not who was meant.
    #[error("`{0}` cannot be believed to be who it says: {1}")]
    Unbelieved(Origin, String),
    /// It took too long.
    #[error("`{0}` took more than {limit} s", limit = .1.as_secs_f32())]
    TooSlow(Origin, Duration),
    /// The answer is too long.
    #[error("`{0}` answered with more than {1} bytes")]
    TooLong(Origin, u64),
    /// The answer leads elsewhere.
    #[error("`{0}` sends elsewhere ({1}), and no redirect is followed: name the address where it leads")]
    Redirected(Origin, StatusCode),
    /// The answer breaks off, or is no HTTP.
    #[error("the exchange broke off: {0}")]
    Broken(String),
    /// A file of certificates cannot be read.
    #[error("cannot read the certificates of `{}`: {why}", .file.display())]
    Authorities {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is nobody to believe.
    #[error(
        "this machine has no list of certificate authorities: install `ca-certificates`, or set `outbound.ca_file`"
    )]
    Untrusting,
}
