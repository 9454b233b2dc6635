//! The routes under `/.portcullis/`, and the one for everything else.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use portcullis_challenge::{Challenge, ChallengeId};
use serde::{Deserialize, Serialize};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::app::App;
use crate::keys::JWKS_MAX_AGE;
use crate::redeem::{Submission, Submitter};
use crate::rejection::{MalformedPart, Rejection, problem};
use crate::token::Grant;
use crate::visitor::{Peer, Visitor};
use crate::{assets, gate, token};

/// Where a solution is redeemed.
pub(crate) const REDEEM: &str = "/.portcullis/redeem";
/// Where a fresh challenge is.
pub(crate) const CHALLENGE: &str = "/.portcullis/challenge";

/// The whole verifier as a service. Requests carry their [`Peer`] as an extension.
pub fn router(app: Arc<App>) -> Router {
    let small_body = (RequestBodyTimeoutLayer::new(SUBMISSION_IDLE), DefaultBodyLimit::max(MAX_SUBMISSION_LEN));
    let for_visitors = Router::new()
        .route(CHALLENGE, get(challenge))
        .route(REDEEM, post(redeem).layer(small_body))
        .route("/.portcullis/authorize", get(authorize))
        .route("/.portcullis", any(no_such_route))
        .route("/.portcullis/", any(no_such_route))
        .route("/.portcullis/{*unknown}", any(no_such_route))
        .fallback(gate::admit_or_challenge)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), identify));
    Router::new()
        .route("/.portcullis/assets/{version}/{name}", get(asset))
        .route("/.portcullis/jwks.json", get(jwks))
        .route("/.portcullis/healthz", get(|| async { "ok\n" }))
        .route("/.portcullis/readyz", get(readyz))
        .merge(for_visitors)
        .layer(CatchPanicLayer::custom(after_panic))
        .with_state(app)
}

/// Reads who is asking, once, for every handler after it.
async fn identify(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Result<Response, Rejection> {
    let visitor = visitor(&app, &request).inspect_err(|rejection| app.events.refused(*rejection, app.clock.now()))?;
    request.extensions_mut().insert(visitor);
    Ok(next.run(request).await)
}

fn visitor(app: &App, request: &Request) -> Result<Visitor, Rejection> {
    let peer = *request.extensions().get::<Peer>().ok_or(Rejection::Unavailable)?;
    let (trusted, lengths) = (&app.config.client_ip.trusted_proxies, app.config.clearance.prefix_lengths());
    let visitor = Visitor::of(peer, request.uri(), request.headers(), trusted, lengths)?;
    let served = app.config.hosts.is_empty() || app.config.hosts.iter().any(|name| name.as_str() == visitor.host);
    if served { Ok(visitor) } else { Err(Rejection::Denied) }
}

/// A fresh challenge for a visitor, from this moment on.
pub(crate) fn fresh_challenge(app: &App, visitor: &Visitor) -> Challenge {
    let to = app.challenge_keys.recipient(&visitor.host, visitor.network);
    app.challenge_keys.issue(app.terms(), to, ChallengeId(crate::entropy::random()), app.clock.steady())
}

async fn challenge(State(app): State<Arc<App>>, Extension(visitor): Extension<Visitor>) -> Response {
    #[derive(Serialize)]
    struct Issued<'a> {
        challenge: &'a str,
        kind: &'static str,
        shares: u8,
        difficulty: u32,
        expires_in_ms: u32,
        redeem: &'static str,
    }
    let challenge = fresh_challenge(&app, &visitor);
    let (fields, text) = (challenge.fields, challenge.to_text());
    let issued = Issued {
        challenge: &String::from_utf8_lossy(&text),
        kind: "sha256",
        shares: fields.shares.count(),
        difficulty: fields.difficulty().attempts(),
        expires_in_ms: fields.lifetime.millis(),
        redeem: REDEEM,
    };
    never_stored(Json(issued).into_response())
}

async fn redeem(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Rejection> {
    let redeemed = body
        .map_err(|_| Rejection::Malformed(MalformedPart::Request("the body is too long, too slow or broken off")))
        .and_then(|body| redeem_for(&app, &visitor, &headers, &body));
    redeemed.inspect_err(|rejection| app.events.refused(*rejection, app.clock.now()))
}

fn redeem_for(app: &App, visitor: &Visitor, headers: &HeaderMap, body: &[u8]) -> Result<Response, Rejection> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body<'a> {
        challenge: &'a str,
        solution: &'a str,
    }
    #[derive(Serialize)]
    struct Cleared<'a> {
        token: &'a str,
        expires_in: u64,
    }
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_json = media_type.eq_ignore_ascii_case(b"application/json");
    if !is_json {
        return Err(Rejection::Malformed(MalformedPart::Request("send application/json")));
    }
    let body: Body<'_> = serde_json::from_slice(body)
        .map_err(|_| Rejection::Malformed(MalformedPart::Request("send {\"challenge\": …, \"solution\": …}")))?;
    let submission = Submission::parse(body.challenge.as_bytes(), body.solution.as_bytes())?;
    let now = app.clock.steady();
    let by = Submitter { host: &visitor.host, network: visitor.network, now };
    let redeemed = submission.verify(&app.challenge_keys, by)?.claim(&app.replay, now)?;

    let lifetime = app.config.clearance.lifetime;
    let grant = Grant {
        issuer: &app.config.clearance.issuer,
        host: &visitor.host,
        network: visitor.network,
        lifetime,
        now: app.clock.now(),
    };
    let token = token::sign(&app.signing_keys(), &redeemed, grant).map_err(|_| Rejection::Unavailable)?;
    let fields = redeemed.fields();
    let solved_in = now.0.saturating_sub(fields.issued_at.0);
    app.events.solved(solved_in, fields.difficulty().attempts(), app.clock.now());

    let cookie = app.cookie(visitor).set(&token, lifetime).ok_or(Rejection::Unavailable)?;
    let mut response = Json(Cleared { token: &token, expires_in: lifetime.as_secs() }).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(never_stored(response))
}

/// Whether the cookie at hand clears its bearer: for the page, to see that the browser kept it. 200 and 403 are what
/// every gateway understands.
async fn authorize(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Response {
    match gate::admits(&app, &headers, &visitor) {
        Ok(()) => never_stored(StatusCode::OK.into_response()),
        Err(_) => gate::challenge_required(),
    }
}

async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    assets::serve(&version, &name, &headers)
}

async fn jwks(State(app): State<Arc<App>>) -> Response {
    let mut response = Json(app.signing_keys().published(app.clock.now())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={}", JWKS_MAX_AGE.as_secs())) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

async fn readyz(State(app): State<Arc<App>>) -> Response {
    let (status, text) = match app.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    };
    never_stored((status, text).into_response())
}

async fn no_such_route() -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", "not-found", "There is no such route under /.portcullis/.")
}

fn after_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!(event = "panicked");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    problem(status, "Internal error", "internal", "Something went wrong here. Try again in a moment.")
}

fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A challenge and the longest solution take about 550 bytes of JSON.
const MAX_SUBMISSION_LEN: usize = 2048;
const SUBMISSION_IDLE: Duration = Duration::from_secs(5);
