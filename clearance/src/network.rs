//! The network prefix that a client is bound to: phones and dual-stack homes change addresses, but rarely their
//! network.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// How many leading bits of an address name a client's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixLengths {
    /// For IPv4, at most 32.
    pub v4: u8,
    /// For IPv6, at most 128.
    pub v6: u8,
}

impl Default for PrefixLengths {
    /// /24 and /48: the sizes that are usually one site or one carrier's pool.
    fn default() -> Self {
        Self { v4: 24, v6: 48 }
    }
}

/// A client's network, such as `203.0.113.0/24`. Host bits are zero, IPv4-mapped addresses are IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkPrefix(IpNet);

impl NetworkPrefix {
    /// The network `address` is in.
    pub fn of(address: IpAddr, lengths: PrefixLengths) -> Self {
        let address = address.to_canonical();
        let length = match address {
            IpAddr::V4(_) => lengths.v4.min(32),
            IpAddr::V6(_) => lengths.v6.min(128),
        };
        Self(IpNet::new_assert(address, length).trunc())
    }

    /// Whether `address` is in this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Family, length and network as fixed-width bytes: what a binding is the MAC of.
    pub fn to_bytes(self) -> [u8; 18] {
        let mut bytes = [0; 18];
        bytes[1] = self.0.prefix_len();
        match self.0.network() {
            IpAddr::V4(network) => {
                bytes[0] = 4;
                bytes[2..6].copy_from_slice(&network.octets());
            }
            IpAddr::V6(network) => {
                bytes[0] = 6;
                bytes[2..].copy_from_slice(&network.octets());
            }
        }
        bytes
    }
}

impl fmt::Display for NetworkPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_ipv4() {
        let plain = NetworkPrefix::of("203.0.113.9".parse().unwrap(), PrefixLengths::default());
        let mapped = NetworkPrefix::of("::ffff:203.0.113.77".parse().unwrap(), PrefixLengths::default());
        assert_eq!(plain, mapped);
        assert_eq!(plain.to_string(), "203.0.113.0/24");
        assert!(plain.contains("::ffff:203.0.113.1".parse().unwrap()));
    }

    #[test]
    fn no_two_networks_share_their_bytes() {
        let lengths = PrefixLengths::default();
        let networks = ["0.0.0.0", "0.0.1.0", "::", "0:0:1::"].map(|a| NetworkPrefix::of(a.parse().unwrap(), lengths));
        for (index, one) in networks.iter().enumerate() {
            for other in &networks[index + 1..] {
                assert_ne!(one.to_bytes(), other.to_bytes());
            }
        }
    }
}
