//! Finding shares, in bounded steps.

use core::ops::Range;

use crate::sha256::{Chosen, Lane, Midstate};
use crate::{Prefix, Threshold};

/// A search through one range of nonces for the shares of one puzzle.
///
/// Workers split the nonce space into ranges that do not overlap and call [`Search::advance`] with a budget small
/// enough to stay responsive. The nonces of the shares come out in increasing order, each once.
///
/// ```
/// use portcullis_challenge::{Prefix, Search, Step, Threshold};
///
/// let threshold = Threshold::new(u32::MAX / 100).unwrap();
/// let mut search = Search::new(&Prefix::from_bytes(&[7; 48]), threshold, 0..1 << 32);
/// let first = loop {
///     match search.advance(1_000) {
///         Step::Found(nonce) => break nonce,
///         Step::BudgetSpent => continue,
///         Step::Exhausted => unreachable!("one nonce in a hundred is a share"),
///     }
/// };
/// assert!(portcullis_challenge::is_share(&Prefix::from_bytes(&[7; 48]), threshold, first));
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    start: Midstate,
    threshold: Threshold,
    next: u64,
    end: u64,
    /// Shares of the vector last tried that are not handed out yet: bit *i* is the nonce `next - WIDTH + i`.
    hits: u32,
}

/// What a call of [`Search::advance`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next share.
    Found(u32),
    /// As many attempts as allowed, and no share among them. Call again.
    BudgetSpent,
    /// The range is done.
    Exhausted,
}

impl Search {
    /// A search through `nonces`, which may end at 2³².
    pub fn new(prefix: &Prefix, threshold: Threshold, nonces: Range<u64>) -> Self {
        let end = nonces.end.min(1 << 32);
        Self { start: Midstate::new(prefix.words()), threshold, next: nonces.start.min(end), end, hits: 0 }
    }

    /// The first nonce not tried yet, for counting attempts and for splitting what is left.
    pub fn position(&self) -> u64 {
        self.next.min(self.end)
    }

    /// Tries at most `budget` nonces, rounded up to whole vectors, and stops at the first share.
    pub fn advance(&mut self, budget: u32) -> Step {
        if let Some(nonce) = self.take_hit() {
            return Step::Found(nonce);
        }
        let width = Chosen::WIDTH as u64;
        let stop = self.end.min(self.next.saturating_add(u64::from(budget)));
        while self.next < stop {
            let last_words = self.start.last_word(Chosen::counting_from(self.next as u32));
            let mut hits = last_words.not_above(self.threshold.word());
            self.next += width;
            if hits != 0 {
                // Lanes beyond the end of the range belong to someone else.
                let beyond = self.next.saturating_sub(self.end) as u32;
                hits &= u32::MAX >> (32 - Chosen::WIDTH as u32 + beyond.min(Chosen::WIDTH as u32 - 1));
                self.hits = hits;
                if let Some(nonce) = self.take_hit() {
                    return Step::Found(nonce);
                }
            }
        }
        if self.next >= self.end { Step::Exhausted } else { Step::BudgetSpent }
    }

    fn take_hit(&mut self) -> Option<u32> {
        if self.hits == 0 {
            return None;
        }
        let lane = self.hits.trailing_zeros();
        self.hits &= self.hits - 1;
        Some((self.next as u32).wrapping_sub(Chosen::WIDTH as u32).wrapping_add(lane))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;
    use std::vec::Vec;

    fn prefix(seed: u8) -> Prefix {
        Prefix::from_bytes(&core::array::from_fn(|index| seed.wrapping_mul(31).wrapping_add(index as u8)))
    }

    fn all(mut search: Search, budget: u32) -> Vec<u32> {
        let mut found = Vec::new();
        loop {
            match search.advance(budget) {
                Step::Found(nonce) => found.push(nonce),
                Step::BudgetSpent => {}
                Step::Exhausted => return found,
            }
        }
    }

    #[test]
    fn finds_what_the_reference_finds_in_any_range_with_any_budget() {
        for (seed, start, length, word, budget) in [
            (1, 0, 5_000, u32::MAX / 50, 1),
            (2, 4_294_960_000, 7_296, u32::MAX / 50, 64),
            (3, 17, 1_003, u32::MAX - 1, 7),
            (4, 0, 20_000, 0, 1_000),
            (5, 1 << 31, 3, u32::MAX / 2, 100),
        ] {
            let threshold = Threshold::new(word).unwrap();
            let expected: Vec<u32> = (start..start + length)
                .map(|nonce| u32::try_from(nonce).unwrap())
                .filter(|nonce| reference::last_word(&prefix(seed), *nonce) <= word)
                .collect();
            let search = Search::new(&prefix(seed), threshold, start..start + length);
            assert_eq!(all(search, budget), expected, "prefix {seed}");
        }
    }

    #[test]
    fn a_budget_bounds_a_step() {
        let mut search = Search::new(&prefix(9), Threshold::new(0).unwrap(), 0..1 << 32);
        assert_eq!(search.advance(100), Step::BudgetSpent);
        assert!((100..100 + Chosen::WIDTH as u64).contains(&search.position()));
    }

    #[test]
    fn an_empty_range_is_exhausted() {
        let mut search = Search::new(&prefix(9), Threshold::new(0).unwrap(), 5..5);
        assert_eq!(search.advance(100), Step::Exhausted);
    }
}
