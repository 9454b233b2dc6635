//! The compression (FIPS 180-4, 6.2.2) of one attempt, cut to what a search needs.
//!
//! The message is one block: twelve prefix words, the nonce, the padding bit, and the length 416. So:
//!
//! * Rounds 0 to 11 are the same for every nonce and are done once, in [`Midstate::new`].
//! * Of the schedule words up to 27 only six depend on the nonce, and on little else: their fixed part is done once.
//! * The last digest word is known after round 60, because each later round only moves it along; and the four rounds
//!   before that need only half of their work.
//! * From round 28 on the loop is rolled. Unrolled code is slower in browsers; `docs/solver.md` has what was tried.

use super::lanes::Lane;

/// What all attempts at one puzzle have in common, in every lane.
pub(super) struct Midstate<L> {
    /// The state after round 12 of nonce 0. Its first and fifth words grow with the nonce, the others stay.
    after_nonce: [L; 8],
    /// Schedule words 0 to 27. For those that depend on the nonce, the part that does not.
    words: [L; ROLLED],
    /// The same, plus the constant of the round that takes each in.
    inputs: [L; ROLLED],
}

/// The first round of the rolled loop.
const ROLLED: usize = 28;
/// The first round of which only the second half of the result is needed.
const LAST: usize = 57;
/// Rounds until the last digest word is known.
const ROUNDS: usize = 61;
const NONCE: usize = 12;
/// The schedule words below [`ROLLED`] that depend on the nonce.
const VARYING: [usize; 7] = [NONCE, 19, 21, 23, 25, 26, 27];
const PADDING: u32 = 1 << 31;
const MESSAGE_BITS: u32 = 8 * 52;

impl<L: Lane> Midstate<L> {
    /// Absorbs the twelve prefix words.
    pub(super) fn new(prefix: [u32; 12]) -> Self {
        let mut fixed = [0; ROLLED];
        fixed[..NONCE].copy_from_slice(&prefix);
        fixed[13] = PADDING;
        fixed[15] = MESSAGE_BITS;
        for t in 16..ROLLED {
            let term = |index: usize, of: fn(u32) -> u32| if VARYING.contains(&index) { 0 } else { of(fixed[index]) };
            let itself = |word| word;
            fixed[t] = term(t - 16, itself)
                .wrapping_add(term(t - 15, small_sigma0))
                .wrapping_add(term(t - 7, itself))
                .wrapping_add(term(t - 2, small_sigma1));
        }
        let mut state = State::new(INITIAL);
        for round in 0..NONCE {
            state = state.step(fixed[round].wrapping_add(ROUND[round]));
        }
        let inputs: [u32; ROLLED] = core::array::from_fn(|t| fixed[t].wrapping_add(ROUND[t]));
        Self {
            after_nonce: state.step(ROUND[NONCE]).words.map(L::splat),
            words: fixed.map(L::splat),
            inputs: inputs.map(L::splat),
        }
    }

    /// The last digest word for `L::WIDTH` nonces.
    #[inline(always)]
    pub(super) fn last_word(&self, nonces: L) -> L {
        let word = |t: usize| self.words[t];
        let w19 = word(19).add(nonces);
        let w21 = word(21).add(small_sigma1(w19));
        let w23 = word(23).add(small_sigma1(w21));
        let w25 = word(25).add(small_sigma1(w23));
        let w26 = word(26).add(w19);
        let w27 = word(27).add(small_sigma0(nonces)).add(small_sigma1(w25));

        let mut state = self.after_nonce(nonces);
        let fixed = |t: usize| self.inputs[t];
        let varying = |t: usize, word: L| word.add(L::splat(ROUND[t]));
        // Written out, because a loop would have to ask in each round which of the two it is.
        state = state.step(fixed(13));
        state = state.step(fixed(14));
        state = state.step(fixed(15));
        state = state.step(fixed(16));
        state = state.step(fixed(17));
        state = state.step(fixed(18));
        state = state.step(varying(19, w19));
        state = state.step(fixed(20));
        state = state.step(varying(21, w21));
        state = state.step(fixed(22));
        state = state.step(varying(23, w23));
        state = state.step(fixed(24));
        state = state.step(varying(25, w25));
        state = state.step(varying(26, w26));
        state = state.step(varying(27, w27));

        // Words 16 to 27, then 12 to 15: each at its number modulo 16.
        let mut window = [
            word(16),
            word(17),
            word(18),
            w19,
            word(20),
            w21,
            word(22),
            w23,
            word(24),
            w25,
            w26,
            w27,
            nonces,
            word(13),
            word(14),
            word(15),
        ];
        for round in ROLLED..LAST {
            state = state.step(varying(round, advance(&mut window, round)));
        }
        let mut words = state.words;
        for round in LAST..ROUNDS {
            words = half_step(words, varying(round, advance(&mut window, round)));
        }
        // `e` of round 60 is `h` three rounds later, at the end.
        words[4].add(L::splat(INITIAL[7]))
    }

