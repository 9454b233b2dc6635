//! The response to a redeemed solution: with a clearance token, new or topped up, or with a response for a form.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::Level;
use portcullis_clearance::verify::Genuine;
use portcullis_issuer::solutions::RedeemError;
use serde::Serialize;

use super::Redemptions;
use crate::client::SHORTEST_LIFETIME;
use crate::verdict::{Rejection, never_stored};
use portcullis_admission::budget::Budget;
use portcullis_clearance::client::Client;
use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};
use portcullis_config::Config;
use portcullis_issuer::challenges::issue::Earns;
use portcullis_issuer::solutions::redeem::Redeemed;
use portcullis_issuer::tokens::clearance::{self as token, ClearanceGrant, Signed};
use portcullis_issuer::tokens::response::{self as response_token, ResponseGrant, ResponsePurpose};
use portcullis_policy::BindingScope;

/// What tokens are worth if neither a rule nor a level says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenTerms {
    /// How long a new one is valid.
    lifetime: Duration,
    /// What it admits.
    budget: Budget,
    /// The fraction of its budget that it gets back with a top-up.
    top_up_fraction: f64,
    /// How often it can be topped up.
    top_ups: u8,
}

impl TokenTerms {
    /// As configured.
    pub(crate) fn of(config: &Config) -> Self {
        let terms = &config.clearance;
        Self {
            lifetime: terms.lifetime,
            budget: terms.budget(),
            top_up_fraction: terms.top_up_fraction,
            top_ups: terms.top_ups,
        }
    }
}

impl Redemptions {
    /// The answer to a solution redeemed for a clearance; `token` is the one that came with it, if it can be topped up.
    pub(super) fn clearance(
        &self,
        headers: &HeaderMap,
        client: &Client,
        redeemed: &Redeemed,
        token: Option<Genuine>,
    ) -> Result<Response, Rejection> {
        let (signed, earned) = match (redeemed.earns(), token) {
            (Earns::TopUp(_), Some(token)) => (self.topped_up_token(client, redeemed, &token)?, "top-up"),
            (Earns::Token(level), _) => (self.new_token(client, redeemed, level)?, "clearance"),
            // Bound to a token that did not come with it: `authenticate` has refused it.
            (Earns::TopUp(_), None) => return Err(RedeemError::WrongBinding.into()),
        };
        self.events.metrics.redeemed.one(earned);
        let mut response = self.cleared(headers, client, &signed)?;
        if let Some(offer) = self.offers.to_solver(headers, client) {
            self.offers.join(offer, client, &mut response);
        }
        Ok(response)
    }

    /// The answer to a solution redeemed for a form: a response, which admits to nothing and is not a cookie.
    pub(super) fn response(
        &self,
        client: &Client,
        redeemed: &Redeemed,
        purpose: ResponsePurpose,
    ) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Responded<'a> {
            response: &'a str,
            expires_in: u64,
        }
        let grant = ResponseGrant {
            issuer: self.tokens.issuer(),
            host: &client.host,
            network: client.network,
            purpose,
            now: self.clock.now(),
            steady: self.clock.steady(),
        };
        let signed = self.tokens.with_signing_keys(|keys| response_token::sign(keys, &self.keys, redeemed, grant));
        let response = signed.map_err(|_| Rejection::Unavailable)?;
        self.events.metrics.redeemed.one("response");
        let expires_in = response_token::LIFETIME.as_secs();
        Ok(never_stored(Json(Responded { response: &response, expires_in }).into_response()))
    }

    /// How long a new token of a level is valid at the current pressure.
    fn token_lifetime(&self, level: Level) -> Duration {
        let longest = self.rules.policy().terms(level).lifetime.unwrap_or(self.terms.lifetime);
        longest.mul_f64(self.admission.pressure.stance().lifetime).max(SHORTEST_LIFETIME)
    }

    /// The token for a full challenge's work.
    fn new_token(&self, client: &Client, redeemed: &Redeemed, level: Level) -> Result<Signed, Rejection> {
        let grant = ClearanceGrant {
            issuer: self.tokens.issuer(),
            host: &client.host,
            network: self.bound_to(client, level),
            level,
            lifetime: self.token_lifetime(level),
            now: self.clock.now(),
        };
        self.tokens.with_signing_keys(|keys| token::sign(keys, redeemed, grant)).map_err(|_| Rejection::Unavailable)
    }

    /// How a token of a level can be used.
    fn bound_to(&self, client: &Client, level: Level) -> NetworkPrefix {
        match self.rules.policy().terms(level).binding {
            BindingScope::Network => client.network,
            BindingScope::Address => NetworkPrefix::of(client.address, PrefixLengths { v4: 32, v6: 128 }),
        }
    }

    /// The same token for the current network, with a fraction of its budget back.
    fn topped_up_token(&self, client: &Client, redeemed: &Redeemed, token: &Genuine) -> Result<Signed, Rejection> {
        let (claims, terms) = (token.claims(), self.terms);
        let expires_at = UnixMillis(claims.exp.saturating_mul(1000));
        let policy = self.rules.policy();
        let budgets = policy.budgets().chain([terms.budget]);
        if !self.admission.ledger.top_up(claims.jti, expires_at, (terms.top_up_fraction, terms.top_ups), budgets) {
            // It was topped up elsewhere meanwhile: what remains is a challenge for a new one.
            return Err(RedeemError::WrongBinding.into());
        }
        let (network, now) = (self.bound_to(client, token.claims().lvl), self.clock.now());
        self.tokens
            .with_signing_keys(|keys| token::sign_again(keys, redeemed, token, network, now))
            .map_err(|_| Rejection::Unavailable)
    }

    /// The answer to a redeemed solution: the token, as a cookie, and for programs. A client that prefers no body
    /// (RFC 7240, 4.2), as the page does, gets none.
    fn cleared(&self, headers: &HeaderMap, client: &Client, signed: &Signed) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Cleared<'a> {
            token: &'a str,
            expires_in: u64,
        }
        let cookie = self.clients.cookie(client).set(&signed.text, signed.lifetime).ok_or(Rejection::Unavailable)?;
        let body = Cleared { token: &signed.text, expires_in: signed.lifetime.as_secs() };
        let is_minimal = headers.get("prefer").is_some_and(|preference| preference == MINIMAL);
        let mut response = if is_minimal {
            (StatusCode::NO_CONTENT, [("preference-applied", MINIMAL)]).into_response()
        } else {
            Json(body).into_response()
        };
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        Ok(never_stored(response))
    }
}

const MINIMAL: &str = "return=minimal";
