//! The standing token itself: 57 bytes, as base64url in a cookie.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version: 1 |
//! | 16 | audience: the host it counts at, hashed as in a challenge |
//! | 4 | since: the whole hour from which its client counts as known, big-endian hours since 1970 |
//! | 4 | issued: the whole hour this token was issued in |
//! | 16 | id: what its budget is counted by |
//! | 16 | tag: HMAC-SHA-256 of a label and the 41 bytes before it, its first half |
//!
//! Half of the tag is 128 bits, which nobody guesses (RFC 2104, 5, asks for no less), and makes a short cookie. Hours
//! are rounded up, so that no token seems older than it is, and they are coarse, so that many tokens have the same
//! ones.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use portcullis_challenge::{Audience, UnixMillis};
use portcullis_clearance::TokenId;
use portcullis_clearance::clock::{LEEWAY, millis};
use sha2::Sha256;

use crate::challenges::issue::audience;

/// What a standing token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingToken {
    audience: Audience,
    since: Hour,
    issued: Hour,
    id: TokenId,
}

/// The key that makes and checks tags, and links a token to its successor.
#[derive(Clone)]
pub struct StandingKey(Hmac<Sha256>);

impl StandingToken {
    /// The first token of a client at `host`: known from now on.
    pub fn first(host: &str, id: TokenId, now: UnixMillis) -> Self {
        let issued = Hour::from(now);
        Self { audience: audience(host), since: issued, issued, id }
    }

    /// The name its budget is counted by.
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// Whether its client was known for `age` when the gate was lowered.
    pub fn was_known(&self, age: Duration, lowered: UnixMillis) -> bool {
        self.since.begins().0.saturating_add(millis(age)) <= lowered.0
    }

    /// Whether it is a day old, so that a client that uses it should get another.
    pub fn is_due(&self, now: UnixMillis) -> bool {
        self.issued.begins().0.saturating_add(millis(ROTATION)) <= now.0
    }

    fn is_current(&self, lifetime: Duration, now: UnixMillis) -> bool {
        let begins = self.issued.begins().0;
        // Rounded up, it was issued within the hour before.
        let from_the_future = begins > Hour::from(UnixMillis(now.0.saturating_add(millis(LEEWAY)))).begins().0;
        !from_the_future && now.0 < begins.saturating_add(millis(lifetime))
    }

    fn encode(&self) -> [u8; TAG_AT] {
        let mut bytes = [0; TAG_AT];
        bytes[0] = VERSION;
        bytes[1..17].copy_from_slice(&self.audience.0);
        bytes[17..21].copy_from_slice(&self.since.0.to_be_bytes());
        bytes[21..25].copy_from_slice(&self.issued.0.to_be_bytes());
        bytes[25..].copy_from_slice(&self.id.0);
        bytes
    }

    fn decode(bytes: &[u8; TAG_AT]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (audience, rest) = rest.split_first_chunk()?;
        let (since, rest) = rest.split_first_chunk()?;
        let (issued, rest) = rest.split_first_chunk()?;
        let token = Self {
            audience: Audience(*audience),
            since: Hour(u32::from_be_bytes(*since)),
            issued: Hour(u32::from_be_bytes(*issued)),
            id: TokenId(*rest.first_chunk()?),
        };
        (*version == VERSION).then_some(token)
    }
}

impl StandingKey {
    /// The key of this secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        // HMAC takes a key of any length.
        Self(Hmac::new_from_slice(secret).expect("HMAC takes any key"))
    }

    /// The token's text.
    pub fn sign(&self, token: &StandingToken) -> String {
        let mut bytes = [0; LEN];
        let said = token.encode();
        bytes[..TAG_AT].copy_from_slice(&said);
        bytes[TAG_AT..].copy_from_slice(&first_half(self.under(TAG_LABEL, &said)));
        Base64UrlUnpadded::encode_string(&bytes)
    }

    /// Reads a token that was issued here for `host` less than `lifetime` ago. Constant-time in the tag. `None` for
    /// anything else, whatever is wrong with it.
    pub fn verify(&self, text: &str, host: &str, lifetime: Duration, now: UnixMillis) -> Option<StandingToken> {
        if text.len() != TEXT_LEN {
            return None;
        }
        let mut bytes = [0; LEN];
        Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
        let (said, tag) = bytes.split_first_chunk::<TAG_AT>()?;
        self.under(TAG_LABEL, said).verify_truncated_left(tag).ok()?;
        let token = StandingToken::decode(said)?;
        (token.audience == audience(host) && token.is_current(lifetime, now)).then_some(token)
    }

    /// The token that follows one which is due. Its id follows from the old one's, so that an old token leads to one
    /// new budget, however often and by anybody it is shown; without the key nobody can see that the two belong
    /// together. It says no more about its client than that it has been known for a day, and that is all that is ever
    /// asked.
    pub fn successor(&self, token: &StandingToken, now: UnixMillis) -> StandingToken {
        let issued = Hour::from(now);
        // Rounded down, as an exception: a token that is due is a whole day old.
        let since = Hour((now.0.saturating_sub(millis(ROTATION)) / HOUR) as u32);
        let id = TokenId(first_half(self.under(SUCCESSOR_LABEL, &token.id.0)));
        StandingToken { since, issued, id, ..*token }
    }

    fn under(&self, label: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(label).chain_update(bytes)
    }
}

