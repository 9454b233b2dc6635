//! Which solutions have been redeemed: bounded, exact, and never forgotten before they expire.
//!
//! # Security contract
//!
//! * [`ReplayStore::claim`] is atomic: of any number of calls with one id, exactly one succeeds.
//! * A record outlives its challenge by [`LEEWAY`].
//! * A full store refuses new claims; it never evicts a record that could still matter.
//! * A clock that steps back cannot revive a solution: anything that expires in a time already forgotten is refused.
//!
//! Records are in buckets by time of expiry, so forgetting costs one drop per bucket, however many records are in it,
//! and in shards by id, so that growth never stalls more than a small part of the claims. Of an id, which the verifier
//! itself drew at random, the first 64 bits are kept: in a full store, about once in 10¹³ claims a fresh id equals a
//! stored one, and its client is asked to solve again.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_challenge::{ChallengeId, UnixMillis};
use portcullis_clearance::clock::{LEEWAY, millis};

/// The most memory the records may take at their default number, in bytes.
pub const DEFAULT_MEMORY: usize = 64 << 20;
/// What a record costs when its set has just grown: the worst case, in bytes.
pub const BYTES_PER_RECORD: usize = 20;

const SHARDS: usize = 64;
const BUCKET_MILLIS: u64 = 10_000;

/// The store, in memory.
#[derive(Debug)]
pub struct ReplayStore {
    shards: [Mutex<Shard>; SHARDS],
    records: AtomicUsize,
    capacity: usize,
}

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclaimed {
    /// Claimed before.
    #[error("claimed before")]
    Replayed,
    /// It expires in a time whose records are gone, so whether it was claimed is not known.
    #[error("its time is forgotten")]
    Forgotten,
    /// No room until something expires.
    #[error("the replay store is full")]
    Full,
}

impl ReplayStore {
    /// A store of at most `capacity` records.
    pub fn new(capacity: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), records: AtomicUsize::new(0), capacity }
    }

    /// Records that `id`, which expires at `expires_at`, is redeemed.
    ///
    /// # Errors
    ///
    /// [`Unclaimed`]; nothing is recorded then.
    pub fn claim(&self, id: ChallengeId, expires_at: UnixMillis, now: UnixMillis) -> Result<(), Unclaimed> {
        let record = record(id);
        let mut shard = self.shard(id);
        let forgotten = shard.forget_before(now);
        if forgotten > 0 {
            self.records.fetch_sub(forgotten, Ordering::Relaxed);
        }
        let bucket = shard.bucket(expires_at).ok_or(Unclaimed::Forgotten)?;
        if bucket.contains(&record) {
            return Err(Unclaimed::Replayed);
        }
        let free = |records| (records < self.capacity).then_some(records + 1);
        self.records.try_update(Ordering::Relaxed, Ordering::Relaxed, free).map_err(|_| Unclaimed::Full)?;
        bucket.insert(record);
        Ok(())
    }

    /// Whether `id`, which expires at `expires_at`, is recorded: a look before expensive work, to skip it for a replay.
    /// Only [`claim`](Self::claim) decides.
    pub fn holds(&self, id: ChallengeId, expires_at: UnixMillis) -> bool {
        self.shard(id).existing_bucket(expires_at).is_some_and(|bucket| bucket.contains(&record(id)))
    }

    fn shard(&self, id: ChallengeId) -> MutexGuard<'_, Shard> {
        // A panic elsewhere leaves a shard whole: each change of it is one insertion or one drop.
        self.shards[usize::from(id.0[15]) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything that expired before `now`. Claims do so for their own shard; call this now and then so that
    /// an idle store frees its memory.
    pub fn forget_before(&self, now: UnixMillis) {
        for shard in &self.shards {
            let forgotten = shard.lock().unwrap_or_else(PoisonError::into_inner).forget_before(now);
            self.records.fetch_sub(forgotten, Ordering::Relaxed);
        }
    }

    /// How many records are held.
    pub fn len(&self) -> usize {
        self.records.load(Ordering::Relaxed)
    }

    /// How many records may be held.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether no record is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a claim would be refused because there is no room.
    pub fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }
}

fn record(id: ChallengeId) -> u64 {
    u64::from_be_bytes([id.0[0], id.0[1], id.0[2], id.0[3], id.0[4], id.0[5], id.0[6], id.0[7]])
}

type Records = HashSet<u64, BuildHasherDefault<AlreadyRandom>>;

/// Buckets of consecutive expiry times; the first is the oldest not forgotten.
#[derive(Debug, Default)]
struct Shard {
    first: u64,
    buckets: VecDeque<Records>,
}

