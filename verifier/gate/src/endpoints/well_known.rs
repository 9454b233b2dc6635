//! What anybody may fetch: the page's files, the public keys, and whether this instance is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::identified::Identified;
use crate::client::Tokens;
use crate::verdict::{never_stored, problem};
use portcullis_clearance::clock::Clock;
use portcullis_issuer::keys::JWKS_MAX_AGE;
use portcullis_issuer::stores::Claims;
use portcullis_pages::assets;

/// Whether new clients should be sent to this instance.
pub(crate) struct Readiness {
    claims: Arc<dyn Claims>,
    stopping: AtomicBool,
}

impl Readiness {
    pub(crate) fn new(claims: Arc<dyn Claims>) -> Self {
        Self { claims, stopping: AtomicBool::new(false) }
    }

    /// From now on this instance says it is not ready.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    fn is_ready(&self) -> bool {
        !self.stopping.load(Ordering::SeqCst) && !self.claims.is_full()
    }
}

/// A file that the page loads.
pub(super) async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    assets::serve(&version, &name, &headers).map(Body::from)
}

/// The public keys that verify clearance tokens, as a JWK Set (RFC 7517, 5).
pub(super) async fn jwks(State(tokens): State<Arc<Tokens>>, State(clock): State<Arc<dyn Clock>>) -> Response {
    let mut response = Json(tokens.with_signing_keys(|keys| keys.published(clock.now()))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={}", JWKS_MAX_AGE.as_secs())) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Whether new clients should be sent here.
pub(super) async fn readyz(State(readiness): State<Arc<Readiness>>) -> Response {
    let (status, text) = match readiness.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    };
    never_stored((status, text).into_response())
}

/// What a client gets for a path under the verifier's prefix that does not exist.
pub(super) async fn no_such_route(_: Identified) -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", "not-found", "There is no such route under /.portcullis/.")
}
