//! A WebSocket after its handshake: bytes both ways until either side ends.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use portcullis_listener::ConnectionSlot;

/// Joins the two sides in a task of their own. The tunnel keeps its connection's slot: it still is one.
pub(super) fn join(client_side: OnUpgrade, origin_side: OnUpgrade, slot: Option<ConnectionSlot>) {
    tokio::spawn(async move {
        let _slot = slot;
        if let (Ok(client), Ok(origin)) = tokio::join!(client_side, origin_side) {
            // Either side breaking off ends the tunnel; there is nobody left to tell.
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(origin)).await;
        }
    });
}
