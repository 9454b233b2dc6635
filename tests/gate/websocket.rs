//! WebSocket through the gate: with clearance only, and then as if there were no gate.

use axum::Router;
use axum::extract::ws::{Message as OriginMessage, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use portcullis_tests::attacker::wire;
use portcullis_tests::in_process::{Gate, Origin};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::Client;

#[tokio::test]
async fn messages_pass_both_ways_with_clearance() {
    let origin = Origin::serving(echoing()).await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    let client = Client::cleared(&gate, &served).await;
    let mut request = format!("ws://{}/ws", served.address()).into_client_request().unwrap();
    request.headers_mut().insert("cookie", client.cookie().parse().unwrap());
    let (mut socket, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(answer.status(), 101);

    let large = vec![7; 1 << 20];
    for message in [Message::text("hello"), Message::binary(large), Message::text("")] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_))) | None));
}

#[tokio::test]
async fn without_clearance_there_is_no_upgrade() {
    let origin = Origin::serving(echoing()).await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    for cookie in [None, Some("__Host-portcullis=bad")] {
        let mut request = format!("ws://{}/ws", served.address()).into_client_request().unwrap();
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Err(Error::Http(answer)) => {
                assert_eq!(answer.status(), 403);
                assert_eq!(answer.headers()["portcullis-action"], "challenge");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_upgrade_to_anything_else_is_an_ordinary_request() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    let served = gate.serve().await;
    for upgrade in ["h2c", "websocket, h2c", "TLS/1.0", "foo"] {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {upgrade}\r\n\
             HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
        );
        let answer = wire::exchange(served.address(), request.as_bytes()).await;
        assert_eq!(wire::status(&answer), 200, "{upgrade}");
        let arrived = origin.last().headers;
        for name in ["upgrade", "connection", "http2-settings"] {
            assert!(!arrived.contains_key(name), "{upgrade}: {arrived:?}");
        }
    }
}

fn echoing() -> Router {
    Router::new().route("/ws", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)))
}

/// Sends every message back until the other side closes, which the library answers.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let is_data = matches!(message, OriginMessage::Text(_) | OriginMessage::Binary(_));
        if is_data && socket.send(message).await.is_err() {
            return;
        }
    }
}
