//! Admits cleared clients to a tower service, in its own process.
//!
//! A request is admitted if
//!
//! 1. it names one host (`Host`, or the target's authority, and the same where both are there);
//! 2. it carries a clearance token in the cookie `__Host-portcullis`;
//! 3. the token is signed by one of the keys, for this host, by the installation named, and is current;
//! 4. it was earned at the level asked for, or a higher one;
//! 5. the client's address lies in the network the token is bound to.
//!
//! Any other request is answered with 403, `Portcullis-Action: challenge` and a problem document (RFC 9457): a gateway or
//! an app takes it from there. An admitted one carries its [`Clearance`] as an extension, for handlers and logs.
//!
//! # Deployment caveats
//!
//! * The address is the peer's: [`Peer`] or, with the feature `axum`, `ConnectInfo<SocketAddr>`
//!   (`into_make_service_with_connect_info`) must be with the request; without either nobody is admitted. Behind gateways,
//!   name them in [`ClearanceLayer::behind`], and let them overwrite `X-Forwarded-For`.
//! * Keys rotate: read the JWK Set again every five minutes and hand it to [`TokenVerifier::replace_keys`].
//! * Budgets are counted by the verifier alone. What is admitted here is not counted.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::{HeaderValue, Request, Response, StatusCode, header};
use ipnet::IpNet;
use tower_layer::Layer;
use tower_service::Service;

use crate::clock::{Clock, SystemClock};
use crate::cookie::Style;
use crate::keys::Keys;
use crate::network::PrefixLengths;
use crate::verify::{Bearer, Clearance, TokenVerifier};
use crate::visitor::{Peer, Visitor};

/// Admits cleared clients; see the [module](self).
pub struct ClearanceLayer<K>(Arc<Gate<K>>);

/// A service behind a [`ClearanceLayer`].
pub struct Cleared<S, K> {
    inner: S,
    gate: Arc<Gate<K>>,
}

impl<K> Clone for ClearanceLayer<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Clone, K> Clone for Cleared<S, K> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), gate: Arc::clone(&self.gate) }
    }
}

struct Gate<K> {
    tokens: Arc<TokenVerifier<K>>,
    gateways: Vec<IpNet>,
    level: u8,
    clock: Arc<dyn Clock>,
}

impl<K: Keys> ClearanceLayer<K> {
    /// Admits whoever shows a token that `tokens` verifies. Keep a copy of the [`Arc`] to replace its keys.
    pub fn new(tokens: impl Into<Arc<TokenVerifier<K>>>) -> Self {
        let clock = Arc::new(SystemClock::start());
        Self(Arc::new(Gate { tokens: tokens.into(), gateways: Vec::new(), level: 1, clock }))
    }

    /// Believes the forwarded headers of these gateways, and of nobody else.
    #[must_use]
    pub fn behind(self, gateways: Vec<IpNet>) -> Self {
        self.with(|gate| Gate { gateways, ..gate })
    }

    /// Asks for tokens earned at this level at least.
    #[must_use]
    pub fn level(self, level: u8) -> Self {
        self.with(|gate| Gate { level, ..gate })
    }

    /// Reads another clock: for tests.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        self.with(|gate| Gate { clock, ..gate })
    }

    fn with(self, change: impl FnOnce(Gate<K>) -> Gate<K>) -> Self {
        let gate = Gate {
            tokens: Arc::clone(&self.0.tokens),
            gateways: self.0.gateways.clone(),
            level: self.0.level,
            clock: Arc::clone(&self.0.clock),
        };
        Self(Arc::new(change(gate)))
    }
}

impl<K: Keys> Gate<K> {
    fn clearance<B>(&self, request: &Request<B>) -> Option<Clearance> {
        let (headers, uri) = (request.headers(), request.uri());
        let visitor = Visitor::of(peer(request)?, uri, headers, &self.gateways, PrefixLengths::default()).ok()?;
        let token = Style::HostPrefixed.read(headers)?;
        let bearer = Bearer { host: &visitor.host, level: self.level, now: self.clock.now() };
        self.tokens.verify(token, bearer).ok()?.shown_from(visitor.address).ok()
    }
}

fn peer<B>(request: &Request<B>) -> Option<Peer> {
    let own = request.extensions().get::<Peer>().copied();
    #[cfg(feature = "axum")]
    let own = own.or_else(|| {
        let connected = request.extensions().get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
        connected.map(|connected| Peer(connected.0))
    });
    own
}

impl<S, K> Layer<S> for ClearanceLayer<K> {
    type Service = Cleared<S, K>;

    fn layer(&self, inner: S) -> Self::Service {
        Cleared { inner, gate: Arc::clone(&self.0) }
    }
}

impl<S, K, B, R> Service<Request<B>> for Cleared<S, K>
where
    S: Service<Request<B>, Response = Response<R>>,
    K: Keys,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<R>, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Whatever a client or another layer left there is not our word.
        request.extensions_mut().remove::<Clearance>();
        match self.gate.clearance(&request) {
            Some(clearance) => {
                request.extensions_mut().insert(clearance);
                Either::Left(self.inner.call(request))
            }
            None => Either::Right(ready(Ok(refusal(NOT_CLEARED)))),
        }
    }
}

/// What a client without clearance is told.
pub(crate) const NOT_CLEARED: &str = r#"{"title":"Challenge required","status":403,"code":"challenge-required","detail":"This needs the clearance of a browser, or a program, that has done the work the site asks for while it is under heavy load."}"#;

/// A refusal with this problem document.
pub(crate) fn refusal<R: From<String>>(problem: &str) -> Response<R> {
    let mut response = Response::new(R::from(problem.to_owned()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("portcullis-action", HeaderValue::from_static("challenge"));
    response
}
