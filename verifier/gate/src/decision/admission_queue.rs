//! Requests that wait for their turn at the origin: the [`FairQueue`], with a channel to tell each of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use portcullis_challenge::UnixMillis;
use tokio::sync::oneshot::{self, Sender};

use portcullis_admission::pressure::{FairQueue, Turn};
use portcullis_clearance::clock::millis;

/// Waiting requests.
#[derive(Debug)]
pub struct AdmissionQueue {
    queue: Mutex<FairQueue<Sender<()>>>,
    /// The longest that any request waits, in milliseconds.
    patience: AtomicU64,
}

/// There was no room to wait, or no turn in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverloadError {
    /// When to come back.
    pub(crate) retry_after: Duration,
}

impl AdmissionQueue {
    /// An empty queue; no request will wait for longer than `patience`.
    pub(crate) fn new(reserve: f64, patience: Duration) -> Self {
        Self { queue: Mutex::new(FairQueue::new(reserve, MAX_WAITING)), patience: millis(patience).into() }
    }

    /// Takes other terms from now on; requests that wait already are not affected.
    pub(crate) fn set_terms(&self, reserve: f64, patience: Duration) {
        self.with(|queue| queue.set_reserve(reserve));
        self.patience.store(millis(patience), Ordering::Relaxed);
    }

    /// Waits for a turn, at `rate` reads a second.
    ///
    /// # Errors
    ///
    /// [`OverloadError`].
    pub(crate) async fn take(&self, turn: Turn, rate: f64, now: UnixMillis) -> Result<(), OverloadError> {
        let (sender, turn_comes) = oneshot::channel();
        if self.with(|queue| queue.join(turn, sender)).is_err() {
            return Err(OverloadError { retry_after: self.wait(rate) });
        }
        self.release(rate, now);
        let patience = Duration::from_millis(self.patience.load(Ordering::Relaxed));
        match tokio::time::timeout(patience, turn_comes).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(OverloadError { retry_after: self.wait(rate) }),
        }
    }

    /// Tells all requests whose turn has come.
    pub(crate) fn release(&self, rate: f64, now: UnixMillis) {
        let released = self.with(|queue| queue.release(rate, now, |ticket| !ticket.is_closed()));
        for ticket in released {
            // A client that goes away at this very moment loses a turn.
            let _ = ticket.send(());
        }
    }

    /// Forgets clients that have gone away.
    pub(crate) fn forget(&self) {
        self.with(|queue| queue.forget(|ticket| !ticket.is_closed()));
    }

    /// When to come back: by then every network that waits now has had a turn, up to a bound. How much each of them
    /// asks for does not make others wait longer.
    pub(crate) fn wait(&self, rate: f64) -> Duration {
        let seconds = self.with(|queue| queue.round(rate)).ceil();
        Duration::from_secs_f64(seconds.clamp(SOONEST, LATEST))
    }

    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        self.with(|queue| queue.len())
    }

    fn with<T>(&self, act: impl FnOnce(&mut FairQueue<Sender<()>>) -> T) -> T {
        act(&mut self.queue.lock())
    }
}

/// Requests that may wait at once, of all networks.
const MAX_WAITING: usize = 10_000;
/// Seconds after which to come back.
const SOONEST: f64 = 2.0;
const LATEST: f64 = 30.0;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};

    fn turn() -> Turn {
        let network = NetworkPrefix::of([203, 0, 113, 9].into(), PrefixLengths::default());
        Turn { network, returning: false, cost: 1 }
    }

    /// Only a request that waits lets the time pass here.
    #[tokio::test(start_paused = true)]
    async fn a_turn_comes_or_the_request_is_told_when_to_come_back() {
        let turns = Arc::new(AdmissionQueue::new(0.5, Duration::from_millis(50)));
        let too_soon = OverloadError { retry_after: Duration::from_secs(2) };
        turns.release(0.0, UnixMillis(1_000));
        assert_eq!(turns.take(turn(), 0.0, UnixMillis(1_000)).await, Err(too_soon));
        let waits = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.take(turn(), 1.0, UnixMillis(1_000)).await }
        });
        while turns.waiting() < 2 {
            tokio::task::yield_now().await;
        }
        turns.release(100.0, UnixMillis(1_100));
        assert_eq!(waits.await.unwrap(), Ok(()));
        assert_eq!(turns.waiting(), 0, "who went away is passed over");
    }
}
