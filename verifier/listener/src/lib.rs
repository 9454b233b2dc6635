//! Accepts connections, HTTP/1.1 and HTTP/2 with prior knowledge, within bounds, until told to stop. Each connection
//! has a service of its own, which knows its [`Peer`] and holds its [`ConnectionSlot`]: no request has to carry them.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use portcullis_clearance::client::{Peer, is_listed};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bounds of serving.
#[derive(Clone, Debug)]
pub struct ListenerTerms {
    /// How many connections are open at once; more wait to be accepted.
    pub connections: usize,
    /// How long a client may take to send a request's head, and to answer a ping.
    pub request_head: Duration,
    /// How long requests in flight are waited for after the stop.
    pub shutdown: Duration,
    /// The networks of gateways, whose connections carry everybody's requests.
    pub trusted_gateways: Vec<IpNet>,
}

/// An error of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One of the configured number of connections. It is given back when the last holder drops it: anything that outlives
/// its request on the same connection, such as a tunnel, holds a clone.
#[derive(Clone, Debug)]
pub struct ConnectionSlot(#[expect(dead_code, reason = "held, never read")] Arc<OwnedSemaphorePermit>);

/// Serves `listener` until `stop` resolves, then refuses new connections, finishes the requests in flight, and waits
/// for them no longer than `terms` allow. Returns how many connections were cut off.
///
/// `connect` makes the service of one connection.
///
/// The listener is still open when `stop` resolves, so what has to be said before connections are refused belongs to the
/// end of `stop`.
pub async fn serve<C, S, B>(
    connect: C,
    listener: TcpListener,
    terms: ListenerTerms,
    stop: impl Future<Output = ()>,
) -> usize
where
    C: Fn(Peer, ConnectionSlot) -> S,
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send> + Send + 'static,
    S::Error: Into<BoxError>,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(terms.connections));
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer, slot)) = accepted else {
            // Out of file descriptors, most likely; some come free when connections end.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let watcher = connections.watcher();
        let (service, patience) = (connect(peer, slot), terms.request_head);
        let from = Sender::at(peer, &terms.trusted_gateways);
        tokio::spawn(async move {
            // A connection that sends nothing does not get a protocol.
            let mut first = [0];
            if !matches!(tokio::time::timeout(patience, stream.peek(&mut first)).await, Ok(Ok(1))) {
                return;
            }
            let builder = protocols(patience, from);
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            // Clients that break off are everyday, and hyper has answered what was not HTTP.
            let _ = watcher.watch(connection.into_owned()).await;
        });
    }
    drop(listener);
    let in_flight = connections.count();
    match tokio::time::timeout(terms.shutdown, connections.shutdown()).await {
        Ok(()) => 0,
        Err(_) => in_flight,
    }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> std::io::Result<(TcpStream, Peer, ConnectionSlot)> {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, Peer(peer), ConnectionSlot(Arc::new(slot))))
}

/// Whose requests a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// One client's.
    Client,
    /// Everybody's: no client may be able to end it for the others.
    Gateway,
}

impl Sender {
    fn at(peer: Peer, trusted: &[IpNet]) -> Self {
        if is_listed(peer.0.ip(), trusted) { Self::Gateway } else { Self::Client }
    }
}

fn protocols(request_head: Duration, from: Sender) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(request_head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_LEN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_LEN as u32)
        .keep_alive_interval(request_head)
        .keep_alive_timeout(request_head);
    if from == Sender::Gateway {
        // Requests that clients break off, and errors caused by malformed requests. On a client's connection they are
        // an attack; on a gateway's they come from all clients together.
        builder.http2().max_pending_accept_reset_streams(MAX_BROKEN_OFF).max_local_error_reset_streams(None);
    }
    builder
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What browsers and gateways send stays far below these.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_LEN: usize = 64 << 10;
const MAX_STREAMS: u32 = 100;
/// Requests that a gateway takes back before they have been looked at.
const MAX_BROKEN_OFF: usize = 10_000;
