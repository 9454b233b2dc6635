//! The puzzle, searched with the `sha2` crate and nothing else: what the solver of the page has to beat.
//!
//! It calls the compression function itself, on a block that is padded once. That is the fastest way to use the crate;
//! `Sha256::digest` would pad for every nonce.

use sha2::block_api::compress256;
use wasm_bindgen::prelude::wasm_bindgen;

/// The first share among `attempts` nonces from `first` on, as the page's own solver gives it: a nonce whose digest
/// ends in a word of at most `threshold`. The puzzle's prefix is given as twelve words.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "numbers only: the same call as the page's solver")]
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
) -> Option<u32> {
    let mut block = padded(&[w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11]);
    (first..=u32::MAX).take(attempts as usize).find(|nonce| {
        block[48..52].copy_from_slice(&nonce.to_be_bytes());
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        state[7] <= threshold
    })
}

/// The one block of a message of twelve words and a nonce: padding and length as in FIPS 180-4, 5.1.1.
fn padded(prefix: &[u32; 12]) -> [u8; 64] {
    let mut block = [0; 64];
    for (place, word) in block.chunks_exact_mut(4).zip(prefix) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    block[52] = 0x80;
    block[62..].copy_from_slice(&(52_u16 * 8).to_be_bytes());
    block
}

/// The initial hash value, FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_block_is_hashed_as_the_whole_message_is() {
        let prefix: [u32; 12] = core::array::from_fn(|place| 0x9e37_79b9_u32.wrapping_mul(place as u32 + 1));
        let last_word = |nonce: u32| {
            let message = prefix.iter().chain([&nonce]).flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
            let digest = Sha256::digest(message);
            u32::from_be_bytes(digest[28..].try_into().unwrap())
        };
        let [a, b, c, d, e, f, g, h, i, j, k, l] = prefix;
        let found = search(a, b, c, d, e, f, g, h, i, j, k, l, 1 << 22, 7, 100_000);
        assert_eq!(found, (7..100_007).find(|&nonce| last_word(nonce) <= 1 << 22));
        assert!(found.is_some());
    }
}
