//! The search for a solution on all cores.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use portcullis_challenge::{Challenge, Puzzle, Solution};

/// A solution, and what it took.
#[derive(Debug)]
pub(super) struct Found {
    /// The solution.
    pub(super) solution: Solution,
    /// How many nonces were tried, by all threads.
    pub(super) attempts: u64,
}

/// Why a search ended without a solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchError {
    /// Every nonce has been tried.
    Exhausted,
    /// It was told to stop.
    Interrupted,
}

/// How far a search is.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// Shares found.
    pub(super) shares: usize,
    /// Nonces tried.
    pub(super) attempts: u64,
}

/// Searches on `threads` threads. Asks `go_on` after every share, and ten times a second, and stops when it says no.
pub(super) fn solve(
    challenge: &Challenge,
    threads: NonZeroUsize,
    mut go_on: impl FnMut(State) -> bool,
) -> Result<Found, SearchError> {
    let wanted = usize::from(challenge.fields.shares.count());
    let nonces = Nonces::in_blocks_for(challenge, threads);
    let puzzle = challenge.puzzle();
    let (found, shares) = mpsc::channel();
    let mut solution = Vec::with_capacity(wanted);
    thread::scope(|scope| {
        for _ in 0..threads.get() {
            let found = found.clone();
            scope.spawn(|| nonces.search(&puzzle, found));
        }
        // Only the threads hold senders now: when all nonces are tried, the channel closes.
        drop(found);
        // Ends the threads however this closure is left.
        let _stop = StopOnDrop(&nonces);
        while solution.len() < wanted {
            match shares.recv_timeout(TICK) {
                Ok(nonce) => solution.push(nonce),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(SearchError::Exhausted),
            }
            if !go_on(State { shares: solution.len(), attempts: nonces.tried() }) {
                return Err(SearchError::Interrupted);
            }
        }
        Ok(())
    })?;
    solution.sort_unstable();
    // Blocks do not overlap, so the nonces are distinct, and there are as many as a solution may have.
    let solution = Solution::new(&solution).map_err(|_| SearchError::Exhausted)?;
    Ok(Found { solution, attempts: nonces.tried() })
}

/// The nonces, handed out to the threads in blocks that do not overlap.
struct Nonces {
    block: u64,
    next: AtomicU64,
    tried: AtomicU64,
    stop: AtomicBool,
}

impl Nonces {
    /// Blocks large enough to be searched at full speed, and small enough for every thread to stop soon and for an easy
    /// challenge to occupy all of them.
    fn in_blocks_for(challenge: &Challenge, threads: NonZeroUsize) -> Self {
        let attempts_a_thread = u64::from(challenge.fields.difficulty().attempts()) / threads.get() as u64;
        let most = COMPRESSIONS_A_BLOCK / challenge.puzzle().kind.compressions();
        let block = (attempts_a_thread / 16).min(most).next_multiple_of(WIDEST_VECTOR).max(WIDEST_VECTOR);
        Self { block, next: AtomicU64::new(0), tried: AtomicU64::new(0), stop: AtomicBool::new(false) }
    }

    fn search(&self, puzzle: &Puzzle, found: mpsc::Sender<u32>) {
        while !self.stop.load(Ordering::Relaxed) {
            let first = self.next.fetch_add(self.block, Ordering::Relaxed);
            let end = (first + self.block).min(ALL);
            if first >= ALL {
                return;
            }
            for nonce in puzzle.shares(first..end) {
                // The receiver is gone: there are enough shares.
                if found.send(nonce).is_err() {
                    return;
                }
            }
            self.tried.fetch_add(end - first, Ordering::Relaxed);
        }
    }

    fn tried(&self) -> u64 {
        self.tried.load(Ordering::Relaxed)
    }
}

struct StopOnDrop<'a>(&'a Nonces);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

const ALL: u64 = 1 << 32;
const TICK: Duration = Duration::from_millis(100);
/// About 20 ms of one slow core.
const COMPRESSIONS_A_BLOCK: u64 = 1 << 17;
/// A block is a whole number of vectors of any build.
const WIDEST_VECTOR: u64 = 64;
