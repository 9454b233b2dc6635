//! The parts of a request that are looked at if it may come from a bot.

use std::net::IpAddr;

use http::{HeaderMap, Method};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::network::NetworkPrefix;

/// A request that may come from a bot.
#[derive(Clone, Copy, Debug)]
pub struct BotRequest<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Path and query, as the client sent them; `None` for a look at the client alone.
    pub target: Option<&'a str>,
    /// The host asked for: lower-case, no port.
    pub host: &'a str,
    /// The client's own headers.
    pub headers: &'a HeaderMap,
    /// The client's address, in canonical form.
    pub address: IpAddr,
    /// The network that the address is in.
    pub network: NetworkPrefix,
    /// The time of day.
    pub now: UnixMillis,
    /// A time that does not step.
    pub steady: UnixMillis,
}