impl std::fmt::Debug for StandingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandingKey")
    }
}

/// Hours since 1970, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hour(u32);

impl Hour {
    fn begins(self) -> UnixMillis {
        UnixMillis(u64::from(self.0) * HOUR)
    }
}

impl From<UnixMillis> for Hour {
    fn from(time: UnixMillis) -> Self {
        Self(u32::try_from(time.0.div_ceil(HOUR)).unwrap_or(u32::MAX))
    }
}

fn first_half(mac: Hmac<Sha256>) -> [u8; 16] {
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    // A constant range of a constant length.
    full[..16].try_into().expect("half of 32 bytes is 16")
}

/// How old a token gets before a client that uses it gets another: as old as `standing.age` may be, so that a client
/// with a second token has been known for long enough.
pub const ROTATION: Duration = Duration::from_secs(24 * 3600);
const VERSION: u8 = 1;
const TAG_AT: usize = 41;
const LEN: usize = TAG_AT + 16;
/// A multiple of three bytes, so there is one text for them.
const TEXT_LEN: usize = LEN / 3 * 4;
const HOUR: u64 = 3_600_000;
const TAG_LABEL: &[u8] = b"portcullis standing v1\0";
const SUCCESSOR_LABEL: &[u8] = b"portcullis standing successor v1\0";

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "login.example";
    const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
    const HOURS: Duration = Duration::from_secs(3600);
    /// Half past the hour.
    const NOW: UnixMillis = UnixMillis(500_000 * HOUR + HOUR / 2);

    fn key() -> StandingKey {
        StandingKey::new(&[7; 32])
    }

    fn token() -> StandingToken {
        StandingToken::first(HOST, TokenId([9; 16]), NOW)
    }

    fn after(time: UnixMillis, hours: f64) -> UnixMillis {
        UnixMillis((time.0 as f64 + hours * HOUR as f64) as u64)
    }

    #[test]
    fn what_was_signed_is_read_and_nothing_else() {
        let (key, text) = (key(), key().sign(&token()));
        assert_eq!(text.len(), TEXT_LEN);
        assert_eq!(key.verify(&text, HOST, LIFETIME, NOW), Some(token()));
        assert_eq!(key.verify(&text, "www.login.example", LIFETIME, NOW), None);
        assert_eq!(StandingKey::new(&[8; 32]).verify(&text, HOST, LIFETIME, NOW), None);
        for other in ["", "x", &text[1..], &format!("{text}A"), &format!("{text}="), &"A".repeat(TEXT_LEN)] {
            assert_eq!(key.verify(other, HOST, LIFETIME, NOW), None, "{other}");
        }
    }

    #[test]
    fn no_byte_can_be_changed() {
        let (key, text) = (key(), key().sign(&token()));
        for place in 0..TEXT_LEN {
            for letter in [b'A', b'z', b'-', b'=', b'/', 0x7f] {
                let mut changed = text.clone().into_bytes();
                if std::mem::replace(&mut changed[place], letter) != letter {
                    let changed = String::from_utf8(changed).unwrap();
                    assert_eq!(key.verify(&changed, HOST, LIFETIME, NOW), None, "{changed}");
                }
            }
        }
    }

    #[test]
    fn it_is_good_from_its_issue_until_it_expires() {
        let (key, text) = (key(), key().sign(&token()));
        let good = |hours| key.verify(&text, HOST, LIFETIME, after(NOW, hours)).is_some();
        assert!(good(0.0) && good(720.49), "rounded up, half an hour more");
        assert!(!good(720.5), "the edge belongs to the past");
        assert!(good(-0.49), "the same hour");
        assert!(!good(-0.6) && !good(-1000.0), "from the future");
    }

    #[test]
    fn age_counts_from_the_end_of_the_hour_of_issue() {
        let token = token();
        assert!(!token.was_known(HOURS, after(NOW, 1.49)));
        assert!(token.was_known(HOURS, after(NOW, 1.5)));
        assert!(token.was_known(Duration::ZERO, after(NOW, 0.5)));
    }

    #[test]
    fn a_successor_is_one_however_often_it_is_made_and_looks_like_any_other() {
        let (key, other) = (key(), StandingToken::first(HOST, TokenId([3; 16]), after(NOW, 5.0)));
        assert!(!token().is_due(after(NOW, 24.49)) && token().is_due(after(NOW, 24.5)));
        let later = after(NOW, 100.0);
        let (one, again) = (key.successor(&token(), later), key.successor(&token(), after(later, 48.0)));
        assert_eq!(one.id(), again.id());
        assert_ne!(one.id(), token().id());
        assert!(one.was_known(ROTATION, later), "it has been known for a day");
        // It cannot be seen which successor belongs to which token.
        let of_other = key.successor(&other, later);
        assert_eq!((of_other.since, of_other.issued), (one.since, one.issued));
        assert_ne!(of_other.id(), one.id());
    }

    #[test]
    fn a_first_token_rotated_as_early_as_can_be_seems_no_older_than_it_is() {
        for start in [0.0, 0.01, 0.5, 0.99] {
            let first = StandingToken::first(HOST, TokenId([1; 16]), after(NOW, start));
            let due = (0..200).map(|quarter| after(NOW, start + f64::from(quarter) / 4.0)).find(|at| first.is_due(*at));
            let successor = key().successor(&first, due.unwrap());
            assert!(successor.since.0 >= first.since.0, "{start}");
        }
    }
}
