//! `GET /.portcullis/standing`: how a page behind a gateway that asks gets a standing token for its visitor.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use super::identified::Identified;
use crate::redemption::StandingOffers;
use crate::verdict::never_stored;

/// No content; while the gate is up, with a standing token beside it. A page refers to it as an invisible image.
pub(super) async fn standing(
    State(offers): State<Arc<StandingOffers>>,
    Identified(client): Identified,
    headers: HeaderMap,
) -> Response {
    let mut response = never_stored(StatusCode::NO_CONTENT.into_response());
    if let Some(offer) = offers.to_page(&headers, &client) {
        offers.join(offer, &client, &mut response);
    }
    response
}
