//! A relay between browser and verifier that writes down what goes over the wire: nothing that came from a cache, and
//! everything that a browser's own tools do not tell, such as the scripts its workers fetch. It keeps the host, as a
//! gateway does, and may add a policy of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::witness::Witness;

/// A request that arrived, and what the verifier answered.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Method and target, as in the request line.
    pub(crate) request: String,
    /// The answer's status; 0 as long as there is none.
    pub(crate) status: u16,
    /// Its content coding; empty when it is sent as it is.
    pub(crate) coding: String,
    /// The bytes of the answer's head, as HTTP/1.1 writes it.
    pub(crate) head: usize,
    /// The bytes of its body, coded as it went.
    pub(crate) body: usize,
}

/// A relay. It stops when dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    verifier: SocketAddr,
    client: Client<HttpConnector, Body>,
    /// One more for every answer; a browser obeys all that it gets.
    policy: Option<&'static str>,
    record: Record,
    witness: Arc<Witness>,
}

impl Relay {
    /// Starts it on a free port of loopback, in front of `verifier`.
    pub(crate) async fn start(verifier: SocketAddr) -> Self {
        Self::with_policy(verifier, None).await
    }

    /// The same, with one more content security policy for every answer.
    pub(crate) async fn with_policy(verifier: SocketAddr, policy: Option<&'static str>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (record, witness) = (Record::default(), Arc::default());
        let shared = Arc::new(Shared { verifier, client, policy, record, witness });
        let pass_on = {
            let shared = Arc::clone(&shared);
            async move |request| pass_on(request, &shared).await
        };
        let routes = shared.witness.routes().fallback(pass_on);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Self { address, shared, task }
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        self.url_as("127.0.0.1", path)
    }

    /// The address of a page, under another name of this machine.
    pub(crate) fn url_as(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// Lets the pages tell what happens in them, from now on.
    pub(crate) fn witness(&self) -> Arc<Witness> {
        self.shared.witness.call();
        Arc::clone(&self.shared.witness)
    }

    /// Everything that arrived so far, in this order.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.shared.record.0.lock().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What went over the wire.
#[derive(Default)]
struct Record(Mutex<Vec<Exchange>>);

impl Record {
    fn arrived(&self, request: &Request<Body>) -> usize {
        let request = format!("{} {}", request.method(), request.uri());
        let mut exchanges = self.0.lock();
        exchanges.push(Exchange { request, status: 0, coding: String::new(), head: 0, body: 0 });
        exchanges.len() - 1
    }

    fn answered(&self, number: usize, answer: &Response<Bytes>) {
        let exchange = &mut self.0.lock()[number];
        let coding = answer.headers().get(header::CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
        exchange.status = answer.status().as_u16();
        exchange.coding = coding.unwrap_or_default().to_owned();
        exchange.head = head_length(answer);
        exchange.body = answer.body().len();
    }
}

async fn pass_on(mut request: Request<Body>, shared: &Shared) -> Response<Body> {
    let Shared { verifier, client, policy, record, witness } = shared;
    let number = record.arrived(&request);
    witness.before(&mut request);
    *request.uri_mut() = format!("http://{verifier}{}", request.uri()).parse().expect("a path made it here");
    let (head, body) = client.request(request).await.expect("the verifier answers").into_parts();
    let body = body.collect().await.expect("the verifier's answers are whole").to_bytes();
    let mut answer = Response::from_parts(head, body);
    if let Some(policy) = policy {
        answer.headers_mut().append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    record.answered(number, &answer);
    witness.after(answer).map(Body::from)
}

/// Status line, a line for each header, an empty line.
fn head_length(answer: &Response<Bytes>) -> usize {
    let reason = answer.status().canonical_reason().unwrap_or_default();
    let line = |(name, value): (&header::HeaderName, &HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    let lines: usize = answer.headers().iter().map(line).sum();
    "HTTP/1.1 200 \r\n".len() + reason.len() + lines + "\r\n".len()
}
