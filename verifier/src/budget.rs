//! What a token has been used for: so many requests of a class at once, and one more every so often.
//!
//! Each token and class has one number, the time at which it will be as good as unused (the generic cell rate algorithm
//! of ATM, I.371). A number in the past is not worth keeping, so what is remembered is what is in use. Tokens are named by
//! 64 bits of the random name that the verifier itself gave them, so ten thousand clients with one token share one
//! number, in whichever network they are.
//!
//! A token over its budget can be topped up: for a share of the work of a new one it gets that share of its budget
//! back, a bounded number of times.
//!
//! # Bounds
//!
//! A full ledger takes no token it does not know: the request is over its budget. Every entry stands for a token, and
//! every clearance token for work. Standing tokens and allowed networks cost none, so theirs take no more than half of the
//! room.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::TokenId;

use crate::admission::Purpose;
use crate::clock::millis;
use crate::config::{Allowance, BudgetClass};
use crate::network::NetworkPrefix;
use crate::target::Target;

/// The ledger of all tokens.
#[derive(Debug)]
pub struct Ledger {
    classes: Vec<BudgetClass>,
    standing: Allowance,
    shards: [Mutex<Shard>; SHARDS],
    entries: AtomicUsize,
    capacity: usize,
    /// Names what networks are allowed, so that none can be chosen to share a number.
    names: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    /// By token and class, when the token is as good as unused in that class.
    unused_at: HashMap<(u64, u8), UnixMillis>,
    /// By token, how often it was topped up, and when it expires.
    top_ups: HashMap<u64, (u8, UnixMillis)>,
}

/// The class a request counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

impl Class {
    /// All that a standing token admits, whatever is asked for.
    pub const STANDING: Self = Self(u8::MAX);
    /// All that a rule allows a network.
    const ALLOWED: Self = Self(u8::MAX - 1);
}

impl Ledger {
    /// A ledger of at most `capacity` entries, for clearance tokens by class, and for standing tokens.
    pub fn new(classes: Vec<BudgetClass>, standing: Allowance, capacity: usize) -> Self {
        Self {
            classes,
            standing,
            shards: std::array::from_fn(|_| Mutex::default()),
            entries: AtomicUsize::new(0),
            capacity,
            names: RandomState::new(),
        }
    }

    /// The first class that a request belongs to, if any.
    pub fn class(&self, method: &http::Method, target: &str) -> Option<Class> {
        let target = Target::of(target);
        let found = self.classes.iter().position(|class| class.claims(method, &target))?;
        // Configuration allows a few dozen.
        u8::try_from(found).ok().map(Class)
    }

    /// Counts a request against its token, which has a `share` of its budget.
    ///
    /// # Errors
    ///
    /// How long until the token admits one more; nothing is counted then.
    pub fn spend(&self, token: TokenId, class: Class, share: f64, now: UnixMillis) -> Result<(), Duration> {
        let (name, allowance) = (name(token), self.allowance(class).share(share));
        let mut shard = self.shard(name);
        let known = shard.unused_at.contains_key(&(name, class.0));
        let next = allowance.spent(shard.unused_at(name, class), now)?;
        if !known {
            self.make_room(if class == Class::STANDING { self.capacity / 2 } else { self.capacity })?;
        }
        shard.unused_at.insert((name, class.0), next);
        Ok(())
    }

    /// Whether a request would be over its token's budget, and for how long.
    ///
    /// # Errors
    ///
    /// As for [`spend`](Self::spend).
    pub fn look(&self, token: TokenId, class: Class, share: f64, now: UnixMillis) -> Result<(), Duration> {
        let name = name(token);
        let unused_at = self.shard(name).unused_at(name, class);
        self.allowance(class).share(share).spent(unused_at, now).map(|_| ())
    }

    /// Counts a request that a rule allows a network, or only looks whether it would be within what the rule allows. Takes
    /// no more room than standing tokens do.
    ///
    /// # Errors
    ///
    /// As for [`spend`](Self::spend).
    pub fn spend_allowed(
        &self,
        (network, rule): (NetworkPrefix, &str),
        allowance: Allowance,
        purpose: Purpose,
        now: UnixMillis,
    ) -> Result<(), Duration> {
        let name = self.names.hash_one((network, rule));
        let key = (name, Class::ALLOWED.0);
        let mut shard = self.shard(name);
        let known = shard.unused_at.get(&key).copied();
        let next = allowance.spent(known.unwrap_or(UnixMillis(0)), now)?;
        if purpose == Purpose::Look {
            return Ok(());
        }
        if known.is_none() {
            self.make_room(self.capacity / 2)?;
        }
        shard.unused_at.insert(key, next);
        Ok(())
    }

