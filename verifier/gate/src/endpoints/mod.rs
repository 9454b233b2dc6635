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

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};
use tower_http::timeout::RequestBodyTimeoutLayer;

pub use siteverify::{SecretFile, UnusableSecrets};
pub(crate) use siteverify::{Siteverify, SiteverifyParts};
pub(crate) use well_known::Readiness;

use crate::redemption::REDEEM;
use crate::verifier::Parts;

/// The endpoints that clients and servers call.
pub(crate) fn router(parts: Parts) -> Router {
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
    // Asked by servers, under whatever name they reach this one; without secrets there is no such route.
    let question =
        (RequestBodyTimeoutLayer::new(siteverify::BODY_IDLE), DefaultBodyLimit::max(siteverify::MAX_BODY_LEN));
    let endpoints = match parts.has_siteverify() {
        true => endpoints.route("/.portcullis/siteverify", post(siteverify::answer).layer(question)),
        false => endpoints,
    };
    endpoints.with_state(parts)
}
