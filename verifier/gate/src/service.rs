//! The whole verifier as one tower service.
//!
//! It reads the target once; then there are two ways. The endpoints below `/.portcullis/` that clients and servers call
//! are in axum's router. Everything else, which is nearly every request, takes the short way: a gateway's question goes
//! to [`subrequest`], and a client's own request goes to [`passage`], with no router in between.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::{Service as HyperService, service_fn};
use portcullis_listener::ConnectionSlot;
use portcullis_proxy::RequestBody;
use tower::{Service, ServiceExt as _};

use crate::client::peer_of;
use crate::endpoints::{ext_authz, subrequest};
use crate::passage::Onward;
use crate::verdict::{Rejection, problem};
use crate::verifier::{Parts, Verifier};
use crate::{endpoints, passage};
use portcullis_clearance::client::Peer;

/// The whole verifier, in front of an origin or an application. Requests carry their [`Peer`] as an extension, or axum's
/// `ConnectInfo<SocketAddr>`. Cloning is cheap.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    verifier: Arc<Verifier>,
    endpoints: Router,
    onward: Onward,
}

impl Gate {
    /// In front of the origin that the configuration names, if it names one.
    pub fn new(verifier: Arc<Verifier>) -> Self {
        let onward = if verifier.proxy.is_some() { Onward::Origin } else { Onward::Nothing };
        Self::with(verifier, onward)
    }

    /// In front of an application in the same process: what is admitted goes to `application`, and the verifier's own routes
    /// are below `/.portcullis/`.
    ///
    /// ```no_run
    /// # fn application() -> axum::Router { axum::Router::new() }
    /// # async fn run(config: portcullis_config::Config) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::{net::SocketAddr, sync::Arc};
    /// use axum::{ServiceExt, extract::Request};
    /// use portcullis_clearance::clock::SystemClock;
    /// use portcullis_gate::{Gate, Verifier, keep_up};
    /// use portcullis_issuer::challenges::issue::ChallengeKeyRing;
    ///
    /// let verifier = Verifier::new(config, Arc::new(SystemClock::start()), ChallengeKeyRing::random())?;
    /// tokio::spawn(keep_up(Arc::clone(&verifier)));
    /// let gate = Gate::around(verifier, application());
    /// let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(gate);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Deployment caveats
    ///
    /// Keep [`keep_up`](crate::keep_up) running beside it. `application` sees the client's own headers, including the
    /// clearance cookie; our proxy would have removed it.
    pub fn around(verifier: Arc<Verifier>, application: Router) -> Self {
        Self::with(verifier, Onward::Application(application))
    }

    fn with(verifier: Arc<Verifier>, onward: Onward) -> Self {
        let endpoints = endpoints::router(verifier.siteverify.is_some()).with_state(Parts::of(Arc::clone(&verifier)));
        Self(Arc::new(Inner { endpoints, verifier, onward }))
    }

    /// The service of one connection.
    pub(crate) fn connection(
        &self,
        peer: Peer,
        slot: ConnectionSlot,
    ) -> impl HyperService<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + use<> {
        let gate = self.clone();
        service_fn(move |request: Request<Incoming>| {
            let (gate, slot) = (gate.clone(), slot.clone());
            async move { Ok(gate.respond(Ok(peer), Some(slot), request.map(RequestBody::Incoming)).await) }
        })
    }

    /// The response to a request. A panic on the way to it is answered too.
    async fn respond(
        &self,
        peer: Result<Peer, Rejection>,
        slot: Option<ConnectionSlot>,
        request: Request<RequestBody>,
    ) -> Response {
        // What a panic leaves behind is dropped; locks of the verifier guard single assignments.
        let response = AssertUnwindSafe(self.0.respond(peer, slot, request)).catch_unwind().await;
        response.unwrap_or_else(|_| after_panic())
    }
}

