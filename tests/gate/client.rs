//! A well-behaved client of a served gate, on real connections.

use axum::body::Body;
use http::Request;
use http::header::COOKIE;
use http::request::Builder;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use portcullis_tests::in_process::{Gate, Served};

/// A client that holds a clearance token.
pub(crate) struct Client {
    http: hyper_util::client::legacy::Client<HttpConnector, Body>,
    served: String,
    cookie: String,
}

impl Client {
    /// A client that speaks HTTP/1.1.
    pub(crate) async fn cleared(gate: &Gate, served: &Served) -> Self {
        Self::speaking(gate, served, false).await
    }

    /// A client that speaks HTTP/2 without TLS, with prior knowledge.
    pub(crate) async fn cleared_http2(gate: &Gate, served: &Served) -> Self {
        Self::speaking(gate, served, true).await
    }

    async fn speaking(gate: &Gate, served: &Served, http2: bool) -> Self {
        let served = served.address().to_string();
        let cookie = format!("__Host-portcullis={}", gate.token_at(&served, "127.0.0.1").await);
        let http =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).http2_only(http2).build_http::<Body>();
        Self { http, served, cookie }
    }

    /// A request for `target` with the clearance cookie.
    pub(crate) fn request(&self, target: &str) -> Builder {
        Request::builder().uri(format!("http://{}{target}", self.served)).header(COOKIE, &self.cookie)
    }

    /// Sends a request and returns the answer when it begins.
    pub(crate) async fn send(&self, request: Builder, body: Body) -> http::Response<Incoming> {
        let request = request.body(body).expect("a test's request is a request");
        self.http.request(request).await.expect("the gate answers")
    }

    /// The cookie it holds.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }
}
