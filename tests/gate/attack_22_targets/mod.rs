//! Attack 22: requests written so that a rule does not see what the origin sees. Where one rule is for every request, none
//! reaches the origin without clearance, however it is written. `rules` is about rules for some requests, and `noise` about
//! requests that say nothing at all.

mod noise;
mod rules;

use axum::body::Body;
use http::{Request, StatusCode};
use portcullis_tests::attacker::wire::{self, WireOrigin};
use portcullis_tests::in_process::{Gate, Origin};
use tempfile::NamedTempFile;

use crate::client::Client;

const TARGETS: [&str; 30] = [
    "/",
    "//",
    "//login",
    "/./login",
    "/a/../login",
    "/%2e%2e/login",
    "/%2Flogin",
    "/login/",
    "/LOGIN",
    "/login;jsessionid=1",
    "/login%00",
    "/login%20",
    "/favicon.ico",
    "/robots.txt",
    "/.well-known/acme-challenge/x",
    "/logo.png",
    "/app.js?x",
    "/login/.css",
    "/.portcullis",
    "/.portcullis/../login",
    "/.portcullis/assets/../../login",
    "/.portcullis/assets/x/..%2f..%2flogin",
    "/.portcullis%2fhealthz",
    "/.PORTCULLIS/healthz",
    "//.portcullis/healthz",
    "/.portcullis/healthz/",
    "/.portcullis/healthz/../../login",
    "/.portcullis//authorize",
    "http://login.example/login",
    "http://login.example",
];
const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get", "X"];

/// A policy in a file of its own, and the setting that names it.
fn policy(text: &str) -> (NamedTempFile, String) {
    let file = NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(file.path(), text).expect("a temporary file can be written");
    let setting = format!("policy.file={:?}", file.path());
    (file, setting)
}

#[tokio::test]
async fn no_target_and_no_method_passes_without_clearance() {
    let origin = WireOrigin::start().await;
    let (_file, setting) = policy("[[rule]]\nname = \"everything\"\naction = \"challenge\"\n");
    let gate = Gate::with(&[&format!("origin={}", origin.url()), &setting]);
    let served = gate.serve().await;
    let mut requests = Vec::new();
    for target in TARGETS {
        requests.extend(METHODS.map(|method| format!("{method} {target} HTTP/1.1\r\nHost: login.example\r\n")));
    }
    for odd in [
        "GET / HTTP/1.0\r\n",
        "GET / HTTP/1.0\r\nHost: login.example\r\n",
        "GET /\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: login.example\r\n",
        "GET * HTTP/1.1\r\nHost: login.example\r\n",
        "GET login HTTP/1.1\r\nHost: login.example\r\n",
        "CONNECT login.example:80 HTTP/1.1\r\nHost: login.example:80\r\n",
        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n",
        "GET / HTTP/1.1\r\nHost: login.example.\r\nUser-Agent:\r\n",
        "GET / HTTP/1.1\r\nHost: LOGIN.EXAMPLE:443\r\nUser-Agent: Googlebot/2.1\r\n",
        "GET / HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "GET / HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n",
        "GET / HTTP/1.1\r\nHost: login.example\r\nAuthorization: Bearer x\r\n",
        "GET / HTTP/1.1\r\nHost: login.example\r\nX-HTTP-Method-Override: GET\r\nX-Original-URL: /.portcullis/healthz\r\n",
        "GET http://other.example/ HTTP/1.1\r\nHost: login.example\r\n",
        "GET http://user@login.example/ HTTP/1.1\r\nHost: login.example\r\n",
        "GET / HTTP/1.1\r\nHost: login.example\r\nHost: login.example\r\n",
    ] {
        requests.push(odd.to_owned());
    }
    for request in &requests {
        let answer = wire::exchange(served.address(), format!("{request}Connection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(origin.count(), 0, "passed: {request}");
        let status = wire::status(&answer);
        let own = request.contains("/.portcullis/healthz HTTP") && status == 200;
        assert!(matches!(status, 400 | 403 | 404 | 405) || own, "{status}: {request}");
    }
}

#[tokio::test]
async fn over_http2_authority_and_host_must_agree() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    let client = Client::cleared_http2(&gate, &served).await;
    let own = served.address().to_string();
    for (host, status) in [(own.as_str(), StatusCode::OK), ("login.example", StatusCode::BAD_REQUEST)] {
        let answer = client.send(client.request("/").header("host", host), Body::empty()).await;
        assert_eq!(answer.status(), status, "{host}");
    }
    assert_eq!(origin.arrived().len(), 1);
    let uncleared = Request::get(format!("http://{own}/login"));
    assert_eq!(client.send(uncleared, Body::empty()).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(origin.arrived().len(), 1);
}
