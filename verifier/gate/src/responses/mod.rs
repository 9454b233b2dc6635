//! Responses to requests that do not go on: a page for clients that can show one, a problem document for all others,
//! with the true status.

mod form;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, StatusCode, header};
use portcullis_clearance::Level;

pub(crate) use form::FormReader;

use crate::client::reading::Reading;
use crate::observe::EventLog;
use crate::redemption::Challenges;
use crate::verdict::{Verdict, Wanted, problem, problem_of_level};
use portcullis_clearance::client::Client;
use portcullis_issuer::challenges::ladder::Solver;
use portcullis_pages::{Demand, Pages};

/// Writes responses in the origin's place.
pub(crate) struct Responses {
    pub(crate) pages: Pages,
    pub(crate) forms: FormReader,
    pub(crate) challenges: Arc<Challenges>,
    pub(crate) events: Arc<EventLog>,
}

impl Responses {
    /// The response to a request of `method` that the verdict keeps from the origin. `request` holds the client's
    /// headers, and its form if that is available.
    pub(crate) async fn respond(
        &self,
        verdict: Verdict,
        client: &Client,
        method: &Method,
        request: Request<Body>,
    ) -> Response {
        self.respond_with((verdict, status(verdict)), client, method, request).await
    }

    /// The same with another status, for a gateway that would not pass the true one on.
    pub(crate) async fn respond_with(
        &self,
        (verdict, status): (Verdict, StatusCode),
        client: &Client,
        method: &Method,
        request: Request<Body>,
    ) -> Response {
        let reading = Reading::of(&request);
        let response = if reading.shows_pages && verdict == Verdict::Deny {
            self.pages.denied(reading.reader(client), status).map(Body::from)
        } else if reading.shows_pages {
            let headers = request.headers().clone();
            let form = self.forms.read(request, method, client).await;
            let show = |demand| self.pages.demand(reading.reader(client), demand, &form, status).map(Body::from);
            self.events.metrics.pages.one();
            match verdict {
                Verdict::Overload(wait) => show(Demand::Wait(Duration::from_secs(whole_seconds(wait)))),
                verdict => {
                    let level = level_of(verdict);
                    let challenge = self.challenges.fresh(client, &headers, Solver::Simd, level);
                    show(Demand::Work(&challenge, level))
                }
            }
        } else {
            for_programs(verdict, status)
        };
        stating(verdict, response)
    }

    /// The page or the problem document for an origin that gave no answer.
    pub(crate) fn unavailable(&self, reading: &Reading, client: &Client, response: Response) -> Response {
        if reading.shows_pages {
            self.pages.unavailable(reading.reader(client), response.status()).map(Body::from)
        } else {
            response
        }
    }
}

/// The level of the token that would admit the client.
fn level_of(verdict: Verdict) -> Level {
    match verdict {
        Verdict::Challenge(Wanted { level, .. }) => level,
        _ => Level::FIRST,
    }
}

/// The answer for clients that show no page: what they are asked for, and where to get it.
fn for_programs(verdict: Verdict, status: StatusCode) -> Response {
    let (title, code, detail) = match verdict {
        Verdict::Deny => (
            "Denied",
            "denied",
            "The operator of this site has a rule that refuses this request. No work that could be done changes that.",
        ),
        Verdict::Challenge(Wanted { level, .. }) if level > Level::FIRST => return more_work(status, level),
        Verdict::Budget(_) => (
            "Budget spent",
            "budget-spent",
            "The clearance token has been used for as many requests as it admits for now. Wait for as long as Retry-After \
             says, or get a challenge at /.portcullis/challenge with the same cookie and redeem its solution.",
        ),
        Verdict::Overload(_) => (
            "Too busy",
            "overload",
            "More is asked of this site than it can answer. Your clearance is good: send the request again after as long as \
             Retry-After says.",
        ),
        _ => (
            "Challenge required",
            "challenge-required",
            "This site is under heavy load and asks each browser for a short computation before it goes on. Open the \
             address in a browser with JavaScript; a program can get a challenge at /.portcullis/challenge and redeem its \
             solution at /.portcullis/redeem.",
        ),
    };
    problem(status, title, code, detail)
}

/// The answer for a program that needs a token of a higher level.
fn more_work(status: StatusCode, level: Level) -> Response {
    let detail = format!(
        "This site asks for more work than usual here. A program can get a challenge at \
         /.portcullis/challenge?level={level} and redeem its solution at /.portcullis/redeem."
    );
    problem_of_level(status, "Challenge required", "challenge-required", &detail, Some(level))
}

/// The true status.
pub(crate) fn status(verdict: Verdict) -> StatusCode {
    match verdict {
        Verdict::Admit => StatusCode::OK,
        Verdict::Challenge(_) | Verdict::Deny => StatusCode::FORBIDDEN,
        Verdict::Budget(_) => StatusCode::TOO_MANY_REQUESTS,
        Verdict::Overload(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// States the verdict in headers: for gateways, and for people who look into what happened.
pub(crate) fn stating(verdict: Verdict, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACTION, HeaderValue::from_static(verdict.action()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Verdict::Budget(wait) | Verdict::Overload(wait) = verdict {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    response
}

/// Rounded up, so that a client that comes back then is admitted.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

const ACTION: HeaderName = HeaderName::from_static("portcullis-action");