    /// How often a token was topped up.
    pub fn top_ups(&self, token: TokenId) -> u8 {
        let name = name(token);
        self.shard(name).top_ups.get(&name).map_or(0, |(count, _)| *count)
    }

    /// Gives a token that expires at `expires_at` the `share` of its budget back, in every class; at most `most` times.
    /// Whether it did.
    pub fn top_up(&self, token: TokenId, expires_at: UnixMillis, share: f64, most: u8) -> bool {
        let name = name(token);
        let mut shard = self.shard(name);
        let before = shard.top_ups.get(&name).map_or(0, |(count, _)| *count);
        if before >= most || (before == 0 && self.make_room(self.capacity).is_err()) {
            return false;
        }
        shard.top_ups.insert(name, (before + 1, expires_at));
        for (index, class) in self.classes.iter().enumerate() {
            if let Some(unused_at) = shard.unused_at.get_mut(&(name, index as u8)) {
                unused_at.0 = unused_at.0.saturating_sub(millis(class.allowance.part(share)));
            }
        }
        true
    }

    /// How many entries are held, and how many may be.
    pub fn fill(&self) -> (usize, usize) {
        (self.entries.load(Ordering::Relaxed), self.capacity)
    }

    /// Gives back the memory of what is as good as unused at `now`, and of tokens that have expired by `time_of_day`.
    pub fn forget(&self, now: UnixMillis, time_of_day: UnixMillis) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let before = shard.len();
            shard.unused_at.retain(|_, unused_at| *unused_at > now);
            shard.top_ups.retain(|_, (_, expires_at)| *expires_at > time_of_day);
            if shard.unused_at.capacity() > 4 * shard.unused_at.len() {
                shard.unused_at.shrink_to_fit();
            }
            self.entries.fetch_sub(before - shard.len(), Ordering::Relaxed);
        }
    }

    fn allowance(&self, class: Class) -> Allowance {
        // The one class beyond those that are configured.
        self.classes.get(usize::from(class.0)).map_or(self.standing, |class| class.allowance)
    }

    fn make_room(&self, within: usize) -> Result<(), Duration> {
        let free = |entries| (entries < within).then_some(entries + 1);
        self.entries.try_update(Ordering::Relaxed, Ordering::Relaxed, free).map(|_| ()).map_err(|_| WHEN_FULL)
    }

    fn shard(&self, name: u64) -> MutexGuard<'_, Shard> {
        // A panic elsewhere leaves a shard whole: each change of it is one insertion.
        self.shards[(name % SHARDS as u64) as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn unused_at(&self, name: u64, class: Class) -> UnixMillis {
        self.unused_at.get(&(name, class.0)).copied().unwrap_or(UnixMillis(0))
    }

    fn len(&self) -> usize {
        self.unused_at.len() + self.top_ups.len()
    }
}

impl Allowance {
    /// When a token is as good as unused, after one more request at `now`.
    pub(crate) fn spent(self, unused_at: UnixMillis, now: UnixMillis) -> Result<UnixMillis, Duration> {
        let refill = millis(self.refill);
        let next = unused_at.0.max(now.0).saturating_add(refill);
        let latest = now.0.saturating_add(refill.saturating_mul(u64::from(self.requests)));
        match next.checked_sub(latest) {
            Some(over) if over > 0 => Err(Duration::from_millis(over)),
            _ => Ok(UnixMillis(next)),
        }
    }

    /// A share of it at once, at least one request, and one more as often.
    fn share(self, share: f64) -> Self {
        Self { requests: (f64::from(self.requests) * share).ceil().max(1.0) as u32, ..self }
    }

    /// The time that a share of the requests, at least one, takes to come back.
    fn part(self, share: f64) -> Duration {
        self.refill.saturating_mul(self.share(share).requests)
    }
}

