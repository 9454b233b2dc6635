//! The verifier's own endpoints, below `/.portcullis/`.
//!
//! Those that clients and servers call directly are in axum's router ([`router`]). Those that gateways ask
//! ([`subrequest`], [`ext_authz`]) are on the path of every request, so they are called without it.

mod challenge;
pub(crate) mod ext_authz;
mod identified;
mod redeem;
mod siteverify;
mod standing;
pub(crate) mod subrequest;
mod well_known;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::routing::{any, get, post};
use portcullis_clearance::clock::Clock;
use tower_http::timeout::RequestBodyTimeoutLayer;

pub use siteverify::{SecretFile, SecretsError};
pub(crate) use siteverify::{Siteverify, SiteverifyParts};
pub(crate) use well_known::Readiness;

use crate::client::{Clients, Tokens};
use crate::decision::Rules;
use crate::observe::EventLog;
use crate::redemption::{Challenges, REDEEM, Redemptions, StandingOffers};

/// The endpoints that clients and servers call, for any state that has their parts. `has_siteverify`: whether secrets are
/// configured; without them there is no such endpoint.
pub(crate) fn router<S>(has_siteverify: bool) -> Router<S>
where
    Arc<dyn Clock>: FromRef<S>,
    Arc<Clients>: FromRef<S>,
    Arc<Tokens>: FromRef<S>,
    Arc<Rules>: FromRef<S>,
    Arc<EventLog>: FromRef<S>,
    Arc<Challenges>: FromRef<S>,
    Arc<StandingOffers>: FromRef<S>,
    Arc<Redemptions>: FromRef<S>,
    Arc<Readiness>: FromRef<S>,
    Option<Arc<Siteverify>>: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    let submission = (RequestBodyTimeoutLayer::new(redeem::IDLE), DefaultBodyLimit::max(redeem::MAX_LEN));
    let endpoints = Router::new()
        .route("/.portcullis/assets/{version}/{name}", get(well_known::asset))
        .route("/.portcullis/jwks.json", get(well_known::jwks))
        .route("/.portcullis/healthz", get(|| async { "ok\n" }))
        .route("/.portcullis/readyz", get(well_known::readyz))
        .route(challenge::CHALLENGE, get(challenge::challenge))
        .route(REDEEM, post(redeem::redeem).layer(submission))
        .route("/.portcullis/standing", get(standing::standing))
        .route("/.portcullis", any(well_known::no_such_route))
        .route("/.portcullis/", any(well_known::no_such_route))
        .route("/.portcullis/{*unknown}", any(well_known::no_such_route));
    // Asked by servers, under whatever name they reach this one.
    let question =
        (RequestBodyTimeoutLayer::new(siteverify::BODY_IDLE), DefaultBodyLimit::max(siteverify::MAX_BODY_LEN));
    if has_siteverify {
        endpoints.route("/.portcullis/siteverify", post(siteverify::answer).layer(question))
    } else {
        endpoints
    }
}
