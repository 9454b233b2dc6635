//! The one-time claim of a redeemed solution: the contract that every store keeps.
//!
//! # Security contract
//!
//! * [`Claims::claim`] is atomic: of any number of calls with one id, exactly one succeeds. The one exception is a repetition
//!   under the same [`ClaimKey`]: a server that did not hear the first answer may ask again.
//! * A record outlives its challenge by [`LEEWAY`](portcullis_clearance::clock::LEEWAY).
//! * A full store refuses new claims; it never evicts a record that could still matter.
//! * A clock that steps back cannot revive a solution: anything that expires in a time already forgotten is refused.
//! * A store that cannot tell whether an id was claimed refuses it. So does one that cannot be reached.
//!
//! `stores::conformance` tests this: every implementation passes the same suite.

use std::pin::Pin;

use portcullis_challenge::{ChallengeId, UnixMillis};

/// The result of a claim, when it is there. In memory that is at once.
pub type Claiming<'a> = Pin<Box<dyn Future<Output = Result<(), ClaimError>> + Send + 'a>>;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The challenge whose solution it is, or the response.
    pub id: ChallengeId,
    /// When that expires, on the steady clock.
    pub expires_at: UnixMillis,
    /// The key under which it may be claimed again; without one, never.
    pub under: Option<ClaimKey>,
}

/// How a repetition is recognised: by the idempotency key of a server's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimKey(pub u128);

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Claimed before.
    #[error("claimed before")]
    Replayed,
    /// It expires in a time whose records are gone, so whether it was claimed is not known.
    #[error("its time is forgotten")]
    Forgotten,
    /// There is no room until something expires.
    #[error("the replay store is full")]
    Full,
}

/// Which solutions have been redeemed; see the [module](self) for the contract.
pub trait Claims: std::fmt::Debug + Send + Sync {
    /// Claims a solution. `now` is on the steady clock. Dropping the future may leave it claimed.
    ///
    /// # Errors
    ///
    /// [`ClaimError`]; nothing is recorded then.
    fn claim(&self, claim: Claim, now: UnixMillis) -> Claiming<'_>;

    /// Whether it is known here that a claim of `id`, which expires at `expires_at`, would be refused: a look before
    /// expensive work, to skip it for a replay. Only [`claim`](Self::claim) decides. Never waits.
    fn holds(&self, id: ChallengeId, expires_at: UnixMillis) -> bool;

    /// Forgets everything that expired before `now`. Called now and then, so that an idle store frees its memory.
    fn forget_before(&self, now: UnixMillis);

    /// How many records there are here.
    fn held(&self) -> usize;

    /// How many records there may be here.
    fn capacity(&self) -> usize;

    /// Whether a claim would be refused because there is no room.
    fn is_full(&self) -> bool {
        self.held() >= self.capacity()
    }
}
