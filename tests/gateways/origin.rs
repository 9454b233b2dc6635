//! An origin that keeps every request as it arrived, and answers 200.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::answer::{Head, is_whole};

/// A running origin; it stops when dropped.
pub(crate) struct Origin {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
    /// Tells nothing, and ends with the last connection.
    under_way: mpsc::Receiver<()>,
}

/// A request that reached the origin.
#[derive(Clone, Debug)]
pub(crate) struct Received(Vec<u8>);

impl Origin {
    /// Starts it on a free port of loopback.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let kept = Arc::clone(&received);
        let (open, under_way) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (kept, open) = (Arc::clone(&kept), open.clone());
                tokio::spawn(async move {
                    serve(socket, kept).await;
                    drop(open);
                });
            }
        });
        Self { address, received, task, under_way }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests arrived.
    pub(crate) fn count(&self) -> usize {
        self.received.lock().len()
    }

    /// The requests that have arrived so far. One that its gateway has answered already may not be among them yet.
    pub(crate) fn so_far(&self) -> Vec<Received> {
        self.received.lock().clone()
    }

    /// Every request, once each connection that was made until now is over. Then the origin stops. End the gateways first:
    /// a connection that they keep open in vain is waited for.
    pub(crate) async fn all(mut self) -> Vec<Received> {
        // Connections are accepted in the order in which they were made: when this one has been, so have those before it.
        if let Ok(mut last) = TcpStream::connect(self.address).await {
            let _ = last.shutdown().await;
            let _ = last.read(&mut [0]).await;
        }
        self.task.abort();
        let _ = (&mut self.task).await;
        while self.under_way.recv().await.is_some() {}
        self.so_far()
    }

    /// The request that arrived last.
    pub(crate) fn last(&self) -> Received {
        let received = self.received.lock();
        received.last().expect("a request arrived at the origin").clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Received {
    /// The target in the request line.
    pub(crate) fn target(&self) -> String {
        self.head().first_line().split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// The method in the request line.
    pub(crate) fn method(&self) -> String {
        self.head().first_line().split(' ').next().unwrap_or_default().to_owned()
    }

    /// The head, to look for headers in.
    pub(crate) fn head(&self) -> Head {
        Head::of(&self.0)
    }

    /// What follows the head.
    pub(crate) fn body(&self) -> &[u8] {
        portcullis_tests::attacker::wire::body(&self.0)
    }
}

async fn serve(mut socket: TcpStream, kept: Arc<Mutex<Vec<Received>>>) {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        match tokio::time::timeout(SILENCE, socket.read_buf(&mut bytes)).await {
            Ok(Ok(1..)) => {}
            _ => break,
        }
    }
    // A connection that was only tried, or opened ahead of need, is not a request.
    if !bytes.is_empty() {
        kept.lock().push(Received(bytes));
        let _ = socket.write_all(ANSWER.as_bytes()).await;
        let _ = socket.shutdown().await;
    }
}

/// What the origin says to everybody.
pub(crate) const BODY: &str = "the origin";
const ANSWER: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 10\r\nconnection: close\r\n\r\nthe origin";
const SILENCE: Duration = Duration::from_secs(10);
