//! The gate: the verifier's own policy, with the little around it that `turns`, `routes` and `upkeep` do.

use portcullis_admission::pressure::{ClientNetwork, FairQueue, Mode, Pressure, Setting, Stance, Turn};
use portcullis_admission::{Admission, Budget, Ledger, Outcome, Purpose, Request, RuleDemand, TokenIds};
use portcullis_challenge::Difficulty;
use portcullis_clearance::TokenId;
use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};
use portcullis_config::Config;
use portcullis_issuer::challenges::ladder::Solver;

use crate::scenario::{STANDING, Scenario};
use crate::time::{Time, on_the_clock, seconds};

/// A clearance token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) id: TokenId,
    pub(crate) expires: Time,
}

/// What a request shows, and costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimulatedRequest {
    pub(crate) network: u32,
    pub(crate) token: Option<Token>,
    pub(crate) standing: Option<TokenId>,
    pub(crate) cost: u32,
}

/// The gate, around an [`Admission`].
pub(crate) struct Gate<'a> {
    admission: &'a Admission,
    queue: FairQueue<u64>,
    config: Config,
    /// Tokens that were named, and whether each was used.
    tokens: Vec<bool>,
}

/// A gate's policy, as configured by default. Without a gate everything passes.
pub(crate) fn admission(scenario: &Scenario, is_there: bool) -> Admission {
    let mut config = Config::default();
    config.pressure.requests = scenario.stated;
    let setting = if is_there { Setting::Auto } else { Setting::Forced(Mode::Off) };
    Admission {
        pressure: Pressure::new(config.pressure.terms(&config.challenge.0), setting, SEED),
        ledger: Ledger::new(config.limits.budgets),
        standing: Budget::of_a_standing_token(STANDING),
    }
}

impl<'a> Gate<'a> {
    pub(crate) fn new(admission: &'a Admission) -> Self {
        let config = Config::default();
        let queue = FairQueue::new(config.pressure.reserve, MAX_WAITING);
        Self { admission, queue, config, tokens: Vec::new() }
    }

    pub(crate) fn stance(&self) -> Stance {
        self.admission.pressure.stance()
    }

    pub(crate) fn pressure(&self) -> &'a Pressure {
        &self.admission.pressure
    }

    /// Decides on a request.
    pub(crate) fn admit(&mut self, asked: SimulatedRequest, now: Time) -> Outcome {
        let request = Request {
            client: client(asked.network),
            budget: Some(self.config.clearance.budget()),
            fail_open: false,
            cost: asked.cost,
            demand: RuleDemand::ByMode,
        };
        let read = |_| {
            let token = asked.token.filter(|token| now < token.expires);
            if let Some(token) = token {
                self.tokens[(u128::from_be_bytes(token.id.0) >> 64) as usize] = true;
            }
            TokenIds { clearance: token.map(|token| token.id), standing: asked.standing }
        };
        self.admission.admit(request, read, || false, Purpose::Pass, on_the_clock(now))
    }

    /// Puts a request into the queue, as `turns::take` does; whether there is room.
    pub(crate) fn join(&mut self, turn: Turn, ticket: u64) -> bool {
        self.queue.join(turn, ticket).is_ok()
    }

    /// Those whose turn has come.
    pub(crate) fn release(&mut self, now: Time, still_waits: impl Fn(&u64) -> bool) -> Vec<u64> {
        if self.stance().mode != Mode::Queue && self.queue.is_empty() {
            return Vec::new();
        }
        self.queue.release(self.stance().rate, on_the_clock(now), still_waits)
    }

    pub(crate) fn forget(&mut self, still_waits: impl Fn(&u64) -> bool) {
        self.queue.forget(still_waits);
    }

    /// When who did not get a turn is to come back, as `turns::wait` says.
    pub(crate) fn wait(&self) -> Time {
        seconds(self.queue.round(self.stance().rate).ceil().clamp(2.0, 30.0))
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Expected attempts of a challenge that a network asks for.
    pub(crate) fn challenge(&self, network: u32, now: Time) -> f64 {
        let work = self.admission.pressure.work(client(network), on_the_clock(now));
        let terms = self.config.challenge.0.terms(Solver::Simd, true).times(work);
        f64::from(Difficulty::of(terms.threshold, terms.shares).map_or(1, Difficulty::attempts))
    }

    /// A token for a solution in time, as `routes` gives one.
    pub(crate) fn redeem(&mut self, network: u32, now: Time) -> Token {
        self.admission.pressure.solved(client(network), on_the_clock(now));
        let lifetime = self.config.clearance.lifetime.as_secs_f64() * self.stance().lifetime;
        Token { id: self.name(), expires: now + seconds(lifetime.max(60.0)) }
    }

    /// A name that no other token has.
    pub(crate) fn name(&mut self) -> TokenId {
        self.tokens.push(false);
        // The ledger names a token by its first half.
        TokenId(((self.tokens.len() as u128 - 1) << 64).to_be_bytes())
    }

    /// How many tokens were used.
    pub(crate) fn used(&self) -> usize {
        self.tokens.iter().filter(|used| **used).count()
    }

    /// Gives memory back, as `upkeep` does every ten seconds.
    pub(crate) fn tidy_up(&self, now: Time) {
        self.admission.ledger.forget(on_the_clock(now), on_the_clock(now));
    }
}

fn client(network: u32) -> ClientNetwork {
    let address = std::net::Ipv4Addr::from(network << 8);
    ClientNetwork { network: NetworkPrefix::of(address.into(), PrefixLengths::default()), group: None }
}

/// As in `turns`.
const MAX_WAITING: usize = 10_000;
/// Which networks share a set in the table.
const SEED: u64 = 0x0070_6f72_7463_756c;