impl Shard {
    /// Drops the buckets that are wholly in the past and returns how many records they held.
    fn forget_before(&mut self, now: UnixMillis) -> usize {
        let oldest_needed = now.0.saturating_sub(millis(LEEWAY)) / BUCKET_MILLIS;
        let mut forgotten = 0;
        while self.first < oldest_needed {
            match self.buckets.pop_front() {
                Some(bucket) => {
                    forgotten += bucket.len();
                    self.first += 1;
                }
                None => self.first = oldest_needed,
            }
        }
        forgotten
    }

    /// The bucket of what expires at `expires_at`, if there is one. A look makes no room: a shard that has never
    /// forgotten anything begins in 1970.
    fn existing_bucket(&self, expires_at: UnixMillis) -> Option<&Records> {
        self.buckets.get(self.index(expires_at)?)
    }

    fn index(&self, expires_at: UnixMillis) -> Option<usize> {
        usize::try_from((expires_at.0 / BUCKET_MILLIS).checked_sub(self.first)?).ok()
    }

    /// The bucket of what expires at `expires_at`; `None` if it has been forgotten. Call this after forgetting the
    /// past: the buckets begin with the oldest one that is kept.
    ///
    /// A challenge lives 300 seconds at most and comes from at most [`LEEWAY`] in the future, so there are never more
    /// than a few dozen buckets.
    fn bucket(&mut self, expires_at: UnixMillis) -> Option<&mut Records> {
        let index = self.index(expires_at)?;
        if self.buckets.len() <= index {
            self.buckets.resize_with(index + 1, Records::default);
        }
        self.buckets.get_mut(index)
    }
}

/// Records are random already; hashing them again would only cost time.
#[derive(Default)]
struct AlreadyRandom(u64);

impl Hasher for AlreadyRandom {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> ChallengeId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        bytes[15] = number as u8;
        ChallengeId(bytes)
    }

    #[test]
    fn claims_once_until_expiry_plus_leeway_and_is_then_forgotten_for_good() {
        let store = ReplayStore::new(10);
        let expires = UnixMillis(100_000);
        assert!(!store.holds(id(1), expires));
        assert_eq!(store.claim(id(1), expires, UnixMillis(50_000)), Ok(()));
        assert!(store.holds(id(1), expires) && !store.holds(id(2), expires));
        assert_eq!(store.claim(id(1), expires, UnixMillis(50_000)), Err(Unclaimed::Replayed));
        assert_eq!(store.claim(id(1), expires, UnixMillis(104_999)), Err(Unclaimed::Replayed));
        store.forget_before(UnixMillis(200_000));
        assert!(store.is_empty());
        // The clock steps back: the record is gone, and so is the chance to claim it again.
        assert_eq!(store.claim(id(1), expires, UnixMillis(50_000)), Err(Unclaimed::Forgotten));
    }

    #[test]
    fn a_full_store_evicts_nothing_and_has_room_again_after_expiry() {
        let store = ReplayStore::new(3);
        let (now, expires) = (UnixMillis(50_000), UnixMillis(60_000));
        for number in 0..3 {
            assert_eq!(store.claim(id(number), expires, now), Ok(()));
        }
        assert_eq!(store.claim(id(3), expires, now), Err(Unclaimed::Full));
        for number in 0..3 {
            assert_eq!(store.claim(id(number), expires, now), Err(Unclaimed::Replayed));
        }
        store.forget_before(UnixMillis(75_000));
        assert_eq!(store.claim(id(3), UnixMillis(90_000), UnixMillis(75_000)), Ok(()));
    }

    #[test]
    fn one_of_many_parallel_claims_wins() {
        let store = ReplayStore::new(10_000);
        for number in 0..100 {
            let won: usize = std::thread::scope(|scope| {
                let claims: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| store.claim(id(number), UnixMillis(60_000), UnixMillis(0)).is_ok()))
                    .collect();
                claims.into_iter().map(|claim| usize::from(claim.join().unwrap())).sum()
            });
            assert_eq!(won, 1);
        }
        assert_eq!(store.len(), 100);
    }

    #[test]
    fn a_look_at_a_new_store_takes_no_memory() {
        let store = ReplayStore::new(10);
        let id = ChallengeId([7; 16]);
        let expires_at = UnixMillis(1_800_000_060_000);
        assert!(!store.holds(id, expires_at));
        assert_eq!(store.shard(id).buckets.len(), 0);
        assert_eq!(store.claim(id, expires_at, UnixMillis(1_800_000_000_000)), Ok(()));
        assert!(store.holds(id, expires_at));
        assert!(store.shard(id).buckets.len() < 100);
    }
}
