//! The routes under `/.portcullis/`, and the one for everything else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use portcullis_challenge::{Challenge, ChallengeId};
use portcullis_clearance::verify::Genuine;
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::app::App;
use crate::heavy::NoRoom;
use crate::issue::{Earns, kind_name};
use crate::keys::JWKS_MAX_AGE;
use crate::ladder::Solver;
use crate::policy::Level;
use crate::redeem::Submitter;
use crate::rejection::{MalformedPart, Rejection, problem};
use crate::standing::Offer;
use crate::submitted::{self, Submitted};
use crate::verdict::Asked;
use crate::visitor::{Peer, Visitor};
use crate::{assets, earned, ext_authz, gate, siteverify, subrequest};

/// Where a solution is redeemed.
pub(crate) const REDEEM: &str = "/.portcullis/redeem";
/// Where a fresh challenge is.
pub(crate) const CHALLENGE: &str = "/.portcullis/challenge";
/// Where a page behind a gateway that asks gets its visitor a standing token.
const STANDING: &str = "/.portcullis/standing";
/// Where a form's server asks about a response.
const SITEVERIFY: &str = "/.portcullis/siteverify";

/// The whole verifier as a service, in front of the origin that its configuration names, if it names one. Requests carry their [`Peer`] as
/// an extension, or axum's `ConnectInfo<SocketAddr>`.
pub fn router(app: Arc<App>) -> Router {
    if app.proxy.is_none() {
        return beside(app, Router::new().fallback(gate::no_origin));
    }
    let proxy = Router::new().fallback(gate::pass_on).with_state(Arc::clone(&app));
    around(app, proxy)
}

/// The whole verifier in front of an application in the same process: what is admitted goes to `application`, and the
/// verifier's own routes are below `/.portcullis/`.
///
/// ```no_run
/// # fn application() -> axum::Router { axum::Router::new() }
/// # async fn run(config: portcullis::Config) -> Result<(), Box<dyn std::error::Error>> {
/// use std::{net::SocketAddr, sync::Arc};
/// use portcullis::{App, clock::SystemClock, issue::ChallengeKeyRing, keep_up, routes::around};
///
/// let gate = App::new(config, Arc::new(SystemClock::start()), ChallengeKeyRing::random())?;
/// tokio::spawn(keep_up(Arc::clone(&gate)));
/// let service = around(gate, application()).into_make_service_with_connect_info::<SocketAddr>();
/// # Ok(())
/// # }
/// ```
///
/// # Deployment caveats
///
/// Keep [`keep_up`](crate::keep_up) running beside it. `application` sees the client's own headers, the clearance cookie among them; our proxy would have removed it.
pub fn around(app: Arc<App>, application: Router) -> Router {
    let gated = application.layer(middleware::from_fn_with_state(Arc::clone(&app), gate::admit_or_answer));
    beside(app, gated)
}

/// The verifier's own routes, and `others` for everything else.
fn beside(app: Arc<App>, others: Router) -> Router {
    let small_body = (RequestBodyTimeoutLayer::new(SUBMISSION_IDLE), DefaultBodyLimit::max(MAX_SUBMISSION_LEN));
    let for_visitors = Router::new()
        .route(CHALLENGE, get(challenge))
        .route(REDEEM, post(redeem).layer(small_body))
        .route(STANDING, get(standing))
        .route("/.portcullis", any(no_such_route))
        .route("/.portcullis/", any(no_such_route))
        .route("/.portcullis/{*unknown}", any(no_such_route))
        .fallback_service(others)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), identify));
    let for_gateways = Router::new()
        .route(subrequest::AUTHORIZE, any(subrequest::authorize))
        .route(subrequest::FORWARD_AUTH, any(subrequest::forward_auth))
        .route(&format!("{}/{{*target}}", subrequest::FORWARD_AUTH), any(subrequest::forward_auth))
        .route(&format!("{}/", subrequest::FORWARD_AUTH), any(subrequest::forward_auth))
        .route(subrequest::PAGE, any(subrequest::page))
        .route(ext_authz::CHECK, post(ext_authz::check));
    // Asked by servers, under whatever name they reach this one; without secrets there is no such route.
    let question =
        (RequestBodyTimeoutLayer::new(siteverify::BODY_IDLE), DefaultBodyLimit::max(siteverify::MAX_BODY_LEN));
    let for_servers = match app.siteverify {
        Some(_) => Router::new().route(SITEVERIFY, post(siteverify::answer).layer(question)),
        None => Router::new(),
    };
    Router::new()
        .route("/.portcullis/assets/{version}/{name}", get(asset))
        .route("/.portcullis/jwks.json", get(jwks))
        .route("/.portcullis/healthz", get(|| async { "ok\n" }))
        .route("/.portcullis/readyz", get(readyz))
        .merge(for_gateways)
        .merge(for_servers)
        .merge(for_visitors)
        .layer(CatchPanicLayer::custom(after_panic))
        .with_state(app)
}

