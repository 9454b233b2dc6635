//! The admin listener: who may look, who may set the mode, and that the gate stands without it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{AUTHORIZATION, HOST};
use http::request::Builder;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis_admin::Token;
use portcullis_tests::attacker::wire;
use portcullis_tests::in_process::{Gate, navigation};
use portcullis_tests::processes::{PATIENCE, Settings, Verifier};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::program;

/// The admin listener of a gate in this process.
pub(crate) struct Admin {
    router: Router,
    token: Token,
}

impl Admin {
    pub(crate) fn of(gate: &Gate) -> Self {
        let token = Token::open(&gate.plan.key_folder()).expect("a token can be made");
        Self { router: portcullis_admin::router(Arc::clone(&gate.verifier), token.clone()), token }
    }

    pub(crate) async fn send(&self, request: Builder, body: &str) -> (StatusCode, String) {
        let request = request.body(Body::from(body.to_owned())).expect("a test's request is a request");
        // Its error type has no values.
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let status = response.status();
        let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    pub(crate) async fn get(&self, target: &str) -> String {
        let (status, text) = self.send(Request::get(target).header(HOST, LOCAL), "").await;
        assert_eq!(status, 200, "{text}");
        text
    }

    pub(crate) async fn status(&self) -> Value {
        serde_json::from_str(&self.get("/status").await).unwrap_or_default()
    }

    async fn set_mode(&self, authorization: &str, body: &str) -> StatusCode {
        self.send(Request::post("/mode").header(HOST, LOCAL).header(AUTHORIZATION, authorization), body).await.0
    }
}

const LOCAL: &str = "127.0.0.1:9180";

#[tokio::test]
async fn looking_needs_no_token_and_setting_does() {
    let gate = Gate::with(&["gate.mode=auto"]);
    let admin = Admin::of(&gate);
    assert_eq!(admin.status().await["gate"]["mode"], "off");
    let body = r#"{"mode":"challenge-all"}"#;
    let good = admin.token.authorization();
    for wrong in ["", "Bearer ", "Bearer x", &good[..good.len() - 1], &good.to_lowercase(), &format!("{good} {good}")] {
        assert_eq!(admin.set_mode(wrong, body).await, 401, "{wrong}");
    }
    assert_eq!(gate.send(navigation("/")).await.status, 502, "the gate is up, and nobody listens behind it");
    assert_eq!(admin.set_mode(&good, body).await, 200);
    assert_eq!(admin.status().await["gate"]["set_by"], "operator");
    assert_eq!(gate.send(navigation("/")).await.status, 403);
    for none in [r#"{"mode":"lowered"}"#, "{}", "", r#"{"mode":"off","for":"1ms"}"#, r#"{"mode":"off","till":"1h"}"#] {
        assert_eq!(admin.set_mode(&good, none).await, 400, "{none}");
    }
    assert_eq!(admin.set_mode(&good, &format!("{body}{}", " ".repeat(2000))).await, 400);
}

#[tokio::test]
async fn a_web_page_that_has_its_name_point_here_reads_and_sets_nothing() {
    let gate = Gate::lowered();
    let admin = Admin::of(&gate);
    for target in ["/status", "/metrics", "/mode", "/elsewhere"] {
        for host in ["evil.example:9180", "127.0.0.1.evil.example", "localhost.evil.example"] {
            let request = Request::get(target).header(HOST, host);
            assert_eq!(admin.send(request, "").await.0, 403, "{target} at {host}");
        }
        assert_eq!(admin.send(Request::get(target), "").await.0, 403, "{target} without a host");
    }
    let request =
        Request::post("/mode").header(HOST, "evil.example").header(AUTHORIZATION, admin.token.authorization());
    assert_eq!(admin.send(request, r#"{"mode":"off"}"#).await.0, 403);
    assert_eq!(gate.send(navigation("/")).await.status, 403, "still lowered");
}

#[tokio::test]
async fn an_operators_time_ends_by_itself() {
    let gate = Gate::with(&["gate.mode=auto"]);
    let admin = Admin::of(&gate);
    let good = admin.token.authorization();
    assert_eq!(admin.set_mode(&good, r#"{"mode":"queue","for":"2h"}"#).await, 200);
    gate.clock().advance(Duration::from_secs(7199));
    gate.verifier.take_pressure();
    let status = admin.status().await;
    assert_eq!((&status["gate"]["mode"], &status["gate"]["remaining"]), (&"queue".into(), &1.0.into()));
    gate.clock().advance(Duration::from_secs(1));
    gate.verifier.take_pressure();
    let status = admin.status().await;
    assert_eq!((&status["gate"]["setting"], &status["gate"]["remaining"]), (&"auto".into(), &Value::Null));
    for _ in 0..120 {
        gate.clock().advance(Duration::from_secs(1));
        gate.verifier.take_pressure();
    }
    assert_eq!(admin.status().await["gate"]["mode"], "off", "and without pressure the gate comes up");
}

#[tokio::test]
async fn the_gate_stands_where_the_admin_port_is_taken_or_its_token_is_open_to_others() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = format!("\"{}\"", taken.local_addr().unwrap());
    let mut verifier = Verifier::start(Settings::in_front_of("http://127.0.0.1:9").set("admin.listen", &listen)).await;
    verifier.log().wait_for("admin-unavailable", 1, PATIENCE).await;
    assert_eq!(wire::status(&program::get(verifier.address(), "/", None).await), 403);

    let token = portcullis_admin::token_file(&verifier.keys());
    fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
    verifier.set("admin.listen", "\"127.0.0.1:0\"");
    verifier.restart().await;
    verifier.log().wait_for("admin-unavailable", 2, PATIENCE).await;
    let said = verifier.log().of("admin-unavailable")[1]["error"].to_string();
    assert!(said.contains("admin.token") && said.contains("0644") && said.contains("Delete"), "{said}");
    assert_eq!(wire::status(&program::get(verifier.address(), "/", None).await), 403);
}
