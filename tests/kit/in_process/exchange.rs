//! Requests as tests write them, and answers as tests read them.

use std::net::{IpAddr, SocketAddr};

use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT, HOST as HOST_HEADER, SET_COOKIE};
use http::request::Builder;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use portcullis_challenge::Challenge;
use portcullis_clearance::client::Peer;
use serde_json::Value;

/// The host tests ask for.
pub const HOST: &str = "login.example";
/// The address tests come from.
pub const CLIENT: &str = "203.0.113.7";

/// A GET as a program sends it.
pub fn get(target: &str) -> Builder {
    Request::get(target).header(HOST_HEADER, HOST)
}

/// A POST as a program sends it.
pub fn post(target: &str) -> Builder {
    Request::post(target).header(HOST_HEADER, HOST)
}

/// A GET as a browser sends it to show a page.
pub fn navigation(target: &str) -> Builder {
    get(target).header("sec-fetch-mode", "navigate").header(ACCEPT, "text/html,*/*;q=0.8")
}

/// `request`, from another address than [`CLIENT`].
///
/// # Panics
///
/// When `address` is not an address.
pub fn from(request: Builder, address: &str) -> Builder {
    request.extension(peer(address))
}

pub(super) fn peer(address: &str) -> Peer {
    let address: IpAddr = address.parse().expect("a test writes an address");
    Peer(SocketAddr::new(address, 50_000))
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    pub(super) async fn read(response: Response) -> Self {
        let (head, body) = response.into_parts();
        // A body made in this process breaks off only with its origin; what arrived is then all there is.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Self { status: head.status, headers: head.headers, body }
    }

    /// A header as text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The code of a refusal; empty if it is not one.
    pub fn code(&self) -> String {
        let is_problem = self.header("content-type") == "application/problem+json";
        self.json()["code"].as_str().filter(|_| is_problem).unwrap_or_default().to_owned()
    }

    /// Every cookie it sets.
    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// Whether it is the challenge page.
    pub fn is_page(&self) -> bool {
        self.status == StatusCode::FORBIDDEN && self.text().contains("data-challenge=\"")
    }

    /// The challenge in it, whether it is the page or JSON.
    pub fn challenge(&self) -> Option<Challenge> {
        let (json, page) = (self.json(), self.text());
        let on_page = || page.split_once("data-challenge=\"")?.1.split_once('"').map(|(text, _)| text);
        Challenge::parse(json["challenge"].as_str().or_else(on_page)?.as_bytes()).ok()
    }
}
