//! Which client sent a request: address, network, host and scheme, with forwarded headers read only from listed
//! gateways.
//!
//! The client's address is the rightmost one in `X-Forwarded-For` that is not itself a listed gateway; everything to
//! the left of it is the client's own claim and is ignored. A peer that is not listed is the client.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Uri, header, uri::Authority};
use ipnet::IpNet;

use crate::network::{NetworkPrefix, PrefixLengths};

/// The other end of the TCP connection; the server puts it into every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// A request that names no host, several, or something that is not a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request names no host, or several")]
pub struct HostError;

/// The client of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client's address.
    pub address: IpAddr,
    /// The network it is bound to.
    pub network: NetworkPrefix,
    /// The host asked for: lower-case, no port, no trailing dot.
    pub host: String,
    /// The host as the client wrote it, with its port: what the origin is told.
    pub authority: Authority,
    /// Whether a listed gateway passed the request on, or asks about it.
    pub from_gateway: bool,
    /// Whether the client spoke TLS to the gateway in front.
    pub secure: bool,
    /// Whether both ends are this machine, and the host is a name for it.
    pub loopback: bool,
}

impl Client {
    /// Reads which client sent a request.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn of(
        peer: Peer,
        uri: &Uri,
        headers: &HeaderMap,
        trusted: &[IpNet],
        lengths: PrefixLengths,
    ) -> Result<Self, HostError> {
        let authority = request_authority(uri, headers).ok_or(HostError)?;
        Self::asking_for(authority, peer, headers, trusted, lengths)
    }

    /// Reads which client sent the request that a gateway asks about: as [`of`](Self::of), but the host is the one that
    /// a listed gateway states in `X-Forwarded-Host`, if it does.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn forwarded(
        peer: Peer,
        uri: &Uri,
        headers: &HeaderMap,
        trusted: &[IpNet],
        lengths: PrefixLengths,
    ) -> Result<Self, HostError> {
        let mut hosts = headers.get_all("x-forwarded-host").iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if is_listed(peer.0.ip(), trusted) => {
                let authority = host.as_bytes().try_into().map_err(|_| HostError)?;
                Self::asking_for(authority, peer, headers, trusted, lengths)
            }
            (Some(_), Some(_)) => Err(HostError),
            _ => Self::of(peer, uri, headers, trusted, lengths),
        }
    }

    fn asking_for(
        authority: Authority,
        peer: Peer,
        headers: &HeaderMap,
        trusted: &[IpNet],
        lengths: PrefixLengths,
    ) -> Result<Self, HostError> {
        let host = host_name(authority.as_str()).ok_or(HostError)?;
        let from_gateway = is_listed(peer.0.ip(), trusted);
        let address = if from_gateway { forwarded_address(peer.0.ip(), headers, trusted) } else { peer.0.ip() };
        let address = address.to_canonical();
        let secure = from_gateway && headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
        let loopback = peer.0.ip().to_canonical().is_loopback() && address.is_loopback() && is_loopback_name(&host);
        Ok(Self {
            address,
            network: NetworkPrefix::of(address, lengths),
            host,
            authority,
            from_gateway,
            secure,
            loopback,
        })
    }
}

/// The rightmost address that is not a listed gateway. If an entry is not an address, nothing to the left of it is
/// believed.
fn forwarded_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    let mut values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    values.reverse();
    let entries = values.iter().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries.take(MAX_HOPS) {
        let Some(address) = std::str::from_utf8(entry).ok().and_then(forwarded_entry) else { break };
        nearest = address;
        if !is_listed(address, trusted) {
            break;
        }
    }
    nearest
}

/// An address as gateways write it: bare, with a port, or in brackets.
fn forwarded_entry(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// Whether `address` is one of `trusted`.
pub fn is_listed(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The one authority that a request is for. `None` if a target and a `Host` header disagree, or there are several
/// headers.
fn request_authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let mut in_headers = headers.get_all(header::HOST).iter().map(|value| value.as_bytes().try_into().ok());
    let in_header: Option<Option<Authority>> = in_headers.next();
    if in_headers.next().is_some() {
        return None;
    }
    match (uri.authority(), in_header) {
        (Some(target), None) => Some(target.clone()),
        (Some(target), Some(Some(host))) if *target == host => Some(host),
        (None, Some(Some(host))) => Some(host),
        _ => None,
    }
}

/// The lower-case host of an authority, without port and trailing dot; `None` if there is no plain host, or more than a
/// port beside it.
pub fn host_name(authority: &str) -> Option<String> {
    let authority: Authority = authority.parse().ok()?;
    let beside = authority.as_str().strip_prefix(authority.host())?;
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let ends = beside.is_empty() || beside.strip_prefix(':').is_some_and(is_port);
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']');
    let usable = !host.is_empty() && host.len() <= MAX_HOST_LEN && host.bytes().all(plain);
    (usable && ends).then_some(host)
}

fn is_loopback_name(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || host.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// More gateways than anyone chains; bounds the work a header can ask for.
const MAX_HOPS: usize = 32;
/// The longest DNS name.
const MAX_HOST_LEN: usize = 253;
