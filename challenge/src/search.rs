//! Finding shares, in bounded steps.

use core::ops::Range;

use crate::{Kind, Prefix, Puzzle, Threshold};

/// A search through one range of nonces for the shares of one puzzle of kind 1.
#[derive(Clone, Debug)]
pub struct Search {
    puzzle: Puzzle,
    next: u64,
    end: u64,
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
        let puzzle = Puzzle { kind: Kind::Sha256, prefix: *prefix, threshold };
        Self { puzzle, next: nonces.start.min(end), end }
    }

    /// The first nonce not tried yet.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Tries at most `budget` nonces, and stops at the first share.
    pub fn advance(&mut self, budget: u32) -> Step {
        let stop = self.end.min(self.next + u64::from(budget));
        match self.puzzle.first_share(self.next..stop) {
            Some(nonce) => {
                self.next = u64::from(nonce) + 1;
                Step::Found(nonce)
            }
            None => {
                self.next = stop;
                if stop == self.end { Step::Exhausted } else { Step::BudgetSpent }
            }
        }
    }
}
