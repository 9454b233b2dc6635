//! Good bots: which one a request was verified to come from. A user agent alone proves nothing; any of these does:
//!
//! 1. the address is in a range that the bot's operator publishes;
//! 2. one of its signatures is by a key of the bot's (`signature`);
//! 3. the address has a name in the bot's domains that leads back to it, as `lookups` found out before.
//!
//! Answers come at once. If the Domain Name System has to be asked, the answer is "not verified", the question is
//! queued, and a later request finds the result: a slow or silent name server delays no request.
//!
//! # How a request is handled
//!
//! 1. [`Bots::verified`] is asked about a [`BotRequest`].
//! 2. `signature` reads the signature that the request shows, and what it must have signed.
//! 3. `lookups` knows what was looked up, and queues what was not; [`look_up`] works through the queue, and `resolve`
//!    follows names there and back, with `stub`, which asks the name servers. `outcomes` counts the results.
//!
//! # Bounds
//!
//! A client that does not claim to be a bot is never looked up. A network's signatures are verified until it has shown
//! a certain number of bad ones. Everything is kept in tables of fixed size.

mod lookups;
mod outcomes;
mod request;
mod resolve;
mod signature;
mod stub;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use portcullis_admission::NetworkQuota;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::Clock;
use portcullis_policy::{Bot, Policy};
use tokio::task::JoinSet;

use self::lookups::{Lookups, Question};
pub use self::request::BotRequest;
use self::signature::RequestSignature;

/// What is known about bots. Outlives the policy that names them.
#[derive(Debug)]
pub struct Bots {
    lookups: Lookups,
    /// How many bad signatures each network may show.
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
    /// The policy's bot that a request was verified to come from. Never waits.
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

    /// Counts a request as its bot's, whether it goes on or not.
    pub fn count(&self, bot: Verified<'_>) {
        let of = (bot.name.to_owned(), bot.proof);
        let mut counts = self.counts();
        if counts.len() < MOST_COUNTS || counts.contains_key(&of) {
            *counts.entry(of).or_default() += 1;
        }
    }

    /// The bot whose key a request is signed with. Expensive steps come last, and are limited.
    fn signer<'p>(&self, bots: &'p [Bot], request: &BotRequest<'_>) -> Option<&'p Bot> {
        if bots.iter().all(|bot| bot.keys().is_empty()) {
            return None;
        }
        let shown = RequestSignature::read(request.headers)?;
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

    /// Frees the memory of networks that have shown no bad signature lately.
    pub fn forget(&self, steady: UnixMillis) {
        self.bad_signatures.forget(steady);
    }

    /// How many requests came from each bot, by what proved it.
    pub fn seen(&self) -> Vec<(String, &'static str, u64)> {
        let counts = self.counts();
        counts.iter().map(|((bot, proof), count)| (bot.clone(), proof.name(), *count)).collect()
    }

    /// Lookups, by outcome.
    pub fn lookups(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.lookups.outcomes().values()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, Proof), u64>> {
        self.counts.lock()
    }
}

/// Looks up clients that claim to be bots, this many at a time. Runs until it is dropped.
pub async fn look_up(bots: &Arc<Bots>, clock: &Arc<dyn Clock>) {
    let mut workers = JoinSet::new();
    loop {
        while workers.len() < lookups::WORKERS {
            let (bots, clock) = (Arc::clone(bots), Arc::clone(clock));
            workers.spawn(async move { bots.lookups.work(clock.as_ref()).await });
        }
        // None of them ends, except by a panic, which has been logged: another takes its place.
        let _ = workers.join_next().await;
    }
}

/// This many at once, then one in ten seconds: at most a quarter of a core, even if every network that fits does so.
const BAD_SIGNATURES: u32 = 8;
const BAD_SIGNATURES_PERIOD: Duration = Duration::from_secs(80);
/// Three proofs for each bot, of several policies one after another.
const MOST_COUNTS: usize = 3000;
