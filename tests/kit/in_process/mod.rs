//! The verifier in this process: the real configuration parser, the real router, a clock that stands still, and an
//! origin that records what arrives.

mod exchange;
mod origin;
mod resident;
mod served;

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use http::header::{CONTENT_TYPE, COOKIE, HOST as HOST_HEADER};
use http::request::Builder;
use portcullis_challenge::{Challenge, UnixMillis};
use portcullis_clearance::client::Peer;
use portcullis_clearance::clock::ManualClock;
use portcullis_config::Layers;
use portcullis_gate::Verifier;
use portcullis_issuer::challenges::issue::ChallengeKeyRing;
use portcullis_issuer::keys::KeyFolder;
use tempfile::TempDir;
use tower::ServiceExt;

pub use exchange::{Answer, CLIENT, HOST, from, get, navigation, post};
pub use origin::{Arrival, Origin};
pub use resident::resident_memory;
pub use served::Served;

use crate::attacker::Submission;

/// When every test begins, in Unix milliseconds.
pub const START: UnixMillis = UnixMillis(1_800_000_000_000);

/// What a gate is made of. Two gates of one plan share whatever both plans hold.
#[derive(Clone)]
pub struct Plan {
    /// The clock it reads.
    pub clock: Arc<ManualClock>,
    /// The folder around its folder of signature keys.
    pub keys: Arc<TempDir>,
    /// Its challenge keys, oldest first; none for a random one, as in production.
    pub secrets: Vec<[u8; 32]>,
    /// Whether it passes requests on itself; to a port on which nothing listens, unless settings say otherwise.
    pub has_origin: bool,
    /// `section.key=value`, as after `--set`.
    pub settings: Vec<String>,
}

impl Plan {
    /// The gate lowered, with very little work to do, and `settings` over that.
    pub fn with(settings: &[&str]) -> Self {
        Self {
            clock: Arc::new(ManualClock::new(START)),
            keys: Arc::new(TempDir::new().expect("a temporary folder can be made")),
            secrets: Vec::new(),
            has_origin: true,
            settings: settings.iter().map(ToString::to_string).collect(),
        }
    }

    /// The same under a policy of its own.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    #[must_use]
    pub fn under(mut self, policy: &str) -> Self {
        self.write_policy(policy);
        self.settings.push(format!("policy.file={}", self.policy_file().display()));
        self
    }

    fn write_policy(&self, policy: &str) {
        std::fs::write(self.policy_file(), policy).expect("a file can be written to a temporary folder");
    }

    fn policy_file(&self) -> std::path::PathBuf {
        self.keys.path().join("policy.toml")
    }

    /// Where its signature keys are.
    pub fn key_folder(&self) -> std::path::PathBuf {
        self.keys.path().join("keys")
    }

    /// Its configuration, parsed as the program parses it.
    ///
    /// # Errors
    ///
    /// What the program would say.
    pub fn config(&self) -> Result<portcullis_config::Config, String> {
        let origin = if self.has_origin { NO_ORIGIN } else { "" };
        let text = format!("{origin}{BASE}[clearance]\nkeys = {:?}\n", self.key_folder());
        let layers = Layers {
            file: Some(("portcullis.toml".into(), text)),
            environment: Vec::new(),
            flags: self.settings.clone(),
        };
        layers.parse().map_err(|refused| refused.to_string())
    }

    /// A verifier after this plan.
    ///
    /// # Errors
    ///
    /// Why the program would not start.
    pub fn verifier(&self) -> Result<Arc<Verifier>, String> {
        let ring = match self.secrets.as_slice() {
            [] => ChallengeKeyRing::random(),
            secrets => ChallengeKeyRing::new(secrets).expect("a test has 1 to 256 secrets"),
        };
        Verifier::new(self.config()?, self.clock.clone(), ring).map_err(|refused| refused.to_string())
    }
}

/// A verifier under test.
pub struct Gate {
    /// What it was made of.
    pub plan: Plan,
    /// The verifier itself.
    pub verifier: Arc<Verifier>,
    service: portcullis_gate::Gate,
}

impl Gate {
    /// The gate lowered. Its origin is a port on which nothing listens.
    pub fn lowered() -> Self {
        Self::with(&[])
    }

    /// The gate lowered, with `settings` as after `--set`.
    pub fn with(settings: &[&str]) -> Self {
        Self::start(Plan::with(settings))
    }

    /// The gate lowered in front of `origin`, with `settings` as after `--set`.
    pub fn in_front_of(origin: &Origin, settings: &[&str]) -> Self {
        let mut plan = Plan::with(settings);
        plan.settings.push(format!("origin={}", origin.url()));
        Self::start(plan)
    }

    /// The gate lowered in front of `origin`, under a policy.
    pub fn under(policy: &str, origin: &Origin, settings: &[&str]) -> Self {
        let mut plan = Plan::with(settings).under(policy);
        plan.settings.push(format!("origin={}", origin.url()));
        Self::start(plan)
    }

