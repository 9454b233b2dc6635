//! A client that does what no browser would: solves challenges natively, forges tokens, and writes whatever bytes it
//! likes to a socket.

mod client;
pub mod random;
pub mod standing;
pub mod tokens;
pub mod wire;

use base64ct::{Base64UrlUnpadded, Encoding};
pub use client::{Client, ClientResponse};
use portcullis_challenge::{CHALLENGE_LEN, Challenge};

/// What is posted to be redeemed: two texts, right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The challenge, as text.
    pub challenge: String,
    /// The solution, as text.
    pub solution: String,
}

impl Submission {
    /// Does the work for `challenge`.
    pub fn solving(challenge: &Challenge) -> Self {
        Self::of(challenge, &shares(challenge, usize::from(challenge.fields.shares.count())))
    }

    /// `challenge` with these nonces, whatever they are.
    pub fn of(challenge: &Challenge, nonces: &[u32]) -> Self {
        Self { challenge: challenge_text(&challenge.encode()), solution: nonces_text(nonces) }
    }

    /// The same solution under other bytes for a challenge.
    #[must_use]
    pub fn with_challenge(&self, bytes: &[u8]) -> Self {
        Self { challenge: challenge_text(bytes), ..self.clone() }
    }

    /// The body of the request.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "challenge": self.challenge, "solution": self.solution }).to_string()
    }
}

/// The first `count` shares of a challenge's puzzle, in order.
///
/// # Panics
///
/// When there are not that many, which a test's easy challenges rule out.
pub fn shares(challenge: &Challenge, count: usize) -> Vec<u32> {
    let found: Vec<u32> = challenge.puzzle().shares(0..1 << 32).take(count).collect();
    assert_eq!(found.len(), count, "the puzzle has too few shares");
    found
}

/// Nonces as a solution's text, any number in any order.
pub fn nonces_text(nonces: &[u32]) -> String {
    let bytes: Vec<u8> = nonces.iter().flat_map(|nonce| nonce.to_be_bytes()).collect();
    Base64UrlUnpadded::encode_string(&bytes)
}

/// Bytes as a challenge's text, however many.
pub fn challenge_text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes of a genuine challenge with `change` made to them.
pub fn changed(challenge: &Challenge, change: impl FnOnce(&mut [u8; CHALLENGE_LEN])) -> [u8; CHALLENGE_LEN] {
    let mut bytes = challenge.encode();
    change(&mut bytes);
    bytes
}
