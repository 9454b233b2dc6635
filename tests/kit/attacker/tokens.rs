//! Tokens that nobody earned: any header over any claims, signed by anyone or by no one.

use std::fs;
use std::path::Path;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::keys;
use portcullis_issuer::keys::{KeyMaterial, SigningKey};
use serde_json::Value;

/// A token in its three parts, to be changed and put together again.
#[derive(Clone, Debug)]
pub struct Token {
    /// The header's JSON.
    pub header: String,
    /// The claims' JSON.
    pub claims: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

impl Token {
    /// Takes a genuine token apart.
    ///
    /// # Panics
    ///
    /// When it is not a token.
    pub fn parse(token: &str) -> Self {
        let parts: Vec<Vec<u8>> = token
            .split('.')
            .map(|part| Base64UrlUnpadded::decode_vec(part).expect("a genuine token is base64url"))
            .collect();
        let [header, claims, signature] = <[Vec<u8>; 3]>::try_from(parts).expect("a genuine token has three parts");
        let text = |bytes| String::from_utf8(bytes).expect("a genuine token is JSON");
        Self { header: text(header), claims: text(claims), signature }
    }

    /// The same with members of its header set; null removes one.
    #[must_use]
    pub fn header_with(&self, members: Value) -> Self {
        Self { header: with(&self.header, members), ..self.clone() }
    }

    /// The same with members of its claims set; null removes one.
    #[must_use]
    pub fn claims_with(&self, members: Value) -> Self {
        Self { claims: with(&self.claims, members), ..self.clone() }
    }

    /// Signed again, with ES256.
    #[must_use]
    pub fn signed(self, key: &EncodingKey) -> Self {
        self.signed_with(key, Algorithm::ES256)
    }

    /// Signed again, with any algorithm.
    ///
    /// # Panics
    ///
    /// When the key is not of that algorithm.
    #[must_use]
    pub fn signed_with(self, key: &EncodingKey, algorithm: Algorithm) -> Self {
        // Named, because the default of the process depends on what other crates switch on.
        let signer = (aws_lc::DEFAULT_PROVIDER.signer_factory)(&algorithm, key).expect("the key fits");
        let signature = signer.try_sign(self.signing_input().as_bytes()).expect("it has all it needs");
        Self { signature, ..self }
    }

    /// The same with another signature.
    #[must_use]
    pub fn with_signature(&self, signature: Vec<u8>) -> Self {
        Self { signature, ..self.clone() }
    }

    /// The claims, parsed.
    pub fn claim(&self, name: &str) -> Value {
        serde_json::from_str::<Value>(&self.claims).unwrap_or_default()[name].clone()
    }

    fn signing_input(&self) -> String {
        let text = |part: &str| Base64UrlUnpadded::encode_string(part.as_bytes());
        format!("{}.{}", text(&self.header), text(&self.claims))
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.signing_input(), Base64UrlUnpadded::encode_string(&self.signature))
    }
}

fn with(json: &str, members: Value) -> String {
    let mut object: Value = serde_json::from_str(json).unwrap_or_default();
    for (name, value) in members.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(object.as_object_mut().and_then(|object| object.remove(name))),
            value => object[name] = value.clone(),
        }
    }
    object.to_string()
}

/// The newest of a verifier's own signature keys: for tokens that are wrong in one thing and correctly signed.
///
/// # Panics
///
/// When there is no key in the folder.
pub fn newest_key(folder: &Path) -> EncodingKey {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    // They are named by the millisecond they were made in.
    let keys = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "pem"));
    let newest = keys.max().unwrap_or_else(|| panic!("no key in {}", folder.display()));
    let pem = fs::read_to_string(newest).expect("the key's file is the test's own");
    EncodingKey::from_ec_der(&pem_contents(&pem))
}

/// A key the verifier has never seen.
pub fn foreign_key() -> EncodingKey {
    EncodingKey::from_ec_der(&fresh_pkcs8())
}

/// A key the verifier has never seen, and its public half under the name of its thumbprint.
///
/// # Panics
///
/// Never: a key that was just made is one.
pub fn foreign_key_with_public() -> (EncodingKey, Jwk) {
    let material = KeyMaterial::generate(keys::Algorithm::Es256);
    let key = SigningKey::new(&material, UnixMillis(0)).expect("a new key can be used");
    let jwk = key.public().expect("it has a public half").clone();
    (EncodingKey::from_ec_der(&pem_contents(&material.to_pem())), jwk)
}

/// A new P-256 key, as PKCS#8.
pub fn fresh_pkcs8() -> Vec<u8> {
    pem_contents(&KeyMaterial::generate(keys::Algorithm::Es256).to_pem())
}

/// The bytes between a PEM file's first and last line.
pub fn pem_contents(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    Base64::decode_vec(&lines.collect::<String>()).expect("a PEM file holds base64")
}

/// An ES256 signature as DER, where JWS has its two numbers side by side.
pub fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let body = [integer(r), integer(s)].concat();
    // At most 2 × 35 bytes.
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

fn integer(magnitude: &[u8]) -> Vec<u8> {
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len() - 1);
    let sign: &[u8] = if magnitude[start] & 0x80 == 0 { &[] } else { &[0] };
    let digits = [sign, &magnitude[start..]].concat();
    [&[0x02, digits.len() as u8], digits.as_slice()].concat()
}

/// The other signature of the same message under the same key: s replaced by n − s, with n the order of P-256.
pub fn mirrored(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let mut mirrored = [0; 32];
    let mut borrow = 0;
    for index in (0..32).rev() {
        let digit = i16::from(P256_ORDER[index]) - i16::from(s[index]) - borrow;
        borrow = i16::from(digit < 0);
        // In 0..256 once what was borrowed is added.
        mirrored[index] = (digit + 256 * borrow) as u8;
    }
    [r, &mirrored].concat()
}

/// The order of P-256's group (SEC 2, 2.4.2).
pub const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
