//! What becomes of a request, whether our own proxy asks or a gateway. Reads the tokens it shows, and asks the policy
//! and the [`Admission`].

mod admission_queue;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use portcullis_clearance::{Clearance, Level, TokenId};

pub(crate) use admission_queue::AdmissionQueue;
pub(crate) use rules::Rules;

use crate::client::{ClearanceError, Clients, StandingTokens, Tokens};
use crate::observe::EventLog;
use crate::verdict::{Verdict, Wanted, cost};
use portcullis_admission::budget::{Budget, Purpose};
use portcullis_admission::control::Control;
use portcullis_admission::judge::{Admission, Outcome, Request, RuleDemand, TokenIds};
use portcullis_admission::pressure::{Mode, Passing, Stance, Turn};
use portcullis_bots::{BotRequest, Bots};
use portcullis_clearance::client::Client;
use portcullis_clearance::clock::Clock;
use portcullis_issuer::stores::Claims;
use portcullis_policy::{Action, Challenged, Decision, Facts, Signals};

/// A client's request to decide on: the one at hand, or the one a gateway asks about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientRequest<'a> {
    pub(crate) method: &'a Method,
    /// Path and query, as the client sent them. `None` for a look at the clearance alone.
    pub(crate) target: Option<&'a str>,
    /// The client's own headers.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) client: &'a Client,
    /// The level looked at if there is no target.
    pub(crate) level: Level,
}

/// Decides on requests.
pub(crate) struct Decisions {
    pub(crate) rules: Arc<Rules>,
    pub(crate) bots: Arc<Bots>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) control: Arc<Control>,
    pub(crate) queue: Arc<AdmissionQueue>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) standing: Arc<StandingTokens>,
    pub(crate) claims: Arc<dyn Claims>,
    pub(crate) events: Arc<EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What a token admits of everything that has no budget by rule.
    pub(crate) budget: Budget,
}

/// A decision, and what tells the pressure when an admitted request has been answered.
pub(crate) struct Decided<'a> {
    pub(crate) verdict: Verdict,
    /// Present for admitted requests. If it is dropped, the request counts as passed on to an origin that we do not
    /// see.
    pub(crate) passing: Option<Passing<'a>>,
}

/// A verdict, or the turn that it depends on.
enum Pending {
    Verdict(Verdict),
    InTurn(Turn),
}

/// What a policy's action demands of a client.
struct PolicyDemand {
    demand: RuleDemand,
    challenged: Challenged,
}

