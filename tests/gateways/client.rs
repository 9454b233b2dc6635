//! A client of the gateway, at an address of its own, that sends exactly the bytes it is told to.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use portcullis_challenge::Challenge;
use portcullis_tests::attacker::Submission;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::answer::{Answer, is_whole};

/// A client. Each `127.0.x.0/24` is a network of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) source: Ipv4Addr,
    pub(crate) gateway: SocketAddr,
}

impl Client {
    /// Sends `bytes` on a connection of their own, and reads the answer to its end, at most until [`PATIENCE`] is over.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Answer {
        self.send_until(bytes, is_whole).await
    }

    /// As [`send`](Self::send), with another notion of an answer's end.
    pub(crate) async fn send_until(&self, bytes: &[u8], is_over: impl Fn(&[u8]) -> bool) -> Answer {
        let mut received = Vec::new();
        let exchange = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((self.source, 0)))?;
            let mut stream = socket.connect(self.gateway).await?;
            // The gateway may close before it has read everything; what it said until then counts.
            let _ = stream.write_all(bytes).await;
            while !is_over(&received) && stream.read_buf(&mut received).await? > 0 {}
            std::io::Result::Ok(())
        };
        let _ = tokio::time::timeout(PATIENCE, exchange).await;
        Answer::of(&received)
    }

    /// Sends a request of a browser that goes to a page, with more headers if need be, each ended by CR LF.
    pub(crate) async fn navigate(&self, target: &str, headers: &str) -> Answer {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n{headers}\
             Connection: close\r\n\r\n"
        );
        self.send(request.as_bytes()).await
    }

    /// As [`navigate`](Self::navigate), with a clearance token.
    pub(crate) async fn navigate_with(&self, target: &str, token: &str) -> Answer {
        self.navigate(target, &cookie(token)).await
    }

    /// Posts a body, with more headers if need be.
    pub(crate) async fn post(&self, target: &str, content_type: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/html\r\nContent-Type: {content_type}\r\n\
             Content-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
        );
        self.send(request.as_bytes()).await
    }

    /// Gets a challenge through the gateway, with more headers if need be.
    pub(crate) async fn challenge(&self, headers: &str) -> Challenge {
        let answer = self.navigate("/.portcullis/challenge", headers).await;
        let issued = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
        let text = issued["challenge"].as_str().unwrap_or_default();
        Challenge::parse(text.as_bytes()).unwrap_or_else(|refused| panic!("no challenge in {answer:?}: {refused}"))
    }

    /// Redeems a solved challenge through the gateway.
    pub(crate) async fn redeem(&self, challenge: &Challenge) -> Answer {
        self.redeem_with(challenge, "").await
    }

    /// As [`redeem`](Self::redeem), with more headers.
    pub(crate) async fn redeem_with(&self, challenge: &Challenge, headers: &str) -> Answer {
        let body = Submission::solving(challenge).to_json();
        self.post("/.portcullis/redeem", "application/json", headers, &body).await
    }

    /// Does the work for a clearance token, through the gateway, and takes it from the cookie.
    pub(crate) async fn token(&self) -> String {
        let answer = self.redeem(&self.challenge("").await).await;
        token_set_by(&answer)
    }
}

/// The token in the cookie that an answer sets.
///
/// # Panics
///
/// When it sets none.
pub(crate) fn token_set_by(answer: &Answer) -> String {
    let set = answer.head.headers("set-cookie").find_map(|set| set.strip_prefix("__Host-portcullis="));
    let token = set.and_then(|set| set.split(';').next());
    token.unwrap_or_else(|| panic!("no token in {answer:?}")).to_owned()
}

/// The clearance cookie, as a line of a request's head.
pub(crate) fn cookie(token: &str) -> String {
    format!("Cookie: __Host-portcullis={token}\r\n")
}

/// The site's name. No loopback name, so that the cookie is the one of production.
pub(crate) const HOST: &str = "login.example";
/// For any one answer: twice what a gateway may wait for the verifier, and more.
const PATIENCE: Duration = Duration::from_secs(10);
