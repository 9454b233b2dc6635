//! The fast search and the verifier's check, held against the plain reference.

use portcullis_challenge::{LANES, Prefix, Search, ShareCount, Solution, Step, Threshold, is_share, reference, verify};
use proptest::prelude::*;

use crate::draw;

/// All shares a search finds when it is given these budgets in turn.
fn found(mut search: Search, budgets: &[u32]) -> Vec<u32> {
    let mut nonces = Vec::new();
    for budget in budgets.iter().cycle() {
        let before = search.position();
        match search.advance(*budget) {
            Step::Found(nonce) => nonces.push(nonce),
            Step::BudgetSpent => {}
            Step::Exhausted => return nonces,
        }
        assert!(search.position() - before < u64::from(*budget) + LANES as u64, "more attempts than allowed");
    }
    unreachable!("there are budgets")
}

fn expected(prefix: &Prefix, threshold: Threshold, nonces: std::ops::Range<u64>) -> Vec<u32> {
    nonces
        .map(|nonce| u32::try_from(nonce).unwrap())
        .filter(|nonce| reference::last_word(prefix, *nonce) <= threshold.word())
        .collect()
}

/// Ranges of up to 1 000 nonces, at both ends of the nonce space and anywhere between.
fn range() -> impl Strategy<Value = std::ops::Range<u64>> {
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
    fn the_search_finds_what_the_reference_finds(
        prefix in draw::prefix(), threshold in threshold(), range in range(),
        budgets in proptest::collection::vec(1..200_u32, 1..5),
    ) {
        let search = Search::new(&prefix, threshold, range.clone());
        prop_assert_eq!(found(search, &budgets), expected(&prefix, threshold, range));
    }

    #[test]
    fn ranges_that_meet_find_each_share_once(
        prefix in draw::prefix(), threshold in threshold(), range in range(), cut in any::<u64>(),
    ) {
        let cut = range.start + cut % (range.end - range.start + 1);
        let part = |nonces| found(Search::new(&prefix, threshold, nonces), &[64]);
        let parts = [part(range.start..cut), part(cut..range.end)].concat();
        prop_assert_eq!(parts, expected(&prefix, threshold, range));
    }

    #[test]
    fn a_nonce_is_a_share_when_the_reference_says_so(
        prefix in draw::prefix(), nonce in any::<u32>(), threshold in threshold(), edge in -1..=1_i64,
    ) {
        let word = reference::last_word(&prefix, nonce);
        prop_assert_eq!(is_share(&prefix, threshold, nonce), word <= threshold.word());
        let at_the_edge = u32::try_from(i64::from(word) + edge).ok().and_then(Threshold::new);
        if let Some(threshold) = at_the_edge {
            prop_assert_eq!(is_share(&prefix, threshold, nonce), edge >= 0);
        }
    }

    #[test]
    fn a_solution_verifies_exactly_when_it_is_as_many_shares_as_asked_for(
        challenge in draw::challenge(), nonces in draw::nonces(), shares in 1..4_u8, easy in any::<bool>(),
    ) {
        let mut fields = challenge.fields;
        fields.shares = ShareCount::new(shares).unwrap();
        fields.threshold = Threshold::new(if easy { u32::MAX - (1 << 29) } else { 1 << 31 }).unwrap();
        let nonces = &nonces[..nonces.len().min(4)];
        let hit = |nonce: &u32| reference::last_word(&challenge.prefix(), *nonce) <= fields.threshold.word();
        let defined = nonces.len() == usize::from(shares) && nonces.iter().all(hit);
        let outcome = verify(&fields, &challenge.prefix(), &Solution::new(nonces).unwrap());
        prop_assert_eq!(outcome.is_ok(), defined);
    }
}
