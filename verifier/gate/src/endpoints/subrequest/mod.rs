//! The routes a gateway asks before it lets a request go on to the origin.
//!
//! * [`authorize`](GatewayQuestions::authorize) gives only a verdict: 200 admits, 403 does not. 200 because Envoy reads
//!   204 as a denial; 403 because nginx reads every other refusal as its own error.
//! * [`page`](GatewayQuestions::page) is what such a gateway then shows: the answer for the client, with its true
//!   status.
//! * [`forward_auth`](GatewayQuestions::forward_auth) is both at once, for gateways that pass the answer on as it is.
//!   Envoy does not pass a 5xx on: it treats it as no answer, and lets everybody in on routes that fail open. So it is
//!   told 429 instead of 503.
//!
//! # Deployment caveats
//!
//! What the gateway states is believed only if `client_ip.trusted_proxies` lists it. A gateway that lets a client's own
//! `X-Forwarded-…` or `X-Original-…` through to these routes lets it pose as another client: the recipes in `deploy/`
//! remove these headers.

mod forwarded_request;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use portcullis_clearance::Level;

use super::challenge::level_in;
use crate::client::Clients;
use crate::decision::{ClientRequest, Decisions};
use crate::observe::EventLog;
use crate::responses::{Responses, stating, status};
use crate::verdict::{Rejection, Verdict, Wanted};
use forwarded_request::ForwardedRequest;
use portcullis_clearance::client::{Client, Peer};
use portcullis_clearance::clock::Clock;

/// The bare verdict.
pub(crate) const AUTHORIZE: &str = "/.portcullis/authorize";
/// The verdict, and the response for the client if it is not admitted.
pub(crate) const FORWARD_AUTH: &str = "/.portcullis/forward-auth";
/// Only the response.
pub(crate) const PAGE: &str = "/.portcullis/page";

/// Answers the questions of gateways.
pub(crate) struct GatewayQuestions {
    pub(crate) clients: Arc<Clients>,
    pub(crate) decisions: Arc<Decisions>,
    pub(crate) responses: Arc<Responses>,
    pub(crate) events: Arc<EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl GatewayQuestions {
    /// See the [module](self).
    pub(crate) async fn authorize(&self, peer: Peer, request: Request) -> Response {
        let verdict = match self.read(peer, &request, AUTHORIZE) {
            Ok(question) => self.decide(&question, request.headers()).await,
            Err(rejection) => return self.refuse(rejection),
        };
        let status = if verdict == Verdict::Admit { StatusCode::OK } else { StatusCode::FORBIDDEN };
        stating(verdict, status.into_response())
    }

    /// See the [module](self).
    pub(crate) async fn forward_auth(&self, peer: Peer, request: Request) -> Response {
        let question = match self.read(peer, &request, FORWARD_AUTH) {
            Ok(question) => question,
            Err(rejection) => return self.refuse(rejection),
        };
        match self.decide(&question, request.headers()).await {
            Verdict::Admit => stating(Verdict::Admit, StatusCode::OK.into_response()),
            verdict => {
                let status = match status(verdict) {
                    StatusCode::SERVICE_UNAVAILABLE if question.forwarded.in_path => StatusCode::TOO_MANY_REQUESTS,
                    status => status,
                };
                self.respond(&question, (verdict, status), request).await
            }
        }
    }

    /// See the [module](self).
    pub(crate) async fn page(&self, peer: Peer, request: Request) -> Response {
        let question = match self.read(peer, &request, PAGE) {
            Ok(question) => question,
            Err(rejection) => return self.refuse(rejection),
        };
        let verdict = match self.decisions.look(question.client_request(request.headers())) {
            // Whatever kept it out a moment ago is over; the page lets its visitor in after all.
            Verdict::Admit => Verdict::Challenge(Wanted { level: Level::FIRST, shown: None }),
            verdict => verdict,
        };
        self.respond(&question, (verdict, status(verdict)), request).await
    }

    fn read(&self, peer: Peer, request: &Request, route: &str) -> Result<Question, Rejection> {
        let client = self.clients.identify_forwarded(peer, request.uri(), request.headers())?;
        let forwarded = if self.clients.trusts(peer) {
            ForwardedRequest::read(request.method(), request.uri(), route, request.headers())?
        } else {
            // The client itself asks.
            ForwardedRequest { method: request.method().clone(), target: None, in_path: false }
        };
        let level = level_in(self.decisions.rules(), request.uri())?;
        Ok(Question { client, forwarded, level })
    }

    async fn decide(&self, question: &Question, headers: &HeaderMap) -> Verdict {
        let request = question.client_request(headers);
        if question.forwarded.target.is_none() {
            // A look is neither an admission nor a challenge.
            return self.decisions.look(request);
        }
        // The gateway passes it on; how the origin answers is not seen from here.
        self.decisions.decide(request).await.verdict
    }

    async fn respond(&self, question: &Question, verdict: (Verdict, StatusCode), request: Request<Body>) -> Response {
        self.responses.respond_with(verdict, &question.client, &question.forwarded.method, request).await
    }

    /// A request that cannot be decided on is refused, with the one status that every gateway understands as a refusal.
    pub(crate) fn refuse(&self, rejection: Rejection) -> Response {
        self.events.refused(rejection, self.clock.now());
        let mut response = rejection.into_response();
        *response.status_mut() = StatusCode::FORBIDDEN;
        response.headers_mut().insert("portcullis-action", http::HeaderValue::from_static("deny"));
        response
    }
}

/// What a gateway asks about: which client, and which request.
struct Question {
    client: Client,
    forwarded: ForwardedRequest,
    /// What a look is about.
    level: Level,
}

impl Question {
    fn client_request<'a>(&'a self, headers: &'a HeaderMap) -> ClientRequest<'a> {
        let Self { client, forwarded, level } = self;
        ClientRequest { method: &forwarded.method, target: forwarded.target.as_deref(), headers, client, level: *level }
    }
}
