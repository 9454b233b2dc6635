//! What becomes of a request, whoever asks about it: our own proxy, or a gateway.
//!
//! 1. What does the client show: a clearance token, a standing token, nothing?
//! 2. What does the pressure ask of such a client just now: nothing, work, to wait for its turn?
//! 3. A token admits within its budget.

use std::time::Duration;

use http::{HeaderMap, Method};
use portcullis_clearance::TokenId;
use portcullis_clearance::verify::NotCleared;

use crate::app::App;
use crate::budget::Class;
use crate::pressure::{Asks, MAX_COST, Mode, Shown, Turn};
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
    let verdict = match judge(app, asked, Purpose::Pass) {
        Judged::Done(verdict) => verdict,
        Judged::InTurn(turn) => {
            let taken = app.turns.take(turn, app.pressure.stance().rate, app.clock.steady()).await;
            taken.map_or_else(Verdict::Overload, |()| Verdict::Admit)
        }
    };
    if matches!(verdict, Verdict::Overload(_)) {
        app.pressure.overloaded();
    }
    if app.config.gate.dry_run && verdict != Verdict::Admit {
        app.events.would_have(verdict, app.clock.now());
        return Verdict::Admit;
    }
    verdict
}

/// Decides on a request that has been decided on before and is to be answered, or that is a mere look: nothing is counted.
pub(crate) fn look(app: &App, asked: Asked<'_>) -> Verdict {
    match judge(app, asked, Purpose::Look) {
        Judged::Done(verdict) => verdict,
        Judged::InTurn(_) => Verdict::Overload(app.turns.wait(app.pressure.stance().rate)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Pass,
    Look,
}

enum Judged {
    Done(Verdict),
    InTurn(Turn),
}

fn judge(app: &App, asked: Asked<'_>, purpose: Purpose) -> Judged {
    let now = app.clock.steady();
    let client = app.client(asked.visitor);
    let stance = app.pressure.stance();
    let standing = app.standing(asked.headers, asked.visitor, stance.lowered_at);
    // With the gate up no token is verified: there is nothing that it could admit to.
    let clearance = if stance.mode == Mode::Off { Err(None) } else { app.clearance(asked.headers, asked.visitor) };
    let shown = match (&clearance, standing) {
        (Ok(_), _) => Shown::Clearance,
        (Err(_), Some(_)) => Shown::Standing,
        (Err(_), None) => Shown::Nothing,
    };
    let asks = match purpose {
        Purpose::Pass => app.pressure.asks(client, shown, now),
        Purpose::Look => app.pressure.would_ask(client, shown, now),
    };
    let challenge = |shown| Judged::Done(Verdict::Challenge(shown));
    let spend = |token, class| {
        let counted = match purpose {
            Purpose::Pass => app.ledger.spend(token, class, stance.budget, now),
            Purpose::Look => app.ledger.look(token, class, stance.budget, now),
        };
        counted.map_err(Verdict::Budget)
    };
    match (asks, clearance, standing) {
        (Asks::Work, Err(shown), _) => challenge(shown),
        (Asks::Work, Ok(_), _) => challenge(None),
        (Asks::Nothing, Err(_), None) => Judged::Done(Verdict::Admit),
        (Asks::Nothing, Err(shown), Some(standing)) if stance.mode >= Mode::ChallengeNew => {
            // Used up, it is as good as nothing.
            spend(standing, Class::STANDING).map_or_else(|_| challenge(shown), |()| Judged::Done(Verdict::Admit))
        }
        (Asks::Nothing, Err(_), Some(_)) => Judged::Done(Verdict::Admit),
        (Asks::Turn, Err(shown), _) => challenge(shown),
        (_, Ok(clearance), _) => {
            match class_of(app, asked).map_or(Ok(()), |class| spend(clearance.claims().jti, class)) {
                Err(verdict) => Judged::Done(verdict),
                // A look at the clearance alone takes no turn.
                Ok(()) if asks == Asks::Turn && asked.target.is_some() => {
                    Judged::InTurn(turn(app, asked, standing, purpose))
                }
                Ok(()) => Judged::Done(Verdict::Admit),
            }
        }
    }
}

/// A look, and what belongs to no class, is not counted.
fn class_of(app: &App, asked: Asked<'_>) -> Option<Class> {
    asked.target.and_then(|target| app.ledger.class(asked.method, target))
}

/// The turn that a request has to wait for. A standing token gives a turn among returning clients within its budget.
fn turn(app: &App, asked: Asked<'_>, standing: Option<TokenId>, purpose: Purpose) -> Turn {
    let now = app.clock.steady();
    let within_budget = |token| match purpose {
        Purpose::Pass => app.ledger.spend(token, Class::STANDING, 1.0, now).is_ok(),
        Purpose::Look => app.ledger.look(token, Class::STANDING, 1.0, now).is_ok(),
    };
    // A form costs a site more than a page: a password to check, a row to write.
    let cost = if asked.method.is_safe() { 1 } else { WRITE.min(MAX_COST) };
    Turn { network: asked.visitor.network, returning: standing.is_some_and(within_budget), cost }
}

const WRITE: u32 = 4;
