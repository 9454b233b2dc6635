//! The browser's side of the challenge: what a page and its workers call.
//!
//! The page reads a challenge with [`read_challenge`], gives each worker a range of nonces for its [`Solver`], and turns
//! the shares they find into the text to redeem with [`encode_solution`]. The puzzle and both wire forms stay in
//! `portcullis_challenge`, so that JavaScript has no second copy of them.
//!
//! Errors reach JavaScript as `Error` objects with a plain English message: they are for a developer's console. What a
//! visitor reads is the page's own.

mod pace;
mod solver;

use portcullis_challenge::{Challenge, SOLUTION_TEXT_MAX_LEN, Solution};
use wasm_bindgen::prelude::*;

pub use solver::Solver;

/// What a challenge asks for.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How many shares solve it, 1 to 64.
    #[wasm_bindgen(readonly)]
    pub shares: u8,
    /// The expected number of attempts to find them, at most 2³⁰.
    #[wasm_bindgen(readonly)]
    pub difficulty: u32,
}

/// Reads what the challenge in `text`, as the verifier wrote it, asks for.
///
/// # Errors
///
/// When the text is not a challenge of a version and kind this solver knows.
#[wasm_bindgen(js_name = readChallenge)]
pub fn read_challenge(text: &str) -> Result<Terms, JsError> {
    let fields = Challenge::parse(text.as_bytes())?.fields;
    Ok(Terms { shares: fields.shares.count(), difficulty: fields.difficulty().attempts() })
}

/// Writes the nonces of all shares, in increasing order, as the text to redeem.
///
/// # Errors
///
/// When there are none, more than 64, or they are out of order or repeated.
#[wasm_bindgen(js_name = encodeSolution)]
pub fn encode_solution(nonces: &[u32]) -> Result<String, JsError> {
    let solution = Solution::new(nonces)?;
    Ok(solution.to_text(&mut [0; SOLUTION_TEXT_MAX_LEN]).to_owned())
}
