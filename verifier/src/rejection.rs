//! Typed refusals, and the one function that turns them into answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_challenge::Malformed;
use portcullis_clearance::visitor::NoHost;
use serde::Serialize;

use crate::policy::Level;

/// Why a submission is refused. The client learns [`code`](Rejection::code); only `Malformed` says more to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Not in the one form the protocol allows.
    #[error("the submission is not in the form the protocol allows: {0}")]
    Malformed(MalformedPart),
    /// The tag is not ours: changed after issuing, made elsewhere, or issued before a restart.
    #[error("the challenge was not issued by this verifier, or it has been restarted since")]
    Forged,
    /// Past its lifetime, or from the future.
    #[error("the challenge has expired")]
    Expired,
    /// For another host.
    #[error("the challenge is for another host")]
    WrongAudience,
    /// For another network.
    #[error("the challenge was issued to another network")]
    WrongBinding,
    /// A share is missing, one too many, or no share.
    #[error("the solution is not the work the challenge asks for")]
    InsufficientWork,
    /// The policy asks for work of this level, for what the submission showed of its client. Nothing is claimed.
    #[error("solve a challenge of level {0}")]
    MoreWork(Level),
    /// Already redeemed.
    #[error("the solution has already been redeemed")]
    Replayed,
    /// This verifier does not serve the host.
    #[error("this host is not served here")]
    Denied,
    /// No room or no key to redeem with at the moment.
    #[error("the verifier cannot redeem at the moment; try again shortly")]
    Unavailable,
}

/// Which part of a submission was not in form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedPart {
    /// The request: host, content type, or JSON.
    #[error("{0}")]
    Request(&'static str),
    /// The challenge's text.
    #[error("challenge: {0}")]
    Challenge(Malformed),
    /// The solution's text.
    #[error("solution: {0}")]
    Solution(Malformed),
}

impl Rejection {
    /// The public code, stable across versions.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::WrongAudience => "wrong-audience",
            Self::WrongBinding => "wrong-binding",
            Self::InsufficientWork => "insufficient-work",
            Self::MoreWork(_) => "more-work",
            Self::Replayed => "replayed",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
        }
    }

    /// What the refusal comes to, for people.
    fn title(self) -> &'static str {
        match self {
            Self::Denied => "Not served here",
            Self::Malformed(_) => "The request is not in form",
            Self::MoreWork(_) => "More work is asked for",
            _ => "The challenge could not be redeemed",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Replayed => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        }
    }
}

impl From<NoHost> for Rejection {
    fn from(_: NoHost) -> Self {
        Self::Malformed(MalformedPart::Request("the request names no host, or several"))
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let detail = self.to_string();
        let level = if let Self::MoreWork(level) = self { Some(level) } else { None };
        let mut response = problem_of_level(self.status(), self.title(), self.code(), &detail, level);
        if self == Self::Unavailable {
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
