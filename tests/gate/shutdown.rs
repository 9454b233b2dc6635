//! Stopping: what is in flight is finished, and nothing new is taken.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get as route;
use http_body_util::BodyExt;
use portcullis_tests::in_process::{Gate, Origin, get};
use portcullis_tests::processes::eventually;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::Client;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_request_in_flight_is_finished_and_no_other_is_taken() {
    let (began, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (began, finish) = (Arc::clone(&began), Arc::clone(&finish));
        route(async move || {
            began.notify_one();
            finish.notified().await;
            "finished"
        })
    };
    let origin = Origin::serving(Router::new().route("/slow", slow)).await;
    let gate = Gate::in_front_of(&origin, &[]);
    let mut served = gate.serve().await;
    let client = Client::cleared(&gate, &served).await;
    let address = served.address();
    assert_eq!(gate.send(get("/.portcullis/readyz")).await.status, 200);

    let in_flight = tokio::spawn(async move { client.send(client.request("/slow"), Body::empty()).await });
    began.notified().await;
    served.ask_to_stop();
    eventually("it says it is not ready", PATIENCE, async || {
        (gate.send(get("/.portcullis/readyz")).await.status == 503).then_some(())
    })
    .await;
    eventually("it takes no connection", PATIENCE, async || TcpStream::connect(address).await.err()).await;
    assert_eq!(gate.send(get("/.portcullis/healthz")).await.status, 200, "it lives");

    finish.notify_one();
    let answer = in_flight.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "finished");
    assert_eq!(served.stopped().await, 0, "no connection was cut off");
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_after_the_time_it_was_given() {
    let began = Arc::new(Notify::new());
    let slow = {
        let began = Arc::clone(&began);
        route(async move || {
            began.notify_one();
            std::future::pending::<()>().await;
        })
    };
    let origin = Origin::serving(Router::new().route("/slow", slow)).await;
    let gate = Gate::in_front_of(&origin, &["timeouts.shutdown=200ms"]);
    let mut served = gate.serve().await;
    let client = Client::cleared(&gate, &served).await;
    let in_flight = tokio::spawn(async move { client.send(client.request("/slow"), Body::empty()).await });
    began.notified().await;
    served.ask_to_stop();
    let cut_off = tokio::time::timeout(PATIENCE, served.stopped()).await.expect("it does not wait for ever");
    assert_eq!(cut_off, 1);
    in_flight.abort();
}
