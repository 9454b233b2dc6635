//! The public keys that a bot signs its requests with: a JWK Set on disk. Keys are never fetched because a request says
//! where they are.

use std::collections::HashMap;
use std::path::Path;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Ed25519 keys, by their thumbprint (RFC 7638; RFC 8037 for this kind of key).
#[derive(Debug, Default)]
pub struct BotKeys(HashMap<String, [u8; 32]>);

impl BotKeys {
    /// Reads a JWK Set. Keys of other kinds in it are left out.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        Self::parse(&text).map_err(|problem| format!("{shown}: {problem}"))
    }

    /// Reads the text of a JWK Set. Keys of other kinds in it are left out.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and the fix.
    pub fn parse(text: &str) -> Result<Self, String> {
        let set: JwkSet = serde_json::from_str(text).map_err(|error| format!("no JWK Set: {error}"))?;
        let mut keys = HashMap::new();
        for key in set.keys {
            if key.d.is_some() {
                return Err(
                    "there is a private key in it; keep that with the bot, and write the public ones".to_owned()
                );
            }
            if key.kty != "OKP" || key.crv.as_deref() != Some("Ed25519") {
                continue;
            }
            let x = key.x.as_deref().unwrap_or_default();
            let mut bytes = [0; 32];
            let decoded = Base64UrlUnpadded::decode(x, &mut bytes).map(<[u8]>::len);
            if decoded != Ok(bytes.len()) {
                return Err(format!("{x:?} is not an Ed25519 key: `x` is 32 bytes in base64url without padding"));
            }
            keys.insert(thumbprint(x), bytes);
        }
        match keys.len() {
            0 => Err("it holds no Ed25519 key (\"kty\": \"OKP\", \"crv\": \"Ed25519\")".to_owned()),
            1..=MOST_KEYS => Ok(Self(keys)),
            count => Err(format!("{count} keys are too many; keep at most {MOST_KEYS}")),
        }
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a key of this thumbprint.
    pub fn has(&self, thumbprint: &str) -> bool {
        self.0.contains_key(thumbprint)
    }

    /// Whether the key of this thumbprint signed a message. Takes about 40 µs.
    pub fn signed(&self, thumbprint: &str, message: &[u8], signature: &[u8]) -> bool {
        let key = self.0.get(thumbprint).map(|key| UnparsedPublicKey::new(&ED25519, key));
        key.is_some_and(|key| key.verify(message, signature).is_ok())
    }
}

/// Of an Ed25519 key, from its `x` as it is written.
fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    Base64UrlUnpadded::encode_string(&Sha256::digest(members))
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    d: Option<serde::de::IgnoredAny>,
}

/// A bot signs with one or two at a time.
const MOST_KEYS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A.
    const PUBLISHED: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig"}]}"#;

    #[test]
    fn a_key_goes_by_its_thumbprint() {
        let keys = BotKeys::parse(PUBLISHED).unwrap();
        assert!(keys.has("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
        assert!(!keys.has("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") && !keys.has(""));
    }

    #[test]
    fn a_file_without_a_usable_key_is_refused_with_the_fix() {
        for (text, says) in [
            ("[]", "no JWK Set"),
            (r#"{"keys":[]}"#, "no Ed25519 key"),
            (r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#, "no Ed25519 key"),
            (r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#, "32 bytes"),
            (r#"{"keys":[{"kty":"OKP","crv":"Ed25519"}]}"#, "32 bytes"),
            (&PUBLISHED.replace("\"use\":\"sig\"", "\"d\":\"AA\""), "private key"),
        ] {
            let problem = BotKeys::parse(text).unwrap_err();
            assert!(problem.contains(says), "{problem}");
        }
    }
}
