//! `POST /.portcullis/siteverify`: whether the response that came with a form is good, asked by the form's server in the
//! words of reCAPTCHA, hCaptcha and Turnstile, so that their server libraries need only another URL.
//!
//! # What is checked, in this order
//!
//! 1. The request's form: a bounded body, form-encoded or JSON, no field twice.
//! 2. `secret`: one of those in the file. Nobody else gets further, so strangers cost one hash.
//! 3. `response` is there, and `idempotency_key`, if given, is a UUID.
//! 4. The [response token](portcullis_issuer::tokens::response).
//! 5. `remoteip`, if it is an address: it must be in the network from which the work was done, unless the configuration
//!    turns this off.
//! 6. The token is spent, once and for all; this comes last, so that a refusal spends nothing.
//!
//! Every answer has status 200, as with those services: libraries take any other for a failure of the service.

mod error;
mod question;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

pub use secrets::{SecretFile, SecretsError};

use crate::client::Tokens;
use crate::observe::EventLog;
use error::SiteverifyError;
use portcullis_clearance::clock::Clock;
use portcullis_config::{RemoteIp, SiteverifyConfig};
use portcullis_issuer::challenges::issue::ChallengeKeyRing;
use portcullis_issuer::stores::{Claim, ClaimError, ClaimKey, Claims};
use portcullis_issuer::tokens::response::{self as response_token, Expected};
use question::Question;
use secrets::Secrets;

/// The longest body. A token, a secret and the rest of it, percent-encoded, take less than half.
pub(crate) const MAX_BODY_LEN: usize = 8192;
/// The longest pause between two pieces of a body.
pub(crate) const BODY_IDLE: Duration = Duration::from_secs(5);

/// What answers need, if siteverify is configured.
pub(crate) struct Siteverify {
    file: SecretFile,
    secrets: ArcSwap<Secrets>,
    remoteip: RemoteIp,
    with: SiteverifyParts,
}

/// What answers need of the rest of the verifier.
pub(crate) struct SiteverifyParts {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) challenge_keys: Arc<ChallengeKeyRing>,
    pub(crate) claims: Arc<dyn Claims>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Siteverify {
    /// Reads the secrets; `None` if none are configured.
    ///
    /// # Errors
    ///
    /// [`SecretsError`].
    pub(crate) fn new(config: &SiteverifyConfig, with: SiteverifyParts) -> Result<Option<Self>, SecretsError> {
        let Some(path) = &config.secrets else { return Ok(None) };
        let file = SecretFile::at(path);
        let secrets = ArcSwap::from_pointee(file.read()?);
        Ok(Some(Self { file, secrets, remoteip: config.remoteip, with }))
    }

    /// Reads the secrets again. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`SecretsError`]; the secrets as last read stay.
    pub(crate) fn reload(&self) -> Result<(), SecretsError> {
        self.secrets.store(Arc::new(self.file.read()?));
        Ok(())
    }

    fn knows(&self, secret: &str) -> bool {
        self.secrets.load().include(secret)
    }

    async fn check(&self, question: &Question) -> Result<response_token::Response, SiteverifyError> {
        let SiteverifyParts { tokens, challenge_keys, claims, clock } = &self.with;
        let steady = clock.steady();
        let secret = question.secret.as_deref().ok_or(SiteverifyError::MissingSecret)?;
        ensure(self.knows(secret), SiteverifyError::InvalidSecret)?;
        let token = question.response.as_deref().ok_or(SiteverifyError::MissingResponse)?;
        let retry = question.retry_key()?;
        let expected = Expected { issuer: tokens.issuer(), challenge_keys, now: clock.now(), steady };
        let verified = tokens.with_signing_keys(|keys| response_token::verify(keys, token, expected));
        let response = verified.map_err(SiteverifyError::NoResponse)?;
        if let (RemoteIp::Match, Some(address)) = (self.remoteip, question.address()) {
            ensure(response.claims().net.contains(address), SiteverifyError::WrongNetwork)?;
        }
        let (id, expires_at) = (response.id(), response.expires_at());
        let claim = Claim { id, expires_at, under: retry.map(ClaimKey) };
        claims.claim(claim, steady).await.map_err(|error| match error {
            ClaimError::Replayed | ClaimError::Forgotten => SiteverifyError::Spent,
            ClaimError::Full => SiteverifyError::Full,
        })?;
        Ok(response)
    }
}

/// Answers. The route exists only if [`Siteverify`] does.
pub(crate) async fn answer(
    State(siteverify): State<Option<Arc<Siteverify>>>,
    State(events): State<Arc<EventLog>>,
    State(clock): State<Arc<dyn Clock>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let broken = SiteverifyError::BadRequest("the body is too long, too slow or broken off");
    let question = body.map_err(|_| broken).and_then(|body| Question::parse(&headers, &body));
    let checked = match (question, &siteverify) {
        (Ok(question), Some(siteverify)) => siteverify.check(&question).await,
        (Ok(_), None) => Err(SiteverifyError::InvalidSecret),
        (Err(malformed), _) => Err(malformed),
    };
    let refusal = checked.as_ref().err();
    let code = refusal.map_or("good", |refusal| refusal.code());
    events.siteverified(code, refusal.map(|refusal| refusal as &dyn std::fmt::Display), clock.now());
    match checked {
        Ok(response) => good(&response),
        Err(why) => failure(why),
    }
}

fn good(response: &response_token::Response) -> Response {
    #[derive(Serialize)]
    struct Good<'a> {
        success: bool,
        challenge_ts: &'a str,
        hostname: &'a str,
        #[serde(rename = "error-codes")]
        error_codes: [&'static str; 0],
        action: &'a response_token::Label<32>,
        cdata: &'a response_token::Label<255>,
    }
    let claims = response.claims();
    never_stored(Json(Good {
        success: true,
        challenge_ts: &claims.challenge_ts,
        hostname: &claims.aud,
        error_codes: [],
        action: &claims.action,
        cdata: &claims.cdata,
    }))
}

fn failure(why: SiteverifyError) -> Response {
    #[derive(Serialize)]
    struct FailureAnswer {
        success: bool,
        #[serde(rename = "error-codes")]
        error_codes: [&'static str; 1],
    }
    never_stored(Json(FailureAnswer { success: false, error_codes: [why.code()] }))
}

fn never_stored(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn ensure(holds: bool, otherwise: SiteverifyError) -> Result<(), SiteverifyError> {
    if holds { Ok(()) } else { Err(otherwise) }
}
