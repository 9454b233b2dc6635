//! The running verifier: everything a request needs, built from configuration and passed along. No globals.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::HeaderMap;

use crate::clock::Clock;
use crate::config::Config;
use crate::cookie::Style;
use crate::events::EventLog;
use crate::heavy::HeavyChecks;
use crate::issue::ChallengeKeyRing;
use crate::keys::{KeyFolder, KeyFolderError, KeyRing};
use crate::page::{FormReader, Pages, UnusablePage};
use crate::proxy::Proxy;
use crate::rejection::Rejection;
use crate::replay::ReplayStore;
use crate::token::{Bearer, Clearance, NotCleared};
use crate::visitor::Visitor;

/// Everything a request needs.
pub struct App {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) challenge_keys: ChallengeKeyRing,
    pub(crate) replay: ReplayStore,
    pub(crate) heavy: HeavyChecks,
    /// To the origin; none where gateways do the passing on.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) pages: Pages,
    pub(crate) forms: FormReader,
    pub(crate) events: EventLog,
    folder: KeyFolder,
    signing_keys: RwLock<Arc<KeyRing>>,
    stopping: AtomicBool,
}

/// Why a verifier cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The signature keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFolderError),
    /// A page does not fit its translations.
    #[error(transparent)]
    Page(#[from] UnusablePage),
}

impl App {
    /// A verifier with `challenge_keys`, ready for requests. Reads the signature keys, and makes them on first start.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        challenge_keys: ChallengeKeyRing,
    ) -> Result<Arc<Self>, StartError> {
        let folder = KeyFolder::at(&config.clearance.keys);
        Ok(Arc::new(Self {
            signing_keys: RwLock::new(Arc::new(folder.open(clock.now())?)),
            folder,
            challenge_keys,
            replay: ReplayStore::new(config.replay.capacity),
            heavy: HeavyChecks::for_this_machine(),
            proxy: config.origin.clone().map(|origin| Proxy::new(origin, config.timeouts.clone())),
            pages: Pages::new()?,
            forms: FormReader::new(),
            events: EventLog::default(),
            stopping: AtomicBool::new(false),
            clock,
            config,
        }))
    }

    /// The signature keys as last read.
    pub fn signing_keys(&self) -> Arc<KeyRing> {
        // The lock guards one assignment, so even after a panic it holds a whole ring.
        Arc::clone(&self.signing_keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the signature keys again, so that a rotation takes hold without a restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`]; the keys as last read stay.
    pub fn reload_keys(&self) -> Result<(), KeyFolderError> {
        let ring = Arc::new(self.folder.open(self.clock.now())?);
        *self.signing_keys.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// Gives back the memory of solutions that have expired.
    pub fn forget_expired(&self) {
        self.replay.forget_before(self.clock.steady());
    }

    /// How many redeemed solutions are remembered.
    pub fn redeemed(&self) -> usize {
        self.replay.len()
    }

    /// From now on this instance says it is not ready, so that no new clients are sent to it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether new clients should be sent here.
    pub(crate) fn is_ready(&self) -> bool {
        !self.stopping.load(Ordering::SeqCst) && !self.replay.is_full()
    }

    /// Refuses hosts that are not served here.
    pub(crate) fn serves(&self, host: &str) -> Result<(), Rejection> {
        let hosts = &self.config.hosts;
        let served = hosts.is_empty() || hosts.iter().any(|name| name.as_str() == host);
        if served { Ok(()) } else { Err(Rejection::Denied) }
    }

    /// The cookie as this visitor's browser keeps it.
    pub(crate) fn cookie(&self, visitor: &Visitor) -> Style {
        let insecure = self.config.gate.insecure_loopback_cookie && visitor.loopback && !visitor.secure;
        if insecure { Style::InsecureLoopback } else { Style::HostPrefixed }
    }

    /// The visitor's clearance, or why the token it shows is none; `None` when it shows none.
    pub(crate) fn clearance(&self, headers: &HeaderMap, visitor: &Visitor) -> Result<Clearance, Option<NotCleared>> {
        let token = self.cookie(visitor).read(headers).ok_or(None)?;
        let bearer = Bearer {
            issuer: &self.config.clearance.issuer,
            host: &visitor.host,
            address: visitor.address,
            now: self.clock.now(),
        };
        crate::token::verify(&self.signing_keys(), token, bearer).map_err(Some)
    }
}
