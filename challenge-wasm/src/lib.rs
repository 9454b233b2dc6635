//! The browser's side of the puzzle, as WebAssembly: one function, [`search`].
//!
//! It keeps no state and takes only numbers, so the module needs no JavaScript beside it: a worker instantiates it
//! without imports and calls what it exports. Reading challenges, writing solutions, and how long a search may take
//! before the worker reports are left to the page, because its rungs without WebAssembly need them too.
//!
//! The same source makes both modules a browser may be given: one with four lanes side by side, for browsers with vector
//! instructions, and one for all others in WebAssembly 1.0. `cargo xtask build` passes the flags that make the difference.

#![no_std]

use portcullis_challenge::{Kind, Prefix, Puzzle, Threshold};
use wasm_bindgen::prelude::wasm_bindgen;

/// What [`search`] returns when it found no share: 2³², more than any nonce.
pub const NONE: f64 = 4_294_967_296.0;

/// Tries `attempts` nonces from `first` on and returns the first that is a share, or [`NONE`].
///
/// `w0` to `w11` are the prefix: the last 48 bytes of the challenge as big-endian words. Nonces beyond 2³² − 1 do not
/// exist; a range that reaches further ends there. A `threshold` of 2³² − 1, which no challenge has, finds nothing.
///
/// The caller's thread cannot react meanwhile, so choose `attempts` to take a few hundredths of a second.
#[expect(clippy::too_many_arguments, reason = "numbers cross into WebAssembly as they are; an array would need memory")]
#[wasm_bindgen]
pub fn search(
    w0: u32,
    w1: u32,
    w2: u32,
    w3: u32,
    w4: u32,
    w5: u32,
    w6: u32,
    w7: u32,
    w8: u32,
    w9: u32,
    w10: u32,
    w11: u32,
    threshold: u32,
    first: u32,
    attempts: u32,
) -> f64 {
    let Some(threshold) = Threshold::new(threshold) else { return NONE };
    let prefix = prefix([w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11]);
    let first = u64::from(first);
    let puzzle = Puzzle { kind: Kind::Sha256, prefix, threshold };
    puzzle.first_share(first..first + u64::from(attempts)).map_or(NONE, f64::from)
}

fn prefix(words: [u32; 12]) -> Prefix {
    let mut bytes = [0; Prefix::LEN];
    for (slot, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *slot = word.to_be_bytes();
    }
    Prefix::from_bytes(&bytes)
}
