//! Logs and counts visits: what happened, never which client it was. No address, path, cookie or token reaches a log
//! line.
//!
//! Under attack, one line per request would fill a disk, so only the first few a second of each kind are written; the
//! next line of that kind says how many were left out. All are counted in the [`Metrics`].

use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_challenge::{Fields, UnixMillis};

use super::metrics::Metrics;
use crate::verdict::{Rejection, Verdict, Wanted};
use portcullis_issuer::challenges::issue::kind_name;

/// Lines a second of one kind.
const LINES_PER_SECOND: u64 = 20;

/// Writes visits to the log, at a limited rate, and counts them.
#[derive(Debug, Default)]
pub struct EventLog {
    /// Every event, counted.
    pub metrics: Metrics,
    challenged: Allowance,
    solved: Allowance,
    over_budget: Allowance,
    overloaded: Allowance,
    denied: Allowance,
    would_have: Allowance,
    admitted: Allowance,
    refused: Allowance,
    siteverified: Allowance,
    origin_failed: Allowance,
}

impl EventLog {
    /// A request was decided on.
    pub(crate) fn decided(&self, verdict: Verdict, now: UnixMillis) {
        self.metrics.requests.one(verdict.action());
        match verdict {
            Verdict::Admit => self.admitted(now),
            Verdict::Challenge(wanted) => self.challenged(wanted, now),
            Verdict::Budget(_) => self.over_budget(now),
            Verdict::Overload(_) => self.overloaded(now),
            Verdict::Deny => self.denied(now),
        }
    }

    /// In a dry run, a request went on that would otherwise have been stopped.
    pub(crate) fn would_have(&self, verdict: Verdict, now: UnixMillis) {
        self.metrics.would_have.one(verdict.action());
        if let Some(unwritten) = self.would_have.take(now) {
            tracing::info!(event = "would-have", action = verdict.action(), unwritten);
        }
    }

    /// A client met a challenge.
    fn challenged(&self, wanted: Wanted, now: UnixMillis) {
        if let Some(unwritten) = self.challenged.take(now) {
            let shown = wanted.shown.map(|reason| reason.to_string()).unwrap_or_else(|| "none".to_owned());
            tracing::info!(event = "challenged", token = shown, wanted = wanted.level.number(), unwritten);
        }
    }

    /// A rule refused a request.
    fn denied(&self, now: UnixMillis) {
        if let Some(unwritten) = self.denied.take(now) {
            tracing::info!(event = "denied", unwritten);
        }
    }

    /// A solution was redeemed, this many milliseconds after its challenge was issued.
    pub(crate) fn solved(&self, solved_in_ms: u64, fields: &Fields, now: UnixMillis) {
        self.metrics.solved(fields.kind, solved_in_ms);
        if let Some(unwritten) = self.solved.take(now) {
            let (kind, difficulty) = (kind_name(fields.kind), fields.difficulty().attempts());
            tracing::info!(event = "solved", kind, solved_in_ms, difficulty, unwritten);
        }
    }

    /// A client has used up its budget for now.
    fn over_budget(&self, now: UnixMillis) {
        if let Some(unwritten) = self.over_budget.take(now) {
            tracing::info!(event = "over-budget", unwritten);
        }
    }

    /// A request was sent away because its turn did not come.
    fn overloaded(&self, now: UnixMillis) {
        if let Some(unwritten) = self.overloaded.take(now) {
            tracing::info!(event = "overloaded", unwritten);
        }
    }

    /// A request with a good token went on to the origin.
    fn admitted(&self, now: UnixMillis) {
        if let Some(unwritten) = self.admitted.take(now) {
            tracing::debug!(event = "admitted", unwritten);
        }
    }

    /// A submission was refused.
    pub(crate) fn refused(&self, rejection: Rejection, now: UnixMillis) {
        self.metrics.refused.one(rejection.code());
        if let Some(unwritten) = self.refused.take(now) {
            tracing::info!(event = "refused", code = rejection.code(), reason = %rejection, unwritten);
        }
    }

    /// A server asked about a response and was told this code; `refusal` is why it was refused.
    pub(crate) fn siteverified(&self, code: &'static str, refusal: Option<&dyn std::fmt::Display>, now: UnixMillis) {
        self.metrics.siteverify.one(code);
        if let Some(unwritten) = self.siteverified.take(now) {
            let reason = refusal.map(|why| why.to_string()).unwrap_or_default();
            tracing::info!(event = "siteverified", code, reason, unwritten);
        }
    }

    /// The origin could not be reached, or not in time.
    pub(crate) fn origin_failed(&self, reason: &dyn std::fmt::Display, now: UnixMillis) {
        self.metrics.origin_failed.one();
        if let Some(unwritten) = self.origin_failed.take(now) {
            tracing::warn!(event = "origin-failed", reason = %reason, unwritten);
        }
    }
}

/// How many more lines of one kind may be written this second.
#[derive(Debug, Default)]
struct Allowance {
    second: AtomicU64,
    written: AtomicU64,
    unwritten: AtomicU64,
}

impl Allowance {
    /// `Some` when a line may be written, with how many were not since the last one. Approximate under contention,
    /// which is all a log needs.
    fn take(&self, now: UnixMillis) -> Option<u64> {
        let second = now.0 / 1000;
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.written.store(0, Ordering::Relaxed);
        }
        if self.written.fetch_add(1, Ordering::Relaxed) < LINES_PER_SECOND {
            return Some(self.unwritten.swap(0, Ordering::Relaxed));
        }
        self.unwritten.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_writes_a_bounded_number_of_lines_and_counts_the_rest() {
        let allowance = Allowance::default();
        let written = (0..1000).filter(|_| allowance.take(UnixMillis(5_000)).is_some()).count();
        assert_eq!(written, LINES_PER_SECOND as usize);
        assert_eq!(allowance.take(UnixMillis(6_000)), Some(1000 - LINES_PER_SECOND));
        assert_eq!(allowance.take(UnixMillis(6_001)), Some(0));
    }
}
