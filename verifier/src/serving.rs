//! Serving a verifier: its routes, on a listener, within what is configured.

use std::sync::Arc;

use portcullis_listener::Terms;
use tokio::net::TcpListener;

use crate::app::App;
use crate::routes::router;

/// Serves `listener` until `stop` resolves. The verifier says from then on that it is not ready, refuses new connections,
/// finishes the requests in flight, and waits for them no longer than configured. Returns how many connections were cut
/// off.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) -> usize {
    let terms = Terms {
        connections: app.config.limits.connections,
        request_head: app.config.timeouts.request_head,
        shutdown: app.config.timeouts.shutdown,
        trusted_gateways: app.config.client_ip.trusted_proxies.clone(),
    };
    let stop = async {
        stop.await;
        // Before the listener is gone: no new clients are sent here while the last ones are answered.
        app.stop();
    };
    portcullis_listener::serve(router(Arc::clone(&app)), listener, terms, stop).await
}
