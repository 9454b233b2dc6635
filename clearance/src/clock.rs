//! The one place that reads the time, and the one leeway for differences between clocks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use portcullis_challenge::UnixMillis;

/// How far two of our own clocks may be apart. Tokens are accepted this long after `exp` and before `nbf`, a challenge
/// may be this far in the future, and a replay record outlives its challenge by as much.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time of day, which other machines share and which may step: for tokens.
    fn now(&self) -> UnixMillis;

    /// A time that only ever moves forward, near the time of day: for challenges, which never outlive the process.
    fn steady(&self) -> UnixMillis;
}

/// The operating system's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    started_at: UnixMillis,
}

impl SystemClock {
    /// Clocks whose steady time starts at the time of day.
    #[expect(clippy::disallowed_methods, reason = "this is where the time is read")]
    pub fn start() -> Self {
        Self { started: Instant::now(), started_at: time_of_day() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        time_of_day()
    }

    fn steady(&self) -> UnixMillis {
        UnixMillis(self.started_at.0.saturating_add(millis(self.started.elapsed())))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the time is read")]
fn time_of_day() -> UnixMillis {
    UnixMillis(millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

/// A clock that stands still until it is moved: for tests and simulations.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicU64,
    steady: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: UnixMillis) -> Self {
        Self { now: now.0.into(), steady: now.0.into() }
    }

    /// Steps the time of day, forward or back, as an administrator or a time server does.
    pub fn step_to(&self, now: UnixMillis) {
        self.now.store(now.0, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.now.fetch_add(millis(by), Ordering::SeqCst);
        self.steady.fetch_add(millis(by), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.load(Ordering::SeqCst))
    }

    fn steady(&self) -> UnixMillis {
        UnixMillis(self.steady.load(Ordering::SeqCst))
    }
}

/// `duration` in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
