//! The way to the admin listener of a running verifier, found by its configuration.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http::request::Builder;
use http::{Request, StatusCode, header};
use portcullis_admin::{AdminTokenError, ModeChange, Status, Token};
use portcullis_config::Config;
use serde::Deserialize;

use super::http::{Bounds, Client, ExchangeError, Trust};

/// A running verifier's admin listener.
pub(super) struct Admin {
    address: SocketAddr,
    keys: PathBuf,
    client: Client,
}

impl Admin {
    /// Prepares the client; nothing is sent yet.
    pub(super) fn of(config: &Config) -> anyhow::Result<Self> {
        let Some(mut address) = config.admin.listen.address() else {
            bail!(
                "admin.listen is \"off\", so commands cannot reach the service; set it to \"127.0.0.1:9180\" and restart the service"
            );
        };
        if address.ip().is_unspecified() {
            let loopback =
                if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { IpAddr::from(Ipv6Addr::LOCALHOST) };
            address.set_ip(loopback);
        }
        let client = Client::new(BOUNDS, Trust::nobody())?;
        Ok(Self { address, keys: config.clearance.keys.clone(), client })
    }

    /// The status.
    pub(super) fn status(&self) -> anyhow::Result<Status> {
        self.exchange(Request::get(self.uri("/status")), Bytes::new())
    }

    /// Sets the mode, and returns the status after that.
    pub(super) fn set_mode(&self, change: &ModeChange) -> anyhow::Result<Status> {
        let token = Token::existing(&self.keys).map_err(|error| without_token(&error))?;
        let request = Request::post(self.uri("/mode"))
            .header(header::AUTHORIZATION, token.authorization())
            .header(header::CONTENT_TYPE, "application/json");
        self.exchange(request, serde_json::to_vec(change)?.into())
    }

    fn exchange(&self, request: Builder, body: Bytes) -> anyhow::Result<Status> {
        let response = self.client.send(request.body(body)?).map_err(|error| self.no_response(&error))?;
        if response.status() == StatusCode::OK {
            let address = self.address;
            let stranger =
                || format!("what answers at {address} is not this version of Portcullis; is its port in admin.listen?");
            return serde_json::from_slice(response.body()).with_context(stranger);
        }
        Err(self.refusal(response.status(), response.body()))
    }

    fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn no_response(&self, error: &ExchangeError) -> anyhow::Error {
        let address = self.address;
        match error.unconnected() {
            Some(error) => anyhow!(
                "nobody answers at {address} ({error}). Is the service running, with this configuration? \
                 `systemctl status portcullis` shows it; a line `admin-unavailable` in its log says why it does not listen there"
            ),
            None => anyhow!("{address}: {error}"),
        }
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> anyhow::Error {
        #[derive(Deserialize)]
        struct Problem {
            detail: String,
        }
        let keys = self.keys.display();
        match serde_json::from_slice::<Problem>(body) {
            Ok(_) if status == StatusCode::UNAUTHORIZED => anyhow!(
                "the token in {keys} is not the one of the service at {}: another service runs there, or the file was replaced \
                 since the service started; restart it, or name its configuration with --config",
                self.address
            ),
            Ok(problem) => anyhow!("{}", problem.detail),
            Err(_) => {
                anyhow!("status {status} from {}, which is not Portcullis; is its port in admin.listen?", self.address)
            }
        }
    }
}

fn without_token(error: &AdminTokenError) -> anyhow::Error {
    let kind = if let AdminTokenError::Io { error, .. } = error { error.kind() } else { io::ErrorKind::Other };
    match kind {
        io::ErrorKind::PermissionDenied => anyhow!(
            "{error}. Only the service's user may set the mode. Run the same with `sudo -u portcullis` before it"
        ),
        io::ErrorKind::NotFound => anyhow!(
            "{error}. The service makes this file when it starts; is it running with this configuration (clearance.keys)?"
        ),
        _ => anyhow!("{error}"),
    }
}

/// On this machine, or near it.
const BOUNDS: Bounds = Bounds { connect: Duration::from_secs(5), exchange: Duration::from_secs(5), body: 256 << 10 };
