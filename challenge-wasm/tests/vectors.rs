//! The known-answer files, read in a browser: the protocol crate gives the same answers as WebAssembly.

#![cfg(target_arch = "wasm32")]

#[path = "../../tests/vectors/check.rs"]
mod check;
#[path = "../../tests/vectors/format.rs"]
mod format;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn challenges() {
    check::challenges(include_str!("../../tests/vectors/challenges.json"));
}

#[wasm_bindgen_test]
fn forged_challenges_are_in_form() {
    check::challenges(include_str!("../../tests/vectors/forged-challenges.json"));
}

#[wasm_bindgen_test]
fn malformed_challenges_are_refused() {
    check::malformed_challenges(include_str!("../../tests/vectors/malformed-challenges.json"));
}

#[wasm_bindgen_test]
fn malformed_solutions_are_refused() {
    check::malformed_solutions(include_str!("../../tests/vectors/malformed-solutions.json"));
}

#[wasm_bindgen_test]
fn difficulties() {
    check::difficulties(include_str!("../../tests/vectors/difficulties.json"));
}

#[wasm_bindgen_test]
fn thresholds() {
    check::thresholds(include_str!("../../tests/vectors/thresholds.json"));
}

#[wasm_bindgen_test]
fn shares() {
    check::shares(include_str!("../../tests/vectors/shares.json"));
}

#[wasm_bindgen_test]
fn solved_challenges() {
    check::solved_challenges(include_str!("../../tests/vectors/solved-challenges.json"));
}

#[wasm_bindgen_test]
fn wrong_solutions_are_refused() {
    check::wrong_solutions(include_str!("../../tests/vectors/wrong-solutions.json"));
}
