//! Why a request does not get through, and what its client is told unless the service says something else.

use http::{HeaderValue, Response, StatusCode, header};

use crate::verify::TokenError;

/// Why a request was not admitted. It is in the extensions of the response, for logs and metrics; its text is one word
/// and contains nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The server does not state the other end: neither [`Peer`](crate::client::Peer) nor `ConnectInfo` is with the
    /// request. A mistake in the set-up: nobody is admitted.
    #[error("no-peer")]
    NoPeer,
    /// The request names no host, or several.
    #[error("no-host")]
    NoHost,
    /// The request carries no token.
    #[error("no-token")]
    NoToken,
    /// It carries one that does not clear it.
    #[error("{0}")]
    NotCleared(#[from] TokenError),
}

/// What a rejected client is told, whatever the reason: 403, `Portcullis-Action: challenge` and a problem document (RFC
/// 9457), which a gateway or an app understands.
pub fn challenge_required() -> Response<String> {
    let mut response = Response::new(PROBLEM.to_owned());
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("portcullis-action", HeaderValue::from_static("challenge"));
    response
}

const PROBLEM: &str = r#"{"title":"Challenge required","status":403,"code":"challenge-required","detail":"This needs the clearance of a browser, or a program, that has done the work the site asks for while it is under heavy load."}"#;
