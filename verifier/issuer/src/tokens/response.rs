//! Response tokens: proof that the sender of one form did the work for it. JWT (RFC 7519) under the rules of RFC 8725,
//! signed by the same keys as clearance tokens and never taken for one: `typ` and claims differ.
//!
//! Only the verifier checks them, because only it knows which are spent. So their times are on its steady clock, as a
//! challenge's are, and they are valid during one run of it: the record of what was spent is lost with the process, and
//! so is everything that could be spent again. Stepping a clock revives nothing.

use std::time::{Duration, UNIX_EPOCH};

use portcullis_challenge::{ChallengeId, UnixMillis};
use portcullis_clearance::TokenId;
use portcullis_clearance::jws::{self, KeyLookupError};
use portcullis_clearance::network::NetworkPrefix;
use serde::{Deserialize, Serialize};

use crate::challenges::issue::ChallengeKeyRing;
use crate::keys::{KeyRing, SigningError};
use crate::solutions::redeem::Redeemed;

/// The `typ` of a response token (RFC 8725, 3.11).
pub const TYPE: &str = "response+jwt";
/// A longer text is not one of our tokens and is refused unread. Forms and databases made for Turnstile hold this much.
pub const MAX_LEN: usize = 2048;
/// How long a token can be spent: a form is sent soon after its check. Not longer than a challenge may live, for which
/// the replay store is built.
pub const LIFETIME: Duration = Duration::from_secs(300);

/// What a response is for, in the words of the page that asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponsePurpose {
    /// Which form, such as `login`: its server compares it.
    pub action: Label<32>,
    /// What else the page wants its server to be told.
    pub cdata: Label<255>,
}

/// At most `MAX` characters of `A-Z a-z 0-9 _ -`: harmless in any log, header and page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label<const MAX: usize>(String);

impl<const MAX: usize> TryFrom<String> for Label<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if text.len() <= MAX && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        Err(format!("a label is at most {MAX} characters of A-Z a-z 0-9 _ -"))
    }
}

impl<const MAX: usize> From<Label<MAX>> for String {
    fn from(label: Label<MAX>) -> Self {
        label.0
    }
}

/// What a response token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseClaims {
    /// Who signed it: this installation.
    pub iss: String,
    /// The host the work was done for.
    pub aud: String,
    /// When it was signed, Unix seconds on the steady clock.
    pub iat: u64,
    /// Until when it can be spent, in Unix seconds on the steady clock.
    pub exp: u64,
    /// A random name, which is spent once.
    pub jti: TokenId,
    /// The network the work was done from.
    pub net: NetworkPrefix,
    /// The run of the verifier it can be spent in.
    pub run: String,
    /// Which form it is for.
    pub action: Label<32>,
    /// What else its page said.
    pub cdata: Label<255>,
    /// When the work was redeemed by the time of day, as siteverify states it: ISO 8601, UTC.
    pub challenge_ts: String,
}

/// Proof that a token is ours, of this run, and not expired. Whether it is spent is not known yet. Only [`verify`]
/// makes one.
#[derive(Clone, Debug)]
pub struct Response(ResponseClaims);

impl Response {
    /// What the token says.
    pub fn claims(&self) -> &ResponseClaims {
        &self.0
    }

    /// What is spent: as random as a challenge's id, and recorded beside those.
    pub fn id(&self) -> ChallengeId {
        ChallengeId(self.0.jti.0)
    }

    /// Until when it can be spent, on the steady clock.
    pub fn expires_at(&self) -> UnixMillis {
        UnixMillis(self.0.exp.saturating_mul(1000))
    }
}

/// What a response token is signed for.
#[derive(Clone, Debug)]
pub struct ResponseGrant<'a> {
    /// This installation's name.
    pub issuer: &'a str,
    /// The host the work was done for.
    pub host: &'a str,
    /// The network it was done from.
    pub network: NetworkPrefix,
    /// What it is for.
    pub purpose: ResponsePurpose,
    /// The time of day.
    pub now: UnixMillis,
    /// The verifier's steady time.
    pub steady: UnixMillis,
}

/// The conditions under which a response token can be spent here.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// This installation's name.
    pub issuer: &'a str,
    /// The keys whose run is this one.
    pub challenge_keys: &'a ChallengeKeyRing,
    /// The time of day, by which keys rotate.
    pub now: UnixMillis,
    /// The verifier's steady time.
    pub steady: UnixMillis,
}

