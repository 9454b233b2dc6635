//! Decides which requests are admitted, asked for work, or asked to wait: by what they show, and by the pressure on the
//! site.
//!
//! 1. Which valid token does the client show: a clearance token, a standing token, none?
//! 2. What does the [`Pressure`] ask of such a client now: nothing, work, or to wait for its turn?
//! 3. A token admits within its budget, which the [`Ledger`] keeps.

use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::TokenId;

use crate::budget::{Budget, BudgetError, Ledger, Purpose};
use crate::pressure::{ClientNetwork, Mode, Pressure, Requirement, ShownToken, Stance, Turn};

/// What the decision depends on.
#[derive(Debug)]
pub struct Admission {
    /// The pressure on the site.
    pub pressure: Pressure,
    /// What tokens have been used for.
    pub ledger: Ledger,
    /// What a standing token admits, whatever is asked for.
    pub standing: Budget,
}

/// A request to decide on.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where it comes from.
    pub client: ClientNetwork,
    /// What a clearance token admits of such requests; none for what is not counted.
    pub budget: Option<Budget>,
    /// Whether it goes on when there is no room to count its token.
    pub fail_open: bool,
    /// What it costs the origin, in reads.
    pub cost: u32,
    /// What its rule asks for.
    pub demand: RuleDemand,
}

/// The valid tokens that a client shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenIds {
    /// Its clearance token, verified.
    pub clearance: Option<TokenId>,
    /// Its standing token, verified, and from before the gate was lowered.
    pub standing: Option<TokenId>,
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleDemand {
    /// What the mode asks for.
    #[default]
    ByMode,
    /// Work, in every mode.
    Always,
    /// Nothing.
    Nothing,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Admit,
    /// Its client is asked for work.
    Challenge,
    /// Its client has used up its token for this long.
    Budget(Duration),
    /// It goes on when its turn comes.
    InTurn(Turn),
}

impl Admission {
    /// Decides on a request. `read` finds the tokens that its client shows, and is called only where a token can matter: with
    /// the gate up there is nothing that one could admit to.
    ///
    /// `is_closed` says whether no work could open the way, as when there is no room to claim a solution. A request
    /// that is then asked for work and may [fail open](Request::fail_open) is admitted; in mode `queue`, when its turn
    /// comes.
    pub fn admit(
        &self,
        request: Request,
        read: impl FnOnce(Stance) -> TokenIds,
        is_closed: impl FnOnce() -> bool,
        purpose: Purpose,
        now: UnixMillis,
    ) -> Outcome {
        let stance = self.pressure.stance();
        let tokens = match (stance.mode, request.demand) {
            (Mode::Off, RuleDemand::ByMode) | (_, RuleDemand::Nothing) => TokenIds::default(),
            _ => read(stance),
        };
        match self.judge(request, tokens, purpose, now) {
            Outcome::Challenge if request.fail_open && is_closed() => match stance.mode {
                Mode::Queue => Outcome::InTurn(self.turn(request, tokens, purpose, now)),
                _ => Outcome::Admit,
            },
            outcome => outcome,
        }
    }

    fn judge(&self, request: Request, tokens: TokenIds, purpose: Purpose, now: UnixMillis) -> Outcome {
        let shown = match (tokens.clearance, tokens.standing) {
            // What passes in every mode is counted with what does.
            _ if request.demand == RuleDemand::Nothing => ShownToken::Clearance,
            (Some(_), _) => ShownToken::Clearance,
            (None, Some(_)) => ShownToken::Standing,
            (None, None) => ShownToken::Nothing,
        };
        let requirement = match purpose {
            Purpose::Pass => self.pressure.count_request(request.client, shown, request.cost, now),
            Purpose::Look => self.pressure.requirement(request.client, shown, now),
        };
        match request.demand {
            RuleDemand::Nothing => return Outcome::Admit,
            RuleDemand::Always if shown != ShownToken::Clearance => return Outcome::Challenge,
            _ if requirement == Requirement::Work => return Outcome::Challenge,
            _ => {}
        }
        match (tokens.clearance, tokens.standing) {
            (Some(clearance), _) => match self.spend(clearance, request, purpose, now) {
                Err(BudgetError::UsedUp(wait)) => Outcome::Budget(wait),
                Err(BudgetError::Full) if !request.fail_open => Outcome::Budget(Ledger::WAIT_FOR_ROOM),
                _ if requirement == Requirement::Turn => Outcome::InTurn(self.turn(request, tokens, purpose, now)),
                _ => Outcome::Admit,
            },
            // A used-up token counts as none. If no token is needed, none is used.
            (None, Some(standing))
                if self.pressure.requirement(request.client, ShownToken::Nothing, now) != Requirement::Nothing =>
            {
                let spent = self.spend_standing(standing, purpose, now);
                spent.map_or(Outcome::Challenge, |()| Outcome::Admit)
            }
            (None, _) => Outcome::Admit,
        }
    }

