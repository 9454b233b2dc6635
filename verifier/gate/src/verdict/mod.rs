//! What becomes of a client's request, or of a submission: a [`Verdict`], or a typed [`Rejection`].

mod problem;
mod rejection;

use std::time::Duration;

use http::Method;
use portcullis_clearance::Level;
use portcullis_clearance::verify::TokenError;

pub use problem::problem;
pub(crate) use problem::{never_stored, problem_of_level};
pub use rejection::Rejection;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Admit,
    /// Its client is asked to do the work.
    Challenge(Wanted),
    /// Its client has used up its token for this time.
    Budget(Duration),
    /// Its turn did not come; it may come after this time.
    Overload(Duration),
    /// A rule of the operator refuses it.
    Deny,
}

/// The work that a client is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The level of the token that would admit it.
    pub(crate) level: Level,
    /// Why the token it showed does not admit it, if it showed one.
    pub(crate) shown: Option<TokenError>,
}

impl Verdict {
    /// Its name in the header `Portcullis-Action`.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Challenge(_) => "challenge",
            Self::Budget(_) => "budget",
            Self::Overload(_) => "overload",
            Self::Deny => "deny",
        }
    }
}

/// What a request costs the origin, in reads. A form costs a site more than a page: a password to check, a row to
/// write.
pub(crate) fn cost(method: &Method) -> u32 {
    if method.is_safe() { 1 } else { WRITE }
}

/// What a request that is not safe (RFC 9110, 9.2.1) costs.
const WRITE: u32 = 4;