/// Reads who is asking, once, for every handler after it.
async fn identify(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Result<Response, Rejection> {
    let visitor = visitor(&app, &request).inspect_err(|rejection| app.events.refused(*rejection, app.clock.now()))?;
    request.extensions_mut().insert(visitor);
    Ok(next.run(request).await)
}

fn visitor(app: &App, request: &Request) -> Result<Visitor, Rejection> {
    let peer = peer_of(request)?;
    let (trusted, lengths) = (&app.config.client_ip.trusted_proxies, app.config.clearance.prefix_lengths());
    let visitor = Visitor::of(peer, request.uri(), request.headers(), trusted, lengths)?;
    app.serves(&visitor.host)?;
    Ok(visitor)
}

/// The other end of the connection a request came on.
pub(crate) fn peer_of(request: &Request) -> Result<Peer, Rejection> {
    let connected = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|connected| Peer(connected.0));
    request.extensions().get::<Peer>().copied().or_else(connected).ok_or(Rejection::Unavailable)
}

/// A fresh challenge of a level for a visitor with this solver, from this moment on: a small one, if it shows a token of
/// that level to top up.
pub(crate) fn fresh_challenge(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    solver: Solver,
    level: Level,
) -> Challenge {
    match app.to_top_up(headers, visitor, level) {
        Some(token) => challenge_for(app, visitor, solver, level_of(&token), Earns::TopUp(token.claims().jti)),
        None => challenge_for(app, visitor, solver, level, Earns::Token(level)),
    }
}

/// The level that a token was earned at.
pub(crate) fn level_of(token: &Genuine) -> Level {
    token.claims().lvl
}

fn challenge_for(app: &App, visitor: &Visitor, solver: Solver, level: Level, earns: Earns) -> Challenge {
    app.events.metrics.challenges.one();
    let now = app.clock.steady();
    let share = if let Earns::TopUp(_) = earns { app.config.clearance.top_up_share } else { 1.0 };
    let of_level = app.policy().terms(level).difficulty;
    let work = app.pressure().work(app.client(visitor), now) * of_level * share;
    let terms = app.config.challenge.0.terms(solver, visitor.secure).times(work);
    let to = app.challenge_keys.recipient(&visitor.host, visitor.network, earns);
    app.challenge_keys.issue(&terms, to, ChallengeId(crate::entropy::random()), now)
}

async fn challenge(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
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
    let wanted = solver_in(&uri).and_then(|solver| Ok((solver, level_in(&app, &uri)?)));
    let (solver, level) = wanted.inspect_err(|rejection| app.events.refused(*rejection, app.clock.now()))?;
    let challenge = if is_for_response(&uri) {
        challenge_for(&app, &visitor, solver, level, Earns::Token(level))
    } else {
        fresh_challenge(&app, &visitor, &headers, solver, level)
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

/// The solver a request for a challenge names in its query: `?solver=scalar`. The usual one where it names none.
fn solver_in(uri: &Uri) -> Result<Solver, Rejection> {
    let query = uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "solver");
    let unknown = Rejection::Malformed(MalformedPart::Request("solver is one of simd, scalar, pbkdf2, js"));
    named.map_or(Ok(Solver::default()), |(_, solver)| Solver::named(&solver).ok_or(unknown))
}

/// The level that a request names in its query: `?level=2`. The first where it names none, and the highest there is where
/// it names a higher one: the policy may have changed meanwhile.
pub(crate) fn level_in(app: &App, uri: &Uri) -> Result<Level, Rejection> {
    let query = uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "level");
    let unknown = Rejection::Malformed(MalformedPart::Request("level is one of 1, 2, 3, 4"));
    let level = |text: &str| text.parse().ok().and_then(Level::new).ok_or(unknown);
    named.map_or(Ok(Level::FIRST), |(_, text)| Ok(level(&text)?.min(app.policy().highest())))
}

