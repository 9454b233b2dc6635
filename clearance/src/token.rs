//! What a clearance token says: a JWT (RFC 7519) under the rules of RFC 8725.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::Header;
use serde::{Deserialize, Serialize};

use crate::jws;
use crate::keys::Algorithm;
use crate::level::Level;
use crate::network::NetworkPrefix;

/// The `typ` of a clearance token (RFC 8725, 3.11), so that no other JWT is taken for one.
pub const TYPE: &str = "clearance+jwt";
/// A longer text is not one of our tokens and is refused unread.
pub const MAX_LEN: usize = 1024;
/// The longest life a clearance token can have.
pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The claims of a clearance token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClearanceClaims {
    /// Who signed it: an installation of Portcullis.
    pub iss: String,
    /// The host it admits to: lower-case, no port.
    pub aud: String,
    /// When it was signed, Unix seconds.
    pub iat: u64,
    /// From when it is valid, Unix seconds.
    pub nbf: u64,
    /// Until when, Unix seconds.
    pub exp: u64,
    /// A random name, by which budgets are counted without an address.
    pub jti: TokenId,
    /// The network it is bound to.
    pub net: NetworkPrefix,
    /// The level it was earned at.
    pub lvl: Level,
}

/// A token's random name: 16 bytes, as base64url without padding in the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId(pub [u8; 16]);

/// Not 16 bytes in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token's name is 16 bytes in base64url")]
pub struct TokenIdError;

impl TryFrom<String> for TokenId {
    type Error = TokenIdError;

    fn try_from(text: String) -> Result<Self, TokenIdError> {
        let mut bytes = [0; 16];
        let decoded = Base64UrlUnpadded::decode(&text, &mut bytes).map_err(|_| TokenIdError)?;
        if decoded.len() == 16 { Ok(Self(bytes)) } else { Err(TokenIdError) }
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        Base64UrlUnpadded::encode_string(&id.0)
    }
}

/// The whole header of a clearance token that the key `kid` signs with `algorithm`.
pub fn header(algorithm: Algorithm, kid: &str) -> Header {
    jws::header(TYPE, algorithm, kid)
}
