//! Good bots: which one a request was verified to come from. A user agent alone proves nothing; any of these does:
//!
//! 1. the address is in a range that the bot's operator publishes;
//! 2. one of its signatures is by a key of the bot's (`signature`);
//! 3. the address has a name in the bot's domains that leads back to it, as `lookups` found out before.
//!
//! Answers come at once. Where the Domain Name System has to be asked, the answer is "not verified", the question is queued,
//! and a later request finds what came of it: nothing that a name server does or leaves undone delays a request.
//!
//! # A request's walk
//!
//! 1. [`Bots::verified`] is asked about a [`BotRequest`].
//! 2. `signature` reads the signature that it shows, and what that has to be the signature of.
//! 3. `lookups` knows what was looked up, and queues what was not; [`look_up`] works the queue off, and `resolve` asks the
//!    name servers. `outcomes` counts what came of it.
//!
//! # Bounds
//!
//! Who does not say to be a bot is never looked up. Signatures are verified for a network until a bounded number of its own
//! were bad. What is kept is in tables of fixed size.

mod lookups;
mod outcomes;
mod request;
mod resolve;
mod signature;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portcullis_admission::NetworkQuota;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::Clock;
use portcullis_policy::{Bot, Policy};
use tokio::task::JoinSet;

use self::lookups::{Lookups, Question};
pub use self::request::BotRequest;
use self::signature::Shown;

/// What is known of bots. Outlives the policy that names them.
#[derive(Debug)]
pub struct Bots {
    lookups: Lookups,
    /// What each network may show of bad signatures.
    bad_signatures: NetworkQuota,
    counts: Mutex<BTreeMap<(String, Proof), u64>>,
}

/// A bot, and what proved that a request comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'p> {
    /// The bot's name in the policy.
    pub name: &'p str,
    proof: Proof,
}

/// What proved that a request comes from a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Its address is in a range of the bot's.
    Network,
    /// It is signed with a key of the bot's.
    Signature,
    /// Its address has a name in the bot's domains.
    Dns,
}

impl Proof {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
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
    pub fn verified<'p>(&self, policy: &'p Policy, request: &BotRequest<'_>) -> Option<Verified<'p>> {
        let bots = policy.bots();
        let claimed = || bots.iter().filter(|bot| bot.is_claimed(request.headers));
        let by = |proof| move |bot: &'p Bot| Verified { name: &bot.name, proof };
        if let Some(bot) = claimed().find(|bot| bot.has(request.address)) {
            return Some(by(Proof::Network)(bot));
        }
        if let Some(bot) = self.signer(bots, request) {
            return Some(by(Proof::Signature)(bot));
        }
        let named = claimed().find(|bot| {
            let question = bot.domains().map(|domains| Question::new(request.address, Arc::clone(domains)));
            question.is_some_and(|question| self.lookups.ask(question, policy.dns_resolver(), request.steady))
        });
        named.map(by(Proof::Dns))
    }

    /// Counts a request that goes on or not as its bot's.
    pub fn count(&self, bot: Verified<'_>) {
        let of = (bot.name.to_owned(), bot.proof);
        let mut counts = self.counts();
        if counts.len() < MOST_COUNTS || counts.contains_key(&of) {
            *counts.entry(of).or_default() += 1;
        }
    }

    /// Whose key a request is signed with. What costs something comes last, and is bounded.
    fn signer<'p>(&self, bots: &'p [Bot], request: &BotRequest<'_>) -> Option<&'p Bot> {
        if bots.iter().all(|bot| bot.keys().is_empty()) {
            return None;
        }
        let shown = Shown::read(request.headers)?;
        let bot = bots.iter().find(|bot| bot.keys().has(shown.key()))?;
        let message = shown.message(request)?;
        if !self.bad_signatures.has(request.network, request.steady) {
            return None;
        }
        if bot.keys().signed(shown.key(), message.as_bytes(), shown.signature()) {
            return Some(bot);
        }
        self.bad_signatures.take(request.network, request.steady);
        None
    }

    /// Gives back the memory of networks that have shown no bad signature of late.
    pub fn forget(&self, steady: UnixMillis) {
        self.bad_signatures.forget(steady);
    }

    /// How many requests came from each bot, by what proved it.
    pub fn seen(&self) -> Vec<(String, &'static str, u64)> {
        let counts = self.counts();
        counts.iter().map(|((bot, proof), count)| (bot.clone(), proof.name(), *count)).collect()
    }

    /// Lookups, by what came of them.
    pub fn lookups(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.lookups.outcomes().values()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, Proof), u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks up who says to be a bot, so many at a time. Runs until it is dropped.
pub async fn look_up(bots: &Arc<Bots>, clock: &Arc<dyn Clock>) {
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
