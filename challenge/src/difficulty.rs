//! Difficulty (expected attempts, linear) and the threshold that a share is compared with.

use core::fmt;

/// How many shares a solution has: 1 to 64, 32 by default.
///
/// More shares make the time to solve more even (it follows Gamma(k)) and cost the verifier one compression each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareCount(u8);

impl ShareCount {
    /// The most shares a solution can have.
    pub const MAX: usize = 64;

    /// `None` unless `count` is in 1..=64: no shares would mean no work.
    pub const fn new(count: u8) -> Option<Self> {
        if count >= 1 && count as usize <= Self::MAX { Some(Self(count)) } else { None }
    }

    /// The count as a number.
    pub const fn count(self) -> u8 {
        self.0
    }
}

impl Default for ShareCount {
    /// 32: the slowest one in a hundred solves takes 1.47 times the median, instead of 6.6 times for a single share.
    fn default() -> Self {
        Self(32)
    }
}

/// The largest last digest word that makes a nonce a share. One attempt succeeds with probability (T + 1) / 2³².
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Threshold(u32);

impl Threshold {
    /// `None` for 2³² − 1, which every nonce meets: no work.
    pub const fn new(word: u32) -> Option<Self> {
        if word == u32::MAX { None } else { Some(Self(word)) }
    }

    /// The threshold as the word a digest's last word is compared with.
    pub const fn word(self) -> u32 {
        self.0
    }
}

/// The expected number of attempts to solve a challenge: D = k · 2³² / (T + 1), from k to 2³⁰.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Difficulty(u32);

impl Difficulty {
    /// The hardest challenge a client accepts: about a minute of one fast worker. Bounds the work before it starts.
    pub const MAX: Self = Self(1 << 30);

    /// `None` for 0 and for more than [`Difficulty::MAX`].
    pub const fn new(attempts: u32) -> Option<Self> {
        if attempts >= 1 && attempts <= Self::MAX.0 { Some(Self(attempts)) } else { None }
    }

    /// The difficulty as a number of attempts.
    pub const fn attempts(self) -> u32 {
        self.0
    }

    /// The threshold at which `shares` shares cost this many attempts, to the nearest representable one.
    ///
    /// # Errors
    ///
    /// [`DifficultyError`] if the difficulty is below what `shares` shares cost at the easiest threshold (one
    /// attempt each).
    pub const fn threshold(self, shares: ShareCount) -> Result<Threshold, DifficultyError> {
        let space = (shares.0 as u64) << 32;
        let attempts = self.0 as u64;
        // Rounded division; at least k · 4 because attempts ≤ 2³⁰, so subtracting one cannot wrap.
        let passing = (space + attempts / 2) / attempts;
        if passing > u32::MAX as u64 {
            return Err(DifficultyError);
        }
        Ok(Threshold(passing as u32 - 1))
    }

    /// The difficulty of `shares` shares at `threshold`, to the nearest attempt; `None` above [`Difficulty::MAX`].
    pub const fn of(threshold: Threshold, shares: ShareCount) -> Option<Self> {
        let space = (shares.0 as u64) << 32;
        let passing = threshold.0 as u64 + 1;
        let attempts = (space + passing / 2) / passing;
        if attempts <= Self::MAX.0 as u64 { Some(Self(attempts as u32)) } else { None }
    }
}

/// A difficulty that no threshold can express: fewer attempts than shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DifficultyError;

impl fmt::Display for DifficultyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the difficulty must be more than one attempt for each share")
    }
}

impl core::error::Error for DifficultyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degenerate_parameters_have_no_value() {
        assert_eq!(ShareCount::new(0), None);
        assert_eq!(ShareCount::new(65), None);
        assert_eq!(Threshold::new(u32::MAX), None);
        assert_eq!(Difficulty::new(0), None);
        assert_eq!(Difficulty::new((1 << 30) + 1), None);
    }

    #[test]
    fn difficulty_and_threshold_are_each_other_s_inverse_to_one_part_in_a_thousand() {
        for count in [1, 16, 32, 64] {
            let shares = ShareCount::new(count).unwrap();
            for exponent in 10..=30 {
                let asked = Difficulty::new(1 << exponent).unwrap();
                let got = Difficulty::of(asked.threshold(shares).unwrap(), shares).unwrap();
                assert!(asked.attempts().abs_diff(got.attempts()) * 1000 <= asked.attempts(), "{asked:?} {got:?}");
            }
        }
    }

    #[test]
    fn fewer_attempts_than_shares_cannot_be_asked_for() {
        let shares = ShareCount::new(32).unwrap();
        assert_eq!(Difficulty::new(32).unwrap().threshold(shares), Err(DifficultyError));
        assert!(Difficulty::new(33).unwrap().threshold(shares).is_ok());
    }

    #[test]
    fn more_than_the_cap_has_no_difficulty() {
        let one = ShareCount::new(1).unwrap();
        assert_eq!(Difficulty::of(Threshold::new(3).unwrap(), one), Some(Difficulty::MAX));
        assert_eq!(Difficulty::of(Threshold::new(2).unwrap(), one), None);
    }
}
