//! Typed refusals, and the one function that turns them into answers.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_challenge::Malformed;
use portcullis_clearance::Level;
use portcullis_clearance::visitor::NoHost;

use super::problem::problem_of_level;

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
