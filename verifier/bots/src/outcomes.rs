//! Counts the outcomes of lookups.

use std::sync::atomic::{AtomicU64, Ordering};

/// The outcome of a question to the Domain Name System.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A name in the domains leads back to the address.
    Verified,
    /// None of them does.
    Refused,
    /// There was no answer.
    Failed,
    /// It was not asked: the queue was full.
    NoRoom,
}

/// The counts of each outcome.
#[derive(Debug, Default)]
pub(crate) struct Outcomes([AtomicU64; 4]);

impl Outcome {
    /// All of them, in the order they are counted in.
    const ALL: [Self; 4] = [Self::Verified, Self::Refused, Self::Failed, Self::NoRoom];

    /// Its name in metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::NoRoom => "no-room",
        }
    }
}

impl Outcomes {
    /// One more.
    pub(crate) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The count of one outcome.
    pub(crate) fn value(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }

    /// The count of each, by its name.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Outcome::ALL.into_iter().map(|outcome| (outcome.name(), self.value(outcome)))
    }
}
