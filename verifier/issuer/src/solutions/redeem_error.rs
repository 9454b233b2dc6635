//! Why a submission is refused.

use portcullis_challenge::ParseError;

/// Why a submission is refused. The client learns [`code`](RedeemError::code); only `Malformed` says more to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedeemError {
    /// Not in the one form that the protocol allows.
    #[error("the submission is not in the form the protocol allows: {0}")]
    Malformed(SubmissionError),
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
    /// A share is missing, there is one too many, or a nonce is not a share.
    #[error("the solution is not the work the challenge asks for")]
    InsufficientWork,
    /// Already redeemed.
    #[error("the solution has already been redeemed")]
    Replayed,
    /// There is no room to redeem it at the moment.
    #[error("the verifier cannot redeem at the moment; try again shortly")]
    Unavailable,
}

/// Which part of a submission was malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// The challenge's text.
    #[error("challenge: {0}")]
    Challenge(ParseError),
    /// The solution's text.
    #[error("solution: {0}")]
    Solution(ParseError),
}

impl RedeemError {
    /// The public code, stable across versions.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::WrongAudience => "wrong-audience",
            Self::WrongBinding => "wrong-binding",
            Self::InsufficientWork => "insufficient-work",
            Self::Replayed => "replayed",
            Self::Unavailable => "unavailable",
        }
    }
}
