//! What a policy is told of a request.

use std::net::IpAddr;

use http::{HeaderMap, Method};
use portcullis_challenge::UnixMillis;

use super::signals::Signals;

/// What a policy is told of a request.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Path and query, as the client sent them.
    pub target: &'a str,
    /// The host asked for: lower-case, no port, no trailing dot.
    pub host: &'a str,
    /// The client's own headers.
    pub headers: &'a HeaderMap,
    /// The client's address, in canonical form.
    pub address: IpAddr,
    /// Whether a listed gateway handed it on: only then is the header of JA4 fingerprints believed.
    pub from_gateway: bool,
    /// What speaks for automation in it.
    pub signals: Signals,
    /// The good bot that it was verified to come from.
    pub bot: Option<&'a str>,
    /// The time of day.
    pub now: UnixMillis,
}

/// A country, by its two letters (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// From two capital letters.
    pub fn new(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// Its two letters.
    pub fn letters(&self) -> &str {
        // Two capital letters, as `new` has seen.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.letters())
    }
}
