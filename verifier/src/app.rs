//! The running verifier: everything a request needs, built from configuration and passed along. No globals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::HeaderMap;
use portcullis_challenge::Difficulty;
use portcullis_clearance::verify::{Bearer, Clearance, Genuine, NotCleared, Remembering, TokenVerifier};

use crate::admission::Admission;
use crate::bots::Bots;
use crate::budget::Ledger;
use crate::clock::Clock;
use crate::config::Config;
use crate::control::Control;
use crate::cookie::Style;
use crate::events::EventLog;
use crate::groups::Groups;
use crate::heavy::HeavyChecks;
use crate::issue::ChallengeKeyRing;
use crate::keys::{KeyFolder, KeyFolderError, KeyRing, Rotation};
use crate::ladder::Solver;
use crate::mmdb::UnusableDatabase;
use crate::page::{FormReader, Pages, UnusablePage};
use crate::policy::{Level, UnusablePolicy};
use crate::pressure::{Client, Pressure};
use crate::proxy::Proxy;
use crate::rejection::Rejection;
use crate::replay::ReplayStore;
use crate::rules::Rules;
use crate::siteverify::{Siteverify, UnusableSecrets};
use crate::standing::{StandingTokens, UnusableStandingKey};
use crate::turns::Turns;
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
    pub(crate) admission: Admission,
    pub(crate) rules: Rules,
    pub(crate) turns: Turns,
    pub(crate) control: Control,
    /// Answers about responses; none where no secrets are configured.
    pub(crate) siteverify: Option<Siteverify>,
    pub(crate) standing_tokens: StandingTokens,
    pub(crate) bots: Bots,
    groups: Groups,
    folder: KeyFolder,
    tokens: TokenVerifier<KeyRing>,
    stopping: AtomicBool,
}

