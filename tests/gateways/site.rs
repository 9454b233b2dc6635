//! An origin, a verifier, and a gateway in front of both that follows a recipe.

use std::net::{Ipv4Addr, SocketAddr};

use portcullis_tests::processes::{Settings, Verifier};

use crate::client::Client;
use crate::gateway::Gateway;
use crate::origin::{Origin, Received};
use crate::recipe::Recipe;

/// All three, running.
pub(crate) struct Site {
    pub(crate) verifier: Verifier,
    pub(crate) origin: Origin,
    /// None where the verifier passes requests on itself.
    gateway: Option<Gateway>,
}

impl Site {
    /// Starts them, with next to no work to do.
    pub(crate) async fn behind(recipe: &Recipe) -> Self {
        Self::with(recipe, |settings| settings).await
    }

    /// Starts them, with the verifier's settings changed.
    pub(crate) async fn with(recipe: &Recipe, change: impl FnOnce(Settings) -> Settings) -> Self {
        let origin = Origin::start().await;
        let settings = (recipe.settings)(Settings::asked_by_gateways().difficulty(1024));
        let verifier = Verifier::start(change(settings)).await;
        let gateway = Gateway::start(recipe, &verifier, origin.address()).await;
        Self { verifier, origin, gateway: Some(gateway) }
    }

    /// Starts an origin and a verifier that is its own gateway.
    pub(crate) async fn of_own_proxy(change: impl FnOnce(Settings) -> Settings) -> Self {
        let origin = Origin::start().await;
        let settings = Settings::in_front_of(&format!("http://{}", origin.address())).difficulty(1024);
        let verifier = Verifier::start(change(settings)).await;
        Self { verifier, origin, gateway: None }
    }

    /// Ends the gateway and the verifier, and gives every request that reached the origin.
    pub(crate) async fn end(self) -> Vec<Received> {
        drop((self.gateway, self.verifier));
        self.origin.all().await
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.as_ref().map_or(self.verifier.address(), Gateway::address)
    }

    /// A client at an address; each `127.0.x.0/24` is a network of its own, and only 127.0.0.1 is the gateway's.
    pub(crate) fn client_at(&self, source: [u8; 4]) -> Client {
        Client {
            source: Ipv4Addr::from(source),
            gateway: self.gateway.as_ref().map_or(self.verifier.address(), Gateway::address),
        }
    }

    /// A client as any other.
    pub(crate) fn client(&self) -> Client {
        self.client_at([127, 0, 7, 9])
    }
}
