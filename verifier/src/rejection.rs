//! Typed refusals, and the one function that turns them into answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_clearance::visitor::NoHost;
use portcullis_issuer::solutions::Refusal;
use serde::Serialize;

use crate::policy::Level;

/// Why a request is rejected. The client learns [`code`](Rejection::code); only what is out of form says more to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The request is out of form: host, content type, JSON, or a parameter.
    #[error("the submission is not in the form the protocol allows: {0}")]
    Malformed(&'static str),
    /// The submission is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The policy asks for work of this level, for what the submission showed of its client. Nothing is claimed.
    #[error("solve a challenge of level {0}")]
    MoreWork(Level),
    /// This verifier does not serve the host.
    #[error("this host is not served here")]
    Denied,
    /// No room or no key to redeem with at the moment.
    #[error("the verifier cannot redeem at the moment; try again shortly")]
    Unavailable,
}

impl Rejection {
    /// The public code, stable across versions.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Refused(refusal) => refusal.code(),
            Self::MoreWork(_) => "more-work",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
        }
    }

    /// What the refusal comes to, for people.
    fn title(self) -> &'static str {
        match self {
            Self::Denied => "Not served here",
            Self::Malformed(_) | Self::Refused(Refusal::Malformed(_)) => "The request is not in form",
            Self::MoreWork(_) => "More work is asked for",
            _ => "The challenge could not be redeemed",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::Refused(Refusal::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Refused(Refusal::Replayed) => StatusCode::CONFLICT,
            Self::Unavailable | Self::Refused(Refusal::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        }
    }
}

impl From<NoHost> for Rejection {
    fn from(_: NoHost) -> Self {
        Self::Malformed("the request names no host, or several")
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let detail = self.to_string();
        let level = if let Self::MoreWork(level) = self { Some(level) } else { None };
        let mut response = problem_of_level(self.status(), self.title(), self.code(), &detail, level);
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// An `application/problem+json` answer (RFC 9457) with our `code` as an extension member. Never cached.
pub(crate) fn problem(status: StatusCode, title: &str, code: &str, detail: &str) -> Response {
    problem_of_level(status, title, code, detail, None)
}

/// The same, with the level of the work that is wanted.
pub(crate) fn problem_of_level(
    status: StatusCode,
    title: &str,
    code: &str,
    detail: &str,
    level: Option<Level>,
) -> Response {
    #[derive(Serialize)]
    struct Problem<'a> {
        title: &'a str,
        status: u16,
        code: &'a str,
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<u8>,
    }
    let level = level.map(Level::number);
    let mut response = (status, Json(Problem { title, status: status.as_u16(), code, detail, level })).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
