//! Requests a second on one core, and what of a processor each takes: the verifier's, in turns with other servers.
//!
//! `cargo xtask bench gateway` builds this and starts it on one core. [`requests`] says what is asked for, [`servers`] who
//! is asked, [`load`] asks, [`cpu`] reads what that took, and [`turns`] compares.

mod cpu;
mod load;
mod requests;
mod servers;
mod turns;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use load::Connections;
use requests::What;
use servers::{Server, verifier};
use turns::{Contestant, Plan, Row};

#[derive(Parser)]
struct Arguments {
    /// Take a second for each figure: they mean little, but every one is there
    #[arg(long)]
    quick: bool,
    /// Measure HAProxy too
    #[arg(long)]
    haproxy: bool,
    /// Measure this other build of `portcullis` too
    #[arg(long)]
    against: Option<PathBuf>,
    /// Measure these rows only
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Write the figures to this file
    #[arg(long)]
    json: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let plan = if arguments.quick { QUICK } else { THOROUGH };
    let others = Others::start(arguments.haproxy).await?;
    let mut rows = Vec::new();
    for connections in [Connections::Kept, Connections::New] {
        for what in WHAT {
            if arguments.rows.is_empty() || arguments.rows.contains(&what.name(connections)) {
                rows.push(measured(what, connections, &others, &arguments, &plan).await?);
            }
        }
    }
    let text = serde_json::to_string_pretty(&rows)? + "\n";
    fs::write(&arguments.json, text).with_context(|| format!("could not write {}", arguments.json.display()))
}

/// The servers that are not ours.
struct Others {
    /// Answers by itself. It is the origin, too.
    nginx: Server,
    nginx_proxy: Server,
    haproxy: Option<Server>,
}

impl Others {
    async fn start(haproxy: bool) -> Result<Self> {
        let nginx = Server::nginx().await?;
        let nginx_proxy = Server::nginx_proxy(nginx.address).await?;
        let haproxy = if haproxy { Some(Server::haproxy(nginx.address).await?) } else { None };
        Ok(Self { nginx, nginx_proxy, haproxy })
    }

    /// Those that do the same as the verifier, or, where it is alone in what it does, the least that a server can.
    fn beside(&self, what: What) -> Vec<Contestant> {
        let other = |name, server: &Server| Contestant { name, address: server.address, process: server.id() };
        if !what.is_proxied() {
            return vec![other("nginx 204", &self.nginx)];
        }
        let nginx = other("nginx proxy_pass", &self.nginx_proxy);
        [nginx].into_iter().chain(self.haproxy.iter().map(|haproxy| other("HAProxy", haproxy))).collect()
    }
}

/// One row: fresh verifiers of each build, in turns with the others.
async fn measured(
    what: What,
    connections: Connections,
    others: &Others,
    arguments: &Arguments,
    plan: &Plan,
) -> Result<Row> {
    let origin = what.is_proxied().then_some(others.nginx.address);
    let mut ours = verifier(None, what.algorithm(), origin).await;
    let contestant = Contestant { name: "portcullis", address: ours.address(), process: ours.process().id() };
    let mut against = match &arguments.against {
        Some(build) => Some(verifier(Some(build), what.algorithm(), origin).await),
        None => None,
    };
    let other_build = against.as_mut().map(|other| {
        let process = other.process().id();
        Contestant { name: "the other build", address: other.address(), process }
    });
    turns::row(what, connections, &contestant, other_build.as_ref(), &others.beside(what), plan).await
}

const WHAT: [What; 6] =
    [What::Authorize, What::Page, What::Redeem("hs256"), What::Redeem("es256"), What::ProxiedGet, What::ProxiedPost];
const THOROUGH: Plan = Plan { rounds: 5, turn: Duration::from_secs(2), solved: 40_000 };
const QUICK: Plan = Plan { rounds: 1, turn: Duration::from_secs(1), solved: 2_000 };
