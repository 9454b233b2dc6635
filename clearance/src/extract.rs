//! [`Clearance`] as an extractor: a handler that takes one runs only for cleared clients.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;

use crate::rejected::challenge_required;
use crate::verify::Clearance;

impl<S: Sync> FromRequestParts<S> for Clearance {
    type Rejection = Response;

    /// The clearance that [`ClearanceLayer`](crate::ClearanceLayer) left with the request. Without the layer no request
    /// has one.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| challenge_required().map(Body::from))
    }
}
