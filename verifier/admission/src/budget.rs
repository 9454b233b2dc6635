//! What a token has been used for: at most N requests of a class at once, and one more every so often.
//!
//! Each token and class has one number: the time at which it will be as good as unused (the generic cell rate algorithm
//! of ATM, I.371). A number in the past need not be kept, so only what is in use is remembered. Tokens are named by 64
//! bits of the random name that the verifier itself gave them, so ten thousand clients with one token share one number,
//! whatever their networks.
//!
//! Requests are of one class, except those that match a rule with a budget of its own.
//!
//! A token over its budget can be topped up: for a fraction of the work of a new one it gets that fraction of its
//! budget back, a bounded number of times.
//!
//! # Bounds
//!
//! A full ledger takes no token that it does not know. Every entry stands for a token, and every clearance token for
//! work. Standing tokens and allowed networks cost no work, so their entries take at most half of the room.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::TokenId;

use portcullis_clearance::clock::millis;
use portcullis_clearance::network::NetworkPrefix;

/// How many requests are admitted at once, and how often one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Requests at once, if none has been made lately.
    pub requests: u32,
    /// The time after which one more is admitted.
    pub refill: Duration,
}

/// What a token admits in one class of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    class: Class,
    allowance: Allowance,
}

impl Budget {
    /// For all requests that have no other budget.
    pub const fn of_a_token(allowance: Allowance) -> Self {
        Self { class: Class::USUAL, allowance }
    }

    /// For whatever returning visitors ask for.
    pub const fn of_a_standing_token(allowance: Allowance) -> Self {
        Self { class: Class::STANDING, allowance }
    }

    /// For requests that match a rule. The same name means the same class, also in another policy: its counts are kept.
    pub fn of_a_rule(name: &str, allowance: Allowance) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self { class: Class(hasher.finish()), allowance }
    }

    /// What it admits.
    pub fn allowance(&self) -> Allowance {
        self.allowance
    }
}

/// The class that a request counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Class(u64);

impl Class {
    const USUAL: Self = Self(0);
    const STANDING: Self = Self(1);
    /// What a rule allows a network in all.
    const ALLOWED: Self = Self(2);
}

/// Whether a request is counted or only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The request is about to go on: it is counted.
    Pass,
    /// It was decided on before and is to be answered, or this is only a look: it is not counted.
    Look,
}

/// Why a request was not counted. Then nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetError {
    /// Its token is used up for this long.
    UsedUp(Duration),
    /// The ledger is full, and the token is not in it.
    Full,
}

/// The budgets in use of all tokens.
#[derive(Debug)]
pub struct Ledger {
    shards: [Mutex<Shard>; SHARDS],
    entries: AtomicUsize,
    capacity: usize,
    /// Names networks in the ledger, so that nobody can choose one that shares a number with another.
    names: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    /// By token and class: when the token is as good as unused in that class.
    unused_at: HashMap<(u64, Class), UnixMillis>,
    /// By token: how often it was topped up, and when it expires.
    top_ups: HashMap<u64, (u8, UnixMillis)>,
}

impl Ledger {
    /// How long to wait for room in a full ledger: something will have been forgotten by then.
    pub const WAIT_FOR_ROOM: Duration = Duration::from_secs(10);

