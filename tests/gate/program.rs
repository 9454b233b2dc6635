//! A plain client of the real program: one connection a request.

use std::net::SocketAddr;

use portcullis_challenge::Challenge;
use portcullis_tests::attacker::{Submission, wire};
use serde_json::Value;

/// Sends a GET, with a clearance token if there is one, and returns the whole answer.
pub(crate) async fn get(address: SocketAddr, target: &str, token: Option<&str>) -> Vec<u8> {
    let cookie = token.map(|token| format!("Cookie: portcullis={token}\r\n")).unwrap_or_default();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n{cookie}Connection: close\r\n\r\n");
    wire::exchange(address, request.as_bytes()).await
}

/// Gets a challenge.
pub(crate) async fn challenge(address: SocketAddr) -> Challenge {
    let issued = json(&get(address, "/.portcullis/challenge", None).await);
    let text = issued["challenge"].as_str().unwrap_or_default();
    Challenge::parse(text.as_bytes()).unwrap_or_else(|refused| panic!("no challenge in {issued}: {refused}"))
}

/// Does the work for a clearance token.
pub(crate) async fn clear(address: SocketAddr) -> String {
    let submission = Submission::solving(&challenge(address).await);
    let cleared = json(&wire::exchange(address, &post(address, &submission, "Connection: close\r\n")).await);
    cleared["token"].as_str().unwrap_or_else(|| panic!("no token in {cleared}")).to_owned()
}

/// The bytes of a request that submits, with more headers if need be.
pub(crate) fn post(address: SocketAddr, submission: &Submission, headers: &str) -> Vec<u8> {
    let body = submission.to_json();
    let length = body.len();
    format!(
        "POST /.portcullis/redeem HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

fn json(answer: &[u8]) -> Value {
    serde_json::from_slice(wire::body(answer)).unwrap_or_default()
}
