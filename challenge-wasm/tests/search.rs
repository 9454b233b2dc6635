//! The search as a worker of a page calls it, in a browser: `cargo xtask test --only wasm` runs it as compiled for either
//! solver.

#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy does not know `wasm_bindgen_test` as one"
)]

use challenge_wasm::{NONE, search};
use portcullis_challenge::{KERNELS, Kind, LANES, Prefix, Puzzle, Threshold, reference};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Nearly every nonce is a share, so that each lane of a vector has one.
const NEARLY_ALL: u32 = u32::MAX - 1;
const ONE_IN_FIFTY: u32 = u32::MAX / 50;

fn puzzle(threshold: u32) -> Puzzle {
    let prefix = Prefix::from_bytes(&std::array::from_fn(|index| (index * 37 + 11) as u8));
    Puzzle { kind: Kind::Sha256, prefix, threshold: Threshold::new(threshold).unwrap() }
}

/// The call with the words of the test's prefix.
fn search_from(threshold: u32, first: u32, attempts: u32) -> f64 {
    let [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11] = puzzle(ONE_IN_FIFTY).prefix.words();
    search(w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, threshold, first, attempts)
}

/// All shares from `first` up to and without `end`, searched in slices of at most `slice` attempts as a worker does.
fn search_all(threshold: u32, first: u32, end: u32, slice: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut next = first;
    while next < end {
        let attempts = slice.min(end - next);
        let share = search_from(threshold, next, attempts);
        next = if share == NONE { next + attempts } else { share as u32 + 1 };
        found.extend((share != NONE).then_some(share as u32));
    }
    found
}

#[wasm_bindgen_test]
fn slices_of_any_length_find_what_the_reference_finds() {
    for (threshold, first, end) in [(ONE_IN_FIFTY, 3, 3_000), (NEARLY_ALL, 1, 300), (0, 0, 3_000)] {
        let expected: Vec<u32> =
            (first..end).filter(|nonce| reference::last_word(&puzzle(threshold), *nonce) <= threshold).collect();
        for slice in [1, 2, 3, 4, 5, 97, u32::MAX] {
            assert_eq!(search_all(threshold, first, end, slice), expected, "{threshold}, slices of {slice}");
        }
    }
}

#[wasm_bindgen_test]
fn every_kernel_finds_what_the_reference_finds() {
    assert!(KERNELS.iter().any(|(lanes, _)| *lanes == LANES));
    let puzzle = puzzle(ONE_IN_FIFTY);
    for start in [0, 1, 2_000, u32::MAX - 1_000] {
        let expected = reference::search(&puzzle, start).next();
        for (lanes, kernel) in KERNELS {
            let found = kernel(puzzle.prefix.words(), ONE_IN_FIFTY, u64::from(start)..1 << 32);
            assert_eq!(found, expected, "{lanes} lanes from {start}");
        }
    }
}

#[wasm_bindgen_test]
fn the_last_nonce_of_all_is_tried_and_none_after_it() {
    assert_eq!(search_from(NEARLY_ALL, u32::MAX, 1), f64::from(u32::MAX));
    assert_eq!(search_from(NEARLY_ALL, u32::MAX, u32::MAX), f64::from(u32::MAX));
    // No share here, and none is taken from the other end of the nonces.
    assert_eq!(search_from(0, u32::MAX - 9, u32::MAX), NONE);
}

#[wasm_bindgen_test]
fn nothing_is_found_where_nothing_is_sought() {
    assert_eq!(search_from(NEARLY_ALL, 7, 0), NONE);
    assert_eq!(search_from(u32::MAX, 0, 100), NONE);
}
