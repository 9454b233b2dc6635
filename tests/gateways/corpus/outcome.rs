//! What became of a request.

use super::rows::{Expect, HIDDEN};
use crate::answer::Answer;
use crate::origin::Received;

/// What a client and the origin saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The origin got it; with the target, if it is another than was sent.
    Admitted(Option<String>),
    /// The challenge page.
    Challenged,
    /// 429.
    OverBudget,
    /// The verifier would not judge it.
    Denied,
    /// 503, by the gateway's choice.
    Closed,
    /// The gateway refused the request as it is.
    Refused(u16),
    /// No answer.
    HungUp,
    /// It did not reach the origin; the answer, in HTTP/2, is not read.
    KeptOut,
    /// The origin got more than one request, or one that was hidden in another.
    Smuggled,
}

impl Outcome {
    /// What became of a request; there is no answer to one in HTTP/2, for it is not read.
    pub(super) fn of(answer: Option<&Answer>, reached: &[Received], sent: &str) -> Self {
        if let Some(admitted) = Self::at_origin(reached, sent) {
            return admitted;
        }
        let Some(answer) = answer else { return Self::KeptOut };
        match (answer.status, answer.action()) {
            (0, _) => Self::HungUp,
            (403, "challenge") => Self::Challenged,
            (429, "budget") => Self::OverBudget,
            (403, "deny") => Self::Denied,
            (503, _) => Self::Closed,
            (status, _) => Self::Refused(status),
        }
    }

    fn at_origin(reached: &[Received], sent: &str) -> Option<Self> {
        let hidden = reached.iter().any(|request| request.target().contains(HIDDEN));
        if hidden || reached.len() > 1 {
            return Some(Self::Smuggled);
        }
        let target = reached.first()?.target();
        Some(Self::Admitted((target != sent).then_some(target)))
    }

    /// Whether it is what must become of the request.
    pub(super) fn is(&self, expected: Expect) -> bool {
        match expected {
            Expect::Admit | Expect::Open => matches!(self, Self::Admitted(_)),
            Expect::Challenge => {
                matches!(self, Self::Challenged | Self::Denied | Self::Refused(_) | Self::HungUp | Self::KeptOut)
            }
            Expect::Budget => *self == Self::OverBudget,
            Expect::One => !matches!(self, Self::Smuggled | Self::Closed),
            Expect::Closed => *self == Self::Closed,
        }
    }
}

/// As a cell of the matrix.
impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Admitted(None) => write!(f, "admitted"),
            Self::Admitted(Some(target)) => write!(f, "admitted as `{target}`"),
            Self::Challenged => write!(f, "challenged"),
            Self::OverBudget => write!(f, "429"),
            Self::Denied => write!(f, "denied"),
            Self::Closed => write!(f, "closed"),
            Self::Refused(status) => write!(f, "refused, {status}"),
            Self::HungUp => write!(f, "hung up"),
            Self::KeptOut => write!(f, "kept out"),
            Self::Smuggled => write!(f, "**smuggled**"),
        }
    }
}
