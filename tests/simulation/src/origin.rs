//! The protected site: some workers, first come first served, a backlog with an end, and clients that do not wait for
//! ever.
//!
//! Work that is begun too late is done all the same, though nobody waits for it any longer: that is how a site that is
//! asked for more than it can do ends up doing nothing of use.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::random::Random;
use crate::time::{SECOND, Time, seconds};

/// What a site can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Reads a second.
    pub capacity: f64,
    /// Requests that it works on at once.
    pub workers: usize,
    /// Requests that wait for a worker; more are refused.
    pub backlog: usize,
}

impl Default for Site {
    fn default() -> Self {
        // Two machines with a pool of 16 each, and the backlog that the kernel gives a listening socket.
        Self { capacity: 500.0, workers: 32, backlog: 1024 }
    }
}

/// A site at work.
#[derive(Debug)]
pub struct Origin {
    site: Site,
    /// When each worker will be free.
    free_at: BinaryHeap<Reverse<Time>>,
    /// When the requests that wait will be begun.
    begins: VecDeque<Time>,
    random: Random,
}

/// What becomes of a request, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it is answered.
    pub at: Time,
    /// Whether well.
    pub well: bool,
}

impl Origin {
    /// A site with nothing to do.
    pub fn new(site: Site, seed: u64) -> Self {
        let free_at = (0..site.workers).map(|_| Reverse(0)).collect();
        Self { site, free_at, begins: VecDeque::new(), random: Random::new(seed) }
    }

    /// Takes a request that costs this many reads.
    pub fn take(&mut self, cost: u32, now: Time) -> Answer {
        while self.begins.front().is_some_and(|begins| *begins <= now) {
            self.begins.pop_front();
        }
        // A site has workers.
        let Reverse(free) = self.free_at.peek().copied().unwrap_or(Reverse(now));
        if free > now && self.begins.len() >= self.site.backlog {
            return Answer { at: now, well: false };
        }
        let begins = free.max(now);
        if begins > now {
            self.begins.push_back(begins);
        }
        let usual = f64::from(cost) * self.site.workers as f64 / self.site.capacity;
        let ends = begins + seconds(usual * self.random.between(0.5, 1.5));
        self.free_at.pop();
        self.free_at.push(Reverse(ends));
        Answer { at: ends.min(now + PATIENCE), well: ends <= now + PATIENCE }
    }
}

/// How long a proxy waits for an answer.
const PATIENCE: Time = 10 * SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_does_what_it_can_and_what_comes_too_late_is_lost_though_done() {
        let mut origin = Origin::new(Site { capacity: 100.0, workers: 10, backlog: 2_000 }, 7);
        let answers: Vec<_> = (0..3_000).map(|_| origin.take(1, 0)).collect();
        let well = answers.iter().filter(|answer| answer.well).count();
        let refused = answers.iter().filter(|answer| answer.at == 0).count();
        assert!((950..=1_050).contains(&well), "{well}");
        assert_eq!(refused, 990);
        assert!(!origin.take(1, 9 * SECOND).well, "the backlog is done first");
        assert!(origin.take(1, 21 * SECOND).well);
    }
}
