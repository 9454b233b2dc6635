//! What is measured, and what it is measured beside.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use portcullis_challenge::Challenge;
use portcullis_tests::attacker::wire::{Connection, body, exchange, status};
use portcullis_tests::processes::{ClaimedPort, PATIENCE, Process, Settings, Verifier, installed, within};
use serde_json::Value;
use tempfile::TempDir;

use crate::requests::{redeem, stated};

/// Somebody else's server; it ends when dropped.
pub(crate) struct Server {
    process: Process,
    _folder: TempDir,
    _port: ClaimedPort,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// nginx that answers everything with 204.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub(crate) async fn nginx() -> Result<Self> {
        Self::start(nginx_in, NGINX).await
    }

    /// nginx that hands everything on to `origin`.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub(crate) async fn nginx_proxy(origin: SocketAddr) -> Result<Self> {
        Self::start(nginx_in, &NGINX_PROXY.replace(ORIGIN, &origin.to_string())).await
    }

    /// HAProxy that hands everything on to `origin`.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub(crate) async fn haproxy(origin: SocketAddr) -> Result<Self> {
        let command = |folder: &Path| {
            let mut command = installed("haproxy");
            command.arg("-db").arg("-f").arg(folder.join(FILE));
            command
        };
        Self::start(command, &HAPROXY.replace(ORIGIN, &origin.to_string())).await
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Starts it on a free port: one process, that serves in the foreground.
    async fn start(command: impl FnOnce(&Path) -> Command, configuration: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let port = ClaimedPort::claim();
        let address = port.address();
        fs::write(folder.path().join(FILE), configuration.replace(LISTEN, &address.to_string()))?;
        let mut command = command(folder.path());
        let (mut process, _) = Process::start(&mut command);
        let listens = async || process.ended().is_none().then(|| TcpStream::connect(address).ok()).flatten();
        if within(PATIENCE, listens).await.is_none() {
            bail!("{} does not listen", command.get_program().display());
        }
        Ok(Self { process, _folder: folder, _port: port, address })
    }
}

fn nginx_in(folder: &Path) -> Command {
    let mut command = installed("nginx");
    command.arg("-p").arg(folder).args(["-e", "stderr", "-c", FILE]);
    command.args(["-g", "daemon off; master_process off;"]);
    command
}

/// A verifier with as little work as there is, and tokens that admit as much as there is. Gateways ask it, or, where there
/// is an `origin`, it stands behind one and passes requests on. `build` is another program than this workspace's.
pub(crate) async fn verifier(build: Option<&Path>, algorithm: &str, origin: Option<SocketAddr>) -> Verifier {
    let settings = Settings::asked_by_gateways().difficulty(DIFFICULTY).with_endless_tokens();
    let settings = settings.set("challenge.lifetime", "\"300s\"").set("log.level", "\"info\"");
    let settings = settings.set("clearance.algorithm", &format!("\"{algorithm}\""));
    let settings = match origin {
        Some(origin) => settings.set("origin", &format!("\"http://{origin}\"")),
        None => settings,
    };
    match build {
        Some(build) => Verifier::start_build(build, settings).await,
        None => Verifier::start(settings).await,
    }
}

/// A token for client number `number`.
///
/// # Errors
///
/// When the verifier gives none.
pub(crate) async fn token(verifier: SocketAddr, number: usize) -> Result<String> {
    let challenge = challenges(verifier, number..number + 1).await?.remove(0);
    let request = redeem(&challenge, number, "close");
    let answer = exchange(verifier, request.as_bytes()).await;
    let token = serde_json::from_slice::<Value>(body(&answer))?["token"].as_str().map(str::to_owned);
    match token {
        Some(token) if status(&answer) == 200 => Ok(token),
        _ => bail!("no token: {}", String::from_utf8_lossy(&answer)),
    }
}

/// A fresh challenge for each of these clients.
///
/// # Errors
///
/// When the verifier gives none.
pub(crate) async fn challenges(verifier: SocketAddr, clients: Range<usize>) -> Result<Vec<Challenge>> {
    let mut connection = Connection::open(verifier).await?;
    let mut challenges = Vec::with_capacity(clients.len());
    for number in clients {
        let head = stated(number);
        connection.send(format!("GET /.portcullis/challenge HTTP/1.1\r\n{head}\r\n").as_bytes()).await?;
        let answer = connection.answer().await?;
        let issued: Value = serde_json::from_slice(body(&answer))?;
        challenges.push(Challenge::parse(issued["challenge"].as_str().unwrap_or_default().as_bytes())?);
    }
    Ok(challenges)
}

/// A few attempts a share: what a solution costs the verifier does not depend on it.
const DIFFICULTY: u32 = 1024;
const NGINX: &str = include_str!("nginx.conf");
const NGINX_PROXY: &str = include_str!("nginx-proxy.conf");
const HAPROXY: &str = include_str!("haproxy.cfg");
/// What the configurations call their own address, and the origin's.
const LISTEN: &str = "127.0.0.1:8000";
const ORIGIN: &str = "127.0.0.1:3000";
const FILE: &str = "server.conf";
