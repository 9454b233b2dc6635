//! A bounded place for checks that take milliseconds: solutions of puzzles of kind 2.
//!
//! They run in threads of their own, half as many as there are cores, so that neither the async threads nor the cheap
//! puzzles wait for them. A submission that finds no room is told to come back, which the challenge page does by
//! itself. A network has at most [`MAX_OF_ONE_NETWORK`] checks in here at a time, so that a flood from one leaves room
//! for the others.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::verdict::Rejection;

use portcullis_clearance::network::NetworkPrefix;

/// Threads for checks, and the queue before them.
#[derive(Debug)]
pub(crate) struct HeavyChecks {
    threads: Arc<Semaphore>,
    places: Arc<Mutex<HashMap<NetworkPrefix, usize>>>,
}

/// There is no room for another check at the moment, for this network or at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeavyCheckError;

impl From<HeavyCheckError> for Rejection {
    fn from(_: HeavyCheckError) -> Self {
        Self::Unavailable
    }
}

impl HeavyChecks {
    /// A place with `threads` threads; at least one.
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(threads.max(1))), places: Arc::default() }
    }

    /// Half of this machine's cores: the other half keeps refusing junk and passing requests.
    pub(crate) fn for_this_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2))
    }

    /// Waits for a thread for a client of `network`.
    ///
    /// # Errors
    ///
    /// [`HeavyCheckError`].
    pub(crate) async fn enter(&self, network: NetworkPrefix) -> Result<Turn, HeavyCheckError> {
        let place = Place::take(&self.places, network).ok_or(HeavyCheckError)?;
        // Never closed, so waiting ends with a thread.
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| HeavyCheckError)?;
        Ok(Turn { _place: place, _thread: thread })
    }
}

/// A thread's turn, for as many checks as belong together. Over when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: Place,
    _thread: OwnedSemaphorePermit,
}

impl Turn {
    /// Runs a check on a thread. If the client goes away meanwhile, the check runs on and the turn lasts until then.
    ///
    /// # Errors
    ///
    /// [`HeavyCheckError`] where the check panicked, or this process is about to end.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        check: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, T), HeavyCheckError> {
        tokio::task::spawn_blocking(move || (self, check())).await.map_err(|_| HeavyCheckError)
    }
}

/// A place in the queue or at a thread, given up when dropped.
#[derive(Debug)]
struct Place {
    all: Arc<Mutex<HashMap<NetworkPrefix, usize>>>,
    network: NetworkPrefix,
}

impl Place {
    fn take(all: &Arc<Mutex<HashMap<NetworkPrefix, usize>>>, network: NetworkPrefix) -> Option<Self> {
        let mut places = all.lock();
        let taken: usize = places.values().sum();
        let of_network = places.entry(network).or_default();
        if taken >= MAX_PLACES || *of_network >= MAX_OF_ONE_NETWORK {
            if *of_network == 0 {
                places.remove(&network);
            }
            return None;
        }
        *of_network += 1;
        Some(Self { all: Arc::clone(all), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.all.lock();
        if let Some(of_network) = places.get_mut(&self.network) {
            *of_network -= 1;
            if *of_network == 0 {
                places.remove(&self.network);
            }
        }
    }
}

/// At the usual 1.5 milliseconds a check, the last one waits a fifth of a second.
const MAX_PLACES: usize = 128;
const MAX_OF_ONE_NETWORK: usize = 8;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::mpsc;

    use super::*;
    use portcullis_clearance::network::PrefixLengths;

    impl HeavyChecks {
        /// One check in a turn of its own.
        async fn run<T: Send + 'static>(
            &self,
            network: NetworkPrefix,
            check: impl FnOnce() -> T + Send + 'static,
        ) -> Result<T, HeavyCheckError> {
            self.enter(network).await?.run(check).await.map(|(_, checked)| checked)
        }
    }

    fn network(number: u8) -> NetworkPrefix {
        NetworkPrefix::of(IpAddr::V4(Ipv4Addr::new(10, 0, number, 1)), PrefixLengths::default())
    }

    #[tokio::test]
    async fn one_network_cannot_take_every_place_and_each_place_is_given_back() {
        let checks = Arc::new(HeavyChecks::new(1));
        let (go, wait) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let checks = Arc::clone(&checks);
            async move { checks.run(network(0), move || wait.recv().is_ok()).await }
        });
        let waiting: Vec<_> = (1..MAX_OF_ONE_NETWORK)
            .map(|_| {
                let checks = Arc::clone(&checks);
                tokio::spawn(async move { checks.run(network(0), || true).await })
            })
            .collect();
        while checks.places.lock().get(&network(0)) != Some(&MAX_OF_ONE_NETWORK) {
            tokio::task::yield_now().await;
        }
        assert_eq!(checks.run(network(0), || true).await, Err(HeavyCheckError));
        let other = tokio::spawn({
            let checks = Arc::clone(&checks);
            async move { checks.run(network(1), || true).await }
        });
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        assert_eq!(other.await.unwrap(), Ok(true));
        for check in waiting {
            assert_eq!(check.await.unwrap(), Ok(true));
        }
        assert!(checks.places.lock().is_empty());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_does_not_free_the_thread_its_check_runs_on() {
        let checks = Arc::new(HeavyChecks::new(1));
        let (started, running) = tokio::sync::oneshot::channel();
        let (go, wait) = mpsc::channel::<()>();
        let gone = tokio::spawn({
            let checks = Arc::clone(&checks);
            async move {
                let check = move || (started.send(()), wait.recv());
                checks.run(network(0), check).await.map(drop)
            }
        });
        running.await.unwrap();
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        assert_eq!(checks.threads.available_permits(), 0);
        go.send(()).unwrap();
        assert_eq!(checks.run(network(1), || true).await, Ok(true));
        // The thread may need a moment more to give its place back.
        while !checks.places.lock().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_full_place_takes_nobody_and_forgets_whom_it_refused() {
        let checks = HeavyChecks::new(1);
        let places: Vec<_> = (0..MAX_PLACES)
            .map(|number| Place::take(&checks.places, network(number as u8 / 4)).expect("there is room"))
            .collect();
        assert_eq!(checks.run(network(255), || true).await, Err(HeavyCheckError));
        assert!(!checks.places.lock().contains_key(&network(255)));
        drop(places);
        assert_eq!(checks.run(network(255), || true).await, Ok(true));
    }
}
