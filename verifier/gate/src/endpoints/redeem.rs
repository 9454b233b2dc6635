//! `POST /.portcullis/redeem`: a solution for a token.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;

use super::identified::Identified;
use crate::observe::EventLog;
use crate::redemption::Redemptions;
use crate::verdict::Rejection;
use portcullis_clearance::clock::Clock;

/// Redeems what was posted.
pub(super) async fn redeem(
    State(redemptions): State<Arc<Redemptions>>,
    State(events): State<Arc<EventLog>>,
    State(clock): State<Arc<dyn Clock>>,
    Identified(client): Identified,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Rejection> {
    let broken = Rejection::Malformed("the body is too long, too slow or broken off");
    let redeemed = match body {
        Ok(body) => redemptions.redeem(&client, &headers, &body).await,
        Err(_) => Err(broken),
    };
    redeemed.inspect_err(|rejection| events.refused(*rejection, clock.now()))
}

/// A challenge and the longest solution take about 550 bytes of JSON.
pub(super) const MAX_LEN: usize = 2048;
/// Between two pieces of a body.
pub(super) const IDLE: Duration = Duration::from_secs(5);