/// Half of a token's random name.
fn name(token: TokenId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = token.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

const SHARDS: usize = 64;
/// What a full ledger asks for: by then something has been forgotten.
const WHEN_FULL: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_000_000);
    const FIVE: Class = Class(0);

    fn ledger(capacity: usize) -> Ledger {
        let allowance = Allowance { requests: 5, refill: Duration::from_secs(60) };
        Ledger::new(vec![BudgetClass::everything(allowance)], allowance, capacity)
    }

    fn token(number: u8) -> TokenId {
        TokenId([number; 16])
    }

    fn after(seconds: u64) -> UnixMillis {
        UnixMillis(START.0 + seconds * 1000)
    }

    #[test]
    fn so_many_at_once_and_one_more_every_so_often() {
        let ledger = ledger(10);
        for _ in 0..5 {
            assert_eq!(ledger.spend(token(1), FIVE, 1.0, START), Ok(()));
        }
        assert_eq!(ledger.spend(token(1), FIVE, 1.0, START), Err(Duration::from_secs(60)));
        assert_eq!(ledger.look(token(1), FIVE, 1.0, after(59)), Err(Duration::from_secs(1)));
        assert_eq!(ledger.spend(token(1), FIVE, 1.0, after(60)), Ok(()));
        assert_eq!(ledger.spend(token(1), FIVE, 1.0, after(60)), Err(Duration::from_secs(60)));
        assert_eq!(ledger.spend(token(2), FIVE, 1.0, after(60)), Ok(()), "another token has its own");
    }

    #[test]
    fn under_pressure_a_token_admits_a_share() {
        let ledger = ledger(10);
        for _ in 0..3 {
            assert_eq!(ledger.spend(token(1), FIVE, 0.5, START), Ok(()));
        }
        assert_eq!(ledger.spend(token(1), FIVE, 0.5, START), Err(Duration::from_secs(60)));
        assert_eq!(ledger.spend(token(1), FIVE, 1.0, START), Ok(()), "the pressure is over");
    }

    #[test]
    fn ten_thousand_clients_with_one_token_get_what_one_gets() {
        let ledger = ledger(10);
        let admitted = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1250 {
                        let admit = ledger.spend(token(1), FIVE, 1.0, START).is_ok();
                        admitted.fetch_add(usize::from(admit), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(admitted.into_inner(), 5);
    }

    #[test]
    fn a_top_up_gives_a_share_back_so_many_times() {
        let ledger = ledger(10);
        let expires = UnixMillis(2_000_000);
        for _ in 0..5 {
            assert!(ledger.spend(token(1), FIVE, 1.0, START).is_ok());
        }
        for _ in 0..2 {
            assert!(ledger.top_up(token(1), expires, 0.125, 2));
            assert_eq!(ledger.spend(token(1), FIVE, 1.0, START), Ok(()), "an eighth of five is one");
            assert!(ledger.spend(token(1), FIVE, 1.0, START).is_err());
        }
        assert!(!ledger.top_up(token(1), expires, 0.125, 2));
        assert_eq!(ledger.top_ups(token(1)), 2);
        ledger.forget(START, expires);
        assert_eq!(ledger.top_ups(token(1)), 0, "an expired token's are forgotten");
    }

    #[test]
    fn what_is_as_good_as_unused_is_forgotten_and_a_full_ledger_takes_no_new_token() {
        let ledger = ledger(1);
        assert!(ledger.spend(token(1), FIVE, 1.0, START).is_ok());
        assert_eq!(ledger.spend(token(2), FIVE, 1.0, START), Err(WHEN_FULL));
        assert!(ledger.spend(token(1), FIVE, 1.0, START).is_ok(), "a token it knows goes on");
        ledger.forget(after(121), START);
        assert_eq!(ledger.entries.load(Ordering::Relaxed), 0);
        assert!(ledger.spend(token(2), FIVE, 1.0, after(121)).is_ok());
    }

    #[test]
    fn standing_tokens_leave_half_of_the_room_to_clearances() {
        let ledger = ledger(4);
        let kept =
            |class, from| (from..from + 9).filter(|n| ledger.spend(token(*n), class, 1.0, START).is_ok()).count();
        assert_eq!(kept(Class::STANDING, 10), 2);
        assert_eq!(kept(FIVE, 20), 2);
    }
}
