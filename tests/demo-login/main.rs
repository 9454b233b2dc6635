//! Harbour Post, a small fictitious post office with a login page of its own: the origin that the demo and the browser
//! tests put behind the gate. It takes any name and password, remembers nothing and never shows a password.
//!
//! `demo-login [--listen ADDRESS]` prints the address it serves as one line on standard output; without `--listen`
//! that is a free port on loopback.

mod pages;

use std::convert::Infallible;
use std::env;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Form, OriginalUri};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use serde::Deserialize;
use tokio::net::TcpListener;

/// What the form sends. The password is read, as a real login would, and goes nowhere.
#[derive(Deserialize)]
struct Login {
    user: String,
    #[serde(rename = "password")]
    _password: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(address(env::args().skip(1))?).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router()).await?)
}

/// Reads the command line.
fn address(mut arguments: impl Iterator<Item = String>) -> Result<SocketAddr, String> {
    let address = match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, ..) => "127.0.0.1:0".to_owned(),
        (Some("--listen"), Some(address), None) => address,
        _ => return Err("usage: demo-login [--listen ADDRESS:PORT]".to_owned()),
    };
    address.parse().map_err(|error| format!("--listen {address}: {error}; write it like 127.0.0.1:3000"))
}

fn router() -> Router {
    Router::new()
        .route("/", get(async || Html(pages::home())))
        .route("/login", get(form).post(login))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], include_str!("style.css"))))
        .route("/ws", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)))
        .route("/stream", get(stream))
}

async fn form(OriginalUri(target): OriginalUri) -> Html<String> {
    Html(pages::form(&target.to_string()))
}

async fn login(OriginalUri(target): OriginalUri, headers: HeaderMap, Form(login): Form<Login>) -> Html<String> {
    Html(pages::arrived(&login.user, &target.to_string(), &headers))
}

/// Sends every message back until the other side closes.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Ten lines, a tenth of a second apart: shows whether something in between waits for the end before passing on.
async fn stream() -> Response {
    let lines = futures_util::stream::unfold(1, async |line| {
        if line > 10 {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, Infallible>(format!("line {line} of 10\n")), line + 1))
    });
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(lines)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_the_address_or_nothing() {
        let read = |words: &[&str]| address(words.iter().map(|&word| word.to_owned()));
        assert_eq!(read(&[]).unwrap().to_string(), "127.0.0.1:0");
        assert_eq!(read(&["--listen", "127.0.0.1:3000"]).unwrap().to_string(), "127.0.0.1:3000");
        let more = ["--listen", "127.0.0.1:1", "more"];
        for wrong in [&["--listen"][..], &["--port", "1"], &["--listen", "here"], &more] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
