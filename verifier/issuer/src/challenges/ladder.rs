//! What each kind of browser is asked for: the same seconds on the same device, whichever solver it can run.
//!
//! A client names its solver when it asks for a challenge, and may lie: an attacker who solves natively will ask for
//! the work of the slowest solver he is offered. So each solver's fraction of the work is what browsers really lose by
//! it, and no less; and plain JavaScript, by far the slowest, is offered only over plain HTTP, where browsers do not
//! provide WebCrypto. An operator who would rather have old browsers wait than give that discount sets the fractions
//! to 1.

use portcullis_challenge::{Difficulty, Iterations, Kind, Lifetime, ShareCount, Threshold};

use super::issue::ChallengeTerms;

/// How a client searches for shares. The names are those of the parameter `solver`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Solver {
    /// WebAssembly with vector instructions: every browser since 2023. The challenge page's own challenge is for this
    /// one.
    #[default]
    Simd,
    /// WebAssembly 1.0.
    Scalar,
    /// PBKDF2 through WebCrypto, if there is no WebAssembly.
    Pbkdf2,
    /// Plain JavaScript, if there is neither.
    Js,
}

impl Solver {
    /// The solver of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "simd" => Some(Self::Simd),
            "scalar" => Some(Self::Scalar),
            "pbkdf2" => Some(Self::Pbkdf2),
            "js" => Some(Self::Js),
            _ => None,
        }
    }
}

/// The work of each solver, in SHA-256 compressions, as a fraction of the work of [`Solver::Simd`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkFractions {
    /// Of [`Solver::Scalar`].
    pub scalar: f64,
    /// Of [`Solver::Pbkdf2`].
    pub pbkdf2: f64,
    /// Of [`Solver::Js`].
    pub js: f64,
}

impl Default for WorkFractions {
    /// What browsers reached with a worker for every core, measured by `cargo xtask bench solver` and rounded. (In
    /// Chromium two workers reached no more PBKDF2 than one.)
    fn default() -> Self {
        Self { scalar: 0.35, pbkdf2: 0.4, js: 0.1 }
    }
}

/// The terms of every solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    simd: ChallengeTerms,
    scalar: ChallengeTerms,
    pbkdf2: ChallengeTerms,
    js: ChallengeTerms,
}

impl Ladder {
    /// The ladder on which [`Solver::Simd`] is asked for `shares` shares in `difficulty` attempts. `None` if that is
    /// fewer attempts than shares.
    pub fn new(
        difficulty: Difficulty,
        shares: ShareCount,
        lifetime: Lifetime,
        fractions: WorkFractions,
    ) -> Option<Self> {
        let threshold = difficulty.threshold(shares).ok()?;
        let simd = ChallengeTerms { kind: Kind::Sha256, shares, threshold, lifetime };
        let work = |fraction: f64| (f64::from(difficulty.attempts()) * fraction) as u32;
        let sha256 = |fraction| ChallengeTerms { threshold: nearest_threshold(work(fraction), shares), ..simd };
        Some(Self {
            simd,
            scalar: sha256(fractions.scalar),
            pbkdf2: pbkdf2(work(fractions.pbkdf2), simd),
            js: sha256(fractions.js),
        })
    }

    /// What a client with this solver is asked for. Over TLS, plain JavaScript is asked for what [`Solver::Scalar`] is.
    pub fn terms(&self, solver: Solver, over_tls: bool) -> &ChallengeTerms {
        match solver {
            Solver::Simd => &self.simd,
            Solver::Pbkdf2 => &self.pbkdf2,
            Solver::Js if !over_tls => &self.js,
            Solver::Scalar | Solver::Js => &self.scalar,
        }
    }
}

impl ChallengeTerms {
    /// The same terms for this many times the work: never more than a challenge may ask for.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let attempts = Difficulty::of(self.threshold, self.shares).unwrap_or(Difficulty::MAX).attempts();
        // The cap is on compressions, and the nearest threshold may be a little harder than asked for.
        let most = u64::from(MOST_COMPRESSIONS) / self.kind.compressions();
        let wanted = (f64::from(attempts) * factor).min(most as f64);
        Self { threshold: nearest_threshold(wanted as u32, self.shares), ..self }
    }
}

