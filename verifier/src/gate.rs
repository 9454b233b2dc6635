//! Every request that is not for the verifier itself: admitted to the origin, or challenged in place.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, header};

use crate::app::App;
use crate::config::Mode;
use crate::ladder::Solver;
use crate::page::{Demand, Reader};
use crate::preference::Codings;
use crate::rejection::problem;
use crate::routes;
use crate::token::NotCleared;
use crate::visitor::Visitor;

/// Passes the request on if the gate is up or the visitor is cleared; else answers with a challenge at the same URL.
pub(crate) async fn admit_or_challenge(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let now = app.clock.now();
    if let Err(shown) = admits(&app, request.headers(), &visitor) {
        app.events.challenged(shown, now);
        return challenge(&app, &visitor, request).await;
    }
    app.events.admitted(now);
    let asked = Asked::of(&request);
    app.proxy.pass(request, &visitor).await.unwrap_or_else(|unreachable| {
        app.events.origin_failed(&unreachable, now);
        let response = unreachable.response();
        if asked.shows_pages { app.pages.unavailable(asked.reader(&visitor), response.status()) } else { response }
    })
}

/// Whether the gate is up, or the visitor cleared; if not, why the token it shows is no good, or `None` without one.
pub(crate) fn admits(app: &App, headers: &HeaderMap, visitor: &Visitor) -> Result<(), Option<NotCleared>> {
    match app.config.gate.mode {
        Mode::Off => Ok(()),
        Mode::Challenge => app.clearance(headers, visitor).map(|_| ()),
    }
}

/// The page for whoever can see one, a problem document for everyone else.
async fn challenge(app: &App, visitor: &Visitor, request: Request) -> Response {
    let asked = Asked::of(&request);
    if !asked.shows_pages {
        return challenge_required();
    }
    let form = app.forms.read(request, visitor).await;
    let challenge = routes::fresh_challenge(app, visitor, Solver::Simd);
    with_action(app.pages.challenge(asked.reader(visitor), Demand { challenge: &challenge, form: &form }))
}

/// The answer for clients that show no page: what is asked of them, and where to get it.
pub(crate) fn challenge_required() -> Response {
    let detail = "This site is under heavy load and asks each browser for a short computation before it goes on. Open \
                  the address in a browser with JavaScript; a program can get a challenge at /.portcullis/challenge and \
                  redeem its solution at /.portcullis/redeem.";
    with_action(problem(StatusCode::FORBIDDEN, "Challenge required", "challenge-required", detail))
}

/// What is kept of a request to answer it with a page, once its body has gone elsewhere.
struct Asked {
    /// A navigation: by the browser's own word, or, from before browsers said so, because it asks for HTML.
    shows_pages: bool,
    accept_language: String,
    codings: Codings,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        let shows_pages = match text(headers, HeaderName::from_static("sec-fetch-mode")) {
            "" => text(headers, header::ACCEPT).contains("text/html"),
            mode => mode == "navigate",
        };
        Self {
            shows_pages,
            accept_language: text(headers, header::ACCEPT_LANGUAGE).to_owned(),
            codings: Codings::accepted(headers),
        }
    }

    fn reader<'a>(&'a self, visitor: &'a Visitor) -> Reader<'a> {
        Reader { host: &visitor.host, accept_language: &self.accept_language, codings: self.codings }
    }
}

fn with_action(mut response: Response) -> Response {
    response.headers_mut().insert(ACTION, HeaderValue::from_static("challenge"));
    response
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

const ACTION: HeaderName = HeaderName::from_static("portcullis-action");