impl Inner {
    async fn respond(
        &self,
        peer: Result<Peer, Rejection>,
        slot: Option<ConnectionSlot>,
        mut request: Request<RequestBody>,
    ) -> Response {
        match Way::of(request.method(), request.uri().path()) {
            Way::Endpoint => {
                if let Ok(peer) = peer {
                    request.extensions_mut().insert(peer);
                }
                match self.endpoints.clone().oneshot(request.map(Body::new)).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
            Way::Question(question) => self.answer(question, peer, request.map(Body::new)).await,
            Way::Onward => passage::pass(&self.verifier, &self.onward, peer, slot, request).await,
        }
    }

    /// Answers a gateway.
    async fn answer(&self, question: Question, peer: Result<Peer, Rejection>, request: Request<Body>) -> Response {
        let questions = &self.verifier.questions;
        match (question, peer) {
            (Question::CheckWithoutPost, _) => only_post(),
            (_, Err(rejection)) => questions.refuse(rejection),
            (Question::Authorize, Ok(peer)) => questions.authorize(peer, request).await,
            (Question::ForwardAuth, Ok(peer)) => questions.forward_auth(peer, request).await,
            (Question::Page, Ok(peer)) => questions.page(peer, request).await,
            (Question::Check, Ok(peer)) => questions.check(peer, request).await,
        }
    }
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// To an endpoint of the verifier's own.
    Endpoint,
    /// A gateway asks.
    Question(Question),
    /// It is the client's own request, for the site.
    Onward,
}

/// What a gateway asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Authorize,
    ForwardAuth,
    Page,
    Check,
    CheckWithoutPost,
}

impl Way {
    fn of(method: &Method, path: &str) -> Self {
        if path == ext_authz::CHECK {
            return Self::Question(if method == Method::POST { Question::Check } else { Question::CheckWithoutPost });
        }
        let Some(below) = path.strip_prefix(OWN).filter(|below| below.is_empty() || below.starts_with('/')) else {
            return Self::Onward;
        };
        // Envoy appends the client's own path to the route.
        let is_forward_auth = path
            .strip_prefix(subrequest::FORWARD_AUTH)
            .is_some_and(|target| target.is_empty() || target.starts_with('/'));
        match below {
            _ if is_forward_auth => Self::Question(Question::ForwardAuth),
            _ if path == subrequest::AUTHORIZE => Self::Question(Question::Authorize),
            _ if path == subrequest::PAGE => Self::Question(Question::Page),
            _ => Self::Endpoint,
        }
    }
}

impl<B> Service<Request<B>> for Gate
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let gate = self.clone();
        let peer = peer_of(request.extensions());
        Box::pin(async move { Ok(gate.respond(peer, None, request.map(RequestBody::boxed)).await) })
    }
}

fn only_post() -> Response {
    let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn after_panic() -> Response {
    tracing::error!(event = "panicked");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    problem(status, "Internal error", "internal", "Something went wrong here. Try again in a moment.")
}

/// What the paths of all the verifier's own endpoints begin with.
const OWN: &str = "/.portcullis";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_prefix_is_the_verifiers_own() {
        let way = |path| Way::of(&Method::GET, path);
        for path in ["/.portcullis", "/.portcullis/", "/.portcullis/challenge", "/.portcullis/forward-authority"] {
            assert_eq!(way(path), Way::Endpoint, "{path}");
        }
        for path in ["/", "*", "", "/.portcullis2/challenge", "/x/.portcullis/challenge", "/.Portcullis/authorize"] {
            assert_eq!(way(path), Way::Onward, "{path}");
        }
        for path in ["/.portcullis/forward-auth", "/.portcullis/forward-auth/", "/.portcullis/forward-auth/login"] {
            assert_eq!(way(path), Way::Question(Question::ForwardAuth), "{path}");
        }
        assert_eq!(way("/.portcullis/authorize"), Way::Question(Question::Authorize));
        assert_eq!(way("/.portcullis/authorize/"), Way::Endpoint);
        assert_eq!(way("/.portcullis/page"), Way::Question(Question::Page));
        assert_eq!(way(ext_authz::CHECK), Way::Question(Question::CheckWithoutPost));
        assert_eq!(Way::of(&Method::POST, ext_authz::CHECK), Way::Question(Question::Check));
    }
}
