//! Redeemed solutions in this process's memory: bounded, exact, and never forgotten before they expire.
//!
//! Records are in buckets by time of expiry, so forgetting costs one drop per bucket, however many records are in it,
//! and in shards by id, so that growth never stalls more than a small part of the claims. Of an id, which the verifier
//! itself drew at random, the first 64 bits are kept: in a full store, about once in 10¹³ claims a fresh id equals a
//! stored one, and its client is asked to solve again.
//!
//! Keys of claims are remembered beside them, bounded too, until what was claimed expires. If there is no room for
//! another key, a solution is claimed all the same: only a repetition is then refused.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};
use portcullis_challenge::{ChallengeId, UnixMillis};
use portcullis_clearance::clock::{LEEWAY, millis};

use super::claims::{Claim, ClaimError, ClaimKey, Claiming, Claims};

/// The most memory the records may take at their default number, in bytes.
pub const DEFAULT_MEMORY: usize = 64 << 20;
/// What a record costs when its set has just grown: the worst case, in bytes.
pub const BYTES_PER_RECORD: usize = 20;

const SHARDS: usize = 64;
const BUCKET_MILLIS: u64 = 10_000;
/// 870 questions with a key every second, in at most 32 MiB.
const MAX_KEYS: usize = 1 << 18;

/// The store, in memory.
#[derive(Debug)]
pub struct ReplayStore {
    shards: [Mutex<Shard>; SHARDS],
    records: AtomicUsize,
    capacity: usize,
    keys_per_shard: usize,
}

impl ReplayStore {
    /// A store of at most `capacity` records.
    pub fn new(capacity: usize) -> Self {
        Self::with_keys(capacity, MAX_KEYS)
    }

    fn with_keys(capacity: usize, keys: usize) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { shards, records: AtomicUsize::new(0), capacity, keys_per_shard: keys.div_ceil(SHARDS) }
    }

    fn claim_now(&self, claim: Claim, now: UnixMillis) -> Result<(), ClaimError> {
        let Claim { id, expires_at, under } = claim;
        let record = record(id);
        let mut shard = self.shard(id);
        let forgotten = shard.forget_before(now);
        if forgotten > 0 {
            self.records.fetch_sub(forgotten, Ordering::Relaxed);
        }
        let bucket = shard.bucket(expires_at).ok_or(ClaimError::Forgotten)?;
        if bucket.contains(&record) {
            let is_repeated = under.is_some() && shard.keys.get(&id.0).map(|keyed| keyed.key) == under;
            return if is_repeated { Ok(()) } else { Err(ClaimError::Replayed) };
        }
        let free = |records| (records < self.capacity).then_some(records + 1);
        self.records.try_update(Ordering::Relaxed, Ordering::Relaxed, free).map_err(|_| ClaimError::Full)?;
        bucket.insert(record);
        if let Some(key) = under.filter(|_| shard.keys.len() < self.keys_per_shard) {
            shard.keys.insert(id.0, Keyed { key, expires_at });
        }
        Ok(())
    }

    fn shard(&self, id: ChallengeId) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(id.0[15]) % SHARDS].lock()
    }
}

impl Claims for ReplayStore {
    fn claim(&self, claim: Claim, now: UnixMillis) -> Claiming<'_> {
        Box::pin(std::future::ready(self.claim_now(claim, now)))
    }

    fn holds(&self, id: ChallengeId, expires_at: UnixMillis) -> bool {
        self.shard(id).existing_bucket(expires_at).is_some_and(|bucket| bucket.contains(&record(id)))
    }

    fn forget_before(&self, now: UnixMillis) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.forget_keys(now);
            self.records.fetch_sub(shard.forget_before(now), Ordering::Relaxed);
        }
    }

    fn held(&self) -> usize {
        self.records.load(Ordering::Relaxed)
    }

    fn capacity(&self) -> usize {
        self.capacity
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
    keys: HashMap<[u8; 16], Keyed>,
}

/// The key under which something was claimed, and until when that matters.
#[derive(Debug)]
struct Keyed {
    key: ClaimKey,
    expires_at: UnixMillis,
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

    fn forget_keys(&mut self, now: UnixMillis) {
        self.keys.retain(|_, keyed| keyed.expires_at > now);
        let room = self.keys.len() * 2;
        self.keys.shrink_to(room);
    }

    /// The bucket of what expires at `expires_at`, if there is one. A look makes no room: a shard that has never forgotten
    /// anything begins in 1970.
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
    use std::sync::Arc;

    use super::*;
    use crate::stores::conformance;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn it_keeps_the_contract() {
        conformance::all(|capacity| Arc::new(ReplayStore::new(capacity))).await;
    }

    #[test]
    fn keys_are_bounded_and_forgotten_and_a_response_is_claimed_once_without_one_too() {
        let (store, now, expires_at) = (ReplayStore::with_keys(10, SHARDS), UnixMillis(1_000), UnixMillis(60_000));
        // The same shard: one key fits.
        let claim = |number: u8| {
            let mut id = [number; 16];
            id[15] = 0;
            store.claim_now(Claim { id: ChallengeId(id), expires_at, under: Some(ClaimKey(7)) }, now)
        };
        assert_eq!((claim(1), claim(2)), (Ok(()), Ok(())));
        assert_eq!((claim(1), claim(2)), (Ok(()), Err(ClaimError::Replayed)));
        store.forget_before(expires_at);
        assert!(store.shards.iter().all(|shard| shard.lock().keys.is_empty()));
    }

    #[test]
    fn a_look_at_a_new_store_takes_no_memory() {
        let store = ReplayStore::new(10);
        let id = ChallengeId([7; 16]);
        let expires_at = UnixMillis(1_800_000_060_000);
        assert!(!store.holds(id, expires_at));
        assert_eq!(store.shard(id).buckets.len(), 0);
        let claim = Claim { id, expires_at, under: None };
        assert_eq!(store.claim_now(claim, UnixMillis(1_800_000_000_000)), Ok(()));
        assert!(store.holds(id, expires_at));
        assert!(store.shard(id).buckets.len() < 100);
    }
}
