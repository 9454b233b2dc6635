//! What becomes of a request, whoever asks about it: our own proxy, or a gateway. Reads what it shows, and lets the
//! [`Admission`](crate::admission::Admission) judge.

use std::time::Duration;

use http::{HeaderMap, Method};
use portcullis_clearance::verify::NotCleared;

use crate::admission::{Judgement, Purpose, Request, cost};
use crate::app::App;
use crate::pressure::Mode;
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
    /// Its turn did not come; it may in so long.
    Overload(Duration),
}

impl Verdict {
    /// Its name in the header `Portcullis-Action`.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Challenge(_) => "challenge",
            Self::Budget(_) => "budget",
            Self::Overload(_) => "overload",
        }
    }
}

/// Decides on a request that is about to go on: counts it, and waits for its turn where there are turns.
pub(crate) async fn decide(app: &App, asked: Asked<'_>) -> Verdict {
    let (judgement, shown) = judge(app, asked, Purpose::Pass);
    let verdict = match judgement {
        // Who would wait for a turn is not made to in a dry run.
        Judgement::InTurn(_) if app.control.is_dry_run() => Verdict::Admit,
        Judgement::InTurn(turn) => {
            let taken = app.turns.take(turn, app.pressure().stance().rate, app.clock.steady()).await;
            taken.map_or_else(Verdict::Overload, |()| Verdict::Admit)
        }
        other => Verdict::of(other, shown),
    };
    if matches!(verdict, Verdict::Overload(_)) {
        app.pressure().overloaded();
    }
    if app.control.is_dry_run() && verdict != Verdict::Admit {
        app.events.would_have(verdict, app.clock.now());
        return Verdict::Admit;
    }
    verdict
}

/// Decides on a request that has been decided on before and is to be answered, or that is a mere look: nothing is counted.
pub(crate) fn look(app: &App, asked: Asked<'_>) -> Verdict {
    match judge(app, asked, Purpose::Look) {
        // A look at the clearance alone takes no turn.
        (Judgement::InTurn(_), _) if asked.target.is_none() => Verdict::Admit,
        (Judgement::InTurn(_), _) => Verdict::Overload(app.turns.wait(app.pressure().stance().rate)),
        (judgement, shown) => Verdict::of(judgement, shown),
    }
}

impl Verdict {
    /// A judgement without turns.
    fn of(judgement: Judgement, shown: Option<NotCleared>) -> Self {
        match judgement {
            Judgement::Admit | Judgement::InTurn(_) => Self::Admit,
            Judgement::Challenge => Self::Challenge(shown),
            Judgement::Budget(wait) => Self::Budget(wait),
        }
    }
}

/// The policy's judgement, and why the token that was shown is no good, if one was.
fn judge(app: &App, asked: Asked<'_>, purpose: Purpose) -> (Judgement, Option<NotCleared>) {
    let stance = app.pressure().stance();
    // With the gate up no token is verified: there is nothing that it could admit to.
    let (clearance, standing) = match stance.mode {
        Mode::Off => (Err(None), None),
        _ => {
            (app.clearance(asked.headers, asked.visitor), app.standing(asked.headers, asked.visitor, stance.lowered_at))
        }
    };
    let request = Request {
        client: app.client(asked.visitor),
        clearance: clearance.as_ref().ok().map(|clearance| clearance.claims().jti),
        standing,
        // A look, and what belongs to no class, is not counted.
        class: asked.target.and_then(|target| app.admission.ledger.class(asked.method, target)),
        cost: cost(asked.method),
    };
    (app.admission.judge(request, purpose, app.clock.steady()), clearance.err().flatten())
}
