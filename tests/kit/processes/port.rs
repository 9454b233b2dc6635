//! Ports for programs that must be told theirs.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// A port of loopback for one program, until this is dropped.
///
/// It is below those that the system hands out. And it is claimed: while the program starts, no other test takes it, in this
/// process or in another.
#[derive(Debug)]
pub struct ClaimedPort {
    address: SocketAddr,
    /// Of the same number. No program that is told a port here speaks UDP, and only one claim can have it.
    _claim: UdpSocket,
}

impl ClaimedPort {
    /// Claims one that nothing listens on.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn claim() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        let mut addresses = (0..1000).map(|_| SocketAddr::from(([127, 0, 0, 1], 10_000 + (random() % 20_000) as u16)));
        let claimed = addresses.find_map(|address| {
            let claim = UdpSocket::bind(address).ok()?;
            TcpListener::bind(address).is_ok().then_some(Self { address, _claim: claim })
        });
        claimed.expect("loopback has a free port")
    }

    /// Where the program is to listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[test]
fn a_port_is_claimed_once() {
    let claimed: Vec<_> = (0..500).map(|_| ClaimedPort::claim()).collect();
    let mut ports: Vec<_> = claimed.iter().map(|one| one.address().port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), claimed.len());
    assert!(ports.iter().all(|port| (10_000..30_000).contains(port)), "{ports:?}");
    assert!(TcpListener::bind(claimed[0].address()).is_ok(), "a program can have it");
}
