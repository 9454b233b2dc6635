//! Admits cleared clients to a tower service, in its own process.
//!
//! A request is admitted if
//!
//! 1. it names one host (`Host`, or the target's authority, which must be the same if both are present);
//! 2. it carries a clearance token in the cookie `__Host-portcullis`;
//! 3. the token is signed by one of the keys, for this host, by the named installation, and is current;
//! 4. it was earned at the level asked for, or at a higher one;
//! 5. the client's address is in the network that the token is bound to.
//!
//! Any other request is answered with 403, `Portcullis-Action: challenge` and a problem document (RFC 9457), which a
//! gateway or an app understands. [`ClearanceLayer::rejecting`] sets another answer. The reason, [`Rejected`], is an
//! extension of the response, and the field `reason` of a [`tracing`] event at the level `DEBUG`. An admitted request
//! carries its [`Clearance`] as an extension, for handlers and logs.
//!
//! # Deployment caveats
//!
//! * The address is the peer's: [`Peer`] or, with the feature `axum`, `ConnectInfo<SocketAddr>`
//!   (`into_make_service_with_connect_info`) must be with the request; without either nobody is admitted. Behind gateways,
//!   name them in [`ClearanceLayer::behind`], and let them overwrite `X-Forwarded-For`.
//! * Keys rotate: read the JWK Set again every five minutes and hand it to [`TokenVerifier::replace_keys`].
//! * Only the verifier counts budgets. Requests admitted here are not counted.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::{Request, Response};
use ipnet::IpNet;
use tower_layer::Layer;
use tower_service::Service;

use crate::client::{Client, HostError, Peer};
use crate::clock::{Clock, SystemClock};
use crate::cookie::Style;
use crate::keys::Keys;
use crate::level::Level;
use crate::network::PrefixLengths;
use crate::rejected::{Rejected, challenge_required};
use crate::verify::{Bearer, Clearance, TokenVerifier};

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
    level: Level,
    clock: Arc<dyn Clock>,
    answer: Arc<Answer>,
}

/// What a rejected client is told.
type Answer = dyn Fn(&Rejected) -> Response<String> + Send + Sync;

impl<K: Keys> ClearanceLayer<K> {
    /// Admits clients that show a token which `tokens` verifies. Keep a copy of the [`Arc`] to replace its keys.
    pub fn new(tokens: impl Into<Arc<TokenVerifier<K>>>) -> Self {
        let clock = Arc::new(SystemClock::start());
        let answer = Arc::new(|_: &Rejected| challenge_required());
        Self(Arc::new(Gate { tokens: tokens.into(), gateways: Vec::new(), level: Level::FIRST, clock, answer }))
    }

    /// Believes the forwarded headers of these gateways, and of no other peer.
    #[must_use]
    pub fn behind(self, gateways: Vec<IpNet>) -> Self {
        self.with(|gate| Gate { gateways, ..gate })
    }

    /// Asks for tokens earned at this level at least.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        self.with(|gate| Gate { level, ..gate })
    }

    /// Answers rejected clients with what `answer` returns for the reason, instead of [`challenge_required`]. The
    /// response should say `Cache-Control: no-store`: the next one may differ.
    ///
    /// ```
    /// use http::{Response, StatusCode, header};
    /// use portcullis_clearance::rejected::challenge_required;
    /// # use portcullis_clearance::{ClearanceLayer, TokenError, PublicKeys, Rejected};
    ///
    /// # fn change(layer: ClearanceLayer<PublicKeys>) -> ClearanceLayer<PublicKeys> {
    /// // A client without a token, or with an old one, gets one at the login.
    /// layer.rejecting(|why| match why {
    ///     Rejected::NoToken | Rejected::NotCleared(TokenError::Expired) => {
    ///         let mut response = Response::new(String::new());
    ///         *response.status_mut() = StatusCode::SEE_OTHER;
    ///         response.headers_mut().insert(header::LOCATION, header::HeaderValue::from_static("/login"));
    ///         response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    ///         response
    ///     }
    ///     _ => challenge_required(),
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn rejecting(self, answer: impl Fn(&Rejected) -> Response<String> + Send + Sync + 'static) -> Self {
        self.with(|gate| Gate { answer: Arc::new(answer), ..gate })
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
            answer: Arc::clone(&self.0.answer),
        };
        Self(Arc::new(change(gate)))
    }
}

impl<K: Keys> Gate<K> {
    fn clearance<B>(&self, request: &Request<B>) -> Result<Clearance, Rejected> {
        let (headers, uri) = (request.headers(), request.uri());
        let peer = peer(request).ok_or(Rejected::NoPeer)?;
        let client = Client::of(peer, uri, headers, &self.gateways, PrefixLengths::default());
        let client = client.map_err(|HostError| Rejected::NoHost)?;
        let token = Style::HostPrefixed.read(headers).ok_or(Rejected::NoToken)?;
        let bearer = Bearer { host: &client.host, level: self.level, now: self.clock.now() };
        Ok(self.tokens.verify(token, bearer)?.shown_from(client.address)?)
    }

    fn rejection<R: From<String>>(&self, why: Rejected) -> Response<R> {
        // Only the word: tokens and addresses do not belong in logs.
        tracing::debug!(reason = %why, "not admitted");
        let mut response = (self.answer)(&why).map(R::from);
        response.extensions_mut().insert(why);
        response
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
        // Anything that a client or another layer left there does not come from us.
        request.extensions_mut().remove::<Clearance>();
        match self.gate.clearance(&request) {
            Ok(clearance) => {
                request.extensions_mut().insert(clearance);
                Either::Left(self.inner.call(request))
            }
            Err(why) => Either::Right(ready(Ok(self.gate.rejection(why)))),
        }
    }
}

#[cfg(test)]
mod tests;
