//! What is at an address where a verifier should be, and is none.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that answers every request with the same bytes.
pub(super) struct Fake {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Fake {
    /// Answers `head`, an empty line, and `body` again and again: once, or until the other side has had enough.
    pub(super) async fn answering(head: &str, body: &str, endless: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (head, body) = (format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n"), body.to_owned());
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // The request is short, and arrives in one piece.
                let _ = socket.read(&mut [0; 4096]).await;
                let _ = socket.write_all(head.as_bytes()).await;
                while socket.write_all(body.as_bytes()).await.is_ok() && endless {}
            }
        });
        Self { address, task }
    }

    /// Answers with each of these once, in turn, and then hangs up: each a head and a body.
    pub(super) async fn answering_in_turn(answers: Vec<(String, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            for (head, body) in answers {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let _ = socket.read(&mut [0; 4096]).await;
                let answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}");
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { address, task }
    }

    /// Answers 200 and JSON.
    pub(super) async fn answering_json(body: &str) -> Self {
        Self::answering("200 OK\r\nContent-Type: application/json", body, false).await
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}
