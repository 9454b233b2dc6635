//! Why a response is not good, and how the server that asked is told.

use portcullis_issuer::tokens::response::ResponseTokenError;

/// Why a response is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SiteverifyError {
    /// The request is malformed.
    #[error("{0}")]
    BadRequest(&'static str),
    /// No `secret`.
    #[error("no secret")]
    MissingSecret,
    /// A `secret` that is not in the file.
    #[error("not one of the secrets")]
    InvalidSecret,
    /// No `response`.
    #[error("no response")]
    MissingResponse,
    /// No token that could be spent.
    #[error("{0}")]
    NoResponse(ResponseTokenError),
    /// The client's address, as its server sees it, is outside the network the work was done from.
    #[error("wrong-network")]
    WrongNetwork,
    /// Spent before.
    #[error("spent")]
    Spent,
    /// No room to remember that it is spent.
    #[error("the replay store is full")]
    Full,
}

impl SiteverifyError {
    /// Its name in `error-codes`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad-request",
            Self::MissingSecret => "missing-input-secret",
            Self::InvalidSecret => "invalid-input-secret",
            Self::MissingResponse => "missing-input-response",
            Self::NoResponse(ResponseTokenError::Expired | ResponseTokenError::EarlierRun) | Self::Spent => {
                "timeout-or-duplicate"
            }
            Self::NoResponse(_) | Self::WrongNetwork => "invalid-input-response",
            Self::Full => "internal-error",
        }
    }
}
