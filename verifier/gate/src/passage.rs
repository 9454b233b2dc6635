//! A client's own request: admitted, or answered here. Admitted requests go to what the gate stands in front of: the
//! origin, or an application in the same process.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Request, StatusCode};
use portcullis_clearance::Level;
use tower::ServiceExt as _;

use crate::client::reading::Reading;
use crate::decision::ClientRequest;
use crate::verdict::{Rejection, problem};
use crate::verifier::Verifier;
use portcullis_clearance::client::{Client, Peer};
use portcullis_listener::ConnectionSlot;
use portcullis_proxy::{OriginError, RequestBody};

/// What the gate stands in front of.
pub(crate) enum Onward {
    /// The origin, through our own proxy.
    Origin,
    /// An application in this process.
    Application(Router),
    /// Nothing: gateways ask, and pass requests on themselves.
    Nothing,
}

/// Passes the request on if the gate is up or the client is cleared; otherwise responds in the site's place.
pub(crate) async fn pass(
    verifier: &Verifier,
    onward: &Onward,
    peer: Result<Peer, Rejection>,
    slot: Option<ConnectionSlot>,
    request: Request<RequestBody>,
) -> Response {
    let identified = peer.and_then(|peer| verifier.clients.identify(peer, request.uri(), request.headers()));
    let client = match identified {
        Ok(client) => client,
        Err(rejection) => {
            verifier.events.refused(rejection, verifier.clock.now());
            return rejection.into_response();
        }
    };
    if let Onward::Nothing = onward {
        return no_origin();
    }
    let target = request.uri().path_and_query().map(|target| target.as_str());
    let (method, headers, level) = (request.method(), request.headers(), Level::FIRST);
    let asked = ClientRequest { method, target, headers, client: &client, level };
    let decided = verifier.decisions.decide(asked).await;
    let Some(passing) = decided.passing else {
        let method = request.method().clone();
        return verifier.responses.respond(decided.verdict, &client, &method, request.map(Body::new)).await;
    };
    let offer = verifier.offers.to_navigation(request.headers(), &client);
    let passed_at = verifier.clock.steady();
    let mut response = match onward {
        Onward::Application(application) => to_application(application, request, &client).await,
        _ => to_origin(verifier, request, &client, slot).await,
    };
    let after = Duration::from_millis(verifier.clock.steady().0.saturating_sub(passed_at.0));
    passing.answered(after, !response.status().is_server_error());
    if let Some(offer) = offer {
        verifier.offers.join(offer, &client, &mut response);
    }
    response
}

async fn to_origin(
    verifier: &Verifier,
    request: Request<RequestBody>,
    client: &Client,
    slot: Option<ConnectionSlot>,
) -> Response {
    let Some(proxy) = &verifier.proxy else { return no_origin() };
    let reading = Reading::of(&request);
    match proxy.pass(request, client, slot).await {
        Ok(response) => response.map(Body::new),
        Err(unreachable) => {
            verifier.events.origin_failed(&unreachable, verifier.clock.now());
            verifier.responses.unavailable(&reading, client, no_answer(&unreachable))
        }
    }
}

async fn to_application(application: &Router, mut request: Request<RequestBody>, client: &Client) -> Response {
    request.extensions_mut().insert(client.clone());
    match application.clone().oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// What a client is told if the origin gives no answer: only that it is not the client's fault.
fn no_answer(unreachable: &OriginError) -> Response {
    let (status, code, detail) = match unreachable {
        OriginError::TimedOut => {
            (StatusCode::GATEWAY_TIMEOUT, "origin-timeout", "The site took too long to answer. Try again in a moment.")
        }
        OriginError::Failed(_) => (
            StatusCode::BAD_GATEWAY,
            "origin-unreachable",
            "The site cannot be reached at the moment. Try again in a moment.",
        ),
        OriginError::Unsupported(detail) => (StatusCode::BAD_REQUEST, "unsupported", *detail),
    };
    problem(status, status.canonical_reason().unwrap_or_default(), code, detail)
}

/// Without an origin, gateways ask and nothing is passed on.
fn no_origin() -> Response {
    let detail = "This verifier answers gateways under /.portcullis/ and passes nothing on: it has no `origin`.";
    problem(StatusCode::NOT_FOUND, "Not found", "no-origin", detail)
}
