//! A stub resolver: one question at a time to a recursive name server, which does the work.
//!
//! What it asks for proves who somebody is, so an answer must be the asked server's. Each question has a socket of its
//! own, on a port that the system chooses at random, connected to the server; and a random id. What comes back counts
//! only with this id and the question itself, and until then everything else is ignored. An answer that does not fit in
//! a datagram is fetched over TCP (RFC 7766).
//!
//! Nothing is remembered: `lookups` does that.

mod message;
mod servers;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_proto::rr::{Name, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use self::message::{Answer, DnsQuery};

/// Asks name servers, one after another until one answers.
#[derive(Debug)]
pub(crate) struct Stub {
    servers: Vec<SocketAddr>,
    /// Which one answered last, and is asked first: one that is gone costs its time once.
    answered: AtomicUsize,
}

impl Stub {
    /// Asks `server`, or without one the name servers of the system. Reads the disk. An error if the system has none.
    pub(crate) fn new(server: Option<SocketAddr>) -> io::Result<Self> {
        Ok(Self::of(server.map_or_else(servers::of_system, |server| Ok(vec![server]))?))
    }

    fn of(servers: Vec<SocketAddr>) -> Self {
        Self { servers, answered: AtomicUsize::new(0) }
    }

    /// The answer to a question, with the aliases that lead to it. Empty: there is no such name, or it has no record of
    /// the type. `None`: no server answered, or all of them failed.
    ///
    /// Each server has [`TRY`] for its answer, [`TRIES`] times.
    pub(crate) async fn ask(&self, name: &Name, kind: RecordType) -> Option<Vec<Record>> {
        let first = self.answered.load(Ordering::Relaxed);
        for round in 0..TRIES {
            for turn in 0..self.servers.len() {
                let index = (first + turn) % self.servers.len();
                // Old servers, and boxes on the way, refuse or drop what is extended.
                let exchange = exchange(self.servers[index], name, kind, round == 0);
                if let Ok(Ok(Answer::Records(records))) = tokio::time::timeout(TRY, exchange).await {
                    self.answered.store(index, Ordering::Relaxed);
                    return Some(records);
                }
            }
        }
        None
    }
}

/// What a server says, over UDP and, if it is more than fits there, over TCP.
async fn exchange(server: SocketAddr, name: &Name, kind: RecordType, extended: bool) -> io::Result<Answer> {
    let asked = || DnsQuery::new(name, kind, extended).ok_or(io::ErrorKind::InvalidInput);
    match over_udp(server, &asked()?).await? {
        Answer::Truncated => over_tcp(server, &asked()?).await,
        answer => Ok(answer),
    }
}

async fn over_udp(server: SocketAddr, asked: &DnsQuery) -> io::Result<Answer> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    socket.send(asked.bytes()).await?;
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Some(answer) = asked.read(&buffer[..length]) {
            return Ok(answer);
        }
    }
}

/// The length of a message stands before it, in two bytes.
async fn over_tcp(server: SocketAddr, asked: &DnsQuery) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(asked.bytes().len()).map_err(io::Error::other)?;
    // In one piece: some servers read no further than the first segment.
    stream.write_all(&[&length.to_be_bytes(), asked.bytes()].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    asked.read(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// For one question to one server, before it is asked again: a datagram may be lost.
const TRY: Duration = Duration::from_secs(1);
const TRIES: usize = 2;
/// A server that sends more than was announced is understood all the same, up to here. In bytes.
const LARGEST_DATAGRAM: usize = 4096;

#[cfg(test)]
mod tests;