    /// The turn of a request. A standing token gives one among returning clients, within its budget.
    fn turn(&self, request: Request, tokens: TokenIds, purpose: Purpose, now: UnixMillis) -> Turn {
        let within_budget = |token| self.spend_standing(token, purpose, now).is_ok();
        let returning = tokens.standing.is_some_and(within_budget);
        Turn { network: request.client.network, returning, cost: request.cost }
    }

    fn spend(&self, token: TokenId, request: Request, purpose: Purpose, now: UnixMillis) -> Result<(), BudgetError> {
        let fraction = self.pressure.stance().budget;
        request.budget.map_or(Ok(()), |budget| self.ledger.spend(token, budget, fraction, purpose, now))
    }

    fn spend_standing(&self, token: TokenId, purpose: Purpose, now: UnixMillis) -> Result<(), BudgetError> {
        self.ledger.spend(token, self.standing, 1.0, purpose, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Allowance;
    use crate::pressure::{Objectives, PressureTerms, Setting};
    use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};

    const TOKEN: TokenId = TokenId([1; 16]);
    const STANDING: TokenId = TokenId([2; 16]);
    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn admission(mode: Mode) -> Admission {
        let objectives = Objectives { requests: Some(100.0), latency: Duration::from_secs(1), errors: 0.1 };
        let terms = PressureTerms { objectives, most_bits: 3.0 };
        Admission {
            pressure: Pressure::new(terms, Setting::Forced(mode), 7),
            ledger: Ledger::new(100),
            standing: Budget::of_a_standing_token(allowance(2)),
        }
    }

    fn allowance(requests: u32) -> Allowance {
        Allowance { requests, refill: Duration::from_secs(60) }
    }

    fn tokens(clearance: Option<TokenId>, standing: Option<TokenId>) -> TokenIds {
        TokenIds { clearance, standing }
    }

    fn request() -> Request {
        let network = NetworkPrefix::of([203, 0, 113, 9].into(), PrefixLengths::default());
        Request {
            client: ClientNetwork { network, group: None },
            budget: Some(Budget::of_a_token(allowance(3))),
            fail_open: false,
            cost: 1,
            demand: RuleDemand::ByMode,
        }
    }

    fn pass(mode: Mode, clearance: Option<TokenId>, standing: Option<TokenId>) -> Outcome {
        let admission = admission(mode);
        admission.judge(request(), tokens(clearance, standing), Purpose::Pass, NOW)
    }

    #[test]
    fn a_clearance_opens_every_mode_and_a_standing_token_the_lower_ones() {
        for mode in [Mode::Off, Mode::Watch] {
            assert_eq!(pass(mode, None, None), Outcome::Admit);
        }
        for mode in [Mode::ChallengeNew, Mode::ChallengeAll, Mode::Queue] {
            assert_eq!(pass(mode, None, None), Outcome::Challenge);
        }
        assert_eq!(pass(Mode::ChallengeNew, None, Some(STANDING)), Outcome::Admit);
        assert_eq!(pass(Mode::ChallengeAll, None, Some(STANDING)), Outcome::Challenge);
        assert_eq!(pass(Mode::ChallengeAll, Some(TOKEN), None), Outcome::Admit);
    }

    #[test]
    fn in_a_queue_a_standing_token_makes_a_returning_client_within_its_budget() {
        let admission = admission(Mode::Queue);
        let returning = |purpose| match admission.judge(request(), tokens(Some(TOKEN), Some(STANDING)), purpose, NOW) {
            Outcome::InTurn(turn) => Some(turn.returning),
            _ => None,
        };
        assert_eq!(returning(Purpose::Look), Some(true), "a look counts nothing");
        assert_eq!(returning(Purpose::Pass), Some(true));
        // The queue's fraction of the budget, rounded up, is one request: the second is over it.
        assert_eq!(returning(Purpose::Pass), None);
    }

    #[test]
    fn a_used_up_standing_token_is_as_good_as_nothing_and_a_used_up_clearance_is_told_so() {
        let admission = admission(Mode::ChallengeNew);
        let judge = |clearance, standing| admission.judge(request(), tokens(clearance, standing), Purpose::Pass, NOW);
        assert_eq!([0; 3].map(|_| judge(None, Some(STANDING))), [Outcome::Admit, Outcome::Admit, Outcome::Challenge]);
        for _ in 0..3 {
            assert_eq!(judge(Some(TOKEN), None), Outcome::Admit);
        }
        assert_eq!(judge(Some(TOKEN), None), Outcome::Budget(Duration::from_secs(60)));
    }

    #[test]
    fn a_token_that_cannot_be_counted_waits_for_room_but_where_the_rule_fails_open() {
        let full = Admission { ledger: Ledger::new(0), ..admission(Mode::ChallengeAll) };
        let shown = tokens(Some(TOKEN), None);
        let judge = |fail_open| full.judge(Request { fail_open, ..request() }, shown, Purpose::Pass, NOW);
        assert_eq!(judge(false), Outcome::Budget(Ledger::WAIT_FOR_ROOM));
        assert_eq!(judge(true), Outcome::Admit);
        let full = Admission { ledger: Ledger::new(0), ..admission(Mode::Queue) };
        let open = Request { fail_open: true, ..request() };
        assert!(matches!(full.judge(open, shown, Purpose::Pass, NOW), Outcome::InTurn(_)), "no faster than others");
    }

    #[test]
    fn tokens_are_read_only_where_they_can_matter() {
        let reads = |mode, demand| {
            let mut reads = false;
            let read = |_| {
                reads = true;
                tokens(Some(TOKEN), None)
            };
            let request = Request { demand, ..request() };
            let outcome = admission(mode).admit(request, read, || false, Purpose::Pass, NOW);
            assert_eq!(outcome, Outcome::Admit, "{mode}");
            reads
        };
        assert!(!reads(Mode::Off, RuleDemand::ByMode) && !reads(Mode::ChallengeAll, RuleDemand::Nothing));
        assert!(reads(Mode::Off, RuleDemand::Always) && reads(Mode::ChallengeAll, RuleDemand::ByMode));
    }

    #[test]
    fn where_no_work_would_open_the_way_a_rule_that_fails_open_admits() {
        let outcome = |mode, fail_open, is_closed| {
            let request = Request { fail_open, ..request() };
            admission(mode).admit(request, |_| TokenIds::default(), || is_closed, Purpose::Pass, NOW)
        };
        assert_eq!(outcome(Mode::ChallengeAll, true, true), Outcome::Admit);
        assert_eq!(outcome(Mode::ChallengeAll, false, true), Outcome::Challenge);
        assert_eq!(outcome(Mode::ChallengeAll, true, false), Outcome::Challenge);
        assert!(matches!(outcome(Mode::Queue, true, true), Outcome::InTurn(_)), "in its turn");
    }

    #[test]
    fn while_the_gate_watches_a_standing_token_is_used_up_only_in_a_network_that_stands_out() {
        let admission = admission(Mode::Watch);
        let judge = |standing| admission.judge(request(), tokens(None, standing), Purpose::Pass, NOW);
        for _ in 0..200 {
            assert_eq!(judge(Some(STANDING)), Outcome::Admit);
        }
        admission.pressure.step(NOW);
        assert_eq!(judge(None), Outcome::Challenge, "its network stands out");
        assert_eq!([0; 3].map(|_| judge(Some(STANDING))), [Outcome::Admit, Outcome::Admit, Outcome::Challenge]);
    }
}
