//! `GET /.portcullis/challenge`: a fresh challenge, for programs and for pages that need another one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri};
use portcullis_clearance::Level;
use serde::Serialize;

use super::identified::Identified;
use crate::decision::Rules;
use crate::observe::EventLog;
use crate::redemption::{Challenges, REDEEM};
use crate::verdict::{Rejection, never_stored};
use portcullis_clearance::clock::Clock;
use portcullis_issuer::challenges::issue::kind_name;
use portcullis_issuer::challenges::ladder::Solver;

/// The path of fresh challenges.
pub(crate) const CHALLENGE: &str = "/.portcullis/challenge";

/// Gives a fresh challenge.
pub(super) async fn challenge(
    State(challenges): State<Arc<Challenges>>,
    State(rules): State<Arc<Rules>>,
    State(events): State<Arc<EventLog>>,
    State(clock): State<Arc<dyn Clock>>,
    Identified(client): Identified,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    #[derive(Serialize)]
    struct Issued<'a> {
        challenge: &'a str,
        kind: &'static str,
        shares: u8,
        difficulty: u32,
        expires_in_ms: u32,
        redeem: &'static str,
    }
    let wanted = solver_in(&uri).and_then(|solver| Ok((solver, level_in(&rules, &uri)?)));
    let (solver, level) = wanted.inspect_err(|rejection| events.refused(*rejection, clock.now()))?;
    let challenge = if is_for_response(&uri) {
        challenges.full(&client, solver, level)
    } else {
        challenges.fresh(&client, &headers, solver, level)
    };
    let (fields, text) = (challenge.fields, challenge.to_text());
    let issued = Issued {
        challenge: &String::from_utf8_lossy(&text),
        kind: kind_name(fields.kind),
        shares: fields.shares.count(),
        difficulty: fields.difficulty().attempts(),
        expires_in_ms: fields.lifetime.millis(),
        redeem: REDEEM,
    };
    Ok(never_stored(Json(issued).into_response()))
}

/// The solver that a request for a challenge names in its query: `?solver=scalar`. Without one, the usual solver.
fn solver_in(uri: &Uri) -> Result<Solver, Rejection> {
    let query = uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "solver");
    let unknown = Rejection::Malformed("solver is one of simd, scalar, pbkdf2, js");
    named.map_or(Ok(Solver::default()), |(_, solver)| Solver::named(&solver).ok_or(unknown))
}

/// The level that a request names in its query: `?level=2`. Without one, the first; if it is higher than any level that
/// exists, the highest, because the policy may have changed meanwhile.
pub(crate) fn level_in(rules: &Rules, uri: &Uri) -> Result<Level, Rejection> {
    let query = uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "level");
    let unknown = Rejection::Malformed("level is one of 1, 2, 3, 4");
    let level = |text: &str| text.parse().ok().and_then(Level::new).ok_or(unknown);
    named.map_or(Ok(Level::FIRST), |(_, text)| Ok(level(&text)?.min(rules.policy().highest())))
}

/// Whether a request for a challenge says `?for=response`: then it gets a full one, whatever tokens its client has.
fn is_for_response(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "for" && value == "response")
}
