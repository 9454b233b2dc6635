//! The one-time claim of a redeemed solution: the contract that every store keeps.
//!
//! # Security contract
//!
//! * [`Claims::claim`] is atomic: of any number of calls with one id, exactly one succeeds. The one exception is a repetition
//!   under the same [`ClaimKey`]: a server that did not hear the first answer may ask again.
//! * A record outlives its challenge by [`LEEWAY`](portcullis_clearance::clock::LEEWAY).
//! * A full store refuses new claims; it never evicts a record that could still matter.
//! * A clock that steps back cannot revive a solution: what expires in a time already forgotten is refused.
//! * A store that cannot tell whether an id was claimed refuses it. So does one that cannot be reached.
//!
//! `solutions::conformance` holds a store to it; every implementation passes the same suite.

use std::pin::Pin;

use portcullis_challenge::{ChallengeId, UnixMillis};

/// What a claim is waiting for. In memory it is there at once.
pub type Claiming<'a> = Pin<Box<dyn Future<Output = Result<(), Unclaimed>> + Send + 'a>>;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The challenge whose solution it is, or the response.
    pub id: ChallengeId,
    /// When that expires, on the steady clock.
    pub expires_at: UnixMillis,
    /// Under which key it may be claimed again; never again without one.
    pub under: Option<ClaimKey>,
}

/// What a repetition is recognised by: the idempotency key of a server's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimKey(pub u128);

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclaimed {
    /// Claimed before.
    #[error("claimed before")]
    Replayed,
    /// Expires in a time whose records are gone, so whether it was claimed is not known.
    #[error("its time is forgotten")]
    Forgotten,
    /// No room until something expires.
    #[error("the replay store is full")]
    Full,
}

/// Which solutions have been redeemed; see the [module](self) for the contract.
pub trait Claims: std::fmt::Debug + Send + Sync {
    /// Claims a solution. `now` is on the steady clock. Dropping the future may leave it claimed.
    ///
    /// # Errors
    ///
    /// [`Unclaimed`]; nothing is recorded then.
    fn claim(&self, claim: Claim, now: UnixMillis) -> Claiming<'_>;

    /// Whether a claim of `id`, which expires at `expires_at`, is known here to be refused: a look before work that a
    /// replay is not worth. Only [`claim`](Self::claim) decides. Never waits.
    fn holds(&self, id: ChallengeId, expires_at: UnixMillis) -> bool;

    /// Forgets everything that expired before `now`. Called now and then, so that an idle store gives its memory back.
    fn forget_before(&self, now: UnixMillis);

    /// How many records are held here.
    fn held(&self) -> usize;

    /// How many records may be held here.
    fn capacity(&self) -> usize;

    /// Whether a claim would be refused because there is no room.
    fn is_full(&self) -> bool {
        self.held() >= self.capacity()
    }
}
