//! The HTTP client of the command line: for `solve`, and for the commands that ask a running verifier.
//!
//! A request, a response; each on a connection of its own, and bounded in time and size. Redirects are not followed.

mod tls;

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;

pub(super) use tls::{CertificateError, Trust};

/// How long a request may take, and how long its response may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// For the connection alone.
    pub(super) connect: Duration,
    /// For everything, from the connection to the last byte of the response.
    pub(super) exchange: Duration,
    /// Bytes of the response's body.
    pub(super) body: usize,
}

/// A client that waits for each response.
pub(super) struct Client {
    bounds: Bounds,
    client: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Runtime,
}

impl Client {
    /// Prepares the client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If the system has no means to wait for a network.
    pub(super) fn new(bounds: Bounds, trust: Trust) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(bounds.connect));
        let connector = HttpsConnectorBuilder::new().with_tls_config(trust.config()).https_or_http().enable_http1();
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            // The server may have closed a connection by the time it is used again.
            .pool_max_idle_per_host(0)
            .build(connector.wrap_connector(http));
        Ok(Self { bounds, client, runtime })
    }

    /// Sends a request once, and returns the response, whatever its status.
    ///
    /// # Errors
    ///
    /// If there is no whole response within the bounds.
    pub(super) fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let exchange = async {
            let response = self.client.request(request.map(Full::new)).await.map_err(ExchangeError::Unanswered)?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, self.bounds.body).collect().await.map_err(ExchangeError::Incomplete)?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        let limited = self.runtime.block_on(async { tokio::time::timeout(self.bounds.exchange, exchange).await });
        limited.unwrap_or(Err(ExchangeError::Late(self.bounds.exchange)))
    }

    /// Waits, such as for a server that is too busy.
    pub(super) fn wait(&self, pause: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(pause).await });
    }
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    /// There is no connection, or nothing was answered.
    #[error("{}", with_causes(.0))]
    Unanswered(hyper_util::client::legacy::Error),
    /// A response began, and did not end as it should.
    #[error("the response {}", why_incomplete(.0.as_ref()))]
    Incomplete(Box<dyn StdError + Send + Sync>),
    /// It took longer than this.
    #[error("no response within {} s; try again", .0.as_secs())]
    Late(Duration),
}

impl ExchangeError {
    /// What the system says, where there is no connection.
    pub(super) fn unconnected(&self) -> Option<&io::Error> {
        let Self::Unanswered(error) = self else { return None };
        if !error.is_connect() {
            return None;
        }
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref() {
                return Some(error);
            }
            cause = error.source();
        }
        None
    }
}

fn why_incomplete(error: &(dyn StdError + Send + Sync + 'static)) -> String {
    match error.downcast_ref::<LengthLimitError>() {
        Some(_) => "is too long".to_owned(),
        None => format!("breaks off: {}", with_causes(error)),
    }
}

/// An error with everything that caused it, in one line.
pub(super) fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some libraries repeat their cause in their own message.
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::thread;

    use super::*;

    /// A server that answers one connection with these bytes.
    fn answering(bytes: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let _ = socket.read(&mut [0; 4096]).unwrap();
            socket.write_all(bytes).unwrap();
        });
        address
    }

    fn asked(address: SocketAddr) -> Result<Response<Bytes>, ExchangeError> {
        let patience = Duration::from_secs(30);
        let client = Client::new(Bounds { connect: patience, exchange: patience, body: 8 }, Trust::nobody()).unwrap();
        client.send(Request::get(format!("http://{address}/")).body(Bytes::new()).unwrap())
    }

    #[test]
    fn a_response_is_given_whatever_its_status() {
        let response = asked(answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")).unwrap();
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (404, b"no".as_slice()));
    }

    #[test]
    fn what_is_not_answered_whole_is_an_error_that_says_why() {
        let long = asked(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789")).unwrap_err();
        assert_eq!(long.to_string(), "the response is too long");
        let broken = asked(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n1")).unwrap_err();
        assert!(broken.to_string().starts_with("the response breaks off: "), "{broken}");
        assert!(broken.unconnected().is_none());
        // The port of `discard`. Any that the system hands out may be somebody's by now.
        let gone = asked(SocketAddr::from(([127, 0, 0, 1], 9))).unwrap_err();
        assert_eq!(gone.unconnected().map(io::Error::kind), Some(io::ErrorKind::ConnectionRefused), "{gone}");
    }

    #[test]
    fn causes_are_told_once_each() {
        let inner = io::Error::other("certificate unknown");
        let outer = anyhow::Error::new(inner).context("handshake failed").context("cannot connect");
        assert_eq!(with_causes(outer.as_ref()), "cannot connect: handshake failed: certificate unknown");
    }
}
