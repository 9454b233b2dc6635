//! What the properties are tried on.

use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Fields, KeyId, Kind, Lifetime, Prefix, ShareCount, Tag, Threshold,
    UnixMillis,
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
    let work = (1..=64_u8).prop_flat_map(|shares| (Just(shares), threshold_from(4 * u32::from(shares) - 1)));
    let owners = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<[u8; 16]>());
    (any::<u8>(), work, any::<u64>(), 1..=300_000_u32, owners).prop_map(
        |(key_id, (shares, threshold), issued_at, lifetime, (audience, binding, id))| Fields {
            kind: Kind::Sha256,
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

/// Every challenge in form, whoever made its tag.
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
