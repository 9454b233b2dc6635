//! What a redeemed solution earns, and the answer that brings it: a clearance token, new or topped up, or a response.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::verify::Genuine;
use portcullis_issuer::solutions::Refusal;
use serde::Serialize;

use crate::app::App;
use crate::issue::Earns;
use crate::network::{NetworkPrefix, PrefixLengths};
use crate::policy::{Binding, Level};
use crate::redeem::Redeemed;
use crate::rejection::Rejection;
use crate::response_token::{self, Purpose};
use crate::routes::{level_of, never_stored};
use crate::standing::Offer;
use crate::token::{self, Grant, Signed};
use crate::visitor::Visitor;

/// The answer to a solution redeemed for a clearance; `token` is the one that came with it, if it can be topped up.
pub(crate) fn clearance(
    app: &App,
    headers: &HeaderMap,
    visitor: &Visitor,
    redeemed: &Redeemed,
    token: Option<Genuine>,
) -> Result<Response, Rejection> {
    let (signed, earned) = match (redeemed.earns(), token) {
        (Earns::TopUp(_), Some(token)) => (topped_up_token(app, visitor, redeemed, &token)?, "top-up"),
        (Earns::Token(level), _) => (new_token(app, visitor, redeemed, level)?, "clearance"),
        // Bound to a token that did not come with it: `authenticate` has refused it.
        (Earns::TopUp(_), None) => return Err(Refusal::WrongBinding.into()),
    };
    app.events.metrics.redeemed.one(earned);
    let mut response = cleared(app, headers, visitor, &signed)?;
    if let Some(offer) = Offer::to_solver(app, headers, visitor) {
        offer.join(app, visitor, &mut response);
    }
    Ok(response)
}

/// The answer to a solution redeemed for a form: a response, which neither admits nor is a cookie.
pub(crate) fn response(
    app: &App,
    visitor: &Visitor,
    redeemed: &Redeemed,
    purpose: Purpose,
) -> Result<Response, Rejection> {
    #[derive(Serialize)]
    struct Responded<'a> {
        response: &'a str,
        expires_in: u64,
    }
    let grant = response_token::Grant {
        issuer: &app.config.clearance.issuer,
        host: &visitor.host,
        network: visitor.network,
        purpose,
        now: app.clock.now(),
        steady: app.clock.steady(),
    };
    let signed = app.with_signing_keys(|keys| response_token::sign(keys, &app.challenge_keys, redeemed, grant));
    let response = signed.map_err(|_| Rejection::Unavailable)?;
    app.events.metrics.redeemed.one("response");
    let expires_in = response_token::LIFETIME.as_secs();
    Ok(never_stored(Json(Responded { response: &response, expires_in }).into_response()))
}

/// The token for a full challenge's work.
fn new_token(app: &App, visitor: &Visitor, redeemed: &Redeemed, level: Level) -> Result<Signed, Rejection> {
    let grant = Grant {
        issuer: &app.config.clearance.issuer,
        host: &visitor.host,
        network: bound_to(app, visitor, level),
        level,
        lifetime: app.token_lifetime(level),
        now: app.clock.now(),
    };
    app.with_signing_keys(|keys| token::sign(keys, redeemed, grant)).map_err(|_| Rejection::Unavailable)
}

/// Where a token of a level is good.
fn bound_to(app: &App, visitor: &Visitor, level: Level) -> NetworkPrefix {
    match app.policy().terms(level).binding {
        Binding::Network => visitor.network,
        Binding::Address => NetworkPrefix::of(visitor.address, PrefixLengths { v4: 32, v6: 128 }),
    }
}

/// The same token for the network at hand, with a share of its budget back.
fn topped_up_token(app: &App, visitor: &Visitor, redeemed: &Redeemed, token: &Genuine) -> Result<Signed, Rejection> {
    let (claims, terms) = (token.claims(), &app.config.clearance);
    let expires_at = UnixMillis(claims.exp.saturating_mul(1000));
    let policy = app.policy();
    let budgets = policy.budgets().chain([terms.budget()]);
    if !app.admission.ledger.top_up(claims.jti, expires_at, (terms.top_up_share, terms.top_ups), budgets) {
        // Others topped it up meanwhile: what is left is a challenge for a new one.
        return Err(Refusal::WrongBinding.into());
    }
    let (network, now) = (bound_to(app, visitor, level_of(token)), app.clock.now());
    app.with_signing_keys(|keys| token::sign_again(keys, redeemed, token, network, now))
        .map_err(|_| Rejection::Unavailable)
}

/// The answer to a redeemed solution: the token, as a cookie, and for programs. Who would rather have no body
/// (RFC 7240, 4.2), as the page would, gets none.
fn cleared(app: &App, headers: &HeaderMap, visitor: &Visitor, signed: &Signed) -> Result<Response, Rejection> {
    #[derive(Serialize)]
    struct Cleared<'a> {
        token: &'a str,
        expires_in: u64,
    }
    let cookie = app.cookie(visitor).set(&signed.text, signed.lifetime).ok_or(Rejection::Unavailable)?;
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

const MINIMAL: &str = "return=minimal";
