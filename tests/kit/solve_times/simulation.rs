//! Solves without a clock: the real search, and the attempts it takes.

use portcullis_challenge::{Kind, Prefix, Puzzle, Threshold};
use sha2::{Digest, Sha256};

use super::Sample;

/// The attempts of `solves` solutions of `shares` shares, divided by how many they should take. Same seed, same sample.
///
/// A share takes `attempts` attempts in the mean: the more, the nearer is the law of whole attempts to that of time.
///
/// # Panics
///
/// When `attempts` is less than 2, or so large that a puzzle may have too few shares.
pub fn simulated(solves: u32, shares: u8, attempts: u32, seed: u64) -> Sample {
    Sample::over(counted(solves, shares, attempts, seed), f64::from(attempts) * f64::from(shares))
}

fn counted(solves: u32, shares: u8, attempts: u32, seed: u64) -> Vec<f64> {
    assert!((2..=1 << 20).contains(&attempts), "{attempts} attempts a share");
    let threshold = Threshold::new(u32::MAX / attempts).expect("not every nonce is a share");
    let counted = (0..solves).map(|solve| {
        let puzzle = Puzzle { kind: Kind::Sha256, prefix: prefix(seed, solve), threshold };
        let last = puzzle.shares(0..1 << 32).nth(usize::from(shares) - 1);
        // Of 2³² attempts, 2¹² succeed at least.
        f64::from(last.expect("a puzzle has thousands of shares")) + 1.0
    });
    counted.collect()
}

fn prefix(seed: u64, solve: u32) -> Prefix {
    let half = |which: u8| -> [u8; 32] {
        Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(solve.to_be_bytes())
            .chain_update([which])
            .finalize()
            .into()
    };
    let mut bytes = [0; Prefix::LEN];
    bytes[..32].copy_from_slice(&half(0));
    bytes[32..].copy_from_slice(&half(1)[..16]);
    Prefix::from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve_times::Erlang;

    const SOLVES: u32 = 2_000;
    const ATTEMPTS: u32 = 64;
    const SEED: u64 = 20_261_125;

    #[test]
    fn the_time_to_solve_follows_its_law_and_is_as_even_as_promised() {
        let (sample, law) = (simulated(SOLVES, 32, ATTEMPTS, SEED), Erlang::of(32));
        let (distance, critical) = (sample.distance(law), sample.critical_distance());
        assert!(distance < critical, "{distance} from Gamma(32), and {critical} is allowed");
        for (part, tolerance) in [(0.5, 0.02), (0.95, 0.03), (0.99, 0.05)] {
            let (got, expected) = (sample.quantile(part), law.quantile(part));
            assert!((got / expected - 1.0).abs() < tolerance, "{part}: {got} instead of {expected}");
        }
        let ratio = sample.quantile(0.99) / sample.quantile(0.5);
        assert!(ratio <= 1.5, "the slowest in a hundred wait {ratio} times the median");
    }

    #[test]
    fn one_share_more_or_less_and_one_hard_puzzle_are_noticed() {
        let law = Erlang::of(32);
        let miscounted = |shares| Sample::over(counted(SOLVES, shares, ATTEMPTS, SEED), f64::from(ATTEMPTS) * 32.0);
        let single = simulated(SOLVES, 1, ATTEMPTS, SEED);
        for (what, sample) in [("31 shares", miscounted(31)), ("33 shares", miscounted(33)), ("1 share", single)] {
            let (distance, critical) = (sample.distance(law), sample.critical_distance());
            assert!(distance > critical, "{what}: {distance} from Gamma(32), and {critical} is allowed");
        }
    }
}
