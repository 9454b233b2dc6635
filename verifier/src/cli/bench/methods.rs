//! Every way this program has to search for shares, and how fast each is.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use portcullis_challenge::{KERNELS, Kernel, Kind, LANES, Prefix, Puzzle, Threshold};
use portcullis_clearance::clock::Clock;
use portcullis_config::ChallengeConfig;
use portcullis_issuer::challenges::ladder::Solver;
use sha2::block_api::compress256;

/// A way to search.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// Our own search, with this many attempts side by side.
    Lanes(usize, Kernel),
    /// The compression of the `sha2` crate on a block prepared once, which uses a processor's own SHA-256 instructions.
    Block,
    /// The `sha2` crate as the verifier uses it, one call an attempt.
    Digest,
    /// Puzzles of kind 2, counted in compressions.
    Pbkdf2,
}

/// Which puzzles a way to search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Kind 1.
    Sha256,
    /// Kind 2.
    Pbkdf2,
}

impl Method {
    /// All of them.
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<_> = KERNELS.iter().map(|(lanes, kernel)| Self::Lanes(*lanes, *kernel)).collect();
        all.extend([Self::Block, Self::Digest, Self::Pbkdf2]);
        all
    }

    /// Its name among the figures.
    pub(super) fn name(self) -> String {
        match self {
            Self::Lanes(lanes, _) => format!("native-lanes-{lanes}"),
            Self::Block => "native-sha2-block".to_owned(),
            Self::Digest => "native-sha2-digest".to_owned(),
            Self::Pbkdf2 => "native-pbkdf2".to_owned(),
        }
    }

    /// What it is, for people.
    pub(super) fn title(self) -> String {
        match self {
            Self::Lanes(1, _) => "portable, 1 lane".to_owned(),
            Self::Lanes(lanes, _) if lanes == LANES => format!("{lanes} lanes, as `solve` uses"),
            Self::Lanes(lanes, _) => format!("{lanes} lanes"),
            Self::Block => "sha2 crate, bare compression".to_owned(),
            Self::Digest => "sha2 crate, as the verifier".to_owned(),
            Self::Pbkdf2 => "PBKDF2, compressions".to_owned(),
        }
    }

    /// What it searches.
    pub(super) fn kind(self) -> For {
        if matches!(self, Self::Pbkdf2) { For::Pbkdf2 } else { For::Sha256 }
    }

    /// How many compressions a second `threads` threads reach together in about `time`.
    pub(super) fn rate(self, threads: NonZeroUsize, time: Duration, clock: &dyn Clock) -> f64 {
        let start = Barrier::new(threads.get());
        thread::scope(|scope| {
            let run = |thread| {
                start.wait();
                self.rate_of_one(thread, time, clock)
            };
            let running: Vec<_> = (0..threads.get()).map(|thread| scope.spawn(move || run(thread))).collect();
            // A search does not panic; if it did, there would be no figure worth printing.
            running.into_iter().map(|thread| thread.join().expect("a search does not panic")).sum()
        })
    }

    fn rate_of_one(self, thread: usize, time: Duration, clock: &dyn Clock) -> f64 {
        // Every thread searches a puzzle of its own: nothing can be shared or prepared.
        let prefix = Prefix::from_bytes(&[thread as u8; Prefix::LEN]);
        let began = clock.steady().0;
        let end = began + (time.as_millis() as u64).max(1);
        let (mut tried, mut now) = (0, began);
        while now < end {
            let first = (tried as u32) & (u32::MAX >> 1);
            self.search(black_box(&prefix), u64::from(first)..u64::from(first) + self.batch());
            tried += self.batch();
            now = clock.steady().0;
        }
        (tried * self.compressions()) as f64 / Duration::from_millis(now - began).as_secs_f64()
    }

    /// Tries these nonces, almost none of which is a share.
    fn search(self, prefix: &Prefix, nonces: Range<u64>) {
        // One attempt in four billion is a share: the cost of finding one is not measured.
        let rare = Threshold::new(0).expect("0 is a threshold");
        let puzzle = |kind| Puzzle { kind, prefix: *prefix, threshold: rare };
        match self {
            Self::Lanes(_, kernel) => {
                black_box(kernel(prefix.words(), rare.word(), nonces));
            }
            Self::Block => {
                black_box(first_share_by_block(prefix, rare, nonces));
            }
            Self::Digest => {
                let puzzle = puzzle(Kind::Sha256);
                black_box(nonces.map(|nonce| nonce as u32).find(|nonce| puzzle.is_share(*nonce)));
            }
            Self::Pbkdf2 => {
                black_box(puzzle(kind_2()).first_share(nonces));
            }
        }
    }

    /// Attempts between two looks at the clock: some milliseconds.
    fn batch(self) -> u64 {
        (1 << 16) / self.compressions()
    }

    fn compressions(self) -> u64 {
        match self {
            Self::Pbkdf2 => kind_2().compressions(),
            _ => Kind::Sha256.compressions(),
        }
    }
}

/// Kind 2 with as many iterations as a verifier asks for by default.
fn kind_2() -> Kind {
    ChallengeConfig::default().0.terms(Solver::Pbkdf2, true).kind
}

/// The first share among `nonces`, with the whole block prepared: only the nonce's word changes.
fn first_share_by_block(prefix: &Prefix, threshold: Threshold, mut nonces: Range<u64>) -> Option<u32> {
    let mut block = [[0; 64]];
    block[0][..Prefix::LEN].copy_from_slice(prefix.as_bytes());
    block[0][52] = 0x80;
    block[0][62..].copy_from_slice(&(8 * 52_u16).to_be_bytes());
    let share = nonces.find(|nonce| {
        block[0][48..52].copy_from_slice(&(*nonce as u32).to_be_bytes());
        let mut state = INITIAL;
        compress256(&mut state, &block);
        state[7] <= threshold.word()
    });
    share.map(|nonce| nonce as u32)
}

/// FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prepared_block_gives_the_shares_of_the_puzzle() {
        let prefix = Prefix::from_bytes(&[9; Prefix::LEN]);
        let threshold = Threshold::new(u32::MAX / 1_000).unwrap();
        let puzzle = Puzzle { kind: Kind::Sha256, prefix, threshold };
        for start in [0, 5_000, (1 << 32) - 20_000] {
            let nonces = start..start + 20_000;
            let share = first_share_by_block(&prefix, threshold, nonces.clone());
            assert!(share.is_some());
            assert_eq!(share, puzzle.first_share(nonces));
        }
    }

    #[test]
    fn every_way_to_search_has_a_name_and_a_rate_of_its_own() {
        let clock = portcullis_clearance::clock::SystemClock::start();
        let mut names: Vec<_> = Method::all().into_iter().map(Method::name).collect();
        for method in Method::all() {
            let rate = method.rate(NonZeroUsize::MIN, Duration::from_millis(5), &clock);
            assert!(rate.is_finite() && rate > 0.0, "{}: {rate}", method.name());
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Method::all().len());
    }
}
