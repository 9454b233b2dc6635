//! What the files hold. Every file is an object of `about`, a sentence, and `vectors`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// A file: what it is about, and its vectors.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct File<T> {
    pub(crate) about: String,
    pub(crate) vectors: Vec<T>,
}

/// `challenges.json` and `forged-challenges.json`.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct ChallengeVector {
    pub(crate) name: String,
    pub(crate) kind: u8,
    /// 0 for kind 1.
    pub(crate) iterations: u32,
    pub(crate) key_id: u8,
    pub(crate) shares: u8,
    pub(crate) threshold: u32,
    /// Decimal, as a string: it may exceed what a JSON number carries exactly everywhere.
    pub(crate) issued_at: String,
    pub(crate) lifetime: u32,
    pub(crate) audience: Hex,
    pub(crate) binding: Hex,
    pub(crate) id: Hex,
    /// The verifier's key.
    pub(crate) key: Hex,
    pub(crate) mac_input: Hex,
    pub(crate) tag: Hex,
    pub(crate) prefix: Hex,
    pub(crate) difficulty: u32,
    pub(crate) text: String,
}

/// `malformed-challenges.json` and `malformed-solutions.json`.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct MalformedVector {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) error: String,
}

/// `difficulties.json`: the threshold that asks for a difficulty, and the difficulty that threshold has.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct DifficultyVector {
    pub(crate) shares: u8,
    pub(crate) difficulty: u32,
    pub(crate) threshold: Option<u32>,
    pub(crate) reached: Option<u32>,
}

/// `thresholds.json`: the difficulty a threshold has.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct ThresholdVector {
    pub(crate) shares: u8,
    pub(crate) threshold: u32,
    pub(crate) difficulty: Option<u32>,
}

/// `shares.json`.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct ShareVector {
    pub(crate) name: String,
    /// 0 for kind 1.
    pub(crate) iterations: u32,
    pub(crate) prefix: Hex,
    pub(crate) threshold: u32,
    pub(crate) nonce: u32,
    pub(crate) last_word: u32,
    pub(crate) is_share: bool,
}

/// `solved-challenges.json`: the first shares not below a nonce.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct SolvedVector {
    pub(crate) name: String,
    pub(crate) challenge: String,
    pub(crate) search_from: u32,
    pub(crate) nonces: Vec<u32>,
    pub(crate) solution: String,
}

/// `wrong-solutions.json`.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct WrongVector {
    pub(crate) name: String,
    pub(crate) challenge: String,
    pub(crate) solution: String,
    pub(crate) error: String,
}

/// Bytes, as lower-case hexadecimal digits.
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let byte = |index| digits.get(index..index + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        bytes.map(Self).ok_or_else(|| D::Error::custom("not hexadecimal digits"))
    }
}
