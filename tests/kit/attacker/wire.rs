//! Bytes over sockets, as no HTTP client would send them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// Sends `bytes` on a connection of their own and returns what comes back, until the other side closes, or is silent for
/// two seconds after an answer. An answer may take its time: tests share a machine.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    converse(address, bytes, PATIENCE).await
}

/// As [`exchange`], with bytes that need not be answered: two seconds are enough for an answer, too.
pub async fn provoke(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    converse(address, bytes, SILENCE).await
}

/// Waits for this long until an answer goes on, before it is whole.
async fn converse(address: SocketAddr, bytes: &[u8], patience: Duration) -> Vec<u8> {
    let mut received = Vec::new();
    if let Ok(mut socket) = TcpStream::connect(address).await {
        // The other side may close before it has read everything; what it said until then counts.
        let _ = socket.write_all(bytes).await;
        loop {
            let is_whole = answer_length(&received).is_some_and(|length| length <= received.len());
            let limit = if is_whole { SILENCE } else { patience };
            let Ok(Ok(1..)) = tokio::time::timeout(limit, socket.read_buf(&mut received)).await else { break };
        }
    }
    received
}

/// The status in the first line of an answer; 0 when there is none.
pub fn status(answer: &[u8]) -> u16 {
    let digits = answer.get(b"HTTP/1.1 ".len()..b"HTTP/1.1 200".len());
    digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(0)
}

/// A connection that is kept, for many requests one after another.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects to `address`.
    ///
    /// # Errors
    ///
    /// When nothing listens.
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, received: Vec::new() })
    }

    /// Connects to `address` from `source`: each `127.x.y.0/24` is a network of its own.
    ///
    /// # Errors
    ///
    /// When nothing listens, or `source` is not this machine's.
    pub async fn open_from(source: Ipv4Addr, address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((source, 0)))?;
        let socket = socket.connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, received: Vec::new() })
    }

    /// Sends one request or several, without waiting for answers.
    ///
    /// # Errors
    ///
    /// When the other side has closed.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(bytes).await
    }

    /// The status of the next answer, whose body has the length its head says.
    ///
    /// # Errors
    ///
    /// When the other side closes before the answer is whole.
    pub async fn status(&mut self) -> std::io::Result<u16> {
        self.answer().await.map(|answer| status(&answer))
    }

    /// The next answer, whose body has the length its head says.
    ///
    /// # Errors
    ///
    /// When the other side closes before the answer is whole.
    pub async fn answer(&mut self) -> std::io::Result<Vec<u8>> {
        loop {
            if let Some(length) = answer_length(&self.received).filter(|length| *length <= self.received.len()) {
                return Ok(self.received.drain(..length).collect());
            }
            if self.socket.read_buf(&mut self.received).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// How long an answer is, head and body; `None` before its head is whole.
fn answer_length(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&received[..head]).ok()?.to_ascii_lowercase();
    let body = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    Some(head + body.unwrap_or(0))
}

/// What follows the head of an answer.
pub fn body(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    &answer[end..]
}

/// An origin that keeps the very bytes of every request's head, and answers 200 and closes.
#[derive(Debug)]
pub struct WireOrigin {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl WireOrigin {
    /// Starts it on a free port of loopback. It stops when dropped.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let heads = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let recorded = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let head = read_head(&mut socket).await;
                recorded.lock().push(head);
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            }
        });
        Self { address, heads, task }
    }

    /// Its URL, as `origin` in a configuration.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests arrived.
    pub fn count(&self) -> usize {
        self.heads.lock().len()
    }

    /// The target in the request line that arrived last; empty before there was one.
    pub fn last_target(&self) -> Vec<u8> {
        let heads = self.heads.lock();
        heads.last().and_then(|head| head.split(|byte| *byte == b' ').nth(1)).unwrap_or_default().to_vec()
    }
}

impl Drop for WireOrigin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_head(socket: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match tokio::time::timeout(PATIENCE, socket.read(&mut buffer)).await {
            Ok(Ok(read @ 1..)) => head.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    head
}

/// Who has answered and says no more for so long has said everything.
const SILENCE: Duration = Duration::from_secs(2);
/// For whoever is sure to say something.
const PATIENCE: Duration = Duration::from_secs(30);
