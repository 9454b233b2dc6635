//! Clearance tokens: the keys that sign them, and what a client's token is worth.

use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::Level;
use portcullis_clearance::verify::{Bearer, Clearance, Genuine, Remembering, TokenError, TokenVerifier};

use portcullis_clearance::client::Client;
use portcullis_config::Config;
use portcullis_issuer::keys::{KeyFolder, KeyFolderError, KeyRing, Rotation};

/// Verifies clearance tokens, and keeps the keys that sign them.
#[derive(Debug)]
pub struct Tokens {
    verifier: TokenVerifier<KeyRing>,
    folder: KeyFolder,
    rotation: Rotation,
}

/// Why a client has no clearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClearanceError {
    /// It shows no token, or nobody looked for one.
    NoToken,
    /// It shows one that does not admit it.
    NotCleared(TokenError),
}

impl ClearanceError {
    /// Why the token that it shows does not admit it; `None` if it shows none.
    pub(crate) fn reason(self) -> Option<TokenError> {
        match self {
            Self::NoToken => None,
            Self::NotCleared(reason) => Some(reason),
        }
    }
}

impl Tokens {
    /// Reads the signature keys, and makes them on first start. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`].
    pub(crate) fn open(config: &Config, now: UnixMillis) -> Result<Self, KeyFolderError> {
        let clearance = &config.clearance;
        let rotation = Rotation { algorithm: clearance.algorithm, every: clearance.rotate_every };
        let folder = KeyFolder::at(&clearance.keys);
        let ring = folder.open(rotation, now)?;
        let verifier = TokenVerifier::remembering(config.limits.cached_tokens, &clearance.issuer, ring);
        Ok(Self { verifier, folder, rotation })
    }

    /// This installation's name in tokens.
    pub(crate) fn issuer(&self) -> &str {
        self.verifier.issuer()
    }

    /// Looks at the signature keys as last read.
    pub(crate) fn with_signing_keys<T>(&self, look: impl FnOnce(&KeyRing) -> T) -> T {
        self.verifier.with_keys(look)
    }

    /// Reads the signature keys again, and makes the next key when it is time, so that a rotation takes effect without
    /// a restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`]; the keys as last read stay.
    pub(crate) fn reload(&self, now: UnixMillis) -> Result<(), KeyFolderError> {
        let ring = self.folder.open(self.rotation, now)?;
        if !self.verifier.with_keys(|current| current.is_same_as(&ring)) {
            self.verifier.replace_keys(ring);
        }
        Ok(())
    }

    /// How well the memory of verified tokens works.
    pub fn remembered(&self) -> Remembering {
        self.verifier.remembering_now()
    }

    /// The token behind a text, wherever it is shown, if it is one of ours and of at least this level.
    ///
    /// # Errors
    ///
    /// [`ClearanceError`].
    pub(crate) fn genuine(
        &self,
        text: Option<&str>,
        client: &Client,
        level: Level,
        now: UnixMillis,
    ) -> Result<Genuine, ClearanceError> {
        let text = text.ok_or(ClearanceError::NoToken)?;
        let bearer = Bearer { host: &client.host, level, now };
        self.verifier.verify(text, bearer).map_err(ClearanceError::NotCleared)
    }

    /// The clearance of at least this level that a text gives to a client.
    ///
    /// # Errors
    ///
    /// [`ClearanceError`].
    pub(crate) fn clearance(
        &self,
        text: Option<&str>,
        client: &Client,
        level: Level,
        now: UnixMillis,
    ) -> Result<Clearance, ClearanceError> {
        self.genuine(text, client, level, now)?.shown_from(client.address).map_err(ClearanceError::NotCleared)
    }
}

/// As for `clearance.lifetime`: long enough to log in.
pub(crate) const SHORTEST_LIFETIME: Duration = Duration::from_secs(60);
