//! The gate around an application in the same process: the whole of it, or the clearance alone.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{COOKIE, HOST as HOST_HEADER};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis_clearance::{Clearance, ClearanceLayer, Level, PublicKeys, TokenVerifier};
use portcullis_tests::in_process::{self, CLIENT, Gate, HOST};
use tower::{Service, ServiceExt};

/// A request as axum's server hands it on.
fn request(target: &str, address: &str, cookie: &str) -> Request<Body> {
    let connected = ConnectInfo(SocketAddr::new(address.parse().expect("a test writes an address"), 50_000));
    let request = Request::get(target).header(HOST_HEADER, HOST).header(COOKIE, cookie).extension(connected);
    request.body(Body::empty()).expect("a test's request is a request")
}

async fn send<S>(service: &S, request: Request<Body>) -> (StatusCode, String)
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone,
{
    // Its error type has no values.
    let response = service.clone().oneshot(request).await.expect("the service always answers");
    let status = response.status();
    let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn application() -> Router {
    Router::new().route("/account", get(|| async { "account" })).route("/login", post(|| async { "welcome" }))
}

#[tokio::test]
async fn the_whole_gate_stands_around_an_application() {
    let gate = Gate::lowered();
    let service = portcullis_gate::Gate::around(Arc::clone(&gate.verifier), application());
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    assert_eq!(send(&service, request("/account", CLIENT, "")).await.0, 403);
    assert_eq!(send(&service, request("/account", CLIENT, &cookie)).await, (StatusCode::OK, "account".to_owned()));
    assert_eq!(send(&service, request("/elsewhere", CLIENT, &cookie)).await.0, 404);
    assert_eq!(send(&service, request("/account", "198.51.100.1", &cookie)).await.0, 403);
    assert_eq!(send(&service, request("/.portcullis/healthz", CLIENT, "")).await, (StatusCode::OK, "ok\n".to_owned()));
}

/// A service that admits by the published keys alone, and a handler that reads the clearance.
struct ClearedService {
    gate: Gate,
    router: Router,
    tokens: Arc<TokenVerifier<PublicKeys>>,
}

impl ClearedService {
    async fn start(change: impl FnOnce(ClearanceLayer<PublicKeys>) -> ClearanceLayer<PublicKeys>) -> Self {
        let gate = Gate::lowered();
        let tokens = Arc::new(TokenVerifier::new("portcullis", published(&gate).await));
        let layer = change(ClearanceLayer::new(Arc::clone(&tokens)).clock(gate.plan.clock.clone()));
        let bound_to = |clearance: Clearance| async move { clearance.claims().net.to_string() };
        let router = Router::new().route("/", get(bound_to)).layer(layer);
        Self { gate, router, tokens }
    }

    async fn admits(&self, address: &str, token: &str) -> bool {
        let cookie = format!("__Host-portcullis={token}");
        let (status, body) = send(&self.router, request("/", address, &cookie)).await;
        match status {
            StatusCode::OK => assert_eq!(body, "203.0.113.0/24"),
            _ => assert!(status == 403 && body.contains("challenge-required"), "{status} {body}"),
        }
        status == 200
    }
}

async fn published(gate: &Gate) -> PublicKeys {
    let set = gate.send(in_process::get("/.portcullis/jwks.json")).await.text();
    PublicKeys::from_jwk_set(&set).expect("the gate publishes a set")
}

#[tokio::test]
async fn a_service_admits_with_the_public_keys_alone() {
    let service = ClearedService::start(|layer| layer).await;
    let token = service.gate.token().await;
    for _ in 0..2 {
        assert!(service.admits(CLIENT, &token).await);
    }
    assert!(!service.admits("198.51.100.1", &token).await, "another network");
    assert!(!service.admits(CLIENT, "").await);
    assert!(!service.admits(CLIENT, &format!("{token}x")).await);
    let elsewhere = service.gate.token_at("other.example", CLIENT).await;
    assert!(!service.admits(CLIENT, &elsewhere).await, "another host");
    service.gate.clock().advance(Duration::from_secs(15 * 60 + 5));
    assert!(!service.admits(CLIENT, &token).await, "expired, though remembered");
}

#[tokio::test]
async fn a_level_that_was_not_earned_is_not_admitted() {
    let service = ClearedService::start(|layer| layer.level(Level::new(2).unwrap())).await;
    assert!(!service.admits(CLIENT, &service.gate.token().await).await);
}

#[tokio::test]
async fn other_keys_forget_what_the_old_ones_verified() {
    let service = ClearedService::start(|layer| layer).await;
    let token = service.gate.token().await;
    assert!(service.admits(CLIENT, &token).await);
    service.tokens.replace_keys(published(&Gate::lowered()).await);
    assert!(!service.admits(CLIENT, &token).await);
}

#[tokio::test]
async fn forwarded_addresses_are_believed_from_named_gateways_alone() {
    for (gateways, admitted) in [(vec![], false), (vec!["10.0.0.0/8".parse().unwrap()], true)] {
        let service = ClearedService::start(|layer| layer.behind(gateways)).await;
        let cookie = format!("__Host-portcullis={}", service.gate.token().await);
        let mut forwarded = request("/", "10.0.0.1", &cookie);
        forwarded.headers_mut().insert("x-forwarded-for", CLIENT.parse().unwrap());
        assert_eq!(send(&service.router, forwarded).await.0 == 200, admitted);
    }
}

#[tokio::test]
async fn a_handler_without_the_layer_admits_nobody() {
    let router = Router::new().route("/", get(|_: Clearance| async { "admitted" }));
    assert_eq!(send(&router, request("/", CLIENT, "")).await.0, 403);
}