/// Why a verifier cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The signature keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFolderError),
    /// The secrets of the servers that may ask about responses cannot be used.
    #[error(transparent)]
    Secrets(#[from] UnusableSecrets),
    /// The key of standing tokens cannot be used.
    #[error(transparent)]
    StandingKey(#[from] UnusableStandingKey),
    /// The database of autonomous systems cannot be used.
    #[error(transparent)]
    AsnDatabase(#[from] UnusableDatabase),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] UnusablePolicy),
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
        let ring = folder.open(rotation(&config), clock.now())?;
        Ok(Arc::new(Self {
            tokens: TokenVerifier::remembering(config.limits.cached_tokens, &config.clearance.issuer, ring),
            admission: Admission {
                pressure: Pressure::new(config.pressure.terms(&config.challenge.0), config.gate.mode, seed()),
                ledger: Ledger::new(config.limits.budgets),
                standing: config.standing.budget(),
            },
            rules: Rules::read(config.policy.file.clone())?,
            control: Control::new(&config, clock.steady()),
            turns: Turns::new(config.pressure.reserve, config.pressure.turn),
            folder,
            challenge_keys,
            replay: ReplayStore::new(config.replay.capacity),
            heavy: HeavyChecks::for_this_machine(),
            proxy: config.origin.clone().map(|origin| Proxy::new(origin, config.timeouts.clone())),
            pages: Pages::new()?,
            forms: FormReader::new(),
            events: EventLog::default(),
            siteverify: Siteverify::new(&config.siteverify)?,
            standing_tokens: StandingTokens::new(config.standing.clone(), &config.clearance.keys)?,
            bots: Bots::default(),
            groups: Groups::new(config.client_ip.asn_database.clone())?,
            stopping: AtomicBool::new(false),
            clock,
            config,
        }))
    }

    /// Looks at the signature keys as last read.
    pub fn with_signing_keys<T>(&self, look: impl FnOnce(&KeyRing) -> T) -> T {
        self.tokens.with_keys(look)
    }

    /// Reads the signature keys again, and makes a next one when it is time, so that a rotation takes hold without a
    /// restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`]; the keys as last read stay.
    pub fn reload_keys(&self) -> Result<(), KeyFolderError> {
        let ring = self.folder.open(rotation(&self.config), self.clock.now())?;
        if !self.tokens.with_keys(|current| current.is_same_as(&ring)) {
            self.tokens.replace_keys(ring);
        }
        Ok(())
    }

    /// Reads the secrets of the servers that may ask about responses again, so that an exchange of them takes hold without
    /// a restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`UnusableSecrets`]; the secrets as last read stay.
    pub fn reload_secrets(&self) -> Result<(), UnusableSecrets> {
        self.siteverify.as_ref().map_or(Ok(()), Siteverify::reload)
    }

    /// Reads the key of standing tokens again, so that a deleted one voids them without a restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`UnusableStandingKey`]; the key as last read stays.
    pub fn reload_standing_key(&self) -> Result<(), UnusableStandingKey> {
        self.standing_tokens.reload()
    }

    /// Reads the database of autonomous systems again, if it is another one than before. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`UnusableDatabase`]; the database as last read stays.
    pub fn reload_groups(&self) -> Result<(), UnusableDatabase> {
        self.groups.reload()
    }

    /// Gives back the memory of solutions, responses and budgets that no longer matter.
    pub fn forget_expired(&self) {
        let now = self.clock.steady();
        self.replay.forget_before(now);
        self.admission.ledger.forget(now, self.clock.now());
        self.standing_tokens.forget(now);
        self.bots.forget(now);
        if let Some(siteverify) = &self.siteverify {
            siteverify.forget_before(now);
        }
    }

    /// How hard the site is pressed.
    pub fn pressure(&self) -> &Pressure {
        &self.admission.pressure
    }

    /// The attempts that everybody is asked for just now, at the least.
    pub(crate) fn difficulty(&self) -> f64 {
        let least = self.config.challenge.0.terms(Solver::Simd, true);
        let least = Difficulty::of(least.threshold, least.shares).map_or(0, Difficulty::attempts);
        f64::from(least) * self.pressure().stance().bits.exp2()
    }

    /// How well verified tokens are remembered.
    pub(crate) fn remembered_tokens(&self) -> Remembering {
        self.tokens.remembering_now()
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

    /// The token that a visitor shows, wherever from, or why it is none of ours, or not of this level; `None` when it shows
    /// none.
    pub(crate) fn token(
        &self,
        headers: &HeaderMap,
        visitor: &Visitor,
        level: Level,
    ) -> Result<Genuine, Option<NotCleared>> {
        let token = self.cookie(visitor).read(headers).ok_or(None)?;
        let bearer = Bearer { host: &visitor.host, level, now: self.clock.now() };
        self.tokens.verify(token, bearer).map_err(Some)
    }

    /// The visitor's clearance of a level, or why the token it shows is none; `None` when it shows none.
    pub(crate) fn clearance(
        &self,
        headers: &HeaderMap,
        visitor: &Visitor,
        level: Level,
    ) -> Result<Clearance, Option<NotCleared>> {
        self.token(headers, visitor, level)?.shown_from(visitor.address).map_err(Some)
    }

    /// For how long a new token of a level is good, as the pressure has it.
    pub(crate) fn token_lifetime(&self, level: Level) -> Duration {
        let longest = self.rules.policy().terms(level).lifetime.unwrap_or(self.config.clearance.lifetime);
        longest.mul_f64(self.pressure().stance().lifetime).max(SHORTEST_LIFETIME)
    }

    /// Where a visitor's requests come from, as the pressure counts them.
    pub(crate) fn client(&self, visitor: &Visitor) -> Client {
        Client { network: visitor.network, group: self.groups.of(visitor.address) }
    }

    /// The token of at least this level that a visitor shows, if it can be topped up once more.
    pub(crate) fn to_top_up(&self, headers: &HeaderMap, visitor: &Visitor, level: Level) -> Option<Genuine> {
        let token = self.token(headers, visitor, level).ok()?;
        (self.admission.ledger.top_ups(token.claims().jti) < self.config.clearance.top_ups).then_some(token)
    }
}

fn rotation(config: &Config) -> Rotation {
    Rotation { algorithm: config.clearance.algorithm, every: config.clearance.rotate_every }
}

fn seed() -> u64 {
    u64::from_ne_bytes(crate::entropy::random())
}

/// As for `clearance.lifetime`: who solves can log in.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(60);
