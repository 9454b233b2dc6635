//! What has been counted since the start. Never which client it was: each count has a fixed set of names, whatever
//! clients send.
//!
//! Counting is one addition to a number in memory. Everything else, such as the mode, is read when a scrape asks for
//! it.

use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_challenge::Kind;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use portcullis_policy::{Signal, Signals};

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    /// Requests for the origin, by verdict.
    pub requests: Tally<5>,
    /// In a dry run, requests that went on and would otherwise have been stopped, by what would have become of them.
    pub would_have: Tally<4>,
    /// Challenges issued.
    pub challenges: Count,
    /// Pages served that ask for work or for patience.
    pub pages: Count,
    /// Verified solutions, by the kind of the puzzle.
    pub solutions: Tally<2>,
    /// What solutions were redeemed for.
    pub redeemed: Tally<3>,
    /// Submissions refused, by code.
    pub refused: Tally<10>,
    /// Signs of automation, in requests for the origin and in submissions.
    pub signals: Tally<{ Signal::ALL.len() }>,
    /// Answers to forms' servers, by code.
    pub siteverify: Tally<8>,
    /// Requests that the origin did not answer.
    pub origin_failed: Count,
    /// From issuing a challenge to redeeming its solution.
    pub solve_seconds: Family<[(&'static str, &'static str); 1], Histogram>,
    solve_seconds_of: [Histogram; 2],
}

impl Default for Metrics {
    fn default() -> Self {
        let solve_seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let of = |kind| solve_seconds.get_or_create(&[("kind", kind)]).clone();
        Self {
            requests: Tally::of("verdict", ["admit", "challenge", "budget", "overload", "deny"]),
            would_have: Tally::of("verdict", ["challenge", "budget", "overload", "deny"]),
            challenges: Count::default(),
            pages: Count::default(),
            solutions: Tally::of("kind", KINDS),
            redeemed: Tally::of("for", ["clearance", "top-up", "response"]),
            refused: Tally::of("code", REJECTIONS),
            signals: Tally::of("signal", Signal::ALL.map(Signal::name)),
            siteverify: Tally::of("code", SITEVERIFY),
            origin_failed: Count::default(),
            solve_seconds_of: KINDS.map(of),
            solve_seconds,
        }
    }
}

impl Metrics {
    /// Counts signs of automation.
    pub(crate) fn raised(&self, signals: Signals) {
        signals.iter().for_each(|signal| self.signals.one(signal.name()));
    }

    /// Counts a verified solution, this many milliseconds after its challenge was issued.
    pub(crate) fn solved(&self, kind: Kind, milliseconds: u64) {
        self.solutions.one(portcullis_issuer::challenges::issue::kind_name(kind));
        let of = usize::from(matches!(kind, Kind::Pbkdf2(_)));
        self.solve_seconds_of[of].observe(milliseconds as f64 / 1000.0);
    }
}

/// Events of one kind.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub(crate) fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Events of one kind, by one of a fixed set of names.
#[derive(Debug)]
pub struct Tally<const N: usize> {
    /// What the names stand for.
    pub label: &'static str,
    names: [&'static str; N],
    counts: [Count; N],
}

impl<const N: usize> Tally<N> {
    pub(crate) fn of(label: &'static str, names: [&'static str; N]) -> Self {
        Self { label, names, counts: std::array::from_fn(|_| Count::default()) }
    }

    /// One more of `name`. A name that is not in the set is not counted; tests make sure that there is none.
    pub(crate) fn one(&self, name: &str) {
        let known = self.names.iter().position(|known| *known == name);
        debug_assert!(known.is_some(), "{name} is not counted");
        if let Some(index) = known {
            self.counts[index].one();
        }
    }

    /// The count of each name.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.names.iter().copied().zip(self.counts.iter().map(Count::value))
    }

    /// The count of one name.
    pub fn value(&self, name: &str) -> u64 {
        self.values().find(|(known, _)| *known == name).map_or(0, |(_, value)| value)
    }

    /// The count of all names together.
    pub fn total(&self) -> u64 {
        self.values().map(|(_, value)| value).sum()
    }
}

/// The kinds of puzzle, in the order of [`Metrics::solve_seconds_of`].
const KINDS: [&str; 2] = ["sha256", "pbkdf2"];
/// The codes of [`Rejection`](crate::verdict::Rejection).
const REJECTIONS: [&str; 10] = [
    "malformed",
    "forged",
    "expired",
    "wrong-audience",
    "wrong-binding",
    "insufficient-work",
    "more-work",
    "replayed",
    "denied",
    "unavailable",
];
/// The codes of siteverify.
const SITEVERIFY: [&str; 8] = [
    "good",
    "bad-request",
    "missing-input-secret",
    "invalid-input-secret",
    "missing-input-response",
    "timeout-or-duplicate",
    "invalid-input-response",
    "internal-error",
];

/// From a fast machine to the longest lifetime of a challenge, in seconds.
fn histogram() -> Histogram {
    Histogram::new([0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Rejection;
    use portcullis_issuer::solutions::RedeemError;

    #[test]
    fn every_rejection_is_counted_under_its_own_code() {
        let metrics = Metrics::default();
        for rejection in [
            Rejection::Malformed(""),
            RedeemError::Forged.into(),
            RedeemError::Expired.into(),
            RedeemError::WrongAudience.into(),
            RedeemError::WrongBinding.into(),
            RedeemError::InsufficientWork.into(),
            Rejection::MoreWork(portcullis_clearance::Level::FIRST),
            RedeemError::Replayed.into(),
            Rejection::Denied,
            Rejection::Unavailable,
        ] {
            metrics.refused.one(rejection.code());
        }
        assert!(metrics.refused.values().all(|(_, count)| count == 1));
        assert_eq!(metrics.refused.total(), 10);
    }

    #[test]
    fn a_solution_is_counted_with_its_kind() {
        let metrics = Metrics::default();
        metrics.solved(Kind::Sha256, 1_500);
        assert_eq!((metrics.solutions.value("sha256"), metrics.solutions.value("pbkdf2")), (1, 0));
        let text = format!("{:?}", metrics.solve_seconds_of);
        assert!(text.contains("sum: 1.5") && text.contains("sum: 0.0"), "{text}");
    }
}
