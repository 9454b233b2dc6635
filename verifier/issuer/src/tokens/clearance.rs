//! Signing clearance tokens: for work that was redeemed, and for nothing else.
//!
//! What they say is in [`portcullis_clearance::token`], and what makes them valid in [`portcullis_clearance::verify`].

use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::Level;
use portcullis_clearance::network::NetworkPrefix;
use portcullis_clearance::token::{ClearanceClaims, TokenId};
use portcullis_clearance::verify::Genuine;

use crate::keys::{KeyRing, SigningError};
use crate::solutions::redeem::Redeemed;

/// What a token is signed for.
#[derive(Clone, Copy, Debug)]
pub struct ClearanceGrant<'a> {
    /// This installation's name.
    pub issuer: &'a str,
    /// The host the work was done for.
    pub host: &'a str,
    /// Where it is valid: the network from which the work was done, or that very address.
    pub network: NetworkPrefix,
    /// The level it was done for.
    pub level: Level,
    /// How long it is valid.
    pub lifetime: Duration,
    /// The time of day.
    pub now: UnixMillis,
}

/// A token, signed, and how long it is valid.
#[derive(Clone, Debug)]
pub struct Signed {
    /// In JWS compact form (RFC 7515, 7.1).
    pub text: String,
    /// From now on.
    pub lifetime: Duration,
}

/// Signs a token for work that was redeemed.
///
/// # Errors
///
/// [`SigningError`].
pub fn sign(keys: &KeyRing, paid: &Redeemed, grant: ClearanceGrant<'_>) -> Result<Signed, SigningError> {
    let now = grant.now.0 / 1000;
    let claims = ClearanceClaims {
        iss: grant.issuer.to_owned(),
        aud: grant.host.to_owned(),
        iat: now,
        nbf: now,
        exp: now + grant.lifetime.as_secs(),
        // As random as a name must be, and redeemed once: no two tokens share it.
        jti: TokenId(paid.fields().id.0),
        net: grant.network,
        lvl: grant.level,
    };
    signed(keys, &claims, grant.now)
}

/// Signs a topped-up token again: for the current network, and valid no longer than before.
///
/// # Errors
///
/// As for [`sign`].
pub fn sign_again(
    keys: &KeyRing,
    _paid: &Redeemed,
    token: &Genuine,
    network: NetworkPrefix,
    now: UnixMillis,
) -> Result<Signed, SigningError> {
    signed(keys, &ClearanceClaims { net: network, ..token.claims().clone() }, now)
}

fn signed(keys: &KeyRing, claims: &ClearanceClaims, now: UnixMillis) -> Result<Signed, SigningError> {
    let key = keys.current(now);
    let text = key.sign_clearance(claims)?;
    Ok(Signed { text, lifetime: Duration::from_secs(claims.exp.saturating_sub(now.0 / 1000)) })
}
