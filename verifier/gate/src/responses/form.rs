//! Reads the form that met the gate, so that a page can carry it.
//!
//! Only a form that a page of this site sent is carried: posting another site's form on would give it this origin's
//! name and cookies (cross-site request forgery).

use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Method, Request, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use portcullis_pages::PostedForm;
use tokio::sync::Semaphore;

use portcullis_clearance::client::Client;

/// Reads forms, a bounded number of bounded size at a time.
#[derive(Debug)]
pub(crate) struct FormReader(Semaphore);

impl FormReader {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(MAX_AT_ONCE))
    }

    /// Reads the form that a client's request of `method` carried, if it came along: some gateways keep a request's
    /// body when they ask about it. Never waits for a turn: under attack it is better to lose a form than the server.
    pub(crate) async fn read(&self, request: Request<Body>, method: &Method, client: &Client) -> PostedForm {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return PostedForm::None;
        }
        if request.method() != method && request.body().is_end_stream() {
            return PostedForm::Lost;
        }
        let Ok(_turn) = self.0.try_acquire() else { return PostedForm::Lost };
        if *method != Method::POST || !is_own_form(request.headers(), client) {
            return PostedForm::Lost;
        }
        let body = Limited::new(request.into_body(), MAX_LEN).collect();
        match tokio::time::timeout(READ_TIMEOUT, body).await {
            Ok(Ok(body)) => PostedForm::of(&body.to_bytes()),
            _ => PostedForm::Lost,
        }
    }
}

/// A URL-encoded form, sent by a page of the same origin.
fn is_own_form(headers: &HeaderMap, client: &Client) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default();
    let same_origin = match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        // Browsers from before Sec-Fetch-Site send only the origin.
        None => text(header::ORIGIN)
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| authority == client.authority.as_str()),
    };
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") && same_origin
}

/// Forms held at once: with [`MAX_LEN`], 4 MiB.
const MAX_AT_ONCE: usize = 64;
/// A login form, or a letter to the bank.
const MAX_LEN: usize = 64 << 10;
const READ_TIMEOUT: Duration = Duration::from_secs(10);
