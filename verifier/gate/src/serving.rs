//! Serves a verifier on a listener, within the configured limits.

use std::sync::Arc;

use portcullis_listener::ListenerTerms;
use tokio::net::TcpListener;

use crate::service::Gate;
use crate::verifier::Verifier;

/// Serves `listener` until `stop` resolves. From then on the verifier says that it is not ready, refuses new
/// connections, and finishes the requests in flight, waiting for them no longer than configured. Returns how many
/// connections were cut off.
pub async fn serve(verifier: Arc<Verifier>, listener: TcpListener, stop: impl Future<Output = ()>) -> usize {
    let terms = ListenerTerms {
        connections: verifier.config.limits.connections,
        request_head: verifier.config.timeouts.request_head,
        shutdown: verifier.config.timeouts.shutdown,
        trusted_gateways: verifier.config.client_ip.trusted_proxies.clone(),
    };
    let stop = async {
        stop.await;
        // Before the listener is gone: no new clients are sent here while the last ones are answered.
        verifier.stop();
    };
    let gate = Gate::new(Arc::clone(&verifier));
    portcullis_listener::serve(|peer, slot| gate.connection(peer, slot), listener, terms, stop).await
}
