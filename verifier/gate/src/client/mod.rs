//! The client of a request, the host that the request is for, and the tokens it shows.

pub(crate) mod reading;
mod standing;
mod tokens;

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, Uri};
use ipnet::IpNet;

pub(crate) use standing::StandingTokens;
pub(crate) use tokens::Tokens;
pub(crate) use tokens::{ClearanceError, SHORTEST_LIFETIME};

use crate::verdict::Rejection;
use portcullis_admission::pressure::ClientNetwork;
use portcullis_clearance::client::{Client, Peer, is_listed};
use portcullis_clearance::cookie::Style;
use portcullis_clearance::network::PrefixLengths;
use portcullis_config::{Config, HostName};
use portcullis_policy::databases::asn::AutonomousSystems;
use portcullis_policy::databases::mmdb::DatabaseError;

/// Identifies clients: from the connection, and from the forwarded headers of listed gateways.
#[derive(Debug)]
pub(crate) struct Clients {
    /// Empty: every host is served.
    hosts: Vec<HostName>,
    trusted: Vec<IpNet>,
    lengths: PrefixLengths,
    insecure_loopback_cookie: bool,
    systems: AutonomousSystems,
}

impl Clients {
    /// As configured. Reads the database of autonomous systems, if one is named.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub(crate) fn new(config: &Config) -> Result<Self, DatabaseError> {
        Ok(Self {
            hosts: config.hosts.clone(),
            trusted: config.client_ip.trusted_proxies.clone(),
            lengths: config.clearance.prefix_lengths(),
            insecure_loopback_cookie: config.gate.insecure_loopback_cookie,
            systems: AutonomousSystems::new(config.client_ip.asn_database.clone())?,
        })
    }

    /// The client that sent a request.
    ///
    /// # Errors
    ///
    /// [`Rejection::Malformed`] where it names no host, or several; [`Rejection::Denied`] for a host that is not served.
    pub(crate) fn identify(&self, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Result<Client, Rejection> {
        self.served(Client::of(peer, uri, headers, &self.trusted, self.lengths)?)
    }

    /// The client that sent the request that a gateway asks about, at the host that the gateway states.
    ///
    /// # Errors
    ///
    /// As [`identify`](Self::identify).
    pub(crate) fn identify_forwarded(&self, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Result<Client, Rejection> {
        self.served(Client::forwarded(peer, uri, headers, &self.trusted, self.lengths)?)
    }

    /// Whether the other end of a connection is a listed gateway.
    pub(crate) fn trusts(&self, peer: Peer) -> bool {
        is_listed(peer.0.ip(), &self.trusted)
    }

    /// The cookie in the form in which this client's browser keeps it.
    pub(crate) fn cookie(&self, client: &Client) -> Style {
        let insecure = self.insecure_loopback_cookie && client.loopback && !client.secure;
        if insecure { Style::InsecureLoopback } else { Style::HostPrefixed }
    }

    /// The network of a client, as the pressure counts it.
    pub(crate) fn network(&self, client: &Client) -> ClientNetwork {
        ClientNetwork { network: client.network, group: self.systems.of(client.address) }
    }

    /// Reads the database of autonomous systems again, if its file has changed. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]; the database as last read stays.
    pub(crate) fn reload_systems(&self) -> Result<(), DatabaseError> {
        self.systems.reload()
    }

    fn served(&self, client: Client) -> Result<Client, Rejection> {
        let served = self.hosts.is_empty() || self.hosts.iter().any(|name| name.as_str() == client.host);
        if served { Ok(client) } else { Err(Rejection::Denied) }
    }
}

/// The other end of the connection a request came on.
///
/// # Errors
///
/// [`Rejection::Unavailable`] if the server in front did not state it.
pub(crate) fn peer_of(extensions: &Extensions) -> Result<Peer, Rejection> {
    let connected = || extensions.get::<ConnectInfo<SocketAddr>>().map(|connected| Peer(connected.0));
    extensions.get::<Peer>().copied().or_else(connected).ok_or(Rejection::Unavailable)
}
