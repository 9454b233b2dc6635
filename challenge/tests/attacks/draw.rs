//! What the properties are tried on.

use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Fields, Iterations, KeyId, Kind, Lifetime, Prefix, ShareCount, Tag,
    Threshold, UnixMillis,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases on every run and every machine, and nothing written to disk.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        rng_seed: RngSeed::Fixed(0x706f_7274),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Every tuple of fields a challenge can have.
pub(crate) fn fields() -> impl Strategy<Value = Fields> {
    let work = (kind(), 1..=64_u8)
        .prop_flat_map(|(kind, shares)| (Just(kind), Just(shares), threshold_from(hardest(kind, shares))));
    let owners = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<[u8; 16]>());
    (any::<u8>(), work, any::<u64>(), 1..=300_000_u32, owners).prop_map(
        |(key_id, (kind, shares, threshold), issued_at, lifetime, (audience, binding, id))| Fields {
            kind,
            key_id: KeyId(key_id),
            shares: ShareCount::new(shares).unwrap(),
            threshold: Threshold::new(threshold).unwrap(),
            issued_at: UnixMillis(issued_at),
            lifetime: Lifetime::from_millis(lifetime).unwrap(),
            audience: Audience(audience),
            binding: Binding(binding),
            id: ChallengeId(id),
        },
    )
}

/// Both kinds, with few iterations as often as many.
pub(crate) fn kind() -> impl Strategy<Value = Kind> {
    let iterations = prop_oneof![1..10_u32, 1..=Iterations::MAX.count()].prop_map(pbkdf2);
    prop_oneof![3 => Just(Kind::Sha256), 1 => iterations]
}

/// Kind 2 with this many iterations.
pub(crate) fn pbkdf2(iterations: u32) -> Kind {
    Kind::Pbkdf2(Iterations::new(iterations).unwrap())
}

/// The threshold below which this many shares of a kind would be more work than a challenge may ask for.
fn hardest(kind: Kind, shares: u8) -> u32 {
    let most_attempts = (1_u64 << 30) / kind.compressions();
    u32::try_from((u64::from(shares) << 32).div_ceil(most_attempts)).unwrap() - 1
}

/// Every well-formed challenge, even with a forged tag.
pub(crate) fn challenge() -> impl Strategy<Value = Challenge> {
    (fields(), any::<[u8; 32]>()).prop_map(|(fields, tag)| Challenge { fields, tag: Tag(tag) })
}

/// Every prefix.
pub(crate) fn prefix() -> impl Strategy<Value = Prefix> {
    any::<([u8; 16], [u8; 32])>().prop_map(|(id, tag)| {
        let mut bytes = [0; Prefix::LEN];
        bytes[..16].copy_from_slice(&id);
        bytes[16..].copy_from_slice(&tag);
        Prefix::from_bytes(&bytes)
    })
}

/// 1 to 64 nonces in order; half of the time neighbours.
pub(crate) fn nonces() -> impl Strategy<Value = Vec<u32>> {
    let set = |nonce| proptest::collection::btree_set(nonce, 1..=64);
    prop_oneof![set(any::<u32>().boxed()), set((0..200_u32).boxed())].prop_map(|set| set.into_iter().collect())
}

/// Thresholds from `hardest` up, near it as often as anywhere.
fn threshold_from(hardest: u32) -> impl Strategy<Value = u32> {
    prop_oneof![hardest..=hardest + 1_000, hardest..u32::MAX, Just(u32::MAX - 1)]
}