/// Whether a request for a challenge says `?for=response`: a full one then, whatever its client holds.
fn is_for_response(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "for" && value == "response")
}

async fn redeem(
    State(app): State<Arc<App>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Rejection> {
    let broken = Rejection::Malformed(MalformedPart::Request("the body is too long, too slow or broken off"));
    let redeemed = match body {
        Ok(body) => redeem_for(&app, &visitor, &headers, &body).await,
        Err(_) => Err(broken),
    };
    redeemed.inspect_err(|rejection| app.events.refused(*rejection, app.clock.now()))
}

async fn redeem_for(
    app: &Arc<App>,
    visitor: &Visitor,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Rejection> {
    let Submitted { submission, purpose, told } = Submitted::read(headers, body)?;
    if purpose.is_some() && app.siteverify.is_none() {
        return Err(Rejection::Malformed(MalformedPart::Request("there are no responses here: siteverify is off")));
    }
    let now = app.clock.steady();
    // A response costs a full challenge, whatever its client holds.
    let token = if purpose.is_none() { app.to_top_up(headers, visitor, Level::FIRST) } else { None };
    let topped_up = token.as_ref().map(|token| token.claims().jti);
    let highest = app.policy().highest();
    let by = Submitter { host: &visitor.host, network: visitor.network, token: topped_up, highest, now };
    let authentic = submission.authenticate(&app.challenge_keys, by)?;
    if purpose.is_none() {
        let level = match authentic.earns() {
            Earns::Token(level) => level,
            Earns::TopUp(_) => token.as_ref().map_or(Level::FIRST, level_of),
        };
        submitted::ensure_level(
            app,
            Asked { method: &Method::POST, target: Some(REDEEM), headers, visitor, level },
            &authentic,
            told,
        )?;
    }
    let redeemed = if authentic.is_heavy() {
        let here = Arc::clone(app);
        let checked = app.heavy.run(visitor.network, move || authentic.redeem(&here.replay, now)).await;
        checked.map_err(|NoRoom| Rejection::Unavailable)??
    } else {
        authentic.redeem(&app.replay, now)?
    };
    app.pressure().solved(app.client(visitor), now);
    app.events.solved(now.0.saturating_sub(redeemed.fields().issued_at.0), redeemed.fields(), app.clock.now());
    match purpose {
        Some(purpose) => earned::response(app, visitor, &redeemed, purpose),
        None => earned::clearance(app, headers, visitor, &redeemed, token),
    }
}

/// Nothing, and in peace a standing token beside it: what a page references as an image of nothing.
async fn standing(State(app): State<Arc<App>>, Extension(visitor): Extension<Visitor>, headers: HeaderMap) -> Response {
    let mut response = never_stored(StatusCode::NO_CONTENT.into_response());
    if let Some(offer) = Offer::to_page(&app, &headers, &visitor) {
        offer.join(&app, &visitor, &mut response);
    }
    response
}

async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    assets::serve(&version, &name, &headers)
}

async fn jwks(State(app): State<Arc<App>>) -> Response {
    let mut response = Json(app.with_signing_keys(|keys| keys.published(app.clock.now()))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={}", JWKS_MAX_AGE.as_secs())) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

async fn readyz(State(app): State<Arc<App>>) -> Response {
    let (status, text) = match app.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    };
    never_stored((status, text).into_response())
}

async fn no_such_route() -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", "not-found", "There is no such route under /.portcullis/.")
}

fn after_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!(event = "panicked");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    problem(status, "Internal error", "internal", "Something went wrong here. Try again in a moment.")
}

pub(crate) fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A challenge and the longest solution take about 550 bytes of JSON.
const MAX_SUBMISSION_LEN: usize = 2048;
const SUBMISSION_IDLE: Duration = Duration::from_secs(5);
