//! An origin that is down, slow, or breaks off; and requests that are not for an origin.

use axum::Router;
use axum::routing::any;
use http::{Method, Request};
use portcullis_tests::in_process::{Answer, Gate, Origin, get, navigation};
use portcullis_tests::processes::{PATIENCE, eventually};
use tokio::net::TcpListener;

#[tokio::test]
async fn an_origin_that_is_down_is_a_bad_gateway() {
    let gate = Gate::with(&["gate.mode=off"]);
    assert_failed(&gate.send(get("/")).await, 502, "origin-unreachable");
    let page = gate.send(navigation("/")).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (502, "text/html; charset=utf-8"));
}

#[tokio::test]
async fn an_origin_that_breaks_off_is_a_bad_gateway() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("origin=http://{}", listener.local_addr().unwrap());
    let breaking = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let gate = Gate::with(&["gate.mode=off", &origin]);
    assert_failed(&gate.send(get("/")).await, 502, "origin-unreachable");
    breaking.abort();
}

#[tokio::test]
async fn an_origin_that_is_slow_is_a_gateway_timeout() {
    let never = any(async || std::future::pending::<()>().await);
    let origin = Origin::serving(Router::new().route("/slow", never)).await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", "timeouts.origin_response=100ms"]);
    assert_failed(&gate.send(get("/slow")).await, 504, "origin-timeout");
    // The next request does not wait for it. A busy machine may need more than the tenth of a second.
    let answered = async || (gate.send(get("/")).await.status == 200).then_some(());
    eventually("the next request is answered", PATIENCE, answered).await;
}

#[tokio::test]
async fn nothing_of_the_origin_is_in_what_the_client_is_told() {
    let gate = Gate::with(&["gate.mode=off"]);
    for request in [get("/"), navigation("/")] {
        let told = gate.send(request).await.text();
        assert!(!told.contains("127.0.0.1") && !told.to_lowercase().contains("refused"), "{told}");
    }
}

#[tokio::test]
async fn the_gate_is_no_open_proxy() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    let connect =
        Request::builder().method(Method::CONNECT).uri("other.example:443").header("host", "other.example:443");
    assert_failed(&gate.send(connect).await, 400, "unsupported");
    assert!(origin.arrived().is_empty());
    // A target in absolute form goes to the origin, whatever it names.
    let absolute = Request::get("http://other.example/x?y").header("host", "other.example");
    assert_eq!(gate.send(absolute).await.status, 200);
    assert_eq!(origin.last().target, "/x?y");
}

fn assert_failed(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}
