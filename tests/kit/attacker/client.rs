//! A client of the real program, at an address of its own, that keeps its connection and its token.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use portcullis_challenge::Challenge;
use serde_json::Value;

use super::Submission;
use super::wire::{self, Connection};

/// A client. Each `127.x.y.0/24` is a network of its own.
#[derive(Debug)]
pub struct Client {
    source: Ipv4Addr,
    gate: SocketAddr,
    connection: Option<Connection>,
    token: Option<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct ClientResponse {
    /// Its status.
    pub status: u16,
    /// What it holds.
    pub body: Vec<u8>,
}

impl Client {
    /// A client at `source`, without a token.
    pub fn at(source: Ipv4Addr, gate: SocketAddr) -> Self {
        Self { source, gate, connection: None, token: None }
    }

    /// Asks for a page. `None` when no answer came in time.
    pub async fn get(&mut self, target: &str) -> Option<ClientResponse> {
        let head = self.head("GET", target);
        self.exchange(format!("{head}\r\n")).await
    }

    /// Posts a body of that type.
    pub async fn post(&mut self, target: &str, content_type: &str, body: &str) -> Option<ClientResponse> {
        let (head, length) = (self.head("POST", target), body.len());
        self.exchange(format!("{head}Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}")).await
    }

    /// Gets a challenge.
    pub async fn challenge(&mut self) -> Option<Challenge> {
        let issued: Value = serde_json::from_slice(&self.get("/.portcullis/challenge").await?.body).ok()?;
        Challenge::parse(issued["challenge"].as_str()?.as_bytes()).ok()
    }

    /// Redeems a solution, and shows the token from then on. Returns whether it got one.
    pub async fn redeem(&mut self, submission: &Submission) -> bool {
        let said = self.post("/.portcullis/redeem", "application/json", &submission.to_json()).await;
        let cleared = said.and_then(|said| serde_json::from_slice::<Value>(&said.body).ok()).unwrap_or_default();
        let token = cleared["token"].as_str().map(ToOwned::to_owned);
        let is_cleared = token.is_some();
        self.token = token.or(self.token.take());
        is_cleared
    }

    fn head(&self, method: &str, target: &str) -> String {
        let cookie = self.token.as_ref().map(|token| format!("Cookie: portcullis={token}\r\n")).unwrap_or_default();
        format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n{cookie}", self.gate)
    }

    /// Sends a request on the existing connection, or a new one. A connection without an answer is given up.
    async fn exchange(&mut self, request: String) -> Option<ClientResponse> {
        let answered = async {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => Connection::open_from(self.source, self.gate).await?,
            };
            connection.send(request.as_bytes()).await?;
            let answer = connection.answer().await?;
            std::io::Result::Ok((connection, answer))
        };
        let (connection, answer) = tokio::time::timeout(PATIENCE, answered).await.ok()?.ok()?;
        let closes = answer.windows(CLOSE.len()).any(|part| part.eq_ignore_ascii_case(CLOSE));
        self.connection = (!closes).then_some(connection);
        Some(ClientResponse { status: wire::status(&answer), body: wire::body(&answer).to_vec() })
    }
}

/// How long to wait for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
const CLOSE: &[u8] = b"connection: close";
