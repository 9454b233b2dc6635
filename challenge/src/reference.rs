//! Slow and plain: SHA-256 as FIPS 180-4 writes it, PBKDF2 as RFC 8018 does, and the puzzles as the protocol does.
//!
//! Nothing here is fast and nothing here is clever. The tests hold every kernel and [`Puzzle`] against it.

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
pub(crate) const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Round constants: fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
#[rustfmt::skip]
pub(crate) const ROUND: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];