    /// A ledger of at most `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            entries: AtomicUsize::new(0),
            capacity,
            names: RandomState::new(),
        }
    }

    /// Counts a request against its token, which has a `fraction` of its budget, or only looks whether it would be
    /// within it.
    ///
    /// # Errors
    ///
    /// [`BudgetError`].
    pub fn spend(
        &self,
        token: TokenId,
        budget: Budget,
        fraction: f64,
        purpose: Purpose,
        now: UnixMillis,
    ) -> Result<(), BudgetError> {
        let room = if budget.class == Class::STANDING { self.capacity / 2 } else { self.capacity };
        self.count((name(token), budget.class), budget.allowance.fraction(fraction), room, purpose, now)
    }

    /// Counts a request that a rule allows a network, or only looks whether it would be within what the rule allows. Takes
    /// no more room than standing tokens do.
    ///
    /// # Errors
    ///
    /// [`BudgetError`].
    pub fn spend_allowed(
        &self,
        (network, rule): (NetworkPrefix, &str),
        allowance: Allowance,
        purpose: Purpose,
        now: UnixMillis,
    ) -> Result<(), BudgetError> {
        let name = self.names.hash_one((network, rule));
        self.count((name, Class::ALLOWED), allowance, self.capacity / 2, purpose, now)
    }

    fn count(
        &self,
        key: (u64, Class),
        allowance: Allowance,
        room: usize,
        purpose: Purpose,
        now: UnixMillis,
    ) -> Result<(), BudgetError> {
        let mut shard = self.shard(key.0);
        let known = shard.unused_at.get(&key).copied();
        let next = allowance.spent(known.unwrap_or(UnixMillis(0)), now)?;
        if purpose == Purpose::Look {
            return Ok(());
        }
        if known.is_none() && !self.has_made_room(room) {
            return Err(BudgetError::Full);
        }
        shard.unused_at.insert(key, next);
        Ok(())
    }

    /// How often a token was topped up.
    pub fn top_ups(&self, token: TokenId) -> u8 {
        let name = name(token);
        self.shard(name).top_ups.get(&name).map_or(0, |(count, _)| *count)
    }

    /// Gives a token that expires at `expires_at` the `fraction` of its budgets back, at most `most` times. Returns
    /// whether it did.
    pub fn top_up(
        &self,
        token: TokenId,
        expires_at: UnixMillis,
        (fraction, most): (f64, u8),
        budgets: impl Iterator<Item = Budget>,
    ) -> bool {
        let name = name(token);
        let mut shard = self.shard(name);
        let before = shard.top_ups.get(&name).map_or(0, |(count, _)| *count);
        if before >= most || (before == 0 && !self.has_made_room(self.capacity)) {
            return false;
        }
        shard.top_ups.insert(name, (before + 1, expires_at));
        for Budget { class, allowance } in budgets {
            if let Some(unused_at) = shard.unused_at.get_mut(&(name, class)) {
                unused_at.0 = unused_at.0.saturating_sub(millis(allowance.refill_of(fraction)));
            }
        }
        true
    }

    /// How many entries are held, and how many may be.
    pub fn fill(&self) -> (usize, usize) {
        (self.entries.load(Ordering::Relaxed), self.capacity)
    }

    /// Frees the memory of what is as good as unused at `now`, and of tokens that have expired by `time_of_day`.
    pub fn forget(&self, now: UnixMillis, time_of_day: UnixMillis) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            let before = shard.len();
            shard.unused_at.retain(|_, unused_at| *unused_at > now);
            shard.top_ups.retain(|_, (_, expires_at)| *expires_at > time_of_day);
            if shard.unused_at.capacity() > 4 * shard.unused_at.len() {
                shard.unused_at.shrink_to_fit();
            }
            self.entries.fetch_sub(before - shard.len(), Ordering::Relaxed);
        }
    }

    fn has_made_room(&self, within: usize) -> bool {
        let free = |entries| (entries < within).then_some(entries + 1);
        self.entries.try_update(Ordering::Relaxed, Ordering::Relaxed, free).is_ok()
    }

    fn shard(&self, name: u64) -> MutexGuard<'_, Shard> {
        self.shards[(name % SHARDS as u64) as usize].lock()
    }
}

impl Shard {
    fn len(&self) -> usize {
        self.unused_at.len() + self.top_ups.len()
    }
}

impl Allowance {
    /// When a token is as good as unused after one more request at `now`.
    pub(crate) fn spent(self, unused_at: UnixMillis, now: UnixMillis) -> Result<UnixMillis, BudgetError> {
        let refill = millis(self.refill);
        let next = unused_at.0.max(now.0).saturating_add(refill);
        let latest = now.0.saturating_add(refill.saturating_mul(u64::from(self.requests)));
        match next.checked_sub(latest) {
            Some(over) if over > 0 => Err(BudgetError::UsedUp(Duration::from_millis(over))),
            _ => Ok(UnixMillis(next)),
        }
    }

    /// A fraction of it at once, at least one request; one more as often as before.
    fn fraction(self, fraction: f64) -> Self {
        Self { requests: (f64::from(self.requests) * fraction).ceil().max(1.0) as u32, ..self }
    }

    /// The time that a fraction of the requests, at least one, takes to come back.
    fn refill_of(self, fraction: f64) -> Duration {
        self.refill.saturating_mul(self.fraction(fraction).requests)
    }
}

