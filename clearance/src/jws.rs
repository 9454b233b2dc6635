//! A JWS in compact form (RFC 7515, 7.1): what a key has signed, and nothing before that is known.
//!
//! Every token passes here, whatever it claims: one place decides what a signature is.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::keys::VerifyingKey;

/// No JWS that this key signed: not in the one form, another algorithm than the key's, or another signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not signed by this key")]
pub struct NotSigned;

/// The payload of `token`, once `key` is known to have signed it.
///
/// The algorithm is the key's own; the header must name the same, and no extension that has to be understood (`crit`). Its
/// other members are the caller's to judge.
///
/// # Errors
///
/// [`NotSigned`].
pub fn payload(token: &str, key: &VerifyingKey) -> Result<Vec<u8>, NotSigned> {
    let (signed, signature) = token.rsplit_once('.').ok_or(NotSigned)?;
    let (_, payload) = signed.split_once('.').ok_or(NotSigned)?;
    let header = jsonwebtoken::decode_header(token).map_err(|_| NotSigned)?;
    if header.alg != key.algorithm().into() || header.crit.is_some() {
        return Err(NotSigned);
    }
    // Each has exactly one text; a dot left in the payload is none of its characters.
    let payload = Base64UrlUnpadded::decode_vec(payload).map_err(|_| NotSigned)?;
    Base64UrlUnpadded::decode_vec(signature).map_err(|_| NotSigned)?;
    if key.has_signed(signed.as_bytes(), signature) { Ok(payload) } else { Err(NotSigned) }
}
