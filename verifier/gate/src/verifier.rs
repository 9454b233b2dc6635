//! The running verifier: its parts, built from the configuration and put together. No globals.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;

use crate::client::{Clients, StandingTokens, Tokens};
use crate::decision::{AdmissionQueue, Decisions, Rules};
use crate::endpoints::subrequest::GatewayQuestions;
use crate::endpoints::{Readiness, SecretsError, Siteverify, SiteverifyParts};
use crate::observe::EventLog;
use crate::redemption::{Challenges, HeavyChecks, REDEEM, Redemptions, StandingOffers, TokenTerms, WorkTerms};
use crate::responses::{FormReader, Responses};
use portcullis_admission::budget::Ledger;
use portcullis_admission::control::{Control, Steering};
use portcullis_admission::judge::Admission;
use portcullis_admission::pressure::{Pressure, Setting};
use portcullis_bots::Bots;
use portcullis_clearance::clock::Clock;
use portcullis_config::Config;
use portcullis_issuer::challenges::issue::ChallengeKeyRing;
use portcullis_issuer::keys::{KeyFolderError, KeyRing};
use portcullis_issuer::stores::Claims;
use portcullis_issuer::stores::replay_store::ReplayStore;
use portcullis_issuer::tokens::standing_key::StandingKeyError;
use portcullis_pages::{Links, PageError, Pages};
use portcullis_policy::databases::mmdb::DatabaseError;
use portcullis_policy::{Policy, PolicyError};
use portcullis_proxy::{Proxy, ProxyTerms};

