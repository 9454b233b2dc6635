//! The fast searches and the verifier's check, compared with the plain reference.

use std::ops::Range;

use portcullis_challenge::{
    Challenge, KERNELS, Kernel, Kind, Prefix, Puzzle, ShareCount, Solution, Threshold, reference,
};
use proptest::prelude::*;

use crate::draw;

/// All shares a kernel finds, going on behind each.
fn found(kernel: Kernel, puzzle: &Puzzle, nonces: Range<u64>) -> Vec<u32> {
    let mut next = nonces.start;
    std::iter::from_fn(|| {
        let share = kernel(puzzle.prefix.words(), puzzle.threshold.word(), next..nonces.end)?;
        next = u64::from(share) + 1;
        Some(share)
    })
    .collect()
}

fn expected(puzzle: &Puzzle, nonces: Range<u64>) -> Vec<u32> {
    nonces
        .map(|nonce| u32::try_from(nonce).unwrap())
        .filter(|nonce| reference::last_word(puzzle, *nonce) <= puzzle.threshold.word())
        .collect()
}

fn sha256_puzzle(prefix: Prefix, threshold: Threshold) -> Puzzle {
    Puzzle { kind: Kind::Sha256, prefix, threshold }
}

/// Ranges of up to 1 000 nonces, at both ends of the nonce space and anywhere between.
fn range() -> impl Strategy<Value = Range<u64>> {
    let start = prop_oneof![0..100_u64, (1_u64 << 32) - 1_000..=1 << 32, 0..=1_u64 << 32];
    (start, 0..1_000_u64).prop_map(|(start, length)| start..(start + length).min(1 << 32))
}

fn threshold() -> impl Strategy<Value = Threshold> {
    let rare_to_frequent = prop_oneof![Just(0), 0..1_u32 << 24, 0..1_u32 << 28, 0..u32::MAX, Just(u32::MAX - 1)];
    rare_to_frequent.prop_map(|word| Threshold::new(word).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..draw::config() })]

    #[test]
    fn every_kernel_finds_what_the_reference_finds(
        prefix in draw::prefix(), threshold in threshold(), range in range(),
    ) {
        let puzzle = sha256_puzzle(prefix, threshold);
        let expected = expected(&puzzle, range.clone());
        for (lanes, kernel) in KERNELS {
            prop_assert_eq!(&found(*kernel, &puzzle, range.clone()), &expected, "{} lanes", lanes);
        }
        prop_assert_eq!(puzzle.shares(range).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ranges_that_meet_find_each_share_once(
        prefix in draw::prefix(), threshold in threshold(), range in range(), cut in any::<u64>(),
    ) {
        let cut = range.start + cut % (range.end - range.start + 1);
        let puzzle = sha256_puzzle(prefix, threshold);
        let parts: Vec<u32> = puzzle.shares(range.start..cut).chain(puzzle.shares(cut..range.end)).collect();
        prop_assert_eq!(parts, expected(&puzzle, range));
    }

    #[test]
    fn a_nonce_is_a_share_when_the_reference_says_so(
        kind in draw::kind(), prefix in draw::prefix(), nonce in any::<u32>(), threshold in threshold(), edge in -1..=1_i64,
    ) {
        let puzzle = Puzzle { kind, prefix, threshold };
        let word = reference::last_word(&puzzle, nonce);
        prop_assert_eq!(puzzle.is_share(nonce), word <= threshold.word());
        let at_the_edge = u32::try_from(i64::from(word) + edge).ok().and_then(Threshold::new);
        if let Some(threshold) = at_the_edge {
            prop_assert_eq!(Puzzle { threshold, ..puzzle }.is_share(nonce), edge >= 0);
        }
    }

    #[test]
    fn puzzles_of_kind_2_are_searched_as_the_reference_does(
        prefix in draw::prefix(), threshold in threshold(), iterations in 1..4_u32, start in 0..=(1_u64 << 32) - 20,
    ) {
        let kind = draw::pbkdf2(iterations);
        let puzzle = Puzzle { kind, prefix, threshold };
        prop_assert_eq!(puzzle.shares(start..start + 20).collect::<Vec<_>>(), expected(&puzzle, start..start + 20));
    }

    #[test]
    fn a_solution_verifies_exactly_when_it_is_as_many_shares_as_asked_for(
        challenge in draw::challenge(), nonces in draw::nonces(), shares in 1..4_u8, easy in any::<bool>(),
    ) {
        let mut fields = challenge.fields;
        fields.shares = ShareCount::new(shares).unwrap();
        fields.threshold = Threshold::new(if easy { u32::MAX - (1 << 29) } else { 1 << 31 }).unwrap();
        let nonces = &nonces[..nonces.len().min(4)];
        let puzzle = Challenge { fields, ..challenge }.puzzle();
        let hit = |nonce: &u32| reference::last_word(&puzzle, *nonce) <= fields.threshold.word();
        let defined = nonces.len() == usize::from(shares) && nonces.iter().all(hit);
        let outcome = puzzle.verify(fields.shares, &Solution::new(nonces).unwrap());
        prop_assert_eq!(outcome.is_ok(), defined);
    }
}
