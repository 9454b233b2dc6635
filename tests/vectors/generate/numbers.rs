//! Difficulties, thresholds, and single attempts.

use portcullis_challenge::{Difficulty, Prefix, ShareCount, Threshold, reference};

use super::{file, shares as count_of, threshold};
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
    let edge = reference::last_word(&counting(0), 12_345);
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
    let vector = |(name, prefix, word, nonce): (&str, Prefix, u32, u32)| share_vector(name, &prefix, word, nonce);
    file(
        "Single attempts: the last word of SHA-256(prefix || nonce) and whether it is a share. A threshold here may be harder than a challenge's.",
        vectors.map(vector).into(),
    )
}

/// One nonce in 2³² has a last word of 0; this is one.
const ZERO_WORD_PREFIX: u8 = 1;
const ZERO_WORD_NONCE: u32 = 668_642_184;

fn share_vector(name: &str, prefix: &Prefix, word: u32, nonce: u32) -> ShareVector {
    let last_word = reference::last_word(prefix, nonce);
    ShareVector {
        name: name.to_owned(),
        prefix: Hex(prefix.as_bytes().to_vec()),
        threshold: word,
        nonce,
        last_word,
        is_share: last_word <= word,
    }
}
