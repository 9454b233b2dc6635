//! The client, as an argument of handlers.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::client::{Clients, peer_of};
use crate::observe::EventLog;
use crate::verdict::Rejection;
use portcullis_clearance::client::Client;
use portcullis_clearance::clock::Clock;

/// The client of a request, at a host that is served.
pub(super) struct Identified(pub(super) Client);

impl<S> FromRequestParts<S> for Identified
where
    Arc<Clients>: FromRef<S>,
    Arc<EventLog>: FromRef<S>,
    Arc<dyn Clock>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let peer = peer_of(&parts.extensions);
        let identified =
            peer.and_then(|peer| Arc::<Clients>::from_ref(state).identify(peer, &parts.uri, &parts.headers));
        identified.map(Self).inspect_err(|rejection| {
            Arc::<EventLog>::from_ref(state).refused(*rejection, Arc::<dyn Clock>::from_ref(state).now());
        })
    }
}
