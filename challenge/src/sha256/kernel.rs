//! The compression (FIPS 180-4, 6.2.2) of one attempt, cut to what a search needs.
//!
//! The message is one block: twelve prefix words, the nonce, the padding bit, and the length 416. So:
//!
//! * Rounds 0 to 11 are the same for every nonce and are done once, in [`Midstate::new`].
//! * Of the schedule words up to 27 only six depend on the nonce, and on little else: what is fixed in them is done once.
//! * The last digest word is known after round 60, because each later round only moves it along; and the four rounds
//!   before that need one half of their work.
//! * From round 28 on the loop is rolled. Unrolled code is slower in browsers; `docs/solver.md` has what was tried.

use super::Lane;
use crate::reference::{INITIAL, ROUND};

/// Where every attempt of one puzzle begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Midstate {
    /// The state after the prefix's rounds.
    state: [u32; 8],
    /// The state after round 12 of nonce 0, whose first and fifth words grow with the nonce.
    after_nonce: [u32; 8],
    /// Schedule words 13 to 27, the nonce taken for 0 and words that depend on it left out.
    fixed: [u32; ROLLED],
}

/// The first round of the rolled loop.
const ROLLED: usize = 28;
/// The first round whose result is needed in its second half alone.
const LAST: usize = 57;
/// Rounds until the last digest word is known.
const ROUNDS: usize = 61;
const NONCE: usize = 12;
/// The schedule words below [`ROLLED`] that depend on the nonce.
const VARYING: [usize; 7] = [NONCE, 19, 21, 23, 25, 26, 27];
const PADDING: u32 = 1 << 31;
const MESSAGE_BITS: u32 = 8 * 52;

impl Midstate {
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
        let mut state = INITIAL;
        for round in 0..NONCE {
            state = step(state, fixed[round].wrapping_add(ROUND[round]));
        }
        Self { state, after_nonce: step(state, ROUND[NONCE]), fixed }
    }

    /// The last digest word for `L::WIDTH` nonces.
    #[inline(always)]
    pub(super) fn last_word<L: Lane>(&self, nonces: L) -> L {
        let mut window = self.window(nonces);
        let mut state = self.state.map(L::splat);
        state = [
            L::splat(self.after_nonce[0]).add(nonces),
            state[0],
            state[1],
            state[2],
            L::splat(self.after_nonce[4]).add(nonces),
            state[4],
            state[5],
            state[6],
        ];
        for round in 13..ROLLED {
            let input = if VARYING.contains(&round) {
                window[round % 16].add(L::splat(ROUND[round]))
            } else {
                L::splat(self.fixed[round].wrapping_add(ROUND[round]))
            };
            state = step(state, input);
        }
        for round in ROLLED..LAST {
            state = step(state, advance(&mut window, round).add(L::splat(ROUND[round])));
        }
        for round in LAST..ROUNDS {
            state = half_step(state, advance(&mut window, round).add(L::splat(ROUND[round])));
        }
        // `e` of round 60 is `h` three rounds later, at the end.
        state[4].add(L::splat(INITIAL[7]))
    }

    /// Schedule words 12 to 27, each at its number modulo 16.
    #[inline(always)]
    fn window<L: Lane>(&self, nonces: L) -> [L; 16] {
        let fixed = |t: usize| L::splat(self.fixed[t]);
        let mut window = core::array::from_fn(|slot| fixed(if slot < NONCE { 16 + slot } else { slot }));
        let w19 = fixed(19).add(nonces);
        let w21 = fixed(21).add(small_sigma1(w19));
        let w23 = fixed(23).add(small_sigma1(w21));
        let w25 = fixed(25).add(small_sigma1(w23));
        let w26 = fixed(26).add(w19);
        let w27 = fixed(27).add(small_sigma0(nonces)).add(small_sigma1(w25));
        for (t, word) in VARYING.into_iter().zip([nonces, w19, w21, w23, w25, w26, w27]) {
            window[t % 16] = word;
        }
        window
    }
}

/// The next schedule word, in the place of the one it needs no more.
#[inline(always)]
fn advance<L: Lane>(window: &mut [L; 16], round: usize) -> L {
    let word = window[round % 16]
        .add(small_sigma0(window[(round + 1) % 16]))
        .add(window[(round + 9) % 16])
        .add(small_sigma1(window[(round + 14) % 16]));
    window[round % 16] = word;
    word
}

/// One round; `input` is the schedule word plus the round constant.
#[inline(always)]
fn step<L: Lane>(state: [L; 8], input: L) -> [L; 8] {
    let [a, b, c, ..] = state;
    let majority = b.xor(a.xor(b).and(b.xor(c)));
    let mut next = half_step(state, input);
    next[0] = next[0].add(big_sigma0(a)).add(majority);
    next
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