    /// Replaces the policy of this gate with another, as SIGHUP does.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn comes_under(&self, policy: &str) {
        self.plan.write_policy(policy);
        let config = self.plan.config().expect("the configuration is as it was");
        self.verifier.reload(&config);
    }

    /// A gate after `plan`.
    ///
    /// # Panics
    ///
    /// When the program would not start.
    pub fn start(plan: Plan) -> Self {
        let verifier = plan.verifier().unwrap_or_else(|refused| panic!("the verifier does not start: {refused}"));
        Self { service: portcullis_gate::Gate::new(Arc::clone(&verifier)), verifier, plan }
    }

    /// The state after a restart: the same keys, clock and configuration, an empty replay store.
    pub fn restarted(&self) -> Self {
        Self::start(self.plan.clone())
    }

    /// Its clock.
    pub fn clock(&self) -> &ManualClock {
        &self.plan.clock
    }

    /// Its folder of signature keys.
    pub fn key_folder(&self) -> KeyFolder {
        KeyFolder::at(self.plan.key_folder())
    }

    /// Sends a request without a body; from [`CLIENT`], unless it says [`from`] which client.
    pub async fn send(&self, request: Builder) -> Answer {
        self.send_with(request, Body::empty()).await
    }

    /// Sends a request with a body.
    ///
    /// # Panics
    ///
    /// When it cannot be a request: to send that, write its bytes to a socket.
    pub async fn send_with(&self, request: Builder, body: impl Into<Body>) -> Answer {
        let mut request = request.body(body.into()).expect("a test's request is a request");
        if request.extensions().get::<Peer>().is_none() {
            request.extensions_mut().insert(exchange::peer(CLIENT));
        }
        // Its error type has no values.
        let response = self.service.clone().oneshot(request).await.expect("the gate always answers");
        Answer::read(response).await
    }

    /// A fresh challenge for [`CLIENT`] at [`HOST`].
    pub async fn challenge(&self) -> Challenge {
        self.challenge_by(get("/.portcullis/challenge")).await
    }

    /// A fresh challenge for the client that sends `request`.
    ///
    /// # Panics
    ///
    /// When there is none in the answer.
    pub async fn challenge_by(&self, request: Builder) -> Challenge {
        let answer = self.send(request).await;
        answer.challenge().unwrap_or_else(|| panic!("no challenge in {answer:?}"))
    }

    /// Submits, as [`CLIENT`] at [`HOST`].
    pub async fn redeem(&self, submission: &Submission) -> Answer {
        self.redeem_by(submission, post("/.portcullis/redeem")).await
    }

    /// Submits from `address`, at [`HOST`].
    pub async fn redeem_from(&self, submission: &Submission, address: &str) -> Answer {
        self.redeem_by(submission, from(post("/.portcullis/redeem"), address)).await
    }

    /// Submits as the client that sends `request`, a POST to the redeem route.
    pub async fn redeem_by(&self, submission: &Submission, request: Builder) -> Answer {
        self.send_with(request.header(CONTENT_TYPE, "application/json"), submission.to_json()).await
    }

    /// Does the work for one challenge: what any client may submit once.
    pub async fn solved(&self) -> Submission {
        Submission::solving(&self.challenge().await)
    }

    /// A clearance token that [`CLIENT`] earned with work.
    pub async fn token(&self) -> String {
        self.token_from(CLIENT).await
    }

    /// A clearance token earned with work from `address`, at [`HOST`].
    pub async fn token_from(&self, address: &str) -> String {
        self.token_at(HOST, address).await
    }

    /// A clearance token earned with work at `host` from `address`.
    ///
    /// # Panics
    ///
    /// When the work is refused.
    pub async fn token_at(&self, host: &str, address: &str) -> String {
        let ask = Request::get("/.portcullis/challenge").header(HOST_HEADER, host);
        let submit = Request::post("/.portcullis/redeem").header(HOST_HEADER, host);
        let submission = Submission::solving(&self.challenge_by(from(ask, address)).await);
        let answer = self.redeem_by(&submission, from(submit, address)).await;
        answer.json()["token"].as_str().unwrap_or_else(|| panic!("no token in {answer:?}")).to_owned()
    }

    /// A navigation to `target` showing `token` as its clearance.
    pub async fn show(&self, token: &str, target: &str) -> Answer {
        self.send(navigation(target).header(COOKIE, format!("__Host-portcullis={token}"))).await
    }
}

/// Port 9 takes no connections.
const NO_ORIGIN: &str = "origin = \"http://127.0.0.1:9\"\n";
/// Settings every test starts from.
const BASE: &str = r#"
[gate]
mode = "challenge"
[challenge]
difficulty = 1024
shares = 8
lifetime = "60s"
"#;
