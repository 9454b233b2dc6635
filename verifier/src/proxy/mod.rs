//! The built-in reverse proxy: passes admitted requests to the origin and streams the answer back.
//!
//! Path and query go on byte for byte. `headers` says what does not go on, `tunnel` is for WebSocket.

mod headers;
mod tunnel;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Request, StatusCode, Uri, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_http::timeout::TimeoutBody;

use crate::config::{Origin, Timeouts};
use crate::visitor::Visitor;

/// A proxy to one origin.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, Body>,
    origin: Origin,
    timeouts: Timeouts,
}

/// Why the origin gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    /// It did not begin to answer in time.
    #[error("the origin did not answer in time")]
    TimedOut,
    /// It could not be connected to, or broke off.
    #[error("the origin could not be reached: {0}")]
    Failed(String),
    /// The request cannot be passed on.
    #[error("{0}")]
    Unsupported(&'static str),
}

impl Proxy {
    /// A proxy to `origin`. Connects when first asked.
    pub(crate) fn new(origin: Origin, timeouts: Timeouts) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(timeouts.origin_connect));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(connector);
        Self { client, origin, timeouts }
    }

    /// Passes a request on for its visitor.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    pub(crate) async fn pass(&self, mut request: Request<Body>, visitor: &Visitor) -> Result<Response, Unreachable> {
        if request.method() == Method::CONNECT {
            return Err(Unreachable::Unsupported("CONNECT is not for this server"));
        }
        let wants_tunnel = headers::wants_websocket(&request);
        let client_side = wants_tunnel.then(|| hyper::upgrade::on(&mut request));
        let slot = request.extensions_mut().remove::<crate::serve::ConnectionSlot>();

        let (mut head, body) = request.into_parts();
        headers::prepare_request(&mut head.headers, visitor, wants_tunnel);
        let sent = Arc::new(AtomicU64::new(0));
        let mut onward = Request::new(Body::new(TimeoutBody::new(self.timeouts.body_idle, counted(body, &sent))));
        *onward.method_mut() = head.method;
        *onward.uri_mut() = self.target(head.uri.path_and_query())?;
        *onward.version_mut() = Version::HTTP_11;
        *onward.headers_mut() = head.headers;

        let mut response = self.answer_to(onward, &sent).await?;
        let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if let (true, Some(client_side)) = (switched, client_side) {
            tunnel::join(client_side, hyper::upgrade::on(&mut response), slot);
        } else if switched {
            return Err(Unreachable::Failed("it switched protocols unasked".to_owned()));
        }
        headers::prepare_response(response.headers_mut(), switched);
        *response.version_mut() = Version::HTTP_11;
        Ok(response.map(|body| Body::new(TimeoutBody::new(self.timeouts.body_idle, body))))
    }

    /// Waits for the origin as long as configured, counted from the last piece of the request that it took: a long
    /// upload is not a slow answer.
    async fn answer_to(
        &self,
        request: Request<Body>,
        sent: &AtomicU64,
    ) -> Result<http::Response<Incoming>, Unreachable> {
        let mut answer = std::pin::pin!(self.client.request(request));
        let mut sent_before = sent.load(Ordering::Relaxed);
        loop {
            match tokio::time::timeout(self.timeouts.origin_response, &mut answer).await {
                Ok(answered) => return answered.map_err(|error| Unreachable::Failed(root_cause(&error))),
                Err(_) if sent.load(Ordering::Relaxed) > sent_before => sent_before = sent.load(Ordering::Relaxed),
                Err(_) => return Err(Unreachable::TimedOut),
            }
        }
    }

    fn target(&self, path_and_query: Option<&PathAndQuery>) -> Result<Uri, Unreachable> {
        let path_and_query = path_and_query.cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Uri::builder()
            .scheme("http")
            .authority(self.origin.authority().clone())
            .path_and_query(path_and_query)
            .build()
            .map_err(|_| Unreachable::Unsupported("the request target cannot be passed on"))
    }
}

/// A body that counts its pieces as they are taken.
fn counted(body: Body, taken: &Arc<AtomicU64>) -> impl http_body::Body<Data = Bytes, Error = axum::Error> + use<> {
    let taken = Arc::clone(taken);
    body.map_frame(move |frame| {
        taken.fetch_add(1, Ordering::Relaxed);
        frame
    })
}

/// The innermost error: "connection refused" rather than "client error".
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Shorter than any common origin keeps an idle connection, so that a reused one is rarely just being closed.
const IDLE_CONNECTION: std::time::Duration = std::time::Duration::from_secs(4);