/// A verifier, ready for requests. Each part knows the parts below it and nothing about the whole.
pub struct Verifier {
    /// The configuration it was started with.
    pub config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clients: Arc<Clients>,
    /// Clearance tokens, and the keys that sign them.
    pub tokens: Arc<Tokens>,
    pub(crate) standing: Arc<StandingTokens>,
    /// Redeemed solutions.
    pub claims: Arc<dyn Claims>,
    /// What decides which requests are admitted.
    pub admission: Arc<Admission>,
    /// Who sets the mode.
    pub control: Arc<Control>,
    /// The policy in use.
    pub rules: Arc<Rules>,
    /// What is known about good bots.
    pub bots: Arc<Bots>,
    /// Requests that wait for their turn.
    pub queue: Arc<AdmissionQueue>,
    /// What is logged and counted.
    pub events: Arc<EventLog>,
    pub(crate) decisions: Arc<Decisions>,
    /// What issues challenges.
    pub challenges: Arc<Challenges>,
    pub(crate) offers: Arc<StandingOffers>,
    pub(crate) redemptions: Arc<Redemptions>,
    pub(crate) responses: Arc<Responses>,
    pub(crate) questions: GatewayQuestions,
    pub(crate) readiness: Arc<Readiness>,
    /// Answers about responses; `None` if no secrets are configured.
    pub(crate) siteverify: Option<Arc<Siteverify>>,
    /// The way to the origin; `None` if gateways pass requests on.
    pub(crate) proxy: Option<Proxy>,
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
    Secrets(#[from] SecretsError),
    /// The key of standing tokens cannot be used.
    #[error(transparent)]
    StandingKey(#[from] StandingKeyError),
    /// The database of autonomous systems cannot be used.
    #[error(transparent)]
    AsnDatabase(#[from] DatabaseError),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A page does not fit its translations.
    #[error(transparent)]
    Page(#[from] PageError),
}

impl Verifier {
    /// A verifier with `challenge_keys`. Reads the signature keys, and makes them on first start. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        challenge_keys: ChallengeKeyRing,
    ) -> Result<Arc<Self>, StartError> {
        let keys = Arc::new(challenge_keys);
        let tokens = Arc::new(Tokens::open(&config, clock.now())?);
        let rules = Arc::new(Rules::read(config.policy.file.clone())?);
        let clients = Arc::new(Clients::new(&config)?);
        let standing = Arc::new(StandingTokens::new(config.standing.clone(), &config.clearance.keys)?);
        let claims: Arc<dyn Claims> = Arc::new(ReplayStore::new(config.replay.capacity));
        let admission = Arc::new(Admission {
            pressure: Pressure::new(config.pressure.terms(&config.challenge.0), config.gate.mode, seed()),
            ledger: Ledger::new(config.limits.budgets),
            standing: config.standing.budget(),
        });
        let control = Arc::new(Control::new(config.control_terms(), clock.steady()));
        let queue = Arc::new(AdmissionQueue::new(config.pressure.reserve, config.pressure.turn));
        let (bots, events) = (Arc::new(Bots::default()), Arc::new(EventLog::default()));
        let siteverify = Siteverify::new(
            &config.siteverify,
            SiteverifyParts {
                tokens: Arc::clone(&tokens),
                challenge_keys: Arc::clone(&keys),
                claims: Arc::clone(&claims),
                clock: Arc::clone(&clock),
            },
        )?;
        let decisions = Arc::new(Decisions {
            rules: Arc::clone(&rules),
            bots: Arc::clone(&bots),
            admission: Arc::clone(&admission),
            control: Arc::clone(&control),
            queue: Arc::clone(&queue),
            clients: Arc::clone(&clients),
            tokens: Arc::clone(&tokens),
            standing: Arc::clone(&standing),
            claims: Arc::clone(&claims),
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
            budget: config.clearance.budget(),
        });
        let challenges = Arc::new(Challenges {
            keys: Arc::clone(&keys),
            tokens: Arc::clone(&tokens),
            clients: Arc::clone(&clients),
            admission: Arc::clone(&admission),
            rules: Arc::clone(&rules),
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
            terms: WorkTerms::of(&config),
        });
        let offers = Arc::new(StandingOffers {
            tokens: Arc::clone(&standing),
            clients: Arc::clone(&clients),
            admission: Arc::clone(&admission),
            clock: Arc::clone(&clock),
        });
        let redemptions = Arc::new(Redemptions {
            keys,
            claims: Arc::clone(&claims),
            heavy: HeavyChecks::for_this_machine(),
            challenges: Arc::clone(&challenges),
            decisions: Arc::clone(&decisions),
            offers: Arc::clone(&offers),
            tokens: Arc::clone(&tokens),
            clients: Arc::clone(&clients),
            admission: Arc::clone(&admission),
            rules: Arc::clone(&rules),
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
            terms: TokenTerms::of(&config),
            gives_responses: siteverify.is_some(),
        });
        let responses = Arc::new(Responses {
            pages: Pages::new(&Links { redeem: REDEEM, assets: &portcullis_pages::assets::folder() })?,
            forms: FormReader::new(),
            challenges: Arc::clone(&challenges),
            events: Arc::clone(&events),
        });
        let questions = GatewayQuestions {
            clients: Arc::clone(&clients),
            decisions: Arc::clone(&decisions),
            responses: Arc::clone(&responses),
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
        };
        Ok(Arc::new(Self {
            proxy: proxy_terms(&config).map(Proxy::new),
            readiness: Arc::new(Readiness::new(Arc::clone(&claims))),
            siteverify: siteverify.map(Arc::new),
            config,
            clock,
            clients,
            tokens,
            standing,
            claims,
            admission,
            control,
            rules,
            bots,
            queue,
            events,
            decisions,
            challenges,
            offers,
            redemptions,
            responses,
            questions,
        }))
    }

    /// Looks at the signature keys as last read.
    pub fn with_signing_keys<T>(&self, look: impl FnOnce(&KeyRing) -> T) -> T {
        self.tokens.with_signing_keys(look)
    }

    /// Reads the signature keys again, and makes the next key when it is time, so that a rotation takes effect without
    /// a restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`]; the keys as last read stay.
    pub fn reload_keys(&self) -> Result<(), KeyFolderError> {
        self.tokens.reload(self.clock.now())
    }

    /// Reads the secrets of the servers that may ask about responses again, so that exchanging them takes effect
    /// without a restart. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`SecretsError`]; the secrets as last read stay.
    pub fn reload_secrets(&self) -> Result<(), SecretsError> {
        self.siteverify.as_ref().map_or(Ok(()), |siteverify| siteverify.reload())
    }

    /// The policy in use.
    pub fn policy(&self) -> Arc<Policy> {
        self.rules.policy()
    }

    /// The pressure on the site.
    pub fn pressure(&self) -> &Pressure {
        &self.admission.pressure
    }

    /// Sets the mode, as an operator does; see [`Control::set_mode`].
    pub fn set_mode(&self, setting: Setting, period: Option<Duration>) {
        self.control.set_mode(self.pressure(), self.clock.as_ref(), setting, period);
    }

    /// The state of the setting.
    pub fn steering(&self) -> Steering {
        self.control.steering(self.pressure(), self.clock.as_ref())
    }

    /// How many redeemed solutions are remembered.
    pub fn redeemed(&self) -> usize {
        self.claims.held()
    }

    /// From now on this instance says that it is not ready, so that no new clients are sent to it.
    pub fn stop(&self) {
        self.readiness.stop();
    }
}

/// The parts of a verifier as axum hands them to handlers: each handler names those that it needs.
#[derive(Clone)]
pub(crate) struct Parts(Arc<Verifier>);

impl Parts {
    pub(crate) fn of(verifier: Arc<Verifier>) -> Self {
        Self(verifier)
    }
}

/// Lets handlers take a part as `State<…>`.
macro_rules! parts {
    ($($name:ident: $part:ty),* $(,)?) => {$(
        impl FromRef<Parts> for $part {
            fn from_ref(parts: &Parts) -> Self {
                parts.0.$name.clone()
            }
        }
    )*};
}

parts! {
    clock: Arc<dyn Clock>,
    clients: Arc<Clients>,
    tokens: Arc<Tokens>,
    rules: Arc<Rules>,
    events: Arc<EventLog>,
    challenges: Arc<Challenges>,
    offers: Arc<StandingOffers>,
    redemptions: Arc<Redemptions>,
    readiness: Arc<Readiness>,
    siteverify: Option<Arc<Siteverify>>,
}

/// `None` if gateways pass requests on.
fn proxy_terms(config: &Config) -> Option<ProxyTerms> {
    Some(ProxyTerms {
        authority: config.origin.as_ref()?.authority().clone(),
        connect: config.timeouts.origin_connect,
        response: config.timeouts.origin_response,
        body_idle: config.timeouts.body_idle,
    })
}

fn seed() -> u64 {
    u64::from_ne_bytes(portcullis_issuer::entropy::random())
}
