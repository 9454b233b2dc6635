//! `[client_ip]`: which client a request comes from.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use crate::values;

/// `[client_ip]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientIpConfig {
    /// Gateways in front: only their forwarded headers are believed. Empty: the peer is the client.
    #[serde(deserialize_with = "values::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// A MaxMind DB file that names each address's autonomous system. None: IPv6 networks are grouped by their /32.
    pub asn_database: Option<PathBuf>,
}
