//! The routes a gateway asks before it lets a request go on to the origin.
//!
//! * [`authorize`] gives a bare verdict: 200 admits, 403 does not. 200 because Envoy reads 204 as a denial; 403 because
//!   nginx reads every other refusal as its own error.
//! * [`page`] is what such a gateway then shows: the answer for the client, with its true status.
//! * [`forward_auth`] is both at once, for gateways that hand the answer on as it is. Envoy does not hand a 5xx on: it takes
//!   it for no answer, and lets everybody in where a route is open. It is told 429 in place of 503.
//!
//! # Deployment caveats
//!
//! What the gateway states is believed from `client_ip.trusted_proxies` alone. A gateway that lets a client's own
//! `X-Forwarded-…` or `X-Original-…` through to these routes lets it be judged as somebody else: the recipes in `deploy/`
//! remove them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use crate::answer::{answer_with, stating, status};
use crate::app::App;
use crate::policy::Level;
use crate::rejection::Rejection;
use crate::routes::{level_in, peer_of};
use crate::stated::Stated;
use crate::verdict::{Asked, Verdict, Wanted, cost, decide, look};
use crate::visitor::{Visitor, is_listed};

/// The bare verdict.
pub(crate) const AUTHORIZE: &str = "/.portcullis/authorize";
/// The verdict, with the answer for the client where it is not admitted.
pub(crate) const FORWARD_AUTH: &str = "/.portcullis/forward-auth";
/// The answer alone.
pub(crate) const PAGE: &str = "/.portcullis/page";

/// See the [module](self).
pub(crate) async fn authorize(State(app): State<Arc<App>>, request: Request) -> Response {
    let verdict = match Question::read(&app, &request, AUTHORIZE) {
        Ok(question) => question.decided(&app, request.headers()).await,
        Err(rejection) => return refuse(&app, rejection),
    };
    let status = if verdict == Verdict::Admit { StatusCode::OK } else { StatusCode::FORBIDDEN };
    stating(verdict, status.into_response())
}

/// See the [module](self).
pub(crate) async fn forward_auth(State(app): State<Arc<App>>, request: Request) -> Response {
    let question = match Question::read(&app, &request, FORWARD_AUTH) {
        Ok(question) => question,
        Err(rejection) => return refuse(&app, rejection),
    };
    match question.decided(&app, request.headers()).await {
        Verdict::Admit => stating(Verdict::Admit, StatusCode::OK.into_response()),
        verdict => {
            let status = match status(verdict) {
                StatusCode::SERVICE_UNAVAILABLE if question.stated.in_path => StatusCode::TOO_MANY_REQUESTS,
                status => status,
            };
            question.answered(&app, (verdict, status), request).await
        }
    }
}

/// See the [module](self).
pub(crate) async fn page(State(app): State<Arc<App>>, request: Request) -> Response {
    let question = match Question::read(&app, &request, PAGE) {
        Ok(question) => question,
        Err(rejection) => return refuse(&app, rejection),
    };
    let verdict = match look(&app, question.asked(request.headers())) {
        // Whatever kept it out a moment ago is over; the page lets its visitor in all the same.
        Verdict::Admit => Verdict::Challenge(Wanted { level: Level::FIRST, shown: None }),
        verdict => verdict,
    };
    question.answered(&app, (verdict, status(verdict)), request).await
}

/// What a gateway asks about: whose request, and for what.
struct Question {
    visitor: Visitor,
    stated: Stated,
    /// What a look is at.
    level: Level,
}

impl Question {
    fn read(app: &App, request: &Request, route: &str) -> Result<Self, Rejection> {
        let peer = peer_of(request)?;
        let (trusted, lengths) = (&app.config.client_ip.trusted_proxies, app.config.clearance.prefix_lengths());
        let visitor = Visitor::stated(peer, request.uri(), request.headers(), trusted, lengths)?;
        app.serves(&visitor.host)?;
        let stated = if is_listed(peer.0.ip(), trusted) {
            Stated::read(request.method(), request.uri(), route, request.headers())?
        } else {
            // The client itself, looking.
            Stated { method: request.method().clone(), target: None, in_path: false }
        };
        let level = level_in(app, request.uri())?;
        Ok(Self { visitor, stated, level })
    }

    fn asked<'a>(&'a self, headers: &'a HeaderMap) -> Asked<'a> {
        let Self { visitor, stated, level } = self;
        Asked { method: &stated.method, target: stated.target.as_deref(), headers, visitor, level: *level }
    }

    async fn decided(&self, app: &App, headers: &HeaderMap) -> Verdict {
        if self.stated.target.is_none() {
            // A look is neither an admission nor a challenge.
            return look(app, self.asked(headers));
        }
        let verdict = decide(app, self.asked(headers)).await;
        app.events.decided(verdict, app.clock.now());
        if verdict == Verdict::Admit {
            // The gateway passes it on; what the origin makes of it is not seen from here.
            drop(app.pressure().pass(cost(&self.stated.method)));
        }
        verdict
    }

    async fn answered(&self, app: &App, verdict: (Verdict, StatusCode), request: Request<Body>) -> Response {
        answer_with(app, verdict, &self.visitor, &self.stated.method, request).await
    }
}

/// A request that cannot be judged is refused, with the one status that every gateway takes for a refusal.
pub(crate) fn refuse(app: &App, rejection: Rejection) -> Response {
    app.events.refused(rejection, app.clock.now());
    let mut response = rejection.into_response();
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert("portcullis-action", http::HeaderValue::from_static("deny"));
    response
}
