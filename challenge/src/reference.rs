//! Slow and plain: SHA-256 as FIPS 180-4 writes it, PBKDF2 as RFC 8018 does, and the puzzles as the protocol does.
//!
//! Nothing here is fast or clever. The tests compare every kernel and [`Puzzle`] with it.

use crate::{Kind, Prefix, Puzzle};

/// The last word of an attempt.
pub fn last_word(puzzle: &Puzzle, nonce: u32) -> u32 {
    let nonce = nonce.to_be_bytes();
    match puzzle.kind {
        Kind::Sha256 => sha256(&[puzzle.prefix.as_bytes(), &nonce])[7],
        Kind::Pbkdf2(iterations) => pbkdf2(&nonce, &puzzle.prefix, iterations.count())[7],
    }
}

/// The shares with nonces not below `start`, in order, tried one by one.
pub fn search(puzzle: &Puzzle, start: u32) -> impl Iterator<Item = u32> {
    (start..=u32::MAX).filter(move |nonce| last_word(puzzle, *nonce) <= puzzle.threshold.word())
}

/// The first block of PBKDF2 (RFC 8018, 5.2), which is all a puzzle asks for.
fn pbkdf2(password: &[u8; 4], prefix: &Prefix, iterations: u32) -> [u32; 8] {
    let mut u = hmac(password, &[prefix.as_bytes(), &1_u32.to_be_bytes()]);
    let mut t = u;
    for _ in 1..iterations {
        u = hmac(password, &[&bytes(u)]);
        t = core::array::from_fn(|i| t[i] ^ u[i]);
    }
    t
}

/// HMAC-SHA-256 (RFC 2104) under a key of four bytes.
fn hmac(key: &[u8; 4], message: &[&[u8]]) -> [u32; 8] {
    let pad = |byte| core::array::from_fn::<u8, 64, _>(|i| byte ^ key.get(i).unwrap_or(&0));
    let mut inner = Sha256::new();
    inner.update(&pad(0x36));
    message.iter().for_each(|part| inner.update(part));
    sha256(&[&pad(0x5c), &bytes(inner.finish())])
}

fn sha256(message: &[&[u8]]) -> [u32; 8] {
    let mut hash = Sha256::new();
    message.iter().for_each(|part| hash.update(part));
    hash.finish()
}

fn bytes(words: [u32; 8]) -> [u8; 32] {
    core::array::from_fn(|i| words[i / 4].to_be_bytes()[i % 4])
}

/// SHA-256 of a message of any length (FIPS 180-4, 5.1.1 and 6.2.2), byte by byte.
struct Sha256 {
    state: [u32; 8],
    block: [u8; 64],
    length: usize,
}

impl Sha256 {
    fn new() -> Self {
        Self { state: INITIAL, block: [0; 64], length: 0 }
    }

    fn update(&mut self, message: &[u8]) {
        for byte in message {
            self.block[self.length % 64] = *byte;
            self.length += 1;
            if self.length.is_multiple_of(64) {
                self.state = compress(self.state, &self.block);
            }
        }
    }

    fn finish(mut self) -> [u32; 8] {
        let bits = 8 * self.length as u64;
        self.update(&[0x80]);
        while self.length % 64 != 56 {
            self.update(&[0]);
        }
        self.update(&bits.to_be_bytes());
        self.state
    }
}

fn compress(state: [u32; 8], block: &[u8; 64]) -> [u32; 8] {
    let mut w = [0_u32; 64];
    let (words, _) = block.as_chunks::<4>();
    for t in 0..16 {
        w[t] = u32::from_be_bytes(words[t]);
    }
    for t in 16..64 {
        let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
        let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
        w[t] = w[t - 16].wrapping_add(s0).wrapping_add(w[t - 7]).wrapping_add(s1);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
    for t in 0..64 {
        let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let t1 = h.wrapping_add(sum1).wrapping_add(choice).wrapping_add(ROUND[t]).wrapping_add(w[t]);
        let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let t2 = sum0.wrapping_add(majority);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
    }
    let worked = [a, b, c, d, e, f, g, h];
    core::array::from_fn(|i| state[i].wrapping_add(worked[i]))
}

/// Initial hash value: fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3).
pub(crate) const INITIAL: [u32; 8] = fractional_parts_of_roots(2);

/// Round constants: fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
pub(crate) const ROUND: [u32; 64] = fractional_parts_of_roots(3);

/// The first 32 bits behind the point of the roots of the first primes.
///
/// Computed, where the kernels have tables: a mistake in a table shows as soon as the two are compared.
const fn fractional_parts_of_roots<const COUNT: usize>(degree: u32) -> [u32; COUNT] {
    let mut parts = [0; COUNT];
    let (mut found, mut number) = (0, 2);
    while found < COUNT {
        if is_prime(number) {
            // Shifted by 32 bits, a root is a whole number and 32 bits of the rest. The cast keeps those.
            parts[found] = root((number as u128) << (32 * degree), degree) as u32;
            found += 1;
        }
        number += 1;
    }
    parts
}

const fn is_prime(number: u32) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    true
}

/// The largest whole number whose power of `degree` is not above `power`, bit by bit from the top.
const fn root(power: u128, degree: u32) -> u128 {
    let (mut root, mut bit) = (0, ROOT_BITS);
    while bit > 0 {
        bit -= 1;
        let longer = root | 1 << bit;
        if u128::pow(longer, degree) <= power {
            root = longer;
        }
    }
    root
}

/// Enough for the square root of 19 (4.4) and the cube root of 311 (6.8), with 32 bits behind the point.
const ROOT_BITS: u32 = 32 + 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// Secure Hash Standard, examples with intermediate values: one block, two blocks.
    #[test]
    fn the_reference_gives_the_digests_of_the_standard() {
        let abc =
            [0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223, 0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad];
        assert_eq!(sha256(&[b"abc"]), abc);
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let digest =
            [0x248d_6a61, 0xd206_38b8, 0xe5c0_2693, 0x0c3e_6039, 0xa33c_e459, 0x64ff_2167, 0xf6ec_edd4, 0x19db_06c1];
        assert_eq!(sha256(&[two_blocks]), digest);
    }

    #[test]
    fn the_computed_constants_begin_and_end_as_the_standard_prints_them() {
        assert_eq!((INITIAL[0], INITIAL[7]), (0x6a09_e667, 0x5be0_cd19));
        assert_eq!((ROUND[0], ROUND[63]), (0x428a_2f98, 0xc671_78f2));
    }
}
