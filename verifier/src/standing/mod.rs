//! Standing: that a browser has been here before, in peace. It is what returning visitors pass the half-lowered gate with.
//!
//! 1. `offer` gives a visitor a `token` in peace, in a cookie beside the page, at most so many to a network
//!    (`NetworkQuota`); and whoever has done the work gets one too.
//! 2. When the gate is lowered, `App::standing` reads it. It counts if it is old enough, and admits within its budget, in
//!    the modes that [`Admission`](crate::admission::Admission) says.
//! 3. A visitor who comes back on another day gets another token, and the old one means nothing to anybody who sees both.
//!
//! A `key` of its own vouches for the tokens. There is nothing in them about the visitor, and nothing is kept here.

mod key;
mod offer;
mod token;

use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::HeaderMap;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::TokenId;

pub use key::{StandingKeyFile, UnusableStandingKey};
pub(crate) use offer::Offer;
pub(crate) use token::ROTATION;
pub use token::{StandingKey, StandingToken};

use crate::app::App;
use crate::config::StandingTerms;
use crate::network::NetworkPrefix;
use crate::network_quota::NetworkQuota;
use crate::visitor::Visitor;

/// Issues standing tokens, and reads them.
#[derive(Debug)]
pub(crate) struct StandingTokens {
    terms: StandingTerms,
    file: StandingKeyFile,
    /// None where standing tokens are turned off.
    key: RwLock<Option<StandingKey>>,
    slots: NetworkQuota,
}

impl StandingTokens {
    /// Reads the key in the folder at `keys`, and makes it on first start.
    ///
    /// # Errors
    ///
    /// [`UnusableStandingKey`].
    pub(crate) fn new(terms: StandingTerms, keys: &Path) -> Result<Self, UnusableStandingKey> {
        let tokens = Self {
            slots: NetworkQuota::new(terms.per_network, HOUR),
            file: StandingKeyFile::within(keys),
            key: RwLock::new(None),
            terms,
        };
        tokens.reload()?;
        Ok(tokens)
    }

    /// Reads the key again. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`UnusableStandingKey`]; the key as last read stays.
    pub(crate) fn reload(&self) -> Result<(), UnusableStandingKey> {
        if self.terms.enabled {
            let key = self.file.open()?;
            *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
        }
        Ok(())
    }

    /// Gives back the memory of networks that have all of their tokens again.
    pub(crate) fn forget(&self, now: UnixMillis) {
        self.slots.forget(now);
    }

    /// The token behind a text, if it is a good one.
    fn read(&self, text: &str, host: &str, now: UnixMillis) -> Option<StandingToken> {
        self.with_key(|key| key.verify(text, host, self.terms.lifetime, now)).flatten()
    }

    fn take_slot(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        self.slots.take(network, now)
    }

    /// `None` where standing tokens are turned off.
    fn with_key<T>(&self, act: impl FnOnce(&StandingKey) -> T) -> Option<T> {
        self.key.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(act)
    }
}

impl App {
    /// The standing token that a visitor shows, if its client was known long enough before the gate was lowered.
    pub(crate) fn standing(
        &self,
        headers: &HeaderMap,
        visitor: &Visitor,
        lowered_at: Option<UnixMillis>,
    ) -> Option<TokenId> {
        let token = self.standing_shown(headers, visitor)?;
        let now = self.clock.now();
        // Hours are of the time of day; the gate is lowered by a clock that never steps.
        let ago = lowered_at.map_or(0, |lowered_at| self.clock.steady().0.saturating_sub(lowered_at.0));
        let lowered = UnixMillis(now.0.saturating_sub(ago));
        token.was_known(self.standing_tokens.terms.age, lowered).then_some(token.id())
    }

    /// The standing token that a visitor shows, however young.
    fn standing_shown(&self, headers: &HeaderMap, visitor: &Visitor) -> Option<StandingToken> {
        let text = self.cookie(visitor).read_standing(headers)?;
        self.standing_tokens.read(text, &visitor.host, self.clock.now())
    }
}

/// In which a network gets so many.
const HOUR: Duration = Duration::from_secs(3600);
