//! Questions to the Domain Name System: what is known already, and the queue of what is not.
//!
//! Everything is bounded: the queue, each network's part of it and how much of that is asked at a time, the number of
//! lookups at a time, the time of each, and what is remembered. Networks take turns, so no network can keep others
//! waiting. Verified and refused addresses are remembered separately: no number of liars makes the verifier forget a
//! bot.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::{Clock, millis};
use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};
use portcullis_policy::Domains;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use crate::outcomes::{Outcome, Outcomes};
use crate::resolve::{Found, Resolvers};

/// Whether an address has a name in some domains that leads back to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) address: IpAddr,
    pub(crate) domains: Arc<Domains>,
}

impl Question {
    pub(crate) fn new(address: IpAddr, domains: Arc<Domains>) -> Self {
        Self { address: address.to_canonical(), domains }
    }

    /// The network whose share of the queue it uses.
    fn network(&self) -> NetworkPrefix {
        NetworkPrefix::of(self.address, SHARING)
    }
}

/// What is known, and what is being asked.
pub(crate) struct Lookups {
    /// Until when each was verified.
    verified: Cache<Question, UnixMillis>,
    /// Until when each is not asked about again.
    refused: Cache<Question, UnixMillis>,
    queue: Mutex<Queue>,
    more: Notify,
    resolvers: Resolvers,
    outcomes: Outcomes,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            verified: Cache::new(MOST_VERIFIED),
            refused: Cache::new(MOST_REFUSED),
            queue: Mutex::default(),
            more: Notify::new(),
            resolvers: Resolvers::default(),
            outcomes: Outcomes::default(),
        }
    }
}

impl fmt::Debug for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookups").field("verified", &self.verified.len()).finish_non_exhaustive()
    }
}

impl Lookups {
    /// Whether the answer is known to be yes. If it is not known, or soon no longer will be, it is looked up for later
    /// requests.
    pub(crate) fn ask(&self, question: Question, resolver: Option<SocketAddr>, now: UnixMillis) -> bool {
        let left = |until: UnixMillis| until.0.saturating_sub(now.0);
        let verified = self.verified.get(&question).map_or(0, left);
        let is_due = verified < millis(RENEWED) && self.refused.get(&question).map_or(0, left) == 0;
        if is_due {
            match self.queue().push(Job { question, resolver }) {
                Pushed::Queued => self.more.notify_one(),
                Pushed::Already => {}
                Pushed::NoRoom => self.outcomes.count(Outcome::NoRoom),
            }
        }
        verified > 0
    }

    /// Looks up what is queued, one after another. Runs until it is dropped.
    pub(crate) async fn work(&self, clock: &dyn Clock) {
        loop {
            let Job { question, resolver } = self.next().await;
            let running = Running { lookups: self, question };
            let question = &running.question;
            let found = self.resolvers.look_up(resolver, question.address, &question.domains).await;
            self.learn(question, found, clock.steady());
        }
    }

    async fn next(&self) -> Job {
        loop {
            let more = self.more.notified();
            if let Some(job) = self.queue().take() {
                return job;
            }
            more.await;
        }
    }

    fn learn(&self, question: &Question, found: Found, now: UnixMillis) {
        let until = |time: Duration| UnixMillis(now.0.saturating_add(millis(time)));
        match found {
            Found::Verified => {
                self.outcomes.count(Outcome::Verified);
                self.verified.insert(question.clone(), until(VERIFIED_FOR));
            }
            Found::Refused => {
                self.outcomes.count(Outcome::Refused);
                self.verified.remove(question);
                self.refused.insert(question.clone(), until(REFUSED_FOR));
            }
            // An address that was verified before stays verified for its time.
            Found::Failed => {
                self.outcomes.count(Outcome::Failed);
                self.refused.insert(question.clone(), until(FAILED_FOR));
            }
        }
    }

    pub(crate) fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }
}

/// A question that is being asked. It gives its place back when it is dropped, however its lookup ended.
struct Running<'a> {
    lookups: &'a Lookups,
    question: Question,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.lookups.queue().done(&self.question) {
            self.lookups.more.notify_one();
        }
    }
}

#[derive(Debug)]
struct Job {
    question: Question,
    resolver: Option<SocketAddr>,
}

/// Questions that wait, and those that are being asked.
#[derive(Debug, Default)]
struct Queue {
    /// The networks whose turn it is, each once.
    turns: VecDeque<NetworkPrefix>,
    shares: HashMap<NetworkPrefix, Share>,
    /// All that wait or run.
    asked: HashSet<Question>,
}

/// What one network has in the queue.
#[derive(Debug, Default)]
struct Share {
    waiting: VecDeque<Job>,
    running: usize,
    has_turn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pushed {
    Queued,
    Already,
    NoRoom,
}

impl Queue {
    fn push(&mut self, job: Job) -> Pushed {
        if self.asked.contains(&job.question) {
            return Pushed::Already;
        }
        let network = job.question.network();
        let taken = self.shares.get(&network).map_or(0, |share| share.waiting.len() + share.running);
        if self.asked.len() >= MOST_ASKED || taken >= MOST_ASKED_OF_NETWORK {
            return Pushed::NoRoom;
        }
        self.asked.insert(job.question.clone());
        self.shares.entry(network).or_default().waiting.push_back(job);
        self.give_turn(network);
        Pushed::Queued
    }

    fn take(&mut self) -> Option<Job> {
        let network = self.turns.pop_front()?;
        let share = self.shares.get_mut(&network)?;
        share.has_turn = false;
        let job = share.waiting.pop_front()?;
        share.running += 1;
        self.give_turn(network);
        Some(job)
    }

    /// Whether its network has a turn now.
    fn done(&mut self, question: &Question) -> bool {
        self.asked.remove(question);
        let network = question.network();
        let Some(share) = self.shares.get_mut(&network) else { return false };
        share.running = share.running.saturating_sub(1);
        if share.running == 0 && share.waiting.is_empty() {
            self.shares.remove(&network);
        }
        self.give_turn(network)
    }

    fn give_turn(&mut self, network: NetworkPrefix) -> bool {
        let Some(share) = self.shares.get_mut(&network) else { return false };
        if !share.has_turn && !share.waiting.is_empty() && share.running < MOST_RUNNING_OF_NETWORK {
            share.has_turn = true;
            self.turns.push_back(network);
        }
        share.has_turn
    }
}

/// Lookups at a time.
pub(crate) const WORKERS: usize = 8;
/// Questions that wait or run.
const MOST_ASKED: usize = 1024;
/// Of one network, that wait or run.
const MOST_ASKED_OF_NETWORK: usize = 8;
/// Of one network, at a time: a slow name server keeps a quarter of the workers.
const MOST_RUNNING_OF_NETWORK: usize = 2;
/// What counts as one network here: IPv6 is handed out by the /32.
const SHARING: PrefixLengths = PrefixLengths { v4: 24, v6: 32 };
/// Addresses of bots in use at a time; some 100 bytes each.
const MOST_VERIFIED: usize = 1 << 14;
/// Addresses of liars; the rest is looked up again.
const MOST_REFUSED: usize = 1 << 16;
const VERIFIED_FOR: Duration = Duration::from_secs(3600);
/// The last part of that time, in which a bot that comes is looked up again.
const RENEWED: Duration = Duration::from_secs(600);
const REFUSED_FOR: Duration = Duration::from_secs(600);
const FAILED_FOR: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