impl Decisions {
    /// The policy's rules that decide.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Decides on a request that is about to go on: waits for its turn if there is a queue, logs the verdict, and
    /// counts what is passed on.
    pub(crate) async fn decide(&self, request: ClientRequest<'_>) -> Decided<'_> {
        let verdict = self.verdict(request).await;
        self.events.decided(verdict, self.clock.now());
        let admitted = verdict == Verdict::Admit;
        Decided { verdict, passing: admitted.then(|| self.admission.pressure.pass(cost(request.method))) }
    }

    async fn verdict(&self, request: ClientRequest<'_>) -> Verdict {
        let pressure = &self.admission.pressure;
        let verdict = match self.outcome(request, Purpose::Pass) {
            // In a dry run no request waits for its turn.
            Pending::InTurn(_) if self.control.is_dry_run() => Verdict::Admit,
            Pending::InTurn(turn) => {
                let taken = self.queue.take(turn, pressure.stance().rate, self.clock.steady()).await;
                taken.map_or_else(|overload| Verdict::Overload(overload.retry_after), |()| Verdict::Admit)
            }
            Pending::Verdict(verdict) => verdict,
        };
        if matches!(verdict, Verdict::Overload(_)) {
            pressure.overloaded();
        }
        if self.control.is_dry_run() && verdict != Verdict::Admit {
            self.events.would_have(verdict, self.clock.now());
            return Verdict::Admit;
        }
        verdict
    }

    /// Decides on a request that was decided on before and is to be answered, or that is only a look: nothing is
    /// counted.
    pub(crate) fn look(&self, request: ClientRequest<'_>) -> Verdict {
        match self.outcome(request, Purpose::Look) {
            // A look at the clearance alone takes no turn.
            Pending::InTurn(_) if request.target.is_none() => Verdict::Admit,
            Pending::InTurn(_) => Verdict::Overload(self.queue.wait(self.admission.pressure.stance().rate)),
            Pending::Verdict(verdict) => verdict,
        }
    }

    /// What rule and pressure decide about a request.
    fn outcome(&self, request: ClientRequest<'_>, purpose: Purpose) -> Pending {
        let Some(PolicyDemand { demand, challenged }) = self.policy_demand(request, purpose) else {
            return Pending::Verdict(Verdict::Deny);
        };
        let now = self.clock.steady();
        let mut shown = None;
        let read = |stance| {
            let (clearance, standing) = self.shown(request, challenged.level, stance);
            shown = clearance.as_ref().err().copied().and_then(ClearanceError::reason);
            TokenIds { clearance: clearance.ok().map(|clearance| clearance.claims().jti), standing }
        };
        let to_admit = Request {
            client: self.clients.network(request.client),
            // A look at the clearance alone is not counted.
            budget: request.target.map(|_| challenged.budget.unwrap_or(self.budget)),
            fail_open: challenged.fail_open,
            cost: cost(request.method),
            demand,
        };
        // Without room to claim a solution, no work could open the way.
        match self.admission.admit(to_admit, read, || self.claims.is_full(), purpose, now) {
            Outcome::Admit => Pending::Verdict(Verdict::Admit),
            Outcome::Challenge => Pending::Verdict(Verdict::Challenge(Wanted { level: challenged.level, shown })),
            Outcome::Budget(wait) => Pending::Verdict(Verdict::Budget(wait)),
            Outcome::InTurn(turn) => Pending::InTurn(turn),
        }
    }

    /// The tokens that a client shows: the clearance of a level, and a standing token from before the gate was lowered.
    fn shown(
        &self,
        request: ClientRequest<'_>,
        level: Level,
        stance: Stance,
    ) -> (Result<Clearance, ClearanceError>, Option<TokenId>) {
        let (client, cookie) = (request.client, self.clients.cookie(request.client));
        let now = self.clock.now();
        // Hours come from the time of day; the gate is lowered by a clock that never steps.
        let lowered_ago = stance.lowered_at.map_or(0, |lowered| self.clock.steady().0.saturating_sub(lowered.0));
        let lowered_ago = Duration::from_millis(lowered_ago);
        (
            self.tokens.clearance(cookie.read(request.headers), client, level, now),
            self.standing.known_before(cookie.read_standing(request.headers), client, now, lowered_ago),
        )
    }

    /// What the policy decides about a request; `None` if it is denied.
    fn policy_demand(&self, request: ClientRequest<'_>, purpose: Purpose) -> Option<PolicyDemand> {
        // A look at the clearance alone matches no rule.
        let Some(target) = request.target else {
            let challenged = Challenged { level: request.level, ..Challenged::default() };
            return Some(PolicyDemand { demand: RuleDemand::ByMode, challenged });
        };
        let policy = self.rules.policy();
        let bot = self.bots.verified(&policy, &self.bot_request(request));
        let facts = self.facts(request, target, bot.map(|bot| bot.name));
        let Decision { action, rule, .. } = policy.decide(&facts);
        if purpose == Purpose::Pass {
            self.rules.decided(rule);
            self.events.metrics.raised(facts.signals);
            bot.inspect(|bot| self.bots.count(*bot));
        }
        let by_mode = |challenged| Some(PolicyDemand { demand: RuleDemand::ByMode, challenged });
        let nothing = || Some(PolicyDemand { demand: RuleDemand::Nothing, challenged: Challenged::default() });
        match action {
            Action::Deny => None,
            Action::Challenge(challenged) if challenged.always => {
                Some(PolicyDemand { demand: RuleDemand::Always, challenged })
            }
            Action::Challenge(challenged) => by_mode(challenged),
            Action::Allow(Some(allowance)) if self.admission.pressure.stance().mode > Mode::Off => {
                let of = (request.client.network, rule.unwrap_or_default());
                let spent = self.admission.ledger.spend_allowed(of, allowance, purpose, self.clock.steady());
                if spent.is_ok() { nothing() } else { by_mode(Challenged::default()) }
            }
            // Once a policy has decided, the weight no longer matters.
            Action::Allow(_) | Action::Weigh(_) => nothing(),
        }
    }

    /// The level that a submission is asked for because of the signals that the page and its solution raised. Only the
    /// weight of signals counts here: everything else is weighed in the requests that the rules are about.
    pub(crate) fn level_for_signals(&self, request: ClientRequest<'_>, raised: Signals) -> Level {
        let policy = self.rules.policy();
        let facts = self.facts(request, request.target.unwrap_or_default(), None);
        let signals = facts.signals.and(raised);
        self.events.metrics.raised(signals);
        let asks = |signals| policy.level_for(policy.decide(&Facts { signals, ..facts }).weight);
        let level = asks(signals);
        if level > Level::FIRST && level > asks(Signals::default()) { level } else { Level::FIRST }
    }

    fn facts<'a>(&self, request: ClientRequest<'a>, target: &'a str, bot: Option<&'a str>) -> Facts<'a> {
        let client = request.client;
        Facts {
            method: request.method,
            target,
            host: &client.host,
            headers: request.headers,
            address: client.address,
            from_gateway: client.from_gateway,
            signals: Signals::in_headers(request.headers, client.secure || client.loopback),
            bot,
            now: self.clock.now(),
        }
    }

    fn bot_request<'a>(&self, request: ClientRequest<'a>) -> BotRequest<'a> {
        let client = request.client;
        BotRequest {
            method: request.method,
            target: request.target,
            host: &client.host,
            headers: request.headers,
            address: client.address,
            network: client.network,
            now: self.clock.now(),
            steady: self.clock.steady(),
        }
    }
}
