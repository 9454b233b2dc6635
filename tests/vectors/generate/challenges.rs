//! Challenges of every shape the protocol allows, and genuine ones that were changed after their tag was made.

use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Fields, KeyId, Lifetime, MAC_LABEL, Tag, UnixMillis,
};
use sha2::{Digest, Sha256};

use super::{KEY, file, iterations_of, lifetime, pbkdf2, plain, shares, tag, text, threshold};
use crate::format::{ChallengeVector, File, Hex};

/// Challenges whose tag is right.
pub(super) fn genuine() -> File<ChallengeVector> {
    let cases = [
        ("plain", plain()),
        ("another key", Fields { key_id: KeyId(255), ..plain() }),
        ("kind 2", Fields { kind: pbkdf2(1000), threshold: threshold(0x0400_0000), ..plain() }),
        ("kind 2, fewest iterations", Fields { kind: pbkdf2(1), ..plain() }),
        ("kind 2, most iterations", Fields { kind: pbkdf2(4096), threshold: threshold(0x0400_0000), ..plain() }),
        ("one share", Fields { shares: shares(1), threshold: threshold(1_023), ..plain() }),
        ("most shares", Fields { shares: shares(64), threshold: threshold(65_535), ..plain() }),
        ("easiest", Fields { shares: shares(1), threshold: threshold(u32::MAX - 1), ..plain() }),
        ("hardest of one share", Fields { shares: shares(1), threshold: threshold(3), ..plain() }),
        ("hardest of most shares", Fields { shares: shares(64), threshold: threshold(255), ..plain() }),
        ("shortest life", Fields { lifetime: lifetime(1), ..plain() }),
        ("longest life", Fields { lifetime: Lifetime::MAX, ..plain() }),
        ("issued at the epoch", Fields { issued_at: UnixMillis(0), ..plain() }),
        ("issued past what a double holds", Fields { issued_at: UnixMillis((1 << 53) + 1), ..plain() }),
        ("issued at the end of time", Fields { issued_at: UnixMillis(u64::MAX), ..plain() }),
        ("every byte at its largest", filled(u8::MAX)),
        ("every byte at its smallest", filled(0)),
    ];
    let vector = |(name, fields): (&str, Fields)| vector(name, &super::genuine(fields));
    file(
        "Challenges: fields, the 72 bytes under the MAC (after the label), tag, puzzle prefix, text. Tags are right under the key given.",
        cases.map(vector).into(),
    )
}

/// Challenges in form whose tag is not what the key makes of them.
pub(super) fn forged() -> File<ChallengeVector> {
    let tag = super::genuine(plain()).tag;
    let changed = [
        ("key id changed", Fields { key_id: KeyId(1), ..plain() }),
        ("another kind", Fields { kind: pbkdf2(1), ..plain() }),
        ("fewer shares", Fields { shares: shares(31), ..plain() }),
        ("easier threshold", Fields { threshold: threshold(32_768), ..plain() }),
        ("issued a millisecond later", Fields { issued_at: UnixMillis(plain().issued_at.0 + 1), ..plain() }),
        ("longer life", Fields { lifetime: lifetime(60_001), ..plain() }),
        ("audience changed in its first bit", Fields { audience: Audience(flip(plain().audience.0, 0)), ..plain() }),
        ("binding changed in its last bit", Fields { binding: Binding(flip(plain().binding.0, 127)), ..plain() }),
        ("id changed in its last bit", Fields { id: ChallengeId(flip(plain().id.0, 127)), ..plain() }),
        ("audience and binding exchanged", exchanged()),
    ];
    let mut vectors: Vec<_> =
        changed.into_iter().map(|(name, fields)| vector(name, &Challenge { fields, tag })).collect();
    let tagged = |name, tag| vector(name, &Challenge { fields: plain(), tag: Tag(tag) });
    vectors.push(tagged("tag changed in its first bit", flip(tag.0, 0)));
    vectors.push(tagged("tag changed in its last bit", flip(tag.0, 255)));
    vectors.push(tagged("tag of zeros", [0; 32]));
    vectors.push(tagged("tag of another key", self::tag(&[0xff; 32], &plain().encode())));
    vectors.push(tagged("tag of an empty key", self::tag(&[], &plain().encode())));
    vectors.push(tagged("tag without a key: a plain hash", plain_hash(&[MAC_LABEL, &plain().encode()])));
    vectors.push(tagged("plain hash of key, label and fields", plain_hash(&[&KEY, MAC_LABEL, &plain().encode()])));
    file("Challenges in form whose tag the key given did not make: a verifier answers `forged`.", vectors)
}

fn vector(name: &str, challenge: &Challenge) -> ChallengeVector {
    let fields = &challenge.fields;
    ChallengeVector {
        name: name.to_owned(),
        kind: fields.encode()[1],
        iterations: iterations_of(fields.kind),
        key_id: fields.key_id.0,
        shares: fields.shares.count(),
        threshold: fields.threshold.word(),
        issued_at: fields.issued_at.0.to_string(),
        lifetime: fields.lifetime.millis(),
        audience: Hex(fields.audience.0.into()),
        binding: Hex(fields.binding.0.into()),
        id: Hex(fields.id.0.into()),
        key: Hex(KEY.into()),
        mac_input: Hex(fields.encode().into()),
        tag: Hex(challenge.tag.0.into()),
        prefix: Hex(challenge.puzzle().prefix.as_bytes().to_vec()),
        difficulty: fields.difficulty().attempts(),
        text: text(challenge),
    }
}

/// Fields of one byte, where the protocol leaves them free, and at the edge of their range, where it does not.
fn filled(byte: u8) -> Fields {
    let (count, word, millis) = if byte == 0 { (1, 3, 1) } else { (64, u32::MAX - 1, Lifetime::MAX.millis()) };
    Fields {
        key_id: KeyId(byte),
        shares: shares(count),
        threshold: threshold(word),
        issued_at: UnixMillis(u64::from_be_bytes([byte; 8])),
        lifetime: lifetime(millis),
        audience: Audience([byte; 16]),
        binding: Binding([byte; 16]),
        id: ChallengeId([byte; 16]),
        ..plain()
    }
}

fn exchanged() -> Fields {
    Fields { audience: Audience(plain().binding.0), binding: Binding(plain().audience.0), ..plain() }
}

fn flip<const N: usize>(mut bytes: [u8; N], bit: usize) -> [u8; N] {
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
    bytes
}

fn plain_hash(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}
