//! The challenge (104 bytes), and its one textual form.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::{Difficulty, Iterations, Kind, ParseError, Prefix, Puzzle, ShareCount, Threshold};

/// The protocol version this crate speaks, the first byte of every challenge.
pub const VERSION: u8 = 1;
/// A challenge's length in bytes.
pub const CHALLENGE_LEN: usize = 104;
/// A challenge's length as base64url without padding.
pub const CHALLENGE_TEXT_LEN: usize = 139;
/// The bytes of a challenge that are under the MAC, after [`MAC_LABEL`].
pub const MAC_INPUT_LEN: usize = 72;
/// What the MAC covers before the fields: it separates this use of a key from every other.
pub const MAC_LABEL: &[u8] = b"portcullis challenge v1\0";

const TAG_LEN: usize = CHALLENGE_LEN - MAC_INPUT_LEN;

/// Index of the key in the verifier's ring that made the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub u8);

/// Milliseconds since the Unix epoch, on the verifier's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

/// How long a challenge can be redeemed: 1 to 300 000 milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

impl Lifetime {
    /// Five minutes: bounds how long solutions can be hoarded.
    pub const MAX: Self = Self(300_000);

    /// `None` unless `millis` is in 1..=300 000.
    pub const fn from_millis(millis: u32) -> Option<Self> {
        if millis >= 1 && millis <= Self::MAX.0 { Some(Self(millis)) } else { None }
    }

    /// The lifetime in milliseconds.
    pub const fn millis(self) -> u32 {
        self.0
    }
}

/// First 16 bytes of SHA-256 of the lower-case host the challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Audience(pub [u8; 16]);

/// First 16 bytes of the verifier's MAC over what it binds the client to, such as its network prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding(pub [u8; 16]);

/// Random, and what the replay store remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChallengeId(pub [u8; 16]);

/// HMAC-SHA-256 over [`MAC_LABEL`] and the fields. Carried, never checked here: only the verifier has the key.
///
/// Deliberately without `PartialEq`: a tag is compared in constant time, by the MAC's own `verify`.
#[derive(Clone, Copy, Debug)]
pub struct Tag(pub [u8; TAG_LEN]);

/// What a challenge says, before the tag that authenticates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fields {
    /// Which puzzle.
    pub kind: Kind,
    /// Which key of the verifier's ring makes the tag.
    pub key_id: KeyId,
    /// How many shares solve it.
    pub shares: ShareCount,
    /// What a share's last digest word is compared with.
    pub threshold: Threshold,
    /// When it was issued.
    pub issued_at: UnixMillis,
    /// How long after that it can be redeemed.
    pub lifetime: Lifetime,
    /// The host that it is for.
    pub audience: Audience,
    /// The client that it is bound to.
    pub binding: Binding,
    /// What distinguishes it from every other.
    pub id: ChallengeId,
}

impl Fields {
    /// The 72 bytes under the MAC: fixed-width, so that no two different sets of fields have the same bytes.
    pub fn encode(&self) -> [u8; MAC_INPUT_LEN] {
        let mut bytes = [0; MAC_INPUT_LEN];
        bytes[0] = VERSION;
        let (kind, iterations) = match self.kind {
            Kind::Sha256 => (1, 0),
            Kind::Pbkdf2(iterations) => (2, iterations.count()),
        };
        bytes[1] = kind;
        bytes[2] = self.key_id.0;
        bytes[3] = self.shares.count();
        bytes[4..8].copy_from_slice(&self.threshold.word().to_be_bytes());
        bytes[8..12].copy_from_slice(&iterations.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.issued_at.0.to_be_bytes());
        bytes[20..24].copy_from_slice(&self.lifetime.0.to_be_bytes());
        bytes[24..40].copy_from_slice(&self.audience.0);
        bytes[40..56].copy_from_slice(&self.binding.0);
        bytes[56..72].copy_from_slice(&self.id.0);
        bytes
    }

    /// When the challenge stops being redeemable.
    pub fn expires_at(&self) -> UnixMillis {
        UnixMillis(self.issued_at.0.saturating_add(u64::from(self.lifetime.0)))
    }

    /// The expected attempts to solve it.
    pub fn difficulty(&self) -> Difficulty {
        // Above the cap `Difficulty` has no value; a parsed challenge is never above it, see `Challenge::parse`.
        Difficulty::of(self.threshold, self.shares).unwrap_or(Difficulty::MAX)
    }

    /// The expected compressions of SHA-256 to solve it: this is how challenges of different kinds are compared.
    pub fn compressions(&self) -> u64 {
        u64::from(self.difficulty().attempts()) * self.kind.compressions()
    }

