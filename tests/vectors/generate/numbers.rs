//! Difficulties, thresholds, and single attempts.

use portcullis_challenge::{Difficulty, Kind, Prefix, Puzzle, ShareCount, Threshold, reference};

use super::{file, iterations_of, pbkdf2, shares as count_of, threshold};
use crate::format::{DifficultyVector, File, Hex, ShareVector, ThresholdVector};

/// From a difficulty to its threshold and back.
pub(super) fn difficulties() -> File<DifficultyVector> {
    let mut vectors = Vec::new();
    for count in [1, 3, 16, 32, 64] {
        let lowest = u32::from(count);
        let mut asked =
            vec![0, 1, lowest, lowest + 1, 1_000, 65_537, 1 << 22, 10_000_019, Difficulty::MAX.attempts() - 1];
        asked.extend([Difficulty::MAX.attempts(), Difficulty::MAX.attempts() + 1, u32::MAX]);
        asked.dedup();
        vectors.extend(asked.into_iter().map(|difficulty| difficulty_vector(count_of(count), difficulty)));
    }
    file(
        "A difficulty asked for (expected attempts), the threshold that asks for it, and the difficulty that threshold has. null: cannot be asked for.",
        vectors,
    )
}

fn difficulty_vector(shares: ShareCount, difficulty: u32) -> DifficultyVector {
    let threshold = Difficulty::new(difficulty).and_then(|asked| asked.threshold(shares).ok());
    let reached = threshold.and_then(|threshold| Difficulty::of(threshold, shares));
    DifficultyVector {
        shares: shares.count(),
        difficulty,
        threshold: threshold.map(Threshold::word),
        reached: reached.map(Difficulty::attempts),
    }
}

/// From a threshold to its difficulty.
pub(super) fn thresholds() -> File<ThresholdVector> {
    let mut vectors = Vec::new();
    for count in [1, 2, 32, 64] {
        let easiest_refused = 4 * u32::from(count) - 2;
        for word in [0, easiest_refused, easiest_refused + 1, 1_000, 32_767, 1 << 31, u32::MAX - 1] {
            vectors.push(ThresholdVector {
                shares: count,
                threshold: word,
                difficulty: Difficulty::of(threshold(word), count_of(count)).map(Difficulty::attempts),
            });
        }
    }
    file("The difficulty of a threshold. null: above 2^30, refused.", vectors)
}

/// Single attempts.
pub(super) fn shares() -> File<ShareVector> {
    let counting = |first: u8| Prefix::from_bytes(&std::array::from_fn(|index| first + index as u8));
    let zeros = Prefix::from_bytes(&[0; 48]);
    let ones = Prefix::from_bytes(&[0xff; 48]);
    let last_word = |kind, prefix| reference::last_word(&Puzzle { kind, prefix, threshold: threshold(0) }, 12_345);
    let edge = last_word(Kind::Sha256, counting(0));
    let edge_of_2 = last_word(pbkdf2(1000), counting(0));
    let vectors = [
        ("first nonce", zeros, 1 << 31, 0),
        ("first nonce, no share", counting(0), 1 << 20, 0),
        ("last nonce", zeros, u32::MAX - 1, u32::MAX),
        ("last nonce, no share", counting(0), 1 << 20, u32::MAX),
        ("nonce whose bytes all differ", counting(0), u32::MAX - 1, 0x0102_0304),
        ("nonce with the top bit", ones, u32::MAX - 1, 1 << 31),
        ("last word equal to the threshold", counting(0), edge, 12_345),
        ("last word one above the threshold", counting(0), edge - 1, 12_345),
        ("threshold 0, no share", counting(0), 0, 0),
        ("threshold 0, a share", counting(ZERO_WORD_PREFIX), 0, ZERO_WORD_NONCE),
    ];
    let of_kind_2 = [
        ("kind 2, first nonce, 1 iteration", 1, zeros, 1 << 31, 0),
        ("kind 2, last nonce, 2 iterations", 2, ones, 1 << 31, u32::MAX),
        ("kind 2, most iterations", 4096, counting(0), u32::MAX - 1, 0x0102_0304),
        ("kind 2, last word equal to the threshold", 1000, counting(0), edge_of_2, 12_345),
        ("kind 2, last word one above the threshold", 1000, counting(0), edge_of_2 - 1, 12_345),
    ];
    let vectors = vectors.map(|(name, prefix, word, nonce)| (name, Kind::Sha256, prefix, word, nonce));
    let of_kind_2 =
        of_kind_2.map(|(name, iterations, prefix, word, nonce)| (name, pbkdf2(iterations), prefix, word, nonce));
    let vector = |(name, kind, prefix, word, nonce): (&str, Kind, Prefix, u32, u32)| {
        share_vector(name, Puzzle { kind, prefix, threshold: threshold(word) }, nonce)
    };
    file(
        "Single attempts: the last word of SHA-256(prefix || nonce), or where there are iterations of PBKDF2-HMAC-SHA-256(nonce, prefix, iterations), and whether it is a share. A threshold here may be harder than a challenge's.",
        vectors.into_iter().chain(of_kind_2).map(vector).collect(),
    )
}

/// One nonce in 2³² has a last word of 0; this is one.
const ZERO_WORD_PREFIX: u8 = 1;
const ZERO_WORD_NONCE: u32 = 668_642_184;

fn share_vector(name: &str, puzzle: Puzzle, nonce: u32) -> ShareVector {
    let last_word = reference::last_word(&puzzle, nonce);
    let word = puzzle.threshold.word();
    ShareVector {
        name: name.to_owned(),
        iterations: iterations_of(puzzle.kind),
        prefix: Hex(puzzle.prefix.as_bytes().to_vec()),
        threshold: word,
        nonce,
        last_word,
        is_share: last_word <= word,
    }
}
