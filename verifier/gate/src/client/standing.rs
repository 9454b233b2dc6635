//! Standing: that a browser was here before the attack. It lets returning visitors past the half-lowered gate.
//!
//! 1. While the gate is up, `redemption::StandingOffers` gives a visitor a token, in a cookie beside the page,
//!    within a quota per network. A client that has solved a challenge gets one too.
//! 2. When the gate is lowered, [`StandingTokens::known_before`] reads it. It counts if it is old enough, and admits within
//!    its budget, in the modes that [`Admission`](portcullis_admission::judge::Admission) says.
//! 3. A visitor who comes back on another day gets another token. The two cannot be linked by anybody who sees both.
//!
//! A key of their own signs these tokens. They say nothing about the visitor, and nothing is kept here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::TokenId;

use portcullis_admission::network_quota::NetworkQuota;
use portcullis_clearance::client::Client;
use portcullis_clearance::clock::millis;
use portcullis_clearance::network::NetworkPrefix;
use portcullis_config::StandingConfig;
use portcullis_issuer::tokens::standing::{StandingKey, StandingToken};
use portcullis_issuer::tokens::standing_key::{StandingKeyError, StandingKeyFile};

/// Issues standing tokens, and reads them.
#[derive(Debug)]
pub(crate) struct StandingTokens {
    config: StandingConfig,
    file: StandingKeyFile,
    /// `None` if standing tokens are turned off.
    key: ArcSwapOption<StandingKey>,
    quota: NetworkQuota,
}

impl StandingTokens {
    /// Reads the key in the folder at `keys`, and makes it on first start.
    ///
    /// # Errors
    ///
    /// [`StandingKeyError`].
    pub(crate) fn new(config: StandingConfig, keys: &Path) -> Result<Self, StandingKeyError> {
        let tokens = Self {
            quota: NetworkQuota::new(config.per_network, HOUR),
            file: StandingKeyFile::within(keys),
            key: ArcSwapOption::empty(),
            config,
        };
        tokens.reload()?;
        Ok(tokens)
    }

    /// Reads the key again. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`StandingKeyError`]; the key as last read stays.
    pub(crate) fn reload(&self) -> Result<(), StandingKeyError> {
        if self.config.enabled {
            let key = self.file.open()?;
            self.key.store(Some(Arc::new(key)));
        }
        Ok(())
    }

    /// Frees the memory of networks that have their whole quota again.
    pub(crate) fn forget(&self, now: UnixMillis) {
        self.quota.forget(now);
    }

    /// The token behind a text, if it is valid.
    fn read(&self, text: &str, host: &str, now: UnixMillis) -> Option<StandingToken> {
        self.with_key(|key| key.verify(text, host, self.config.lifetime, now)).flatten()
    }

    /// The standing token behind a text, if its client was known long enough before the gate was lowered, `lowered_ago`
    /// before `now`.
    pub(crate) fn known_before(
        &self,
        text: Option<&str>,
        client: &Client,
        now: UnixMillis,
        lowered_ago: Duration,
    ) -> Option<TokenId> {
        let token = self.shown(text, client, now)?;
        let lowered = UnixMillis(now.0.saturating_sub(millis(lowered_ago)));
        token.was_known(self.config.age, lowered).then_some(token.id())
    }

    /// The standing token behind a text, however young it is.
    pub(crate) fn shown(&self, text: Option<&str>, client: &Client, now: UnixMillis) -> Option<StandingToken> {
        self.read(text?, &client.host, now)
    }

    /// How long a token is valid.
    pub(crate) fn lifetime(&self) -> Duration {
        self.config.lifetime
    }

    /// Takes one token from a network's quota, on the clock that never steps; false if there is none left.
    pub(crate) fn take_from_quota(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        self.quota.take(network, now)
    }

    /// `None` if standing tokens are turned off.
    pub(crate) fn with_key<T>(&self, act: impl FnOnce(&StandingKey) -> T) -> Option<T> {
        self.key.load().as_deref().map(act)
    }
}

/// The period of a network's quota.
const HOUR: Duration = Duration::from_secs(3600);
