//! How many requests a second the verifier answers on one core, beside nginx that answers 204 on the same core.
//!
//! `cargo xtask bench gateway` starts this on core 0, where everything it starts stays but the load.

mod load;
mod servers;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use load::{Connections, Load, rate};
use serde::Serialize;
use servers::{Nginx, challenges, redeem, stated, token, verifier};

#[derive(Parser)]
struct Arguments {
    /// Take a second for each figure: they mean little, but every one is there
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file
    #[arg(long)]
    json: PathBuf,
}

/// Requests of one kind.
#[derive(Serialize)]
struct Row {
    name: String,
    per_s: f64,
    ratio_to_nginx_204: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let plan = if arguments.quick { QUICK } else { THOROUGH };
    let nginx = Nginx::start().await?;
    let mut rows = Vec::new();
    for connections in [Connections::Kept, Connections::New] {
        for what in WHAT {
            rows.push(measured(what, connections, &nginx, &plan).await?);
        }
    }
    let text = serde_json::to_string_pretty(&rows)? + "\n";
    fs::write(&arguments.json, text).with_context(|| format!("could not write {}", arguments.json.display()))
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum What {
    /// A verdict on a request with a good token.
    Authorize,
    /// The challenge page, of a visitor without one.
    Page,
    /// A token, signed with this algorithm.
    Redeem(&'static str),
}

struct Plan {
    /// nginx and the verifier take turns so many times.
    rounds: usize,
    /// How long each turn is.
    turn: Duration,
    /// Solved challenges for a turn, which ends with the last of them.
    solved: usize,
}

impl What {
    fn name(self, connections: Connections) -> String {
        let what = match self {
            Self::Authorize => "authorize".to_owned(),
            Self::Page => "page".to_owned(),
            Self::Redeem(algorithm) => format!("redeem-{algorithm}"),
        };
        if connections == Connections::New { format!("{what}-new-connection") } else { what }
    }

    fn algorithm(self) -> &'static str {
        match self {
            Self::Redeem(algorithm) => algorithm,
            _ => "es256",
        }
    }

    /// A turn's requests.
    async fn load(self, verifier: SocketAddr, connections: Connections, plan: &Plan) -> Result<Load> {
        let connection = if connections == Connections::Kept { "keep-alive" } else { "close" };
        let asked = |number| {
            let head = stated(number);
            format!(
                "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /account?page={number}\r\nConnection: {connection}\r\n{head}"
            )
        };
        let requests = match self {
            Self::Authorize => {
                let mut requests = Vec::new();
                for number in 0..VISITORS {
                    let (asked, token) = (asked(number), token(verifier, number).await?);
                    requests.push(format!(
                        "GET /.portcullis/authorize HTTP/1.1\r\n{asked}Cookie: __Host-portcullis={token}\r\n\r\n"
                    ));
                }
                requests
            }
            Self::Page => {
                let request = |number| format!("GET /.portcullis/page HTTP/1.1\r\n{}{BROWSER}\r\n", asked(number));
                (0..VISITORS).map(request).collect()
            }
            Self::Redeem(_) => {
                let challenges = challenges(verifier, 0..plan.solved).await?;
                challenges.iter().enumerate().map(|(number, challenge)| redeem(challenge, number, connection)).collect()
            }
        };
        Ok(Load { requests, once: matches!(self, Self::Redeem(_)), refused: matches!(self, Self::Page) })
    }
}

/// nginx and the verifier in turns, with the same requests; the ratio is the median of all rounds'.
async fn measured(what: What, connections: Connections, nginx: &Nginx, plan: &Plan) -> Result<Row> {
    let name = what.name(connections);
    let verifier = verifier(what.algorithm()).await;
    let mut rates = Vec::new();
    for _ in 0..plan.rounds {
        let load = what.load(verifier.address(), connections, plan).await.with_context(|| name.clone())?;
        let accepted =
            Load { requests: load.requests.iter().take(VISITORS).cloned().collect(), once: false, refused: false };
        let other = rate(nginx.address, &accepted, plan.turn).context("nginx")?;
        let ours = rate(verifier.address(), &load, plan.turn).with_context(|| name.clone())?;
        rates.push((ours / other, ours));
    }
    rates.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio_to_nginx_204, per_s) = rates[rates.len() / 2];
    eprintln!("{name}: {per_s:.0} a second, {ratio_to_nginx_204:.2} of nginx");
    Ok(Row { name, per_s, ratio_to_nginx_204 })
}

const WHAT: [What; 4] = [What::Authorize, What::Page, What::Redeem("hs256"), What::Redeem("es256")];
const THOROUGH: Plan = Plan { rounds: 5, turn: Duration::from_secs(2), solved: 40_000 };
const QUICK: Plan = Plan { rounds: 1, turn: Duration::from_secs(1), solved: 2_000 };
/// With a token each, so that nobody's budget ends.
const VISITORS: usize = 256;
const BROWSER: &str = "Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en\r\nSec-Fetch-Mode: navigate\r\n";
