//! Clearance tokens: JWT (RFC 7519) under the rules of RFC 8725.

use std::net::IpAddr;
use std::time::Duration;

use jsonwebtoken::{Header, Validation, decode, decode_header, encode};
use portcullis_challenge::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::clock::LEEWAY;
use crate::keys::{ALGORITHM, KeyRing};
use crate::network::NetworkPrefix;
use crate::redeem::Redeemed;

/// The `typ` of a clearance token (RFC 8725, 3.11): no other JWT passes for one.
pub const TYPE: &str = "clearance+jwt";
/// A longer text is no token of ours and is refused unread.
pub const MAX_LEN: usize = 1024;

/// What a clearance token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who signed it: this installation.
    pub iss: String,
    /// The host it admits to.
    pub aud: String,
    /// When it was signed, Unix seconds.
    pub iat: u64,
    /// From when it is good, Unix seconds.
    pub nbf: u64,
    /// Until when, Unix seconds.
    pub exp: u64,
    /// A random name, for correlating without an address.
    pub jti: String,
    /// The network it is bound to.
    pub net: NetworkPrefix,
    /// The policy level it was earned at.
    pub lvl: u8,
}

/// Proof that a token was verified for the host and address at hand. Only [`verify`] makes one.
#[derive(Clone, Debug)]
pub struct Clearance(Claims);

impl Clearance {
    /// What the token says.
    pub fn claims(&self) -> &Claims {
        &self.0
    }
}

/// What a token is signed for.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// This installation's name.
    pub issuer: &'a str,
    /// The host the work was done for.
    pub host: &'a str,
    /// The network it was done from.
    pub network: NetworkPrefix,
    /// How long it is good.
    pub lifetime: Duration,
    /// The time of day.
    pub now: UnixMillis,
}

/// Who shows a token, and when.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'a> {
    /// This installation's name.
    pub issuer: &'a str,
    /// The lower-case host asked for.
    pub host: &'a str,
    /// The client's address.
    pub address: IpAddr,
    /// The time of day.
    pub now: UnixMillis,
}

/// Why a token does not clear its bearer. For the log; the client is simply challenged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCleared {
    /// No JWT of ours: too long, another `typ` or algorithm, key material in the header, or a claim amiss.
    #[error("malformed")]
    Malformed,
    /// A `kid` that does not sign, or no longer.
    #[error("unknown-key")]
    UnknownKey,
    /// Any other failure of signature, issuer or audience.
    #[error("not-ours")]
    NotOurs,
    /// Past `exp`, or before `nbf`.
    #[error("expired")]
    Expired,
    /// Shown from outside its network.
    #[error("wrong-network")]
    WrongNetwork,
}

/// Signs a token for work that was redeemed.
///
/// # Errors
///
/// When the key cannot sign, which a key that was loaded can.
pub fn sign(keys: &KeyRing, _paid: &Redeemed, grant: Grant<'_>) -> Result<String, jsonwebtoken::errors::Error> {
    let key = keys.current(grant.now);
    let now = grant.now.0 / 1000;
    let claims = Claims {
        iss: grant.issuer.to_owned(),
        aud: grant.host.to_owned(),
        iat: now,
        nbf: now,
        exp: now + grant.lifetime.as_secs(),
        jti: random_name(),
        net: grant.network,
        lvl: 1,
    };
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key.kid().to_owned()), ..Header::new(ALGORITHM) };
    encode(&header, &claims, key.signing())
}

/// Verifies a token for its bearer: form and header, key, signature with the pinned algorithm, `iss` and `aud`, times
/// by our clock with [`LEEWAY`], network.
///
/// # Errors
///
/// [`NotCleared`].
pub fn verify(keys: &KeyRing, token: &str, bearer: Bearer<'_>) -> Result<Clearance, NotCleared> {
    if token.len() > MAX_LEN {
        return Err(NotCleared::Malformed);
    }
    let unverified_header = decode_header(token).map_err(|_| NotCleared::Malformed)?;
    let kid = own_kid(&unverified_header).ok_or(NotCleared::Malformed)?;
    let key = keys.verifying(kid, bearer.now).ok_or(NotCleared::UnknownKey)?;
    let claims = decode::<Claims>(token, key.verifying(), &expected(bearer)).map_err(|_| NotCleared::NotOurs)?.claims;
    let (now, leeway) = (bearer.now.0 / 1000, LEEWAY.as_secs());
    if now >= claims.exp.saturating_add(leeway) || claims.nbf > now.saturating_add(leeway) {
        return Err(NotCleared::Expired);
    }
    if !claims.net.contains(bearer.address) {
        return Err(NotCleared::WrongNetwork);
    }
    Ok(Clearance(claims))
}

/// The `kid` of a header that is exactly what [`sign`] writes: no key material, no extensions, our `typ` and algorithm.
fn own_kid(header: &Header) -> Option<&str> {
    let kid = header.kid.as_deref()?;
    let own = Header { typ: Some(TYPE.to_owned()), kid: Some(kid.to_owned()), ..Header::new(ALGORITHM) };
    (*header == own).then_some(kid)
}

/// What the library checks. Not the times: it would read its own clock.
fn expected(bearer: Bearer<'_>) -> Validation {
    let mut expected = Validation::new(ALGORITHM);
    expected.set_issuer(&[bearer.issuer]);
    expected.set_audience(&[bearer.host]);
    expected.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
    expected.validate_exp = false;
    expected.validate_nbf = false;
    expected
}

fn random_name() -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(&crate::entropy::random::<16>())
}