    /// The state after the round that takes in the nonce.
    #[inline(always)]
    fn after_nonce(&self, nonces: L) -> State<L> {
        let mut words = self.after_nonce;
        words[0] = words[0].add(nonces);
        words[4] = words[4].add(nonces);
        State::new(words)
    }
}

/// The next schedule word, in place of the one that is no longer needed.
#[inline(always)]
fn advance<L: Lane>(window: &mut [L; 16], round: usize) -> L {
    let word = window[round % 16]
        .add(small_sigma0(window[(round + 1) % 16]))
        .add(window[(round + 9) % 16])
        .add(small_sigma1(window[(round + 14) % 16]));
    window[round % 16] = word;
    word
}

/// The eight words between two rounds, and the exclusive or of the second and third: the majority of the first three
/// needs it, and the round before has computed it.
#[derive(Clone, Copy)]
struct State<L> {
    words: [L; 8],
    b_xor_c: L,
}

impl<L: Lane> State<L> {
    #[inline(always)]
    fn new(words: [L; 8]) -> Self {
        Self { words, b_xor_c: words[1].xor(words[2]) }
    }

    /// One round; `input` is the schedule word plus the round constant.
    #[inline(always)]
    fn step(self, input: L) -> Self {
        let [a, b, ..] = self.words;
        let a_xor_b = a.xor(b);
        let majority = b.xor(a_xor_b.and(self.b_xor_c));
        let second = big_sigma0(a).add(majority);
        let mut words = half_step(self.words, input);
        words[0] = words[0].add(second);
        Self { words, b_xor_c: a_xor_b }
    }
}

/// One round without what it adds to `a`.
#[inline(always)]
fn half_step<L: Lane>([a, b, c, d, e, f, g, h]: [L; 8], input: L) -> [L; 8] {
    let first = h.add(input).add(e.choose(f, g)).add(big_sigma1(e));
    [first, a, b, c, d.add(first), e, f, g]
}

#[inline(always)]
fn big_sigma0<L: Lane>(x: L) -> L {
    x.rotate_right::<2>().xor(x.rotate_right::<13>()).xor(x.rotate_right::<22>())
}

#[inline(always)]
fn big_sigma1<L: Lane>(x: L) -> L {
    x.rotate_right::<6>().xor(x.rotate_right::<11>()).xor(x.rotate_right::<25>())
}

#[inline(always)]
fn small_sigma0<L: Lane>(x: L) -> L {
    x.rotate_right::<7>().xor(x.rotate_right::<18>()).xor(x.shift_right::<3>())
}

#[inline(always)]
fn small_sigma1<L: Lane>(x: L) -> L {
    x.rotate_right::<17>().xor(x.rotate_right::<19>()).xor(x.shift_right::<10>())
}

/// Initial hash value: fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Round constants: fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
#[rustfmt::skip]
const ROUND: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[cfg(test)]
mod tests {
    use super::{INITIAL, ROUND};
    use crate::reference;

    #[test]
    fn every_constant_is_the_one_that_the_reference_computes() {
        assert_eq!(INITIAL, reference::INITIAL);
        assert_eq!(ROUND, reference::ROUND);
    }
}
