//! What a policy is told about a request.

use std::net::IpAddr;

use http::{HeaderMap, Method};
use portcullis_challenge::UnixMillis;

use crate::signals::Signals;

/// What a policy is told about a request.
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
    /// Whether a listed gateway passed it on: only then is the header with the JA4 fingerprint believed.
    pub from_gateway: bool,
    /// Signs of automation in it.
    pub signals: Signals,
    /// The good bot that it was verified to come from.
    pub bot: Option<&'a str>,
    /// The time of day.
    pub now: UnixMillis,
}

/// For which readings of a request a condition must hold, if there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readings {
    /// One suffices: for rules that ask for more.
    Any,
    /// All of them: for rules that ask for less.
    Every,
}

impl Readings {
    /// Whether something holds for as many of `readings` as it must.
    pub(crate) fn hold<T>(self, readings: impl IntoIterator<Item = T>, holds: impl Fn(T) -> bool) -> bool {
        let mut readings = readings.into_iter();
        match self {
            Self::Any => readings.any(holds),
            Self::Every => readings.all(holds),
        }
    }
}
