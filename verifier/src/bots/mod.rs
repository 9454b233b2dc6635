//! Which good bot a request was verified to come from. A user agent alone proves nothing; any of these does:
//!
//! 1. the address is in a range that the bot's operator publishes;
//! 2. one of its [`signature`]s is by a key of the bot's;
//! 3. the address has a name in the bot's domains that leads back to it, as [`lookups`] found out before.
//!
//! Answers come at once. Where the Domain Name System has to be asked, the answer is "not verified", the question is queued,
//! and a later request finds what came of it: nothing that a name server does or leaves undone delays a request.
//!
//! # Bounds
//!
//! Who does not say to be a bot is never looked up. Signatures are verified for a network until so many of its own were
//! bad. What is kept is in tables of fixed size.

mod lookups;
mod resolve;
mod signature;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Method};
use portcullis_challenge::UnixMillis;
use tokio::task::JoinSet;

use self::lookups::{Lookups, Question};
use self::signature::Shown;
use crate::clock::Clock;
use crate::network::NetworkPrefix;
use crate::network_quota::NetworkQuota;
use crate::policy::{Bot, Policy};

/// What is known of bots. Outlives the policy that names them.
#[derive(Debug)]
pub(crate) struct Bots {
    lookups: Lookups,
    /// What each network may show of bad signatures.
    bad_signatures: NetworkQuota,
    counts: Mutex<BTreeMap<(String, Proof), u64>>,
}

/// A request that may come from a bot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    /// Path and query, as the client sent them; `None` for a look at the client alone.
    pub(crate) target: Option<&'a str>,
    /// Lower-case, no port.
    pub(crate) host: &'a str,
    /// The client's own.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) address: IpAddr,
    pub(crate) network: NetworkPrefix,
    /// The time of day.
    pub(crate) now: UnixMillis,
    /// A time that does not step.
    pub(crate) steady: UnixMillis,
}

/// A bot, and what proved that a request comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verified<'p> {
    pub(crate) name: &'p str,
    proof: Proof,
}

/// What proved that a request comes from a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Proof {
    Network,
    Signature,
    Dns,
}

impl Proof {
    /// Its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Signature => "signature",
            Self::Dns => "dns",
        }
    }
}

impl Default for Bots {
    fn default() -> Self {
        Self {
            lookups: Lookups::default(),
            bad_signatures: NetworkQuota::new(BAD_SIGNATURES, BAD_SIGNATURES_PERIOD),
            counts: Mutex::default(),
        }
    }
}

impl Bots {
    /// The bot of a policy's that a request was verified to come from. Never waits.
    pub(crate) fn verified<'p>(&self, policy: &'p Policy, asked: &Asked<'_>) -> Option<Verified<'p>> {
        let bots = policy.bots();
        let claimed = || bots.iter().filter(|bot| bot.is_claimed(asked.headers));
        let by = |proof| move |bot: &'p Bot| Verified { name: &bot.name, proof };
        if let Some(bot) = claimed().find(|bot| bot.has(asked.address)) {
            return Some(by(Proof::Network)(bot));
        }
        if let Some(bot) = self.signer(bots, asked) {
            return Some(by(Proof::Signature)(bot));
        }
        let named = claimed().find(|bot| {
            let question = bot.domains().map(|domains| Question::new(asked.address, Arc::clone(domains)));
            question.is_some_and(|question| self.lookups.ask(question, policy.dns_resolver(), asked.steady))
        });
        named.map(by(Proof::Dns))
    }

    /// Counts a request that goes on or not as its bot's.
    pub(crate) fn count(&self, bot: Verified<'_>) {
        let of = (bot.name.to_owned(), bot.proof);
        let mut counts = self.counts();
        if counts.len() < MOST_COUNTS || counts.contains_key(&of) {
            *counts.entry(of).or_default() += 1;
        }
    }

    /// Whose key a request is signed with. What costs something comes last, and is bounded.
    fn signer<'p>(&self, bots: &'p [Bot], asked: &Asked<'_>) -> Option<&'p Bot> {
        if bots.iter().all(|bot| bot.keys().is_empty()) {
            return None;
        }
        let shown = Shown::read(asked.headers)?;
        let bot = bots.iter().find(|bot| bot.keys().has(shown.key()))?;
        let message = shown.message(asked)?;
        if !self.bad_signatures.has(asked.network, asked.steady) {
            return None;
        }
        if bot.keys().signed(shown.key(), message.as_bytes(), shown.signature()) {
            return Some(bot);
        }
        self.bad_signatures.take(asked.network, asked.steady);
        None
    }

    /// Gives back the memory of networks that have shown no bad signature of late.
    pub(crate) fn forget(&self, steady: UnixMillis) {
        self.bad_signatures.forget(steady);
    }

    /// How many requests came from each bot, by what proved it.
    pub(crate) fn seen(&self) -> Vec<(String, &'static str, u64)> {
        let counts = self.counts();
        counts.iter().map(|((bot, proof), count)| (bot.clone(), proof.name(), *count)).collect()
    }

    /// Lookups, by what came of them.
    pub(crate) fn lookups(&self) -> &crate::observe::Tally<4> {
        self.lookups.outcomes()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, Proof), u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks up who says to be a bot, so many at a time. Runs until it is dropped.
pub(crate) async fn look_up(bots: &Arc<Bots>, clock: &Arc<dyn Clock>) {
    let mut workers = JoinSet::new();
    loop {
        while workers.len() < lookups::WORKERS {
            let (bots, clock) = (Arc::clone(bots), Arc::clone(clock));
            workers.spawn(async move { bots.lookups.work(clock.as_ref()).await });
        }
        // None ends, but for a panic, which has been logged: another takes its place.
        let _ = workers.join_next().await;
    }
}

/// So many at once, then one in ten seconds: at most a quarter of a core, should every network there is room for do so.
const BAD_SIGNATURES: u32 = 8;
const BAD_SIGNATURES_PERIOD: Duration = Duration::from_secs(80);
/// Three proofs for each bot, of several policies after another.
const MOST_COUNTS: usize = 3000;
