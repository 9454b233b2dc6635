//! Envoy's external authorization over gRPC: `envoy.service.auth.v3.Authorization/Check`, on the same listener as
//! everything else, which takes HTTP/2 with prior knowledge.
//!
//! `unary` reads and writes the call, `messages` has its fields, `checked_request` rebuilds the client's request from
//! them, and `response` is how Envoy learns the verdict. The decision is made as for every other gateway.
//!
//! # Which client is asking
//!
//! 1. The peer is Envoy. Unless `client_ip.trusted_proxies` lists it, whatever it asks about is denied.
//! 2. `attributes.source` is the other end of the connection that Envoy accepted, which no header can change. It stands
//!    to the right of everything in `X-Forwarded-For`, and the usual rule applies: the rightmost address that is not
//!    listed is the client's. So a client that speaks to Envoy itself is identified by its own address, whatever it
//!    claims; with a listed load balancer in front of Envoy, by the address that the balancer has seen.
//! 3. Host, method and target are attributes too; headers that state them differently count for nothing.
//!
//! # Deployment caveats
//!
//! Envoy treats a failed call as an absent verifier, and with `failure_mode_allow` it lets the request pass. So a
//! client must not be able to make a call fail: whatever cannot be read or judged is denied in a correct answer. What
//! remains are time-outs and connections that break.

mod checked_request;
mod messages;
mod response;
mod unary;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{StatusCode, header};
use portcullis_clearance::Level;

use super::subrequest::GatewayQuestions;
use crate::decision::ClientRequest;
use crate::verdict::{Rejection, Verdict, problem};
use messages::{CheckRequest, CheckResponse};
use portcullis_clearance::client::Peer;

/// The path of the call.
pub(crate) const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

impl GatewayQuestions {
    /// See the [module](self).
    pub(crate) async fn check(&self, peer: Peer, request: Request) -> Response {
        if !unary::is_grpc(request.headers()) {
            let detail = "This is a gRPC service: envoy.service.auth.v3.Authorization.";
            return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not gRPC", "malformed", detail);
        }
        let response = match self.checked(peer, request).await {
            Ok(response) => response,
            Err(rejection) => response::denied_with(self.refuse(rejection)).await,
        };
        unary::write(&response)
    }

    async fn checked(&self, peer: Peer, call: Request) -> Result<CheckResponse, Rejection> {
        if !self.clients.trusts(peer) {
            return Err(Rejection::Denied);
        }
        let check: CheckRequest = unary::read(call.into_body(), MAX_LEN).await.map_err(|unreadable| {
            tracing::debug!(event = "unreadable-check", reason = %unreadable);
            Rejection::Malformed("Envoy's question cannot be read")
        })?;
        self.verdict_on(peer, checked_request::checked_request(check)?).await
    }

    /// Decides on the client's request.
    async fn verdict_on(&self, peer: Peer, mut request: Request<Body>) -> Result<CheckResponse, Rejection> {
        let client = self.clients.identify(peer, request.uri(), request.headers())?;
        let method = request.method().clone();
        let target = request.uri().path_and_query().map(|target| target.as_str());
        let (headers, level) = (request.headers(), Level::FIRST);
        let asked = ClientRequest { method: &method, target, headers, client: &client, level };
        let verdict = self.decisions.decide(asked).await.verdict;
        if verdict == Verdict::Admit {
            return Ok(response::admitted(request.headers()));
        }
        // The response travels as text; Envoy can compress it.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
        Ok(response::denied_with(self.responses.respond(verdict, &client, &method, request).await).await)
    }
}

/// Twice what Envoy accepts as headers by default, because it states some of them twice, and the largest form, with
/// room.
const MAX_LEN: usize = 512 << 10;
