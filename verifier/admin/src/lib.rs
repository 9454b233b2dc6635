//! The admin listener: metrics and status for anybody who can reach it, and the mode for anybody who has the token.
//!
//! | Route | What | Needs |
//! |---|---|---|
//! | `GET /metrics` | everything counted and measured, for Prometheus | |
//! | `GET /status` | the same for people and programs, with the networks that ask for most | |
//! | `POST /mode` | sets the mode: `{"mode": "challenge-all", "for": "2h"}` | `Authorization: Bearer` |
//!
//! Each request names this listener by an address or as `localhost` (`guard`): a web page whose own name points here
//! can read nothing. One request a connection, a few connections at once, each for a few seconds.
//!
//! # Deployment caveats
//!
//! It speaks HTTP without TLS, and `/status` names networks. Keep it on loopback, or let a firewall admit only your
//! monitoring.

mod exposition;
mod guard;
mod status;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

pub use status::{GateStatus, Network, NetworksStatus, PressureStatus, RuleStatus, Status, Store, Totals};
pub use token::{AdminTokenError, Token, token_file};

use portcullis_admission::pressure::Setting;
use portcullis_gate::Verifier;
use portcullis_gate::problem;

/// Opens the listener that the configuration names, if it names one, and serves it until dropped. Errors are logged and
/// have no other effect: a gate without its admin listener is still a gate.
pub async fn run(verifier: Arc<Verifier>) {
    let Some(address) = verifier.config.admin.listen.address() else { return };
    let keys = verifier.config.clearance.keys.clone();
    let token = tokio::task::spawn_blocking(move || Token::open(&keys)).await;
    let token = match token.unwrap_or(Err(AdminTokenError::Interrupted)) {
        Ok(token) => token,
        Err(error) => {
            tracing::error!(event = "admin-unavailable", %error, "the gate works; metrics and `portcullis mode` do not");
            return;
        }
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(event = "admin-unavailable", %address, %error, "the gate works; set admin.listen to a free port and restart for metrics and `portcullis mode`");
            return;
        }
    };
    let address = listener.local_addr().unwrap_or(address);
    tracing::info!(event = "admin-listening", %address);
    serve(router(verifier, token), listener).await;
}

/// The routes, without a listener: what tests drive.
pub fn router(verifier: Arc<Verifier>, token: Token) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .route("/mode", post(set_mode).layer(DefaultBodyLimit::max(MAX_BODY_LEN)))
        .fallback(no_such_route)
        .layer(middleware::from_fn(only_by_address))
        .with_state(Admin { verifier, token: Arc::new(token) })
}

#[derive(Clone)]
struct Admin {
    verifier: Arc<Verifier>,
    token: Arc<Token>,
}

async fn serve(router: Router, listener: TcpListener) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| router.clone().oneshot(request.map(Body::new)));
            let mut protocol = http1::Builder::new();
            protocol.timer(TokioTimer::new()).keep_alive(false).max_buf_size(MAX_HEAD_LEN);
            // A connection that takes longer is cut off; one that breaks off needs no answer.
            let _ = tokio::time::timeout(PATIENCE, protocol.serve_connection(TokioIo::new(stream), service)).await;
            drop(slot);
        });
    }
}

async fn only_by_address(request: Request, next: Next) -> Response {
    if !guard::names_an_address(request.headers(), request.uri()) {
        let detail = "Ask by the listener's address, such as http://127.0.0.1:9180, or as localhost.";
        return problem(StatusCode::FORBIDDEN, "Not served here", "wrong-host", detail);
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let (text, content_type) = exposition::exposition(&admin.verifier);
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}

async fn status(State(admin): State<Admin>) -> Json<Status> {
    Json(Status::of(&admin.verifier))
}

/// What is posted to set the mode.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeChange {
    /// What applies from now on.
    pub mode: Setting,
    /// For how long, such as `2h`; if it is left out, for as long as the process runs.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
}

async fn set_mode(
    State(admin): State<Admin>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    if !admin.token.is_shown_in(&headers) {
        let detail = "Send `Authorization: Bearer` with what is in the file admin.token in the keys' folder.";
        let mut response = problem(StatusCode::UNAUTHORIZED, "Not allowed", "wrong-token", detail);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return response;
    }
    match body.map_err(|_| "the body is too long or broken off".to_owned()).and_then(|body| mode_change(&body)) {
        Ok((setting, period)) => {
            admin.verifier.set_mode(setting, period);
            Json(Status::of(&admin.verifier)).into_response()
        }
        Err(detail) => problem(StatusCode::BAD_REQUEST, "No mode", "malformed", &detail),
    }
}

fn mode_change(body: &[u8]) -> Result<(Setting, Option<Duration>), String> {
    let change: ModeChange = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let period = change.period.map(|text| {
        let period = humantime::parse_duration(&text).ok().filter(|period| (SHORTEST..=LONGEST).contains(period));
        period.ok_or_else(|| {
            format!("{text:?} is not a time for which a mode can be set; write \"1s\" to \"30d\", such as \"2h\"")
        })
    });
    Ok((change.mode, period.transpose()?))
}

async fn no_such_route() -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", "not-found", "There are /metrics, /status and /mode here.")
}

/// A Prometheus or two, `portcullis top`, and room.
const CONNECTIONS: usize = 16;
/// For a connection with its one request.
const PATIENCE: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const MAX_HEAD_LEN: usize = 16 << 10;
const MAX_BODY_LEN: usize = 1024;
/// How long an operator's setting may last, if it is to end by itself.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
