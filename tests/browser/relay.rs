//! A relay between browser and verifier that writes down what goes over the wire: nothing that came from a cache, and
//! everything that a browser's own tools do not tell, such as the scripts its workers fetch.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

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
    record: Arc<Record>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Starts it on a free port of loopback, in front of `verifier`.
    pub(crate) async fn start(verifier: SocketAddr) -> Self {
        let record = Arc::new(Record::default());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let pass_on = {
            let record = Arc::clone(&record);
            async move |request| pass_on(request, verifier, client, &record).await
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, Router::new().fallback(pass_on)).await;
        });
        Self { address, record, task }
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that arrived so far, in this order.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.record.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.push(Exchange { request, status: 0, coding: String::new(), head: 0, body: 0 });
        exchanges.len() - 1
    }

    fn answered(&self, number: usize, answer: &Response<Bytes>) {
        let exchange = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner)[number];
        let coding = answer.headers().get(header::CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
        exchange.status = answer.status().as_u16();
        exchange.coding = coding.unwrap_or_default().to_owned();
        exchange.head = head_length(answer);
        exchange.body = answer.body().len();
    }
}

async fn pass_on(
    mut request: Request<Body>,
    verifier: SocketAddr,
    client: Client<HttpConnector, Body>,
    record: &Record,
) -> Response<Body> {
    let number = record.arrived(&request);
    *request.uri_mut() = format!("http://{verifier}{}", request.uri()).parse().expect("a path made it here");
    let (head, body) = client.request(request).await.expect("the verifier answers").into_parts();
    let body = body.collect().await.expect("the verifier's answers are whole").to_bytes();
    let answer = Response::from_parts(head, body);
    record.answered(number, &answer);
    answer.map(Body::from)
}

/// Status line, a line for each header, an empty line.
fn head_length(answer: &Response<Bytes>) -> usize {
    let reason = answer.status().canonical_reason().unwrap_or_default();
    let line = |(name, value): (&header::HeaderName, &HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    let lines: usize = answer.headers().iter().map(line).sum();
    "HTTP/1.1 200 \r\n".len() + reason.len() + lines + "\r\n".len()
}
