//! Envoy's external authorization over gRPC: `envoy.service.auth.v3.Authorization/Check`, on the listener of everything
//! else, which takes HTTP/2 with prior knowledge.
//!
//! `unary` reads and writes the call, `messages` has its fields, `asked` puts the client's request together from them,
//! and `told` is how Envoy learns the answer. The decision is that of every other way to ask.
//!
//! # Who is asking
//!
//! 1. The peer is Envoy. Unless `client_ip.trusted_proxies` lists it, whatever it asks about is denied.
//! 2. `attributes.source` is the other end of the connection that Envoy accepted, which no header can change. It stands
//!    to the right of all that `X-Forwarded-For` says, and the rule is the usual one: the rightmost address that is not
//!    listed is the client's. So a client that speaks to Envoy itself is its own address, whatever it claims; with a
//!    listed load balancer in front of Envoy, it is the address that the balancer has seen.
//! 3. Host, method and target are attributes, too; headers that state them otherwise count for nothing.
//!
//! # Deployment caveats
//!
//! Envoy takes a call that fails for a verifier that is not there, and with `failure_mode_allow` lets the request pass.
//! So a client must not be able to make a call fail: whatever cannot be read or judged is denied in an answer that is
//! in order. What is left are time-outs, and a connection that breaks.

mod asked;
mod messages;
mod told;
mod unary;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, header};

use crate::answer::answer;
use crate::app::App;
use crate::policy::Level;
use crate::rejection::{MalformedPart, Rejection, problem};
use crate::routes::peer_of;
use crate::subrequest::refuse;
use crate::verdict::{Asked, Verdict, cost, decide};
use crate::visitor::{Peer, Visitor, is_listed};
use messages::{CheckRequest, CheckResponse};

/// The path of the call.
pub(crate) const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// See the [module](self).
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request) -> Response {
    if !unary::is_grpc(request.headers()) {
        let detail = "This is a gRPC service: envoy.service.auth.v3.Authorization.";
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not gRPC", "malformed", detail);
    }
    let told = match judge(&app, request).await {
        Ok(told) => told,
        Err(rejection) => told::denied_with(refuse(&app, rejection)).await,
    };
    unary::write(&told)
}

async fn judge(app: &App, call: Request) -> Result<CheckResponse, Rejection> {
    let peer = peer_of(&call)?;
    if !is_listed(peer.0.ip(), &app.config.client_ip.trusted_proxies) {
        return Err(Rejection::Denied);
    }
    let check: CheckRequest = unary::read(call.into_body(), MAX_LEN).await.map_err(|unreadable| {
        tracing::debug!(event = "unreadable-check", reason = %unreadable);
        Rejection::Malformed(MalformedPart::Request("Envoy's question cannot be read"))
    })?;
    verdict_on(app, peer, asked::asked(check)?).await
}

/// Decides on the client's request.
async fn verdict_on(app: &App, peer: Peer, mut request: Request<Body>) -> Result<CheckResponse, Rejection> {
    let (trusted, lengths) = (&app.config.client_ip.trusted_proxies, app.config.clearance.prefix_lengths());
    let visitor = Visitor::of(peer, request.uri(), request.headers(), trusted, lengths)?;
    app.serves(&visitor.host)?;
    let method = request.method().clone();
    let target = request.uri().path_and_query().map(|target| target.as_str());
    let asked = Asked { method: &method, target, headers: request.headers(), visitor: &visitor, level: Level::FIRST };
    let verdict = decide(app, asked).await;
    app.events.decided(verdict, app.clock.now());
    if verdict == Verdict::Admit {
        drop(app.pressure().pass(cost(&method)));
        return Ok(told::admitted(request.headers()));
    }
    // The answer travels as text; Envoy can compress it.
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    Ok(told::denied_with(answer(app, verdict, &visitor, &method, request).await).await)
}

/// Twice what Envoy takes as headers by default, for it says some of them twice, and the largest form, with room.
const MAX_LEN: usize = 512 << 10;
