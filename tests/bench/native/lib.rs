//! What `cargo xtask bench native` measures: each way to search for shares, on a range of nonces.

use std::hint::black_box;
use std::ops::Range;

use portcullis_challenge::{Iterations, KERNELS, Kernel, Kind, Prefix, Puzzle, Threshold, reference};

/// A way to search.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// The plain reference.
    Reference,
    /// The search on this many lanes.
    Lanes(usize, Kernel),
    /// The `sha2` crate, one call an attempt, as the verifier checks shares.
    Sha2,
    /// Kind 2, as the verifier checks shares.
    Pbkdf2,
}

impl Way {
    /// All of them, the reference first.
    pub fn all() -> Vec<Self> {
        let lanes = KERNELS.iter().map(|(lanes, kernel)| Self::Lanes(*lanes, *kernel));
        [Self::Reference].into_iter().chain(lanes).chain([Self::Sha2, Self::Pbkdf2]).collect()
    }

    /// Its name among the figures.
    pub fn name(self) -> String {
        match self {
            Self::Reference => "native-reference".to_owned(),
            Self::Lanes(lanes, _) => format!("native-lanes-{lanes}"),
            Self::Sha2 => "native-sha2-digest".to_owned(),
            Self::Pbkdf2 => "native-pbkdf2".to_owned(),
        }
    }

    /// How many attempts are worth one measurement: tens of microseconds at least.
    pub fn attempts(self) -> u64 {
        match self {
            Self::Pbkdf2 => 4,
            _ => 4096,
        }
    }

    /// How many compressions an attempt takes, which is what is counted.
    pub fn compressions(self) -> u64 {
        self.kind().compressions()
    }

    /// Tries `nonces`; next to none is a share, so nothing but the attempts is measured.
    pub fn search(self, prefix: &Prefix, nonces: Range<u64>) -> Option<u32> {
        let rare = Threshold::new(0).expect("0 is a threshold");
        let puzzle = Puzzle { kind: self.kind(), prefix: *black_box(prefix), threshold: rare };
        let mut words = nonces.clone().map(|nonce| nonce as u32);
        match self {
            Self::Reference => words.map(|nonce| reference::last_word(&puzzle, nonce)).min(),
            Self::Lanes(_, kernel) => kernel(puzzle.prefix.words(), rare.word(), nonces),
            Self::Sha2 => words.find(|nonce| puzzle.is_share(*nonce)),
            Self::Pbkdf2 => puzzle.first_share(nonces),
        }
    }

    fn kind(self) -> Kind {
        match self {
            // As many as the verifier asks for at the usual difficulty.
            Self::Pbkdf2 => Kind::Pbkdf2(Iterations::new(1000).expect("a number from 1 to 4096")),
            _ => Kind::Sha256,
        }
    }
}

/// How many operations [`chain`] does.
pub const CHAIN: u64 = 1 << 16;

/// A chain of [`CHAIN`] additions and exclusive ors of integers, each of which needs the one before and takes one cycle of
/// the processor, wherever it is: a clock to count cycles with.
pub fn chain(seed: u64) -> u64 {
    (0..CHAIN / 2).fold(seed, |x, step| x.wrapping_add(x ^ step))
}
