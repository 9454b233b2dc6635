//! A protected site on loopback that records what arrives.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its method.
    pub method: Method,
    /// Path and query, as sent.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// An origin. It stops when dropped.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrival>>>,
    task: JoinHandle<()>,
}

impl Origin {
    /// An origin that records every request and answers `origin`.
    pub async fn start() -> Self {
        Self::serving(Router::new()).await
    }

    /// An origin that serves `routes`, and records everything else.
    ///
    /// # Panics
    ///
    /// When loopback has no free port.
    pub async fn serving(routes: Router) -> Self {
        let arrived = Arc::<Mutex<Vec<Arrival>>>::default();
        let record = {
            let arrived = Arc::clone(&arrived);
            async move |request: Request<Body>| {
                let arrival = read(request).await;
                arrived.lock().push(arrival);
                "origin"
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, routes.fallback(record)).await;
        });
        Self { address, arrived, task }
    }

    /// Its URL, as `origin` in a configuration.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that arrived so far.
    pub fn arrived(&self) -> Vec<Arrival> {
        self.arrived.lock().clone()
    }

    /// What arrived last.
    ///
    /// # Panics
    ///
    /// When nothing did.
    pub fn last(&self) -> Arrival {
        self.arrived().pop().expect("something arrived at the origin")
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(request: Request<Body>) -> Arrival {
    let (head, body) = request.into_parts();
    Arrival {
        method: head.method,
        target: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: head.headers,
        body: body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default(),
    }
}
