//! Typed refusals, and the one function that turns them into answers.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_clearance::Level;
use portcullis_clearance::client::HostError;
use portcullis_issuer::solutions::RedeemError;

use super::problem::problem_of_level;

/// Why a request is rejected. The client learns [`code`](Rejection::code); only malformed requests say more to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The request is malformed: host, content type, JSON, or a parameter.
    #[error("the submission is not in the form the protocol allows: {0}")]
    Malformed(&'static str),
    /// The submission is refused.
    #[error(transparent)]
    Refused(#[from] RedeemError),
    /// The policy asks for work of this level, because of what the submission showed about its client. Nothing is
    /// claimed.
    #[error("solve a challenge of level {0}")]
    MoreWork(Level),
    /// This verifier does not serve the host.
    #[error("this host is not served here")]
    Denied,
    /// There is no room or no key to redeem with at the moment.
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

    /// What the refusal means, in words for people.
    fn title(self) -> &'static str {
        match self {
            Self::Denied => "Not served here",
            Self::Malformed(_) | Self::Refused(RedeemError::Malformed(_)) => "The request is malformed",
            Self::MoreWork(_) => "More work is asked for",
            _ => "The challenge could not be redeemed",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::Refused(RedeemError::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Refused(RedeemError::Replayed) => StatusCode::CONFLICT,
            Self::Unavailable | Self::Refused(RedeemError::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        }
    }
}

impl From<HostError> for Rejection {
    fn from(_: HostError) -> Self {
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
