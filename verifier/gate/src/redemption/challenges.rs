//! Which challenge a client gets: how much work, and what for.

use std::sync::Arc;

use http::HeaderMap;
use portcullis_challenge::{Challenge, ChallengeId, Difficulty};
use portcullis_clearance::Level;
use portcullis_clearance::verify::Genuine;

use crate::client::{Clients, Tokens};
use crate::decision::Rules;
use crate::observe::EventLog;
use portcullis_admission::judge::Admission;
use portcullis_clearance::client::Client;
use portcullis_clearance::clock::Clock;
use portcullis_config::Config;
use portcullis_issuer::challenges::issue::{ChallengeKeyRing, Earns};
use portcullis_issuer::challenges::ladder::{Ladder, Solver};

/// Issues challenges.
pub struct Challenges {
    pub(crate) keys: Arc<ChallengeKeyRing>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) events: Arc<EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) terms: WorkTerms,
}

/// How much work is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkTerms {
    /// The least, for each solver.
    pub(crate) ladder: Ladder,
    /// The work of a top-up, as a fraction of a full challenge's.
    pub(crate) top_up_fraction: f64,
    /// How often a token can be topped up.
    pub(crate) top_ups: u8,
}

impl WorkTerms {
    /// As configured.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            ladder: config.challenge.0,
            top_up_fraction: config.clearance.top_up_fraction,
            top_ups: config.clearance.top_ups,
        }
    }
}

impl Challenges {
    /// A fresh challenge of a level for a client with this solver, valid from now: a small one, if the client shows a token
    /// of that level to top up.
    pub(crate) fn fresh(&self, client: &Client, headers: &HeaderMap, solver: Solver, level: Level) -> Challenge {
        match self.to_top_up(headers, client, level) {
            Some(token) => self.issue(client, solver, token.claims().lvl, Earns::TopUp(token.claims().jti)),
            None => self.full(client, solver, level),
        }
    }

    /// A full challenge for a new token, whatever tokens its client has.
    pub(crate) fn full(&self, client: &Client, solver: Solver, level: Level) -> Challenge {
        self.issue(client, solver, level, Earns::Token(level))
    }

    /// The token of at least this level that a client shows, if it can be topped up once more.
    pub(crate) fn to_top_up(&self, headers: &HeaderMap, client: &Client, level: Level) -> Option<Genuine> {
        let text = self.clients.cookie(client).read(headers);
        let token = self.tokens.genuine(text, client, level, self.clock.now()).ok()?;
        (self.admission.ledger.top_ups(token.claims().jti) < self.terms.top_ups).then_some(token)
    }

    /// The least number of attempts that anybody is asked for at the moment.
    pub fn least_difficulty(&self) -> f64 {
        let least = self.terms.ladder.terms(Solver::Simd, true);
        let least = Difficulty::of(least.threshold, least.shares).map_or(0, Difficulty::attempts);
        f64::from(least) * self.admission.pressure.stance().bits.exp2()
    }

    fn issue(&self, client: &Client, solver: Solver, level: Level, earns: Earns) -> Challenge {
        self.events.metrics.challenges.one();
        let now = self.clock.steady();
        let fraction = if let Earns::TopUp(_) = earns { self.terms.top_up_fraction } else { 1.0 };
        let of_level = self.rules.policy().terms(level).difficulty;
        let work = self.admission.pressure.work(self.clients.network(client), now) * of_level * fraction;
        let terms = self.terms.ladder.terms(solver, client.secure).times(work);
        let to = self.keys.recipient(&client.host, client.network, earns);
        self.keys.issue(&terms, to, ChallengeId(portcullis_issuer::entropy::random()), now)
    }
}
