//! Every request that is not for the verifier itself: admitted, or answered in place. What is admitted goes to the service
//! the gate stands in front of: our own proxy, or an application in the same process.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;

use crate::answer::{Reading, answer};
use crate::app::App;
use crate::policy::Level;
use crate::rejection::problem;
use crate::standing::Offer;
use crate::verdict::{Asked, Verdict, cost, decide};
use crate::visitor::Visitor;

/// Lets the request go on if the gate is up or the visitor is cleared; else answers at the same URL.
pub(crate) async fn admit_or_answer(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
    next: Next,
) -> Response {
    let now = app.clock.now();
    let target = request.uri().path_and_query().map(|target| target.as_str());
    let asked =
        Asked { method: request.method(), target, headers: request.headers(), visitor: &visitor, level: Level::FIRST };
    let verdict = decide(&app, asked).await;
    app.events.decided(verdict, now);
    if verdict != Verdict::Admit {
        let method = request.method().clone();
        return answer(&app, verdict, &visitor, &method, request).await;
    }
    let (passing, asked_at) = (app.pressure().pass(cost(request.method())), app.clock.steady());
    let offer = Offer::to_navigation(&app, request.headers(), &visitor);
    let mut response = next.run(request).await;
    let after = Duration::from_millis(app.clock.steady().0.saturating_sub(asked_at.0));
    passing.answered(after, !response.status().is_server_error());
    if let Some(offer) = offer {
        offer.join(&app, &visitor, &mut response);
    }
    response
}

/// Passes an admitted request to the origin.
pub(crate) async fn pass_on(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let Some(proxy) = &app.proxy else { return no_origin().await };
    let reading = Reading::of(&request);
    proxy.pass(request, &visitor).await.unwrap_or_else(|unreachable| {
        app.events.origin_failed(&unreachable, app.clock.now());
        let response = unreachable.response();
        if reading.shows_pages { app.pages.unavailable(reading.reader(&visitor), response.status()) } else { response }
    })
}

/// Without an origin, gateways ask and nothing is passed on.
pub(crate) async fn no_origin() -> Response {
    let detail = "This verifier answers gateways under /.portcullis/ and passes nothing on: it has no `origin`.";
    problem(StatusCode::NOT_FOUND, "Not found", "no-origin", detail)
}
