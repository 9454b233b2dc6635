//! The secrets of the servers that may ask, in a file of their own: one a line, several while they are being exchanged.
//!
//! Only the SHA-256 of a secret is kept. A secret that is shown is hashed and compared with all of them in constant
//! time, so neither its length nor a common beginning leaks.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use portcullis_files::private_file::{self, PrivateFileError};
use sha2::{Digest, Sha256};

/// The file, which may be rewritten while the verifier runs.
#[derive(Clone, Debug)]
pub struct SecretFile(PathBuf);

/// The hashes of at least one secret.
pub(super) struct Secrets(Vec<[u8; 32]>);

/// Why a file of secrets cannot be used. Names file, line and fix, never a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than the owner may read or write it.
    #[error(
        "{path}: others may access these secrets (mode {mode:04o}). Run: chmod 600 '{path}'; but if others may have read them, write new ones"
    )]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A line is not a secret that keeps anyone out.
    #[error("{path}:{line}: {problem}. Write a new one: openssl rand -hex 32")]
    Weak {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no secret, or more than rotation needs, or far more text than that.
    #[error("{path}: {problem}; write one secret a line, 1 to {MAX_SECRETS} of them")]
    Number {
        /// Which file.
        path: PathBuf,
        /// What the file holds instead.
        problem: &'static str,
    },
}

impl SecretFile {
    /// The file at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Reads the secrets. Empty lines and those that begin with `#` are skipped.
    pub(super) fn read(&self) -> Result<Secrets, SecretsError> {
        let text = read_own_file(&self.0)?;
        let path = || self.0.clone();
        let mut secrets = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(problem) = weakness(line) {
                return Err(SecretsError::Weak { path: path(), line: index + 1, problem });
            }
            secrets.push(Sha256::digest(line.as_bytes()).into());
        }
        match secrets.len() {
            0 => Err(SecretsError::Number { path: path(), problem: "there is no secret" }),
            1..=MAX_SECRETS => Ok(Secrets(secrets)),
            _ => Err(SecretsError::Number { path: path(), problem: "there are too many secrets" }),
        }
    }
}

impl Secrets {
    /// Whether `secret` is one of them. Takes the same time for each of them, and for any other text.
    pub(super) fn include(&self, secret: &str) -> bool {
        let shown: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        self.0.iter().fold(false, |found, own| found | verify_slices_are_equal(own, &shown).is_ok())
    }
}

fn read_own_file(path: &Path) -> Result<String, SecretsError> {
    let text = private_file::read_text(path, MAX_FILE_LEN + 1).map_err(|error| match error {
        PrivateFileError::Io(error) => SecretsError::Io { path: path.to_owned(), error },
        PrivateFileError::TooOpen { mode } => SecretsError::TooOpen { path: path.to_owned(), mode },
    })?;
    if text.len() as u64 > MAX_FILE_LEN {
        return Err(SecretsError::Number { path: path.to_owned(), problem: "there is too much text" });
    }
    Ok(text)
}

/// Why a text is not usable as a secret.
fn weakness(text: &str) -> Option<&'static str> {
    let mut characters: Vec<u8> = text.bytes().collect();
    characters.sort_unstable();
    characters.dedup();
    let lower = text.to_ascii_lowercase();
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("a secret is printable ASCII without spaces")
    } else if text.len() < MIN_SECRET_LEN {
        Some("a secret has at least 32 characters")
    } else if PUBLISHED.contains(&text) || EXAMPLE_WORDS.iter().any(|word| lower.contains(word)) {
        Some("this is an example, which everybody has")
    } else if characters.len() < MIN_DISTINCT {
        Some("these characters are hardly random")
    } else {
        None
    }
}

const MIN_SECRET_LEN: usize = 32;
/// Of 32 random hexadecimal digits, fewer than eight different ones occur less than once in twenty million.
const MIN_DISTINCT: usize = 8;
const MAX_SECRETS: usize = 16;
const MAX_FILE_LEN: u64 = 16 * 1024;

/// The test secrets that the other services publish, if they are long enough; a copied configuration may hold one.
const PUBLISHED: [&str; 5] = [
    "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
    "0x0000000000000000000000000000000000000000",
    "1x0000000000000000000000000000000AA",
    "2x0000000000000000000000000000000AA",
    "3x0000000000000000000000000000000AA",
];
const EXAMPLE_WORDS: [&str; 6] = ["changeme", "change-me", "change_me", "example", "secret", "password"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_could_guess_is_no_secret() {
        for weak in [
            "short",
            "0123456789abcdef0123456789abcde",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababababababababababababababab",
            "changeme-changeme-changeme-changeme-0123",
            "your-SECRET-key-goes-here-0123456789abcdef",
            "with spaces in it 0123456789abcdef0123456789",
            "0123456789abcdef0123456789abcdef\u{e9}",
        ]
        .into_iter()
        .chain(PUBLISHED)
        {
            assert!(weakness(weak).is_some(), "{weak}");
        }
        for strong in [
            "0123456789abcdef0123456789abcdef",
            "0x4f1c8e0b7a6d2395c7e1f08b5a4d3c2b1a097e6f",
            "kB1x7SxkZ0nJZb2pTq4yW9vR3uE6hM8c",
        ] {
            assert_eq!(weakness(strong), None, "{strong}");
        }
    }

    #[test]
    fn each_secret_counts_and_nothing_else() {
        let hash = |text: &str| Sha256::digest(text.as_bytes()).into();
        let secrets = Secrets(vec![hash("one"), hash("two")]);
        assert!(secrets.include("one") && secrets.include("two"));
        assert!(!secrets.include("") && !secrets.include("on") && !secrets.include("one ") && !secrets.include("ONE"));
    }
}
