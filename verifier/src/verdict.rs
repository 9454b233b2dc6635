//! What becomes of a request, whoever asks about it: our own proxy, or a gateway. Reads what it shows, and lets the
//! [`Admission`](crate::admission::Admission) judge.

use std::time::Duration;

use http::{HeaderMap, Method};
use portcullis_clearance::verify::NotCleared;

use crate::admission::{Demand, Outcome as Judgement, Request};
use crate::app::App;
use crate::bots;
use crate::budget::Purpose;
use crate::policy::{Action, Challenged, Decision, Facts, Level, Signals};
use crate::pressure::{Mode, Turn};
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
    /// The level looked at, where there is no target to tell.
    pub(crate) level: Level,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Admit,
    /// Its client is asked to do the work.
    Challenge(Wanted),
    /// Its client has used up what its token admits, for so long.
    Budget(Duration),
    /// Its turn did not come; it may in so long.
    Overload(Duration),
    /// A rule of the operator's refuses it.
    Deny,
}

/// The work that is wanted of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The level of the token that would admit it.
    pub(crate) level: Level,
    /// Why the token it showed is no good, if it showed one.
    pub(crate) shown: Option<NotCleared>,
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

/// Decides on a request that is about to go on: counts it, and waits for its turn where there are turns.
pub(crate) async fn decide(app: &App, asked: Asked<'_>) -> Verdict {
    let verdict = match judge(app, asked, Purpose::Pass) {
        // Who would wait for a turn is not made to in a dry run.
        Judged::InTurn(_) if app.control.is_dry_run() => Verdict::Admit,
        Judged::InTurn(turn) => {
            let taken = app.turns.take(turn, app.pressure().stance().rate, app.clock.steady()).await;
            taken.map_or_else(Verdict::Overload, |()| Verdict::Admit)
        }
        Judged::Verdict(verdict) => verdict,
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
        Judged::InTurn(_) if asked.target.is_none() => Verdict::Admit,
        Judged::InTurn(_) => Verdict::Overload(app.turns.wait(app.pressure().stance().rate)),
        Judged::Verdict(verdict) => verdict,
    }
}

/// A verdict, or the turn that it depends on.
enum Judged {
    Verdict(Verdict),
    InTurn(Turn),
}

/// What a policy's action comes to.
struct Met {
    demand: Demand,
    challenged: Challenged,
}

/// What rule and pressure make of a request.
fn judge(app: &App, asked: Asked<'_>, purpose: Purpose) -> Judged {
    let Some(met) = meet(app, asked, purpose) else { return Judged::Verdict(Verdict::Deny) };
    let Met { demand, challenged } = met;
    let stance = app.pressure().stance();
    // With the gate up no token is verified: there is nothing that it could admit to.
    let (clearance, standing) = match (stance.mode, demand) {
        (Mode::Off, Demand::ByMode) | (_, Demand::Nothing) => (Err(None), None),
        _ => (
            app.clearance(asked.headers, asked.visitor, challenged.level),
            app.standing(asked.headers, asked.visitor, stance.lowered_at),
        ),
    };
    let request = Request {
        client: app.client(asked.visitor),
        clearance: clearance.as_ref().ok().map(|clearance| clearance.claims().jti),
        standing,
        // A look at the clearance alone is not counted.
        budget: asked.target.map(|_| challenged.budget.unwrap_or_else(|| app.config.clearance.budget())),
        fail_open: challenged.fail_open,
        cost: cost(asked.method),
        demand,
    };
    let now = app.clock.steady();
    Judged::Verdict(match app.admission.judge(request, purpose, now) {
        Judgement::Admit => Verdict::Admit,
        // No work that could be done would open the way.
        Judgement::Challenge if challenged.fail_open && app.replay.is_full() => match stance.mode {
            Mode::Queue => return Judged::InTurn(app.admission.turn(request, purpose, now)),
            _ => Verdict::Admit,
        },
        Judgement::Challenge => {
            Verdict::Challenge(Wanted { level: challenged.level, shown: clearance.err().flatten() })
        }
        Judgement::Budget(wait) => Verdict::Budget(wait),
        Judgement::InTurn(turn) => return Judged::InTurn(turn),
    })
}

/// What the policy makes of a request; `None` where it is denied.
fn meet(app: &App, asked: Asked<'_>, purpose: Purpose) -> Option<Met> {
    // A look at the clearance alone meets no rule.
    let Some(target) = asked.target else {
        return Some(Met {
            demand: Demand::ByMode,
            challenged: Challenged { level: asked.level, ..Challenged::default() },
        });
    };
    let policy = app.rules.policy();
    let bot = app.bots.verified(&policy, &bots::Asked::of(app, asked));
    let facts = facts(app, asked, target, bot.map(|bot| bot.name));
    let Decision { action, rule, .. } = policy.decide(&facts);
    if purpose == Purpose::Pass {
        app.rules.decided(rule);
        app.events.metrics.raised(facts.signals);
        bot.inspect(|bot| app.bots.count(*bot));
    }
    let by_mode = |challenged| Some(Met { demand: Demand::ByMode, challenged });
    match action {
        Action::Deny => None,
        Action::Challenge(challenged) if challenged.always => Some(Met { demand: Demand::Always, challenged }),
        Action::Challenge(challenged) => by_mode(challenged),
        Action::Allow(Some(allowance)) if app.pressure().stance().mode > Mode::Off => {
            let of = (asked.visitor.network, rule.unwrap_or_default());
            let spent = app.admission.ledger.spend_allowed(of, allowance, purpose, app.clock.steady());
            match spent {
                Ok(()) => Some(Met { demand: Demand::Nothing, challenged: Challenged::default() }),
                Err(_) => by_mode(Challenged::default()),
            }
        }
        // Nothing is left to weigh once a policy has decided.
        Action::Allow(_) | Action::Weigh(_) => Some(Met { demand: Demand::Nothing, challenged: Challenged::default() }),
    }
}

/// The level that a submission is asked for, for what was raised by the page and by its solution. Only what signals weigh
/// counts here: what else weighs does so in the requests that the rules are about.
pub(crate) fn level_for_signals(app: &App, asked: Asked<'_>, raised: Signals) -> Level {
    let policy = app.rules.policy();
    let facts = facts(app, asked, asked.target.unwrap_or_default(), None);
    let signals = facts.signals.and(raised);
    app.events.metrics.raised(signals);
    let asks = |signals| policy.level_for(policy.decide(&Facts { signals, ..facts }).weight);
    let level = asks(signals);
    if level > Level::FIRST && level > asks(Signals::default()) { level } else { Level::FIRST }
}

fn facts<'a>(app: &App, asked: Asked<'a>, target: &'a str, bot: Option<&'a str>) -> Facts<'a> {
    let visitor = asked.visitor;
    Facts {
        method: asked.method,
        target,
        host: &visitor.host,
        headers: asked.headers,
        address: visitor.address,
        from_gateway: visitor.from_gateway,
        signals: Signals::in_headers(asked.headers, visitor.secure || visitor.loopback),
        bot,
        now: app.clock.now(),
    }
}

/// What a request costs the origin, in reads. A form costs a site more than a page: a password to check, a row to write.
pub(crate) fn cost(method: &Method) -> u32 {
    if method.is_safe() { 1 } else { WRITE }
}

/// What a request that is not safe (RFC 9110, 9.2.1) costs.
const WRITE: u32 = 4;
