//! The compression (FIPS 180-4, 6.2.2) of one attempt, cut to what a search needs.
//!
//! The message is one block: twelve prefix words, the nonce, the padding bit, and the length 416. Three things follow.
//! Rounds 0 to 11 and parts of the schedule are the same for every nonce and are done once, in [`Midstate::new`].
//! Schedule words without the nonce in them stay single words that are splat when used. And the last digest word
//! is known after round 60, because each later round only moves it along.

use super::Lane;
use crate::reference::{INITIAL, ROUND};

/// Where every attempt of one puzzle begins: the state after the prefix's rounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Midstate {
    state: [u32; 8],
    words: [u32; 12],
}

/// Rounds until the last digest word is known.
const ROUNDS: usize = 61;
const NONCE_WORD: usize = 12;
const MESSAGE_BITS: u32 = 8 * 52;

impl Midstate {
    /// Absorbs the twelve prefix words.
    pub(super) fn new(words: [u32; 12]) -> Self {
        let mut state = INITIAL;
        for (round, word) in words.iter().enumerate() {
            state = step(state, word.wrapping_add(ROUND[round]));
        }
        Self { state, words }
    }

    /// The last digest word for `L::WIDTH` nonces.
    #[inline(always)]
    pub(super) fn last_word<L: Lane>(&self, nonces: L) -> L {
        let mut schedule = [L::splat(0); 16];
        for (slot, word) in schedule.iter_mut().zip(self.words) {
            *slot = L::splat(word);
        }
        schedule[NONCE_WORD] = nonces;
        schedule[13] = L::splat(1 << 31);
        schedule[15] = L::splat(MESSAGE_BITS);

        let mut state = self.state.map(L::splat);
        for round in NONCE_WORD..16 {
            state = step(state, schedule[round].add(L::splat(ROUND[round])));
        }
        for round in 16..ROUNDS {
            let word = schedule[round % 16]
                .add(small_sigma0(schedule[(round + 1) % 16]))
                .add(schedule[(round + 9) % 16])
                .add(small_sigma1(schedule[(round + 14) % 16]));
            schedule[round % 16] = word;
            state = step(state, word.add(L::splat(ROUND[round])));
        }
        // `e` of round 60 is `h` three rounds later, at the end.
        state[4].add(L::splat(INITIAL[7]))
    }
}

/// One round; `input` is the schedule word plus the round constant.
#[inline(always)]
fn step<L: Lane>([a, b, c, d, e, f, g, h]: [L; 8], input: L) -> [L; 8] {
    let choice = e.choose(f, g);
    let first = h.add(input).add(choice).add(big_sigma1(e));
    let majority = a.xor(a.xor(b).and(a.xor(c)));
    let second = big_sigma0(a).add(majority);
    [first.add(second), a, b, c, d.add(first), e, f, g]
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