    fn parse(bytes: &[u8; MAC_INPUT_LEN]) -> Result<Self, ParseError> {
        if bytes[0] != VERSION {
            return Err(ParseError::Version);
        }
        let iterations = u32::from_be_bytes(array(&bytes[8..12]));
        let kind = match bytes[1] {
            1 if iterations == 0 => Kind::Sha256,
            1 => return Err(ParseError::Parameter),
            2 => Kind::Pbkdf2(Iterations::new(iterations).ok_or(ParseError::Parameter)?),
            _ => return Err(ParseError::Kind),
        };
        let shares = ShareCount::new(bytes[3]).ok_or(ParseError::Parameter)?;
        let threshold = Threshold::new(u32::from_be_bytes(array(&bytes[4..8]))).ok_or(ParseError::Parameter)?;
        let difficulty = Difficulty::of(threshold, shares).ok_or(ParseError::Parameter)?;
        if u64::from(difficulty.attempts()) * kind.compressions() > u64::from(Difficulty::MAX.attempts()) {
            return Err(ParseError::Parameter);
        }
        let lifetime = Lifetime::from_millis(u32::from_be_bytes(array(&bytes[20..24]))).ok_or(ParseError::Parameter)?;
        Ok(Self {
            kind,
            key_id: KeyId(bytes[2]),
            shares,
            threshold,
            issued_at: UnixMillis(u64::from_be_bytes(array(&bytes[12..20]))),
            lifetime,
            audience: Audience(array(&bytes[24..40])),
            binding: Binding(array(&bytes[40..56])),
            id: ChallengeId(array(&bytes[56..72])),
        })
    }
}

/// A challenge as it travels: fields and tag. Parsing checks its form, never its tag; see [`Tag`].
#[derive(Clone, Copy, Debug)]
pub struct Challenge {
    /// What it says.
    pub fields: Fields,
    /// What authenticates it, to the verifier.
    pub tag: Tag,
}

impl Challenge {
    /// Reads the canonical base64url text of a challenge.
    ///
    /// # Errors
    ///
    /// [`ParseError`] for any other length or alphabet, non-zero trailing bits, an unknown version or kind, and
    /// parameters that mean no work (k = 0, T = 2³² − 1, no iterations), too much of it (more than 2³⁰ attempts or
    /// compressions) or too long a life.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        if text.len() != CHALLENGE_TEXT_LEN {
            return Err(ParseError::Encoding);
        }
        let mut bytes = [0; CHALLENGE_LEN];
        let decoded = Base64UrlUnpadded::decode(text, &mut bytes).map_err(|_| ParseError::Encoding)?;
        if decoded.len() != CHALLENGE_LEN {
            return Err(ParseError::Encoding);
        }
        Self::decode(&bytes)
    }

    /// Reads the 104 bytes of a challenge.
    ///
    /// # Errors
    ///
    /// As [`Challenge::parse`], except for the text.
    pub fn decode(bytes: &[u8; CHALLENGE_LEN]) -> Result<Self, ParseError> {
        Ok(Self { fields: Fields::parse(&array(&bytes[..MAC_INPUT_LEN]))?, tag: Tag(array(&bytes[MAC_INPUT_LEN..])) })
    }

    /// The 104 bytes of the challenge.
    pub fn encode(&self) -> [u8; CHALLENGE_LEN] {
        let mut bytes = [0; CHALLENGE_LEN];
        bytes[..MAC_INPUT_LEN].copy_from_slice(&self.fields.encode());
        bytes[MAC_INPUT_LEN..].copy_from_slice(&self.tag.0);
        bytes
    }

    /// The challenge as base64url without padding, ASCII.
    pub fn to_text(&self) -> [u8; CHALLENGE_TEXT_LEN] {
        let mut text = [0; CHALLENGE_TEXT_LEN];
        let written = Base64UrlUnpadded::encode(&self.encode(), &mut text).map_or(0, str::len);
        debug_assert_eq!(written, CHALLENGE_TEXT_LEN);
        text
    }

    /// The puzzle it sets. Its prefix is id ‖ tag: only the server can make it, and it differs if any field does.
    pub fn puzzle(&self) -> Puzzle {
        let mut prefix = [0; Prefix::LEN];
        prefix[..16].copy_from_slice(&self.fields.id.0);
        prefix[16..].copy_from_slice(&self.tag.0);
        Puzzle { kind: self.fields.kind, prefix: Prefix::from_bytes(&prefix), threshold: self.fields.threshold }
    }
}

/// Copies a slice whose length the caller's constant range fixes.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}
