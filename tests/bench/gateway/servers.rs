//! What is measured, and what it is measured beside.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};

use anyhow::{Result, bail};
use portcullis_challenge::Challenge;
use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::wire::{body, exchange, status};
use portcullis_tests::processes::{PATIENCE, Process, Settings, Verifier, installed, within};
use serde_json::Value;
use tempfile::TempDir;

/// nginx that answers everything with 204; it ends when dropped.
pub(crate) struct Nginx {
    _process: Process,
    _folder: TempDir,
    pub(crate) address: SocketAddr,
}

impl Nginx {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let folder = TempDir::new()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        fs::write(folder.path().join("nginx.conf"), NGINX.replace("127.0.0.1:8000", &address.to_string()))?;
        let mut command = installed("nginx");
        command.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "nginx.conf"]);
        let (mut process, _) = Process::start(command.args(["-g", "daemon off; master_process off;"]));
        let listens = async || process.ended().is_none().then(|| TcpStream::connect(address).ok()).flatten();
        if within(PATIENCE, listens).await.is_none() {
            bail!("nginx does not listen");
        }
        Ok(Self { _process: process, _folder: folder, address })
    }
}

/// A verifier that gateways ask, with as little work as there is, and tokens that admit as much as there is.
pub(crate) async fn verifier(algorithm: &str) -> Verifier {
    let settings = Settings::asked_by_gateways().difficulty(DIFFICULTY).with_endless_tokens();
    let settings = settings.set("challenge.lifetime", "\"300s\"").set("log.level", "\"info\"");
    Verifier::start(settings.set("clearance.algorithm", &format!("\"{algorithm}\""))).await
}

/// What a gateway says of a client, in lines of a head.
pub(crate) fn stated(number: usize) -> String {
    let (a, b) = (number / 256 % 256, number % 256);
    format!("Host: {HOST}\r\nX-Forwarded-For: 10.{a}.{b}.9\r\nX-Forwarded-Proto: https\r\n")
}

/// A token for client number `number`.
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
pub(crate) async fn challenges(verifier: SocketAddr, clients: std::ops::Range<usize>) -> Result<Vec<Challenge>> {
    let mut connection = portcullis_tests::attacker::wire::Connection::open(verifier).await?;
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

/// The request that redeems a challenge, solved.
pub(crate) fn redeem(challenge: &Challenge, number: usize, connection: &str) -> String {
    let body = Submission::solving(challenge).to_json();
    let (head, length) = (stated(number), body.len());
    format!(
        "POST /.portcullis/redeem HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: {connection}\r\n\r\n{body}"
    )
}

/// The site's name.
const HOST: &str = "login.example";
/// A few attempts a share: what a solution costs the verifier does not depend on it.
const DIFFICULTY: u32 = 1024;
const NGINX: &str = include_str!("nginx.conf");