/// Kind 2 for this many compressions. If they are so few that a share would take less than [`ATTEMPTS_A_SHARE`]
/// attempts of the usual length, the attempts are shorter.
fn pbkdf2(compressions: u32, like: ChallengeTerms) -> ChallengeTerms {
    let attempts_wanted = ATTEMPTS_A_SHARE * u32::from(like.shares.count());
    let affordable = (compressions / attempts_wanted).saturating_sub(2) / 2;
    // Between 1 and the usual number, which is in range.
    let iterations = Iterations::new(affordable.clamp(1, ITERATIONS)).unwrap_or(Iterations::MAX);
    let kind = Kind::Pbkdf2(iterations);
    let attempts = u64::from(compressions.min(MOST_COMPRESSIONS)) / kind.compressions();
    ChallengeTerms { kind, threshold: nearest_threshold(attempts as u32, like.shares), ..like }
}

/// The threshold of a number of attempts; that of the easiest work possible, if they are fewer than that.
fn nearest_threshold(attempts: u32, shares: ShareCount) -> Threshold {
    let attempts = attempts.max(u32::from(shares.count()) + 1);
    // More than one attempt a share, and not more than the difficulty it is part of.
    let reachable = Difficulty::new(attempts).and_then(|difficulty| difficulty.threshold(shares).ok());
    reachable.expect("attempts between the shares and the cap")
}

/// The most that is asked for, so that the nearest threshold is not harder than a challenge may be.
const MOST_COMPRESSIONS: u32 = Difficulty::MAX.attempts() / 1024 * 1023;
/// Iterations of an attempt of kind 2: long enough that calling WebCrypto is a small part of it.
const ITERATIONS: u32 = 1000;
/// Fewer attempts a share would make the time to solve uneven.
const ATTEMPTS_A_SHARE: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(difficulty: u32, shares: u8, fractions: WorkFractions) -> Ladder {
        let (difficulty, shares) = (Difficulty::new(difficulty).unwrap(), ShareCount::new(shares).unwrap());
        Ladder::new(difficulty, shares, Lifetime::MAX, fractions).unwrap()
    }

    fn compressions(terms: &ChallengeTerms) -> f64 {
        f64::from(Difficulty::of(terms.threshold, terms.shares).unwrap().attempts()) * terms.kind.compressions() as f64
    }

    #[test]
    fn every_solver_is_asked_for_its_fraction_of_the_work() {
        for difficulty in [1 << 16, 1 << 22, 1 << 28, 1 << 30] {
            let fractions = WorkFractions::default();
            let ladder = ladder(difficulty, 32, fractions);
            for (solver, fraction) in [
                (Solver::Simd, 1.0),
                (Solver::Scalar, fractions.scalar),
                (Solver::Pbkdf2, fractions.pbkdf2),
                (Solver::Js, fractions.js),
            ] {
                let got = compressions(ladder.terms(solver, false)) / f64::from(difficulty);
                assert!((got / fraction - 1.0).abs() < 0.02, "{solver:?} at {difficulty}: {got} instead of {fraction}");
            }
        }
    }

    #[test]
    fn plain_javascript_is_no_discount_over_tls() {
        let ladder = ladder(1 << 22, 32, WorkFractions::default());
        assert_eq!(ladder.terms(Solver::Js, true), ladder.terms(Solver::Scalar, true));
        assert_ne!(ladder.terms(Solver::Js, false), ladder.terms(Solver::Scalar, false));
    }

    #[test]
    fn more_work_is_more_for_every_solver_and_never_out_of_form() {
        let ladder = ladder(1 << 22, 32, WorkFractions::default());
        for solver in [Solver::Simd, Solver::Scalar, Solver::Pbkdf2, Solver::Js] {
            let least = *ladder.terms(solver, false);
            for factor in [0.125, 1.0, 3.0, 10.0] {
                let got = compressions(&least.times(factor)) / compressions(&least);
                assert!((got / factor - 1.0).abs() < 0.05, "{solver:?} times {factor}: {got}");
            }
            assert!(compressions(&least.times(1e9)) <= 2_f64.powi(30), "{solver:?}");
        }
    }

    #[test]
    fn the_least_work_there_is_has_terms_for_every_solver() {
        let ladder = ladder(65, 64, WorkFractions { scalar: 0.01, pbkdf2: 0.01, js: 0.01 });
        for solver in [Solver::Simd, Solver::Scalar, Solver::Pbkdf2, Solver::Js] {
            assert!(compressions(ladder.terms(solver, false)) >= 65.0, "{solver:?}");
        }
    }

    #[test]
    fn the_hardest_work_there_is_stays_in_form() {
        let ladder = ladder(1 << 30, 1, WorkFractions { scalar: 1.0, pbkdf2: 1.0, js: 1.0 });
        for solver in [Solver::Simd, Solver::Scalar, Solver::Pbkdf2, Solver::Js] {
            assert!(compressions(ladder.terms(solver, false)) <= 2_f64.powi(30), "{solver:?}");
        }
    }
}
