//! What becomes of a request, whoever asks about it: our own proxy, or a gateway.

use std::time::Duration;

use http::{HeaderMap, Method};
use portcullis_clearance::TokenId;
use portcullis_clearance::verify::NotCleared;

use crate::app::App;
use crate::config::Mode;
use crate::visitor::Visitor;

/// A request to decide on: the one at hand, or the one a gateway asks about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    /// Path and query, as the client sent them. `None` for a look at the clearance alone.
    pub(crate) target: Option<&'a str>,
    /// The client's own headers.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) visitor: &'a Visitor,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Admit,
    /// Its client is asked to do the work; with why the token it showed is no good, if it showed one.
    Challenge(Option<NotCleared>),
    /// Its client has used up what its token admits, for so long.
    Budget(Duration),
}

impl Verdict {
    /// Its name in the header `Portcullis-Action`.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Challenge(_) => "challenge",
            Self::Budget(_) => "budget",
        }
    }
}

/// Whether deciding on a request counts against its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budget {
    /// The request is about to go on.
    Spend,
    /// It has been decided on before, and is to be answered.
    Look,
}

/// Decides on a request.
pub(crate) fn decide(app: &App, asked: Asked<'_>, budget: Budget) -> Verdict {
    match app.config.gate.mode {
        Mode::Off => Verdict::Admit,
        Mode::Challenge => match app.clearance(asked.headers, asked.visitor) {
            Ok(clearance) => within_budget(app, asked, clearance.claims().jti, budget),
            Err(shown) => Verdict::Challenge(shown),
        },
    }
}

/// A look, and what belongs to no class, is not counted.
fn within_budget(app: &App, asked: Asked<'_>, token: TokenId, budget: Budget) -> Verdict {
    let Some(class) = asked.target.and_then(|target| app.ledger.class(asked.method, target)) else {
        return Verdict::Admit;
    };
    let now = app.clock.steady();
    let counted = match budget {
        Budget::Spend => app.ledger.spend(token, class, now),
        Budget::Look => app.ledger.look(token, class, now),
    };
    counted.map_or_else(Verdict::Budget, |()| Verdict::Admit)
}
