//! What passes the gate passes piece by piece, both ways, over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::{StatusCode, Version};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use portcullis_tests::attacker::random::Random;
use portcullis_tests::in_process::{Gate, Origin};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::client::Client;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_answer_arrives_piece_by_piece() {
    let (send, body) = body();
    let body = Arc::new(Mutex::new(Some(body)));
    let routes = Router::new().route("/slow", get(async move || body.lock().take().unwrap()));
    let origin = Origin::serving(routes).await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    let client = Client::cleared(&gate, &served).await;

    send.send(Bytes::from("first")).await.unwrap();
    let mut answer = client.send(client.request("/slow"), Body::empty()).await.into_body();
    for next in ["second", "third", "last"] {
        // The origin has sent no more than this, and will not before it has arrived.
        assert!(!piece(&mut answer).await.is_empty());
        send.send(Bytes::from(next)).await.unwrap();
    }
    assert_eq!(piece(&mut answer).await, "last");
    drop(send);
    assert!(answer.frame().await.is_none());
}

#[tokio::test]
async fn a_body_reaches_the_origin_piece_by_piece() {
    let (seen, mut pieces) = channel(1);
    let routes = Router::new().route(
        "/upload",
        post(async move |request: Request| {
            let mut body = request.into_body();
            while let Some(Ok(frame)) = body.frame().await {
                seen.send(frame.into_data().unwrap_or_default()).await.unwrap();
            }
        }),
    );
    let origin = Origin::serving(routes).await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    let client = Client::cleared(&gate, &served).await;

    let (send, body) = body();
    let request = client.request("/upload").method("POST");
    let answer = tokio::spawn(async move { client.send(request, body).await });
    for piece in ["first", "second", "last"] {
        send.send(Bytes::from(piece)).await.unwrap();
        // The client has sent no more than this, and will not before it has arrived.
        let arrived = tokio::time::timeout(PATIENCE, pieces.recv()).await.expect("a piece arrives alone");
        assert_eq!(arrived, Some(Bytes::from(piece)));
    }
    drop(send);
    assert_eq!(answer.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn many_megabytes_arrive_whole_both_ways_over_both_versions_of_http() {
    let echo = any(async |request: Request| (StatusCode::CREATED, request.into_body()));
    let origin = Origin::serving(Router::new().route("/echo", echo)).await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    for client in [Client::cleared(&gate, &served).await, Client::cleared_http2(&gate, &served).await] {
        let (send, body) = body();
        let sending = tokio::spawn(async move {
            let mut random = Random::seeded(8);
            let mut hash = Sha256::new();
            let mut length = 0;
            while length < 8 << 20 {
                let size = 1 + random.below(100_000);
                let piece = Bytes::from(random.bytes(size));
                hash.update(&piece);
                length += piece.len();
                send.send(piece).await.unwrap();
            }
            (hash.finalize(), length)
        });
        let answer = client.send(client.request("/echo").method("PUT"), body).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let received = answer.into_body().collect().await.unwrap().to_bytes();
        let (hash, length) = sending.await.unwrap();
        assert_eq!(received.len(), length);
        assert_eq!(Sha256::digest(&received), hash);
    }
}

#[tokio::test]
async fn both_versions_of_http_pass_and_are_challenged_alike() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    let address = served.address().to_string();
    for (client, version) in [
        (Client::cleared(&gate, &served).await, Version::HTTP_11),
        (Client::cleared_http2(&gate, &served).await, Version::HTTP_2),
    ] {
        let answer = client.send(client.request("/a?b"), Body::empty()).await;
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, version));
        let arrived = origin.last();
        assert_eq!(arrived.target, "/a?b");
        for name in ["host", "x-forwarded-host"] {
            assert_eq!(arrived.headers.get_all(name).iter().collect::<Vec<_>>(), [&address], "{name}");
        }
        let uncleared = client.request("/a?b").header("cookie", "x=y");
        let uncleared = http::Request::get(uncleared.uri_ref().unwrap().clone());
        let answer = client.send(uncleared, Body::empty()).await;
        assert_eq!((answer.status(), answer.version()), (StatusCode::FORBIDDEN, version));
        assert_eq!(answer.headers()["portcullis-action"], "challenge");
    }
    assert_eq!(origin.arrived().len(), 2);
}

/// A body that is what is sent into it.
fn body() -> (Sender<Bytes>, Body) {
    let (send, pieces) = channel(1);
    let pieces = futures_util::stream::unfold(pieces, async |mut pieces: Receiver<Bytes>| {
        pieces.recv().await.map(|piece| (Ok::<_, Infallible>(piece), pieces))
    });
    (send, Body::from_stream(pieces))
}

async fn piece(body: &mut hyper::body::Incoming) -> Bytes {
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.expect("a piece arrives alone");
    frame.expect("the answer goes on").expect("the answer does not break off").into_data().unwrap_or_default()
}