/// Why a text is not a response that could be spent. For the log; the asking server learns less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseTokenError {
    /// Not a JWT of ours: too long, another `typ` or algorithm, key material in the header, or a wrong claim.
    #[error("malformed")]
    Malformed,
    /// A `kid` that does not sign, or no longer does.
    #[error("unknown-key")]
    UnknownKey,
    /// Any other failure of signature or issuer.
    #[error("not-ours")]
    NotOurs,
    /// From before a restart.
    #[error("earlier-run")]
    EarlierRun,
    /// Past `exp`.
    #[error("expired")]
    Expired,
}

impl From<KeyLookupError> for ResponseTokenError {
    fn from(why: KeyLookupError) -> Self {
        match why {
            KeyLookupError::Malformed => Self::Malformed,
            KeyLookupError::Unknown => Self::UnknownKey,
        }
    }
}

/// Signs a response token for work that was redeemed.
///
/// # Errors
///
/// [`SigningError`].
pub fn sign(
    keys: &KeyRing,
    challenge_keys: &ChallengeKeyRing,
    _paid: &Redeemed,
    grant: ResponseGrant<'_>,
) -> Result<String, SigningError> {
    let key = keys.current(grant.now);
    let iat = grant.steady.0 / 1000;
    let claims = ResponseClaims {
        iss: grant.issuer.to_owned(),
        aud: grant.host.to_owned(),
        iat,
        exp: iat + LIFETIME.as_secs(),
        jti: TokenId(crate::entropy::random()),
        net: grant.network,
        run: challenge_keys.run(),
        action: grant.purpose.action,
        cdata: grant.purpose.cdata,
        challenge_ts: iso_8601(grant.now),
    };
    key.sign(&jws::header(TYPE, key.algorithm(), key.kid()), &claims)
}

/// Verifies a token: form and header, key, signature with the pinned algorithm, `iss`, claims, run, expiry (whose edge
/// belongs to the past).
///
/// # Errors
///
/// [`ResponseTokenError`].
pub fn verify(keys: &KeyRing, token: &str, expected: Expected<'_>) -> Result<Response, ResponseTokenError> {
    if token.len() > MAX_LEN {
        return Err(ResponseTokenError::Malformed);
    }
    let key = jws::named_key(token, TYPE, keys, expected.now)?;
    let payload = jws::payload(token, key).map_err(|_| ResponseTokenError::NotOurs)?;
    let claims: ResponseClaims = serde_json::from_slice(&payload).map_err(|_| ResponseTokenError::NotOurs)?;
    if claims.iss != expected.issuer {
        return Err(ResponseTokenError::NotOurs);
    }
    if !expected.challenge_keys.ran(&claims.run) {
        return Err(ResponseTokenError::EarlierRun);
    }
    let response = Response(claims);
    if expected.steady >= response.expires_at() {
        return Err(ResponseTokenError::Expired);
    }
    Ok(response)
}

fn iso_8601(time: UnixMillis) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(time.0)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_short_and_plain() {
        let purpose = |json: &str| serde_json::from_str::<ResponsePurpose>(json);
        assert_eq!(String::from(purpose(r#"{"action":"log-in_2"}"#).unwrap().action), "log-in_2");
        assert_eq!(purpose("{}").unwrap(), ResponsePurpose::default());
        assert!(purpose(&format!(r#"{{"action":"{}","cdata":"{}"}}"#, "a".repeat(32), "c".repeat(255))).is_ok());
        for refused in [
            format!(r#"{{"action":"{}"}}"#, "a".repeat(33)),
            format!(r#"{{"cdata":"{}"}}"#, "c".repeat(256)),
            r#"{"action":"log in"}"#.to_owned(),
            r#"{"action":"<b>"}"#.to_owned(),
            r#"{"action":"é"}"#.to_owned(),
            r#"{"cdata":"a\nb"}"#.to_owned(),
            r#"{"action":1}"#.to_owned(),
            r#"{"sitekey":"x"}"#.to_owned(),
        ] {
            assert!(purpose(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn times_are_written_as_iso_8601_in_utc() {
        assert_eq!(iso_8601(UnixMillis(1_800_000_000_042)), "2027-01-15T08:00:00.042Z");
    }
}
