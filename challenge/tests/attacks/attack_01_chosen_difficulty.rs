//! A client that chooses its difficulty: a challenge's parameters are held to the protocol's table, no more and no less.

use portcullis_challenge::{Challenge, Difficulty, ShareCount};
use proptest::prelude::*;

use crate::draw;

/// The rules for a challenge of version 1, as the protocol's table writes them.
fn allowed(kind: u8, shares: u8, threshold: u32, iterations: u32, lifetime: u32) -> bool {
    let passing = u128::from(threshold) + 1;
    // Attempts to the nearest whole one, times compressions, ≤ 2³⁰.
    let attempts = ((u128::from(shares) << 32) + passing / 2) / passing;
    let compressions = if kind == 1 { 1 } else { 2 * u128::from(iterations) + 2 };
    let within_the_cap = attempts * compressions <= 1 << 30;
    let iterations_fit = if kind == 1 { iterations == 0 } else { (1..=4096).contains(&iterations) };
    (1..=64).contains(&shares)
        && threshold != u32::MAX
        && within_the_cap
        && iterations_fit
        && (1..=300_000).contains(&lifetime)
}

/// Anything a field of four bytes can hold, what matters more often.
fn word(edges: &'static [u32]) -> impl Strategy<Value = u32> {
    let near = |edge: u32| (edge.saturating_sub(2)..=edge.saturating_add(2)).boxed();
    let near_edges = proptest::sample::select(edges).prop_flat_map(near);
    prop_oneof![4 => near_edges, 1 => any::<u32>()]
}

proptest! {
    #![proptest_config(draw::config())]

    #[test]
    fn attack_01_a_challenge_is_in_form_exactly_when_its_parameters_are_allowed(
        challenge in draw::challenge(),
        kind in 1..=2_u8,
        shares in prop_oneof![0..=66_u8, any::<u8>()],
        threshold in word(&[0, 3, 4 * 32 - 1, 4 * 64 - 1, 1 << 31, u32::MAX]),
        iterations in prop_oneof![Just(0), 1..=5_u32, word(&[1, 4096, 1 << 24, u32::MAX])],
        lifetime in word(&[0, 60_000, 300_000, u32::MAX]),
    ) {
        let mut bytes = challenge.encode();
        bytes[1] = kind;
        bytes[3] = shares;
        bytes[4..8].copy_from_slice(&threshold.to_be_bytes());
        bytes[8..12].copy_from_slice(&iterations.to_be_bytes());
        bytes[20..24].copy_from_slice(&lifetime.to_be_bytes());
        prop_assert_eq!(Challenge::decode(&bytes).is_ok(), allowed(kind, shares, threshold, iterations, lifetime));
    }

    #[test]
    fn attack_01_the_work_before_a_client_is_bounded_before_it_starts(challenge in draw::challenge()) {
        let difficulty = challenge.fields.difficulty();
        prop_assert!(difficulty <= Difficulty::MAX);
        prop_assert!(challenge.fields.compressions() <= u64::from(Difficulty::MAX.attempts()));
        prop_assert!(difficulty.attempts() >= u32::from(challenge.fields.shares.count()));
    }

    #[test]
    fn attack_01_a_threshold_asks_for_the_difficulty_it_was_made_for(
        shares in 1..=64_u8,
        attempts in prop_oneof![1..1_000_u32, 1..=1_u32 << 30],
    ) {
        let shares = ShareCount::new(shares).unwrap();
        let asked = Difficulty::new(attempts).unwrap();
        let threshold = asked.threshold(shares);
        prop_assert_eq!(threshold.is_ok(), attempts > u32::from(shares.count()));
        if let Ok(threshold) = threshold {
            // Both are rounded to the nearest, so that no rounding adds to another.
            let space = f64::from(shares.count()) * 2_f64.powi(32);
            let passing = f64::from(threshold.word()) + 1.0;
            prop_assert!((space / f64::from(attempts) - passing).abs() <= 0.5);
            let reached = Difficulty::of(threshold, shares).unwrap();
            prop_assert!((space / passing - f64::from(reached.attempts())).abs() <= 0.5);
        }
    }
}
