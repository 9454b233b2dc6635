//! The way to the admin listener of a running verifier, found by its configuration.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http::request::Builder;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use portcullis::Config;
use portcullis::admin::{ModeChange, Status, Token, TokenError};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// A running verifier's admin listener.
pub(super) struct Admin {
    address: SocketAddr,
    keys: PathBuf,
    runtime: Runtime,
}

impl Admin {
    /// Makes ready; nothing is sent yet.
    pub(super) fn of(config: &Config) -> anyhow::Result<Self> {
        let Some(mut address) = config.admin.listen.address() else {
            bail!("admin.listen is \"off\", so nobody can ask; set it to \"127.0.0.1:9180\" and restart the service");
        };
        if address.ip().is_unspecified() {
            let loopback =
                if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { IpAddr::from(Ipv6Addr::LOCALHOST) };
            address.set_ip(loopback);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { address, keys: config.clearance.keys.clone(), runtime })
    }

    /// How it stands.
    pub(super) fn status(&self) -> anyhow::Result<Status> {
        self.exchange(Request::get("/status"), Bytes::new())
    }

    /// Sets the mode, and tells how it stands then.
    pub(super) fn set_mode(&self, change: &ModeChange) -> anyhow::Result<Status> {
        let token = Token::existing(&self.keys).map_err(|error| without_token(&error))?;
        let request = Request::post("/mode")
            .header(header::AUTHORIZATION, token.authorization())
            .header(header::CONTENT_TYPE, "application/json");
        self.exchange(request, serde_json::to_vec(change)?.into())
    }

    fn exchange(&self, request: Builder, body: Bytes) -> anyhow::Result<Status> {
        let address = self.address;
        let request = request.header(header::HOST, address.to_string()).body(Full::new(body))?;
        let exchange = async {
            let stream = TcpStream::connect(address).await.map_err(|error| unreachable(address, &error))?;
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, MAX_LEN).collect().await.map_err(|error| anyhow!("{error}"))?;
            Ok::<_, anyhow::Error>((head.status, body.to_bytes()))
        };
        let answered = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, exchange).await });
        let (status, body) =
            answered.map_err(|_| anyhow!("{address} does not answer within {} s; try again", PATIENCE.as_secs()))??;
        if status == StatusCode::OK {
            let stranger =
                || format!("what answers at {address} is no portcullis of this version; is its port in admin.listen?");
            return serde_json::from_slice(&body).with_context(stranger);
        }
        Err(self.refusal(status, &body))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> anyhow::Error {
        #[derive(Deserialize)]
        struct Problem {
            detail: String,
        }
        let keys = self.keys.display();
        match serde_json::from_slice::<Problem>(body) {
            Ok(_) if status == StatusCode::UNAUTHORIZED => anyhow!(
                "the token in {keys} is not that of the service at {}: another one runs there, or the file was replaced \
                 since it started; restart it, or give its own configuration with --config",
                self.address
            ),
            Ok(problem) => anyhow!("{}", problem.detail),
            Err(_) => {
                anyhow!("status {status} from {}, which is no portcullis; is its port in admin.listen?", self.address)
            }
        }
    }
}

fn unreachable(address: SocketAddr, error: &io::Error) -> anyhow::Error {
    anyhow!(
        "nobody answers at {address} ({error}). Is the service running, with this configuration? `systemctl status portcullis` \
         tells; a line `admin-unavailable` in its log says why it does not listen there"
    )
}

fn without_token(error: &TokenError) -> anyhow::Error {
    let kind = if let TokenError::Io { error, .. } = error { error.kind() } else { io::ErrorKind::Other };
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

/// On this machine, or next to it.
const PATIENCE: Duration = Duration::from_secs(5);
const MAX_LEN: usize = 256 << 10;
