//! What every store of [`Claims`] must do: one suite, whatever the store is built on. Each check needs a store of its
//! own.

use std::sync::Arc;

use portcullis_challenge::{ChallengeId, UnixMillis};

use super::claims::{Claim, ClaimError, ClaimKey, Claims};

const EXPIRES: UnixMillis = UnixMillis(100_000);
const NOW: UnixMillis = UnixMillis(50_000);

/// Makes a store of at most this many records.
pub trait Make: Fn(usize) -> Arc<dyn Claims> {}

impl<F: Fn(usize) -> Arc<dyn Claims>> Make for F {}

/// All of the suite.
///
/// # Panics
///
/// When the store breaks the contract.
pub async fn all(make: impl Make) {
    claims_once_until_expiry_and_leeway(make(10)).await;
    a_full_store_evicts_nothing(make(3)).await;
    one_of_many_parallel_claims_wins(make(10_000)).await;
    only_the_key_that_claimed_claims_again(make(10)).await;
    a_full_store_claims_nothing_under_a_key_either(make(0)).await;
}

fn id(number: u64) -> ChallengeId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[15] = number as u8;
    ChallengeId(bytes)
}

fn of(number: u64) -> Claim {
    Claim { id: id(number), expires_at: EXPIRES, under: None }
}

fn under(number: u64, key: u128) -> Claim {
    Claim { under: Some(ClaimKey(key)), ..of(number) }
}

async fn claims_once_until_expiry_and_leeway(store: Arc<dyn Claims>) {
    assert!(!store.holds(id(1), EXPIRES));
    assert_eq!(store.claim(of(1), NOW).await, Ok(()));
    assert!(store.holds(id(1), EXPIRES) && !store.holds(id(2), EXPIRES));
    for now in [NOW, UnixMillis(104_999)] {
        assert_eq!(store.claim(of(1), now).await, Err(ClaimError::Replayed));
    }
    store.forget_before(UnixMillis(200_000));
    assert_eq!(store.held(), 0);
    // The clock steps back: the record is gone, and so is the chance to claim it again.
    assert_eq!(store.claim(of(1), NOW).await, Err(ClaimError::Forgotten));
}

async fn a_full_store_evicts_nothing(store: Arc<dyn Claims>) {
    for number in 0..3 {
        assert_eq!(store.claim(of(number), NOW).await, Ok(()));
    }
    assert!(store.is_full());
    assert_eq!(store.claim(of(3), NOW).await, Err(ClaimError::Full));
    for number in 0..3 {
        assert_eq!(store.claim(of(number), NOW).await, Err(ClaimError::Replayed));
    }
    let later = UnixMillis(EXPIRES.0 + 15_000);
    store.forget_before(later);
    let next = Claim { expires_at: UnixMillis(later.0 + 15_000), ..of(3) };
    assert_eq!(store.claim(next, later).await, Ok(()));
}

async fn one_of_many_parallel_claims_wins(store: Arc<dyn Claims>) {
    for number in 0..100 {
        let claims = (0..8).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.claim(of(number), NOW).await.is_ok() })
        });
        let mut won = 0;
        for claim in claims.collect::<Vec<_>>() {
            won += usize::from(claim.await.expect("a claim does not panic"));
        }
        assert_eq!(won, 1);
    }
    assert_eq!(store.held(), 100);
}

async fn only_the_key_that_claimed_claims_again(store: Arc<dyn Claims>) {
    assert_eq!(store.claim(under(1, 7), NOW).await, Ok(()));
    assert_eq!(store.claim(under(1, 7), NOW).await, Ok(()));
    assert_eq!(store.claim(under(1, 8), NOW).await, Err(ClaimError::Replayed));
    assert_eq!(store.claim(of(1), NOW).await, Err(ClaimError::Replayed));
    assert_eq!(store.claim(of(2), NOW).await, Ok(()));
    assert_eq!(store.claim(under(2, 7), NOW).await, Err(ClaimError::Replayed));
    assert_eq!(store.held(), 2);
}

async fn a_full_store_claims_nothing_under_a_key_either(store: Arc<dyn Claims>) {
    for _ in 0..2 {
        assert_eq!(store.claim(under(1, 7), NOW).await, Err(ClaimError::Full));
    }
}
