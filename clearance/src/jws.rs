//! A JWS in compact form (RFC 7515, 7.1): it yields what a key has signed, and nothing before the signature is
//! verified.
//!
//! Every token is read here, whatever it claims: one place decides what a signature is.

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Header, decode_header};
use portcullis_challenge::UnixMillis;

use crate::keys::{Algorithm, Keys, VerifyingKey};

/// Not a JWS that this key signed: malformed, another algorithm than the key's, or another signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not signed by this key")]
pub struct SignatureError;

/// Why a token names no key with which it could be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyLookupError {
    /// Its header is not exactly what we write: another `typ` or algorithm, key material, extensions, or no `kid`.
    #[error("malformed")]
    Malformed,
    /// A `kid` that does not sign, or no longer does.
    #[error("unknown-key")]
    Unknown,
}

/// The whole header of a token of type `typ` that the key `kid` signs with `algorithm`: no key material, no extensions.
pub fn header(typ: &str, algorithm: Algorithm, kid: &str) -> Header {
    Header { typ: Some(typ.to_owned()), kid: Some(kid.to_owned()), ..Header::new(algorithm.into()) }
}

/// The key that `token` names, if its header is the one that this key writes for tokens of type `typ`. Nothing is verified
/// yet.
///
/// # Errors
///
/// [`KeyLookupError`].
pub fn named_key<'k>(
    token: &str,
    typ: &str,
    keys: &'k impl Keys,
    now: UnixMillis,
) -> Result<&'k VerifyingKey, KeyLookupError> {
    let unverified_header = decode_header(token).map_err(|_| KeyLookupError::Malformed)?;
    let kid = unverified_header.kid.as_deref().ok_or(KeyLookupError::Malformed)?;
    let key = keys.verifying(kid, now).ok_or(KeyLookupError::Unknown)?;
    let own = header(typ, key.algorithm(), key.kid());
    if unverified_header == own { Ok(key) } else { Err(KeyLookupError::Malformed) }
}

/// The payload of `token`, once `key` is known to have signed it.
///
/// The algorithm is the key's own; the header must name the same, and no extension that must be understood (`crit`).
/// Its other members are for the caller to check.
///
/// # Errors
///
/// [`SignatureError`].
pub fn payload(token: &str, key: &VerifyingKey) -> Result<Vec<u8>, SignatureError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(SignatureError)?;
    let (_, payload) = signed.split_once('.').ok_or(SignatureError)?;
    let header = decode_header(token).map_err(|_| SignatureError)?;
    if header.alg != key.algorithm().into() || header.crit.is_some() {
        return Err(SignatureError);
    }
    // It has exactly one text, as the signature has; if a dot is left in it, decoding refuses it.
    let payload = Base64UrlUnpadded::decode_vec(payload).map_err(|_| SignatureError)?;
    if key.has_signed(signed.as_bytes(), signature) { Ok(payload) } else { Err(SignatureError) }
}
