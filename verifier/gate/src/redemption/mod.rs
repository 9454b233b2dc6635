//! From a posted solution to what it earns: a clearance token, new or topped up, or a response for a form.

mod challenges;
mod heavy;
mod offer;
mod redemption_response;
mod submission;

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, Method};
use portcullis_clearance::Level;
use portcullis_clearance::verify::Genuine;

pub(crate) use challenges::Challenges;
pub(crate) use challenges::WorkTerms;
pub(crate) use heavy::HeavyChecks;
pub(crate) use offer::StandingOffers;
pub(crate) use redemption_response::TokenTerms;

use self::submission::PostedSubmission;
use crate::client::{Clients, Tokens};
use crate::decision::{ClientRequest, Decisions, Rules};
use crate::observe::EventLog;
use crate::verdict::Rejection;
use portcullis_admission::judge::Admission;
use portcullis_clearance::client::Client;
use portcullis_clearance::clock::Clock;
use portcullis_issuer::challenges::issue::{ChallengeKeyRing, Earns};
use portcullis_issuer::solutions::redeem::{Authentic, Redeemed, Submitter};
use portcullis_issuer::stores::Claims;
use portcullis_policy::{ReportedSignals, Signals};

/// Where a solution is redeemed.
pub(crate) const REDEEM: &str = "/.portcullis/redeem";

/// Redeems solutions: everything that a submission needs.
pub(crate) struct Redemptions {
    pub(crate) keys: Arc<ChallengeKeyRing>,
    pub(crate) claims: Arc<dyn Claims>,
    pub(crate) heavy: HeavyChecks,
    pub(crate) challenges: Arc<Challenges>,
    pub(crate) decisions: Arc<Decisions>,
    pub(crate) offers: Arc<StandingOffers>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) events: Arc<EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) terms: TokenTerms,
    /// Whether servers of forms may ask about responses: if not, none are given.
    pub(crate) gives_responses: bool,
}

impl Redemptions {
    /// Redeems what a client posted.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails.
    pub(crate) async fn redeem(
        &self,
        client: &Client,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response, Rejection> {
        let PostedSubmission { submission, purpose, signals } = PostedSubmission::read(headers, body)?;
        if purpose.is_some() && !self.gives_responses {
            return Err(Rejection::Malformed("this verifier gives no responses: siteverify is off"));
        }
        let now = self.clock.steady();
        // A response costs a full challenge, whatever tokens its client has.
        let token = if purpose.is_none() { self.challenges.to_top_up(headers, client, Level::FIRST) } else { None };
        let topped_up = token.as_ref().map(|token| token.claims().jti);
        let highest = self.rules.policy().highest();
        let by = Submitter { host: &client.host, network: client.network, token: topped_up, highest, now };
        let authentic = submission.authenticate(&self.keys, by)?;
        if purpose.is_none() {
            self.ensure_level(client, headers, &authentic, token.as_ref(), signals)?;
        }
        let redeemed = self.claim(client, authentic).await?;
        self.admission.pressure.solved(self.clients.network(client), now);
        let solved_in = now.0.saturating_sub(redeemed.fields().issued_at.0);
        self.events.solved(solved_in, redeemed.fields(), self.clock.now());
        match purpose {
            Some(purpose) => self.response(client, &redeemed, purpose),
            None => self.clearance(headers, client, &redeemed, token),
        }
    }

    /// Verifies the work and claims the solution. Work that takes long to check is checked off the async threads, in one turn
    /// of its network from the first share to the last; the claim between them may wait.
    async fn claim(&self, client: &Client, authentic: Authentic) -> Result<Redeemed, Rejection> {
        let now = self.clock.steady();
        if !authentic.is_heavy() {
            return Ok(authentic.redeem(self.claims.as_ref(), now).await?);
        }
        let turn = self.heavy.enter(client.network).await?;
        let claims = Arc::clone(&self.claims);
        let (turn, checked) = turn.run(move || authentic.check(claims.as_ref())).await?;
        let claimed = checked?.claim(self.claims.as_ref(), now).await?;
        let (_turn, redeemed) = turn.run(move || claimed.finish()).await?;
        Ok(redeemed?)
    }

    /// Makes sure that a submission has at least the level that its client is asked for, by the signals of the page and
    /// of the solution. A client that is asked for more has lost one solution, and nothing else.
    fn ensure_level(
        &self,
        client: &Client,
        headers: &HeaderMap,
        authentic: &Authentic,
        token: Option<&Genuine>,
        ReportedSignals(reported): ReportedSignals,
    ) -> Result<(), Rejection> {
        let level = match authentic.earns() {
            Earns::Token(level) => level,
            Earns::TopUp(_) => token.map_or(Level::FIRST, |token| token.claims().lvl),
        };
        let fields = authentic.fields();
        let took = self.clock.steady().0.saturating_sub(fields.issued_at.0);
        let shown = Signals::in_solution(fields.compressions(), fields.shares.count(), took);
        let request = ClientRequest { method: &Method::POST, target: Some(REDEEM), headers, client, level };
        let wanted = self.decisions.level_for_signals(request, reported.and(shown));
        if wanted > level { Err(Rejection::MoreWork(wanted)) } else { Ok(()) }
    }
}
