//! `[admin]`: where metrics are read and the mode is set while the verifier runs.

use std::net::SocketAddr;

use serde::de::{Deserialize, Deserializer, Error};

/// `[admin]`
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdminConfig {
    /// Where the admin listener is, if anywhere.
    pub listen: AdminListen,
    /// Whether it may listen elsewhere than on loopback: anybody who reaches it can then read which networks ask for
    /// most.
    pub insecure_public: bool,
}

/// Where the admin listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminListen {
    /// Nowhere.
    Off,
    /// At an address and port, HTTP/1.1 without TLS.
    At(SocketAddr),
}

impl AdminListen {
    /// The address, if there is a listener.
    pub fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::At(address) => Some(address),
        }
    }
}

impl Default for AdminListen {
    fn default() -> Self {
        // Loopback: users of the machine may look. 9180 is nobody's by default.
        Self::At(SocketAddr::from(([127, 0, 0, 1], 9180)))
    }
}

impl std::fmt::Display for AdminListen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for AdminListen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| {
            D::Error::custom(format!("{text:?} is not an address; write one such as \"127.0.0.1:9180\", or \"off\""))
        })
    }
}
