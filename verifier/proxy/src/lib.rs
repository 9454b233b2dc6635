//! The reverse proxy: passes admitted requests to the origin and streams the answer back.
//!
//! Path and query are passed on byte for byte. `headers` says what is not passed on, `tunnel` is for WebSocket.

mod body;
mod headers;
mod tunnel;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use portcullis_clearance::client::Client;
use portcullis_listener::ConnectionSlot;

/// Where the origin is, and how long it is waited for.
#[derive(Clone, Debug)]
pub struct ProxyTerms {
    /// Its host and port. It is spoken to without TLS.
    pub authority: Authority,
    /// How long connecting may take.
    pub connect: Duration,
    /// How long it may take to begin its answer, after the last piece of the request that it took.
    pub response: Duration,
    /// How long may pass between two pieces of a body, either way.
    pub body_idle: Duration,
}

/// A proxy to one origin.
#[derive(Clone, Debug)]
pub struct Proxy {
    client: legacy::Client<HttpConnector, SentBody>,
    terms: ProxyTerms,
}

pub use body::{IdleBodyError, Paced, RequestBody};

/// A request's body on its way to the origin: it ends with an error if the client pauses for too long.
type SentBody = Paced<RequestBody>;
/// The body of an answer, as it comes from the origin. It ends with an error if the origin pauses for too long.
pub type ResponseBody = Paced<Incoming>;

/// Why the origin gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
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
    pub fn new(terms: ProxyTerms) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(terms.connect));
        connector.set_nodelay(true);
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(connector);
        Self { client, terms }
    }

    /// Passes a request on for its client. A tunnel holds on to the `slot` of its connection.
    ///
    /// # Errors
    ///
    /// [`OriginError`].
    pub async fn pass(
        &self,
        mut request: Request<RequestBody>,
        client: &Client,
        slot: Option<ConnectionSlot>,
    ) -> Result<Response<ResponseBody>, OriginError> {
        if request.method() == Method::CONNECT {
            return Err(OriginError::Unsupported("CONNECT is not for this server"));
        }
        let wants_tunnel = headers::wants_websocket(&request);
        let client_side = wants_tunnel.then(|| hyper::upgrade::on(&mut request));

        let (mut head, body) = request.into_parts();
        headers::prepare_request(&mut head.headers, client, wants_tunnel);
        let sent = Arc::new(AtomicU64::new(0));
        let mut onward = Request::new(Paced::new(body, self.terms.body_idle).counted(&sent));
        *onward.method_mut() = head.method;
        *onward.uri_mut() = self.target(head.uri.path_and_query())?;
        *onward.version_mut() = Version::HTTP_11;
        *onward.headers_mut() = head.headers;

        let mut response = self.answer_to(onward, &sent).await?;
        let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if let (true, Some(client_side)) = (switched, client_side) {
            tunnel::join(client_side, hyper::upgrade::on(&mut response), slot);
        } else if switched {
            return Err(OriginError::Failed("it switched protocols unasked".to_owned()));
        }
        headers::prepare_response(response.headers_mut(), switched);
        *response.version_mut() = Version::HTTP_11;
        Ok(response.map(|body| Paced::new(body, self.terms.body_idle)))
    }

    /// Waits for the origin as long as configured, counted from the last piece of the request that it took: a long
    /// upload is not a slow answer.
    async fn answer_to(&self, request: Request<SentBody>, sent: &AtomicU64) -> Result<Response<Incoming>, OriginError> {
        let mut answer = std::pin::pin!(self.client.request(request));
        let mut sent_before = sent.load(Ordering::Relaxed);
        loop {
            match tokio::time::timeout(self.terms.response, &mut answer).await {
                Ok(answered) => return answered.map_err(|error| OriginError::Failed(root_cause(&error))),
                Err(_) if sent.load(Ordering::Relaxed) > sent_before => sent_before = sent.load(Ordering::Relaxed),
                Err(_) => return Err(OriginError::TimedOut),
            }
        }
    }

    fn target(&self, path_and_query: Option<&PathAndQuery>) -> Result<Uri, OriginError> {
        let path_and_query = path_and_query.cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Uri::builder()
            .scheme("http")
            .authority(self.terms.authority.clone())
            .path_and_query(path_and_query)
            .build()
            .map_err(|_| OriginError::Unsupported("the request target cannot be passed on"))
    }
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
const IDLE_CONNECTION: Duration = Duration::from_secs(4);
