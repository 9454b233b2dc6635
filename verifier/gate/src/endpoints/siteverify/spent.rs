//! Which responses were spent, and by which question: a server that did not hear the answer may ask again.
//!
//! The replay store decides; here is only remembered, until a response expires, under which key it was spent. Both happen
//! under one lock, so that a repetition that comes while the first question is answered is none too early.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_challenge::{ChallengeId, UnixMillis};

use portcullis_issuer::solutions::replay_store::{ReplayStore, Unclaimed};

/// The keys of questions that were answered, bounded and forgotten when their responses expire.
pub(super) struct SpentResponses {
    shards: [Mutex<HashMap<[u8; 16], Asked, RandomState>>; SHARDS],
    keys_per_shard: usize,
}

/// Under which key a response was spent, and until when that matters.
struct Asked {
    key: u128,
    expires_at: UnixMillis,
}

impl Default for SpentResponses {
    fn default() -> Self {
        Self::of(MAX_KEYS)
    }
}

impl SpentResponses {
    fn of(keys: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), keys_per_shard: keys.div_ceil(SHARDS) }
    }

    /// Spends a response; again, if it was spent under this very key.
    ///
    /// Where there is no room for another key, a response is spent all the same: only a repetition is then refused.
    ///
    /// # Errors
    ///
    /// [`Unclaimed`], of the replay store.
    pub(super) fn spend(
        &self,
        store: &ReplayStore,
        id: ChallengeId,
        expires_at: UnixMillis,
        key: Option<u128>,
        now: UnixMillis,
    ) -> Result<(), Unclaimed> {
        let mut asked = self.shard(id);
        match (store.claim(id, expires_at, now), key) {
            (Ok(()), Some(key)) if asked.len() < self.keys_per_shard => {
                asked.insert(id.0, Asked { key, expires_at });
                Ok(())
            }
            (Err(Unclaimed::Replayed), Some(key)) if asked.get(&id.0).is_some_and(|asked| asked.key == key) => Ok(()),
            (claimed, _) => claimed,
        }
    }

    /// Forgets what expired before `now`.
    pub(super) fn forget_before(&self, now: UnixMillis) {
        for shard in &self.shards {
            let mut asked = whole(shard);
            asked.retain(|_, asked| asked.expires_at > now);
            let room = asked.len() * 2;
            asked.shrink_to(room);
        }
    }

    fn shard(&self, id: ChallengeId) -> MutexGuard<'_, HashMap<[u8; 16], Asked>> {
        whole(&self.shards[usize::from(id.0[15]) % SHARDS])
    }
}

/// A panic elsewhere leaves a shard whole: each change of it is one insertion or one removal.
fn whole<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

const SHARDS: usize = 64;
/// 870 questions with a key every second, in at most 32 MiB.
const MAX_KEYS: usize = 1 << 18;

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRES: UnixMillis = UnixMillis(400_000);
    const NOW: UnixMillis = UnixMillis(100_000);

    fn id(number: u8) -> ChallengeId {
        ChallengeId([number; 16])
    }

    #[test]
    fn only_the_key_that_spent_a_response_spends_it_again() {
        let (spent, store) = (SpentResponses::default(), ReplayStore::new(10));
        assert_eq!(spent.spend(&store, id(1), EXPIRES, Some(7), NOW), Ok(()));
        assert_eq!(spent.spend(&store, id(1), EXPIRES, Some(7), NOW), Ok(()));
        assert_eq!(spent.spend(&store, id(1), EXPIRES, Some(8), NOW), Err(Unclaimed::Replayed));
        assert_eq!(spent.spend(&store, id(1), EXPIRES, None, NOW), Err(Unclaimed::Replayed));
        assert_eq!(spent.spend(&store, id(2), EXPIRES, None, NOW), Ok(()));
        assert_eq!(spent.spend(&store, id(2), EXPIRES, Some(7), NOW), Err(Unclaimed::Replayed));
        assert_eq!(store.len(), 2);
    }

    #[test]
    fn keys_are_bounded_and_forgotten_and_a_response_is_spent_once_without_one_too() {
        let (spent, store) = (SpentResponses::of(SHARDS), ReplayStore::new(10));
        // The same shard: one key fits.
        for number in [64, 128] {
            assert_eq!(spent.spend(&store, id(number), EXPIRES, Some(7), NOW), Ok(()));
        }
        assert_eq!(spent.spend(&store, id(64), EXPIRES, Some(7), NOW), Ok(()));
        assert_eq!(spent.spend(&store, id(128), EXPIRES, Some(7), NOW), Err(Unclaimed::Replayed));
        spent.forget_before(EXPIRES);
        assert!(spent.shards.iter().all(|shard| whole(shard).is_empty()));
    }

    #[test]
    fn a_full_replay_store_spends_nothing() {
        let (spent, store) = (SpentResponses::default(), ReplayStore::new(0));
        assert_eq!(spent.spend(&store, id(1), EXPIRES, Some(7), NOW), Err(Unclaimed::Full));
        assert_eq!(spent.spend(&store, id(1), EXPIRES, Some(7), NOW), Err(Unclaimed::Full));
    }
}
