//! What the controller sees: one second of the site, measured at the gate.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use portcullis_clearance::clock::millis;

/// One interval of the site, as rates per second. All but `in_flight` count what happened within the interval.
/// Requests for the origin are counted in *reads*: a page counts once, and whatever costs the origin as much as several
/// pages counts as that many, so that the origin's rate means the same whatever it is asked for.
/// as often as that, so that the origin's rate means the same whatever is asked of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Requests for the origin from clients that showed nothing.
    pub asked_new: f64,
    /// Requests for the origin from clients that showed a standing token and no clearance.
    pub asked_returning: f64,
    /// Requests for the origin from clients that showed a clearance token: verified work. And those that a rule allows.
    pub asked_cleared: f64,
    /// Requests that went on to the origin.
    pub passed: f64,
    /// Requests that the origin answered without an error of its own.
    pub answered: f64,
    /// Requests that the origin answered with an error of its own, or not at all.
    pub failed: f64,
    /// How long 95 % of the answers took to begin. Zero where nothing was answered, or gateways pass on.
    pub latency: Duration,
    /// Requests that the origin has not begun to answer, at the end of the interval.
    pub in_flight: u32,
    /// Challenges issued.
    pub issued: f64,
    /// Solutions verified.
    pub solved: f64,
    /// Requests that were sent away because their turn did not come in time.
    pub overloaded: f64,
}

impl Sample {
    /// All requests for the origin, whatever their verdict.
    pub fn asked(&self) -> f64 {
        self.asked_new + self.asked_returning + self.asked_cleared
    }
}

/// Counts events until the next sample is taken. Any number of threads may count.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pub(super) asked_new: Count,
    pub(super) asked_returning: Count,
    pub(super) asked_cleared: Count,
    pub(super) passed: Count,
    pub(super) answered: Count,
    pub(super) failed: Count,
    pub(super) issued: Count,
    pub(super) solved: Count,
    pub(super) overloaded: Count,
    pub(super) in_flight: AtomicU32,
    latencies: Latencies,
}

/// Events since the last sample.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, count: u32) {
        self.0.fetch_add(u64::from(count), Ordering::Relaxed);
    }

    fn take(&self, seconds: f64) -> f64 {
        self.0.swap(0, Ordering::Relaxed) as f64 / seconds
    }
}

impl Meter {
    /// The origin began to answer after this long.
    pub(super) fn answered_after(&self, latency: Duration) {
        self.latencies.count(latency);
    }

    /// What was counted since the last time, `seconds` ago.
    pub(super) fn take(&self, seconds: f64) -> Sample {
        Sample {
            asked_new: self.asked_new.take(seconds),
            asked_returning: self.asked_returning.take(seconds),
            asked_cleared: self.asked_cleared.take(seconds),
            passed: self.passed.take(seconds),
            answered: self.answered.take(seconds),
            failed: self.failed.take(seconds),
            latency: self.latencies.take(0.95),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            issued: self.issued.take(seconds),
            solved: self.solved.take(seconds),
            overloaded: self.overloaded.take(seconds),
        }
    }
}

/// A histogram in steps of a quarter of a power of two, from 1 ms to beyond a minute.
#[derive(Debug)]
struct Latencies([AtomicU32; STEPS]);

impl Default for Latencies {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl Latencies {
    fn count(&self, latency: Duration) {
        let step = (millis(latency).max(1) as f64).log2() * STEPS_AN_OCTAVE;
        self.0[(step.ceil() as usize).min(STEPS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    /// The upper end of the step that `part` of all lie below or in; forgets them.
    fn take(&self, part: f64) -> Duration {
        let counts = self.0.each_ref().map(|count| count.swap(0, Ordering::Relaxed));
        let all: u32 = counts.iter().sum();
        if all == 0 {
            return Duration::ZERO;
        }
        let wanted = (f64::from(all) * part).ceil() as u32;
        let mut below = 0;
        let reached = counts.iter().position(|count| {
            below += count;
            below >= wanted
        });
        Duration::from_secs_f64((reached.unwrap_or(STEPS - 1) as f64 / STEPS_AN_OCTAVE).exp2() / 1000.0)
    }
}

const STEPS: usize = 72;
const STEPS_AN_OCTAVE: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_rates_and_begins_anew() {
        let meter = Meter::default();
        for _ in 0..30 {
            meter.asked_new.add(1);
        }
        let sample = meter.take(2.0);
        assert_eq!((sample.asked_new, sample.asked()), (15.0, 15.0));
        assert_eq!(meter.take(1.0), Sample::default());
    }

    #[test]
    fn the_slow_twentieth_decides_and_is_known_to_a_fifth() {
        let latencies = Latencies::default();
        for _ in 0..95 {
            latencies.count(Duration::from_millis(10));
        }
        for _ in 0..5 {
            latencies.count(Duration::from_secs(3600));
        }
        let latency = latencies.take(0.95);
        assert!((10.0..=12.0).contains(&(latency.as_secs_f64() * 1000.0)), "{latency:?}");
        assert_eq!(latencies.take(0.95), Duration::ZERO);
    }
}
