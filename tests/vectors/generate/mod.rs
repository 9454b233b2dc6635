//! Makes every known-answer file. The same bytes on every run: no clock, no randomness.

mod challenges;
mod malformed;
mod numbers;
mod work;

use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Fields, Iterations, KeyId, Kind, Lifetime, MAC_INPUT_LEN, MAC_LABEL,
    ShareCount, Tag, Threshold, UnixMillis,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::format::File;

/// What rewrites the files.
pub(crate) const COMMAND: &str = "cargo run --package portcullis-tests --bin vectors";

/// The key of every vector's tag: 00 01 02 … 1f. For tests alone.
pub(crate) const KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut index = 0;
    while index < 32 {
        key[index] = index as u8;
        index += 1;
    }
    key
};

/// A file of vectors, as it is or should be on disk.
pub(crate) struct Rendered {
    pub(crate) name: &'static str,
    pub(crate) content: String,
}

impl Rendered {
    /// Where the file lies.
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(self.name)
    }

    /// Whether the file on disk is this one.
    pub(crate) fn is_on_disk(&self) -> bool {
        std::fs::read_to_string(self.path()).is_ok_and(|content| content == self.content)
    }
}

/// Every file.
pub(crate) fn files() -> Vec<Rendered> {
    vec![
        render("challenges.json", &challenges::genuine()),
        render("forged-challenges.json", &challenges::forged()),
        render("malformed-challenges.json", &malformed::challenges()),
        render("malformed-solutions.json", &malformed::solutions()),
        render("difficulties.json", &numbers::difficulties()),
        render("thresholds.json", &numbers::thresholds()),
        render("shares.json", &numbers::shares()),
        render("solved-challenges.json", &work::solved()),
        render("wrong-solutions.json", &work::wrong()),
    ]
}

fn render<T: Serialize>(name: &'static str, file: &File<T>) -> Rendered {
    let content = serde_json::to_string_pretty(file).expect("vectors have no maps with odd keys") + "\n";
    Rendered { name, content }
}

fn file<T>(about: &str, vectors: Vec<T>) -> File<T> {
    File { about: about.to_owned(), vectors }
}

/// The tag that `key` makes of the 72 bytes under the MAC.
pub(crate) fn tag(key: &[u8], mac_input: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(MAC_LABEL);
    mac.update(mac_input);
    mac.finalize().into_bytes().into()
}

/// A challenge as an operator's defaults make it.
fn plain() -> Fields {
    Fields {
        kind: Kind::Sha256,
        key_id: KeyId(0),
        shares: shares(32),
        threshold: threshold(32_767),
        issued_at: UnixMillis(1_750_000_000_000),
        lifetime: lifetime(60_000),
        audience: Audience(first_half("login.example")),
        binding: Binding(first_half("a network")),
        id: ChallengeId(first_half("a challenge")),
    }
}

/// A genuine challenge named `id`.
fn challenge(id: &str, count: u8, word: u32) -> Challenge {
    let id = ChallengeId(first_half(id));
    genuine(Fields { shares: shares(count), threshold: threshold(word), id, ..plain() })
}

fn genuine(fields: Fields) -> Challenge {
    Challenge { fields, tag: Tag(tag(&KEY, &fields.encode())) }
}

/// The text of a challenge that may be malformed, under a tag that is not.
fn tagged_text(mac_input: &[u8; MAC_INPUT_LEN]) -> String {
    base64url(&[mac_input.as_slice(), &tag(&KEY, mac_input)].concat())
}

fn text(challenge: &Challenge) -> String {
    base64url(&challenge.encode())
}

fn nonces_text(nonces: &[u32]) -> String {
    base64url(&nonces.iter().flat_map(|nonce| nonce.to_be_bytes()).collect::<Vec<u8>>())
}

fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn first_half(of: &str) -> [u8; 16] {
    let digest = Sha256::digest(of.as_bytes());
    std::array::from_fn(|index| digest[index])
}

fn shares(count: u8) -> ShareCount {
    ShareCount::new(count).expect("1 to 64 shares")
}

fn pbkdf2(iterations: u32) -> Kind {
    Kind::Pbkdf2(Iterations::new(iterations).expect("1 to 4096 iterations"))
}

/// The files' iterations of a kind: 0 for kind 1.
fn iterations_of(kind: Kind) -> u32 {
    match kind {
        Kind::Pbkdf2(iterations) => iterations.count(),
        _ => 0,
    }
}

fn threshold(word: u32) -> Threshold {
    Threshold::new(word).expect("not the largest word")
}

fn lifetime(millis: u32) -> Lifetime {
    Lifetime::from_millis(millis).expect("1 to 300 000 milliseconds")
}
