//! Challenges: the keys that sign them, and what a new one says.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Fields, KeyId, Kind, Lifetime, MAC_LABEL, ShareCount, Tag, Threshold,
    UnixMillis,
};
use portcullis_clearance::network::NetworkPrefix;
use portcullis_clearance::{Level, TokenId};
use sha2::{Digest, Sha256};

use crate::entropy;

type HmacSha256 = Hmac<Sha256>;

const BINDING_LABEL: &[u8] = b"portcullis binding v1\0";
const LEVEL_LABEL: &[u8] = b"portcullis level v1\0";
const TOP_UP_LABEL: &[u8] = b"portcullis top-up v1\0";
const RUN_LABEL: &[u8] = b"portcullis run v1\0";

/// The keys that make and check challenge tags and bindings; a challenge names its key by index.
///
/// On one node the ring is one random key that lives as long as the process: a restart makes every outstanding
/// challenge void, so losing the replay store with it lets nobody replay anything.
pub struct ChallengeKeyRing {
    keys: Vec<HmacSha256>,
}

impl ChallengeKeyRing {
    /// A ring of 1 to 256 keys, the last of which makes new tags. `None` for any other number.
    pub fn new(secrets: &[[u8; 32]]) -> Option<Self> {
        // HMAC takes a key of any length.
        let keyed = |secret| HmacSha256::new_from_slice(secret).expect("HMAC takes any key");
        let ring = Self { keys: secrets.iter().map(|secret| keyed(secret.as_slice())).collect() };
        (1..=256).contains(&ring.keys.len()).then_some(ring)
    }

    /// A ring of one key from the operating system's randomness.
    pub fn random() -> Self {
        // One key is a ring.
        Self::new(&[entropy::random()]).expect("one key is a ring")
    }

    /// Makes the challenge that asks for `terms`.
    pub fn issue(&self, terms: &ChallengeTerms, to: Recipient, id: ChallengeId, now: UnixMillis) -> Challenge {
        let key_id = (self.keys.len() - 1) as u8;
        let fields = Fields {
            kind: terms.kind,
            key_id: KeyId(key_id),
            shares: terms.shares,
            threshold: terms.threshold,
            issued_at: now,
            lifetime: terms.lifetime,
            audience: to.audience,
            binding: to.binding,
            id,
        };
        let tag = authenticate(&self.keys[usize::from(key_id)], &fields).finalize().into_bytes();
        Challenge { fields, tag: Tag(tag.into()) }
    }

    /// Whether one of the ring's keys, the one the challenge names, made its tag. Constant-time in the tag.
    pub fn vouches_for(&self, challenge: &Challenge) -> bool {
        let key = self.keys.get(usize::from(challenge.fields.key_id.0));
        key.is_some_and(|key| authenticate(key, &challenge.fields).verify_slice(&challenge.tag.0).is_ok())
    }

    /// What a challenge carries to be bound to `network`, and to what it earns, under the key `key_id`; `None` if the
    /// key is not in the ring.
    pub fn binding(&self, key_id: KeyId, network: NetworkPrefix, earns: Earns) -> Option<Binding> {
        let mut mac = self.keys.get(usize::from(key_id.0))?.clone();
        let of_network = network.to_bytes();
        let of_level = [if let Earns::Token(level) = earns { level.number() } else { 0 }];
        let texts: [&[u8]; 3] = match &earns {
            Earns::Token(Level::FIRST) => [BINDING_LABEL, &of_network, &[]],
            Earns::Token(_) => [LEVEL_LABEL, &of_network, &of_level],
            Earns::TopUp(token) => [TOP_UP_LABEL, &of_network, &token.0],
        };
        texts.iter().for_each(|text| mac.update(text));
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        Some(Binding(first_half(full)))
    }

    /// A name for the life of these keys: on one node, the run of the process. It reveals nothing about them.
    pub fn run(&self) -> String {
        // The ring is never empty, so it has a last key.
        run_of(self.keys.last().expect("a ring has a key"))
    }

    /// Whether `run` is the name of a key in the ring.
    pub fn ran(&self, run: &str) -> bool {
        self.keys.iter().any(|key| run_of(key) == run)
    }

    /// The audience of a challenge that `network` asks for at `host`, and what it is for.
    pub fn recipient(&self, host: &str, network: NetworkPrefix, earns: Earns) -> Recipient {
        let current = KeyId((self.keys.len() - 1) as u8);
        // The ring is never empty, so its last key exists.
        let binding = self.binding(current, network, earns).expect("the current key is in the ring");
        Recipient { audience: audience(host), binding }
    }
}

impl std::fmt::Debug for ChallengeKeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChallengeKeyRing").field("keys", &self.keys.len()).finish()
    }
}

/// What the work of a challenge earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earns {
    /// A token of a level.
    Token(Level),
    /// A part of this token's budget.
    TopUp(TokenId),
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChallengeTerms {
    /// What an attempt computes.
    pub kind: Kind,
    /// How many shares.
    pub shares: ShareCount,
    /// How rare each share is.
    pub threshold: Threshold,
    /// How long the challenge can be redeemed.
    pub lifetime: Lifetime,
}

/// A kind's name in answers and in the log.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Pbkdf2(_) => "pbkdf2",
        _ => "sha256",
    }
}

/// The audience of a challenge: a host, and a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The host it opens.
    pub audience: Audience,
    /// The network it is bound to.
    pub binding: Binding,
}

/// The audience of a lower-case host.
pub fn audience(host: &str) -> Audience {
    Audience(first_half(Sha256::digest(host.as_bytes()).into()))
}

fn authenticate(key: &HmacSha256, fields: &Fields) -> HmacSha256 {
    let mut mac = key.clone();
    mac.update(MAC_LABEL);
    mac.update(&fields.encode());
    mac
}

fn run_of(key: &HmacSha256) -> String {
    let full: [u8; 32] = key.clone().chain_update(RUN_LABEL).finalize().into_bytes().into();
    Base64UrlUnpadded::encode_string(&first_half(full))
}

fn first_half(digest: [u8; 32]) -> [u8; 16] {
    // A constant range of a constant length.
    digest[..16].try_into().expect("half of 32 bytes is 16")
}