/// Half of a token's random name.
fn name(token: TokenId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = token.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

const SHARDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_000_000);
    const ALLOWANCE: Allowance = Allowance { requests: 5, refill: Duration::from_secs(60) };
    const FIVE: Budget = Budget::of_a_token(ALLOWANCE);

    fn spend(ledger: &Ledger, number: u8, fraction: f64, now: UnixMillis) -> Result<(), BudgetError> {
        ledger.spend(token(number), FIVE, fraction, Purpose::Pass, now)
    }

    fn used_up(seconds: u64) -> BudgetError {
        BudgetError::UsedUp(Duration::from_secs(seconds))
    }

    fn token(number: u8) -> TokenId {
        TokenId([number; 16])
    }

    fn after(seconds: u64) -> UnixMillis {
        UnixMillis(START.0 + seconds * 1000)
    }

    #[test]
    fn so_many_at_once_and_one_more_every_so_often() {
        let ledger = Ledger::new(10);
        for _ in 0..5 {
            assert_eq!(spend(&ledger, 1, 1.0, START), Ok(()));
        }
        assert_eq!(spend(&ledger, 1, 1.0, START), Err(used_up(60)));
        assert_eq!(ledger.spend(token(1), FIVE, 1.0, Purpose::Look, after(59)), Err(used_up(1)));
        assert_eq!(spend(&ledger, 1, 1.0, after(60)), Ok(()));
        assert_eq!(spend(&ledger, 1, 1.0, after(60)), Err(used_up(60)));
        assert_eq!(spend(&ledger, 2, 1.0, after(60)), Ok(()), "another token has its own");
    }

    #[test]
    fn each_rule_has_a_number_of_its_own_whatever_policy_it_is_in() {
        let ledger = Ledger::new(10);
        let spend = |rule| ledger.spend(token(1), Budget::of_a_rule(rule, ALLOWANCE), 1.0, Purpose::Pass, START);
        for _ in 0..5 {
            assert_eq!((spend("login-posts"), spend("search")), (Ok(()), Ok(())));
        }
        assert_eq!((spend("login-posts"), spend("search")), (Err(used_up(60)), Err(used_up(60))));
        assert_eq!(ledger.spend(token(1), FIVE, 1.0, Purpose::Pass, START), Ok(()), "what no rule counts");
    }

    #[test]
    fn under_pressure_a_token_admits_a_fraction() {
        let ledger = Ledger::new(10);
        for _ in 0..3 {
            assert_eq!(spend(&ledger, 1, 0.5, START), Ok(()));
        }
        assert_eq!(spend(&ledger, 1, 0.5, START), Err(used_up(60)));
        assert_eq!(spend(&ledger, 1, 1.0, START), Ok(()), "the pressure is over");
    }

    #[test]
    fn ten_thousand_clients_with_one_token_get_what_one_gets() {
        let ledger = Ledger::new(10);
        let admitted = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1250 {
                        let admit = spend(&ledger, 1, 1.0, START).is_ok();
                        admitted.fetch_add(usize::from(admit), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(admitted.into_inner(), 5);
    }

    #[test]
    fn a_top_up_gives_a_share_back_so_many_times() {
        let ledger = Ledger::new(10);
        let expires = UnixMillis(2_000_000);
        for _ in 0..5 {
            assert!(spend(&ledger, 1, 1.0, START).is_ok());
        }
        for _ in 0..2 {
            assert!(ledger.top_up(token(1), expires, (0.125, 2), [FIVE].into_iter()));
            assert_eq!(spend(&ledger, 1, 1.0, START), Ok(()), "an eighth of five is one");
            assert!(spend(&ledger, 1, 1.0, START).is_err());
        }
        assert!(!ledger.top_up(token(1), expires, (0.125, 2), [FIVE].into_iter()));
        assert_eq!(ledger.top_ups(token(1)), 2);
        ledger.forget(START, expires);
        assert_eq!(ledger.top_ups(token(1)), 0, "an expired token's are forgotten");
    }

    #[test]
    fn what_is_as_good_as_unused_is_forgotten_and_a_full_ledger_takes_no_new_token() {
        let ledger = Ledger::new(1);
        assert!(spend(&ledger, 1, 1.0, START).is_ok());
        assert_eq!(spend(&ledger, 2, 1.0, START), Err(BudgetError::Full));
        assert!(spend(&ledger, 1, 1.0, START).is_ok(), "a token it knows goes on");
        ledger.forget(after(121), START);
        assert_eq!(ledger.entries.load(Ordering::Relaxed), 0);
        assert!(spend(&ledger, 2, 1.0, after(121)).is_ok());
    }

    #[test]
    fn standing_tokens_leave_half_of_the_room_to_clearances() {
        let ledger = Ledger::new(4);
        let kept = |budget, from| {
            let spend = |number: &u8| ledger.spend(token(*number), budget, 1.0, Purpose::Pass, START).is_ok();
            (from..from + 9).filter(spend).count()
        };
        assert_eq!(kept(Budget::of_a_standing_token(ALLOWANCE), 10), 2);
        assert_eq!(kept(FIVE, 20), 2);
    }
}
