//! The solver as a worker of a page runs it: `wasm-pack test --headless --chrome` (or `--firefox`).

#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy does not know `wasm_bindgen_test` as one"
)]

use challenge_wasm::{Solver, encode_solution, read_challenge};
use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Difficulty, Fields, KeyId, Kind, Lifetime, ShareCount, Solution, Tag,
    Threshold, UnixMillis, reference,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const WHOLE: f64 = 4_294_967_296.0;

fn challenge(shares: u8, threshold: Threshold) -> Challenge {
    Challenge {
        fields: Fields {
            kind: Kind::Sha256,
            key_id: KeyId(0),
            shares: ShareCount::new(shares).unwrap(),
            threshold,
            issued_at: UnixMillis(1_700_000_000_000),
            lifetime: Lifetime::from_millis(60_000).unwrap(),
            audience: Audience([1; 16]),
            binding: Binding([2; 16]),
            id: ChallengeId([3; 16]),
        },
        tag: Tag([4; 32]),
    }
}

fn challenge_of(shares: u8, attempts: u32) -> Challenge {
    let count = ShareCount::new(shares).unwrap();
    challenge(shares, Difficulty::new(attempts).unwrap().threshold(count).unwrap())
}

fn text(challenge: &Challenge) -> String {
    String::from_utf8(challenge.to_text().to_vec()).unwrap()
}

/// All shares of a range, and the length of the longest slice's result.
fn search_all(solver: &mut Solver) -> (Vec<u32>, usize) {
    let (mut nonces, mut longest) = (Vec::new(), 0);
    while !solver.exhausted() {
        let slice = solver.search_for(5.0).to_vec();
        longest = longest.max(slice.len());
        nonces.extend(slice);
    }
    (nonces, longest)
}

fn error_of<T>(result: Result<T, wasm_bindgen::JsError>) -> String {
    let error: wasm_bindgen::JsValue = result.err().expect("an error").into();
    js_sys::Error::from(error).message().into()
}

#[wasm_bindgen_test]
fn a_challenge_is_read() {
    let terms = read_challenge(&text(&challenge_of(32, 1 << 22))).unwrap();
    assert_eq!((terms.shares, terms.difficulty), (32, 1 << 22));
}

#[wasm_bindgen_test]
fn a_solution_found_in_slices_verifies() {
    let challenge = challenge_of(32, 200_000);
    let mut solver = Solver::new(&text(&challenge), 0.0, WHOLE).unwrap();
    let mut nonces = Vec::new();
    while nonces.len() < 32 {
        nonces.extend(solver.search_for(5.0).to_vec());
    }
    let solution = Solution::parse(encode_solution(&nonces[..32]).unwrap().as_bytes()).unwrap();
    assert_eq!(challenge.puzzle().verify(challenge.fields.shares, &solution), Ok(()));
}

#[wasm_bindgen_test]
fn ranges_that_meet_find_each_share_once() {
    let challenge = challenge_of(32, 3_200);
    let mut found = Vec::new();
    for (first, end) in [(0.0, 1_001.0), (1_001.0, 1_002.0), (1_002.0, 5_000.0)] {
        found.extend(search_all(&mut Solver::new(&text(&challenge), first, end).unwrap()).0);
    }
    let expected: Vec<u32> = reference::search(&challenge.puzzle(), 0).take_while(|nonce| *nonce < 5_000).collect();
    assert_eq!(found, expected);
}

#[wasm_bindgen_test]
fn a_slice_never_returns_more_than_the_challenge_asks_for_and_loses_none() {
    // Every nonce but one in 2³² is a share.
    let challenge = challenge(3, Threshold::new(u32::MAX - 1).unwrap());
    let (nonces, longest) = search_all(&mut Solver::new(&text(&challenge), 7.0, 1_007.0).unwrap());
    assert_eq!(nonces, (7..1_007).collect::<Vec<u32>>());
    assert_eq!(longest, 3);
}

#[wasm_bindgen_test]
fn the_last_nonce_of_all_is_tried() {
    let challenge = challenge(1, Threshold::new(u32::MAX - 1).unwrap());
    let mut solver = Solver::new(&text(&challenge), WHOLE - 2.0, WHOLE).unwrap();
    assert_eq!(search_all(&mut solver).0, [u32::MAX - 1, u32::MAX]);
    assert_eq!(solver.position(), WHOLE);
}

#[wasm_bindgen_test]
fn an_empty_or_backward_range_is_exhausted() {
    let text = text(&challenge_of(32, 3_200));
    for (first, end) in [(5.0, 5.0), (9.0, 5.0), (0.0, f64::NAN)] {
        assert_eq!(search_all(&mut Solver::new(&text, first, end).unwrap()), (Vec::new(), 0));
    }
}

#[wasm_bindgen_test]
fn a_slice_takes_about_the_time_it_was_given() {
    // Nothing is found, so only the time ends a slice.
    let hardest = challenge(1, Threshold::new(3).unwrap());
    let mut solver = Solver::new(&text(&hardest), 0.0, WHOLE).unwrap();
    for _ in 0..8 {
        solver.search_for(20.0);
    }
    let started = js_sys::Date::now();
    for _ in 0..20 {
        solver.search_for(20.0);
    }
    let slice = (js_sys::Date::now() - started) / 20.0;
    assert!((5.0..80.0).contains(&slice), "a slice of 20 ms took {slice} ms");
}

#[wasm_bindgen_test]
fn what_is_no_challenge_or_no_solution_is_refused_in_plain_words() {
    assert_eq!(error_of(read_challenge("")), "not canonical base64url of the right length");
    assert_eq!(error_of(Solver::new(&"é".repeat(70), 0.0, 1.0)), "not canonical base64url of the right length");
    let unordered = "the nonces are not 1 to 64 in strictly increasing order";
    for nonces in [&[][..], &[2, 1], &[1, 1], &[0; 65]] {
        assert_eq!(error_of(encode_solution(nonces)), unordered);
    }
}
