//! Clients that solve natively, one after another, and spend each token on logins as fast as they are answered:
//! `native-solvers GATE SECONDS ATTEMPTS-A-SECOND NETWORK…`. Prints its result at the end, in a line of JSON.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use portcullis_tests::attacker::{Client, Submission};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Default)]
struct Came {
    solved: AtomicU32,
    attempts: AtomicU32,
    logins: AtomicU32,
    overloaded: AtomicU32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let gate: SocketAddr = arguments.next().context("which gate?")?.parse()?;
    let seconds = arguments.next().context("for how many seconds?")?.parse::<u64>()?.min(MOST_SECONDS);
    let rate = arguments.next().context("at which rate?")?.parse()?;
    let networks = arguments.map(|network| network.parse::<Ipv4Addr>()).collect::<Result<Vec<_>, _>>()?;
    let came = Arc::new(Came::default());
    let spenders = Arc::new(Semaphore::new(SPENDERS));
    let work = async {
        for network in networks.iter().cycle() {
            let mut client = Client::at(*network, gate);
            if !solve(&mut client, rate, &came).await {
                tokio::time::sleep(PAUSE).await;
            } else if let Ok(spender) = Arc::clone(&spenders).try_acquire_owned() {
                tokio::spawn(spend(client, spender, Arc::clone(&came)));
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(seconds), work).await;
    let told = |count: &AtomicU32| count.load(Ordering::SeqCst);
    let Came { solved, attempts, logins, overloaded } = &*came;
    let line = json!({
        "solved": told(solved),
        // In thousands.
        "attempts": told(attempts),
        "logins": told(logins),
        "overloaded": told(overloaded),
    });
    println!("{line}");
    // What still spends ends here.
    std::process::exit(0)
}

/// Earns a token. Whether it got one.
async fn solve(client: &mut Client, rate: u32, came: &Came) -> bool {
    let Some(challenge) = client.challenge().await else { return false };
    let attempts = challenge.fields.difficulty().attempts();
    let work = tokio::task::spawn_blocking(move || Submission::solving(&challenge));
    // No faster than stated, whatever this machine can do.
    let least = Duration::from_secs_f64(f64::from(attempts) / f64::from(rate.max(1)));
    let (Ok(submission), ()) = tokio::join!(work, tokio::time::sleep(least)) else { return false };
    let solved = client.redeem(&submission).await;
    if solved {
        came.solved.fetch_add(1, Ordering::SeqCst);
        came.attempts.fetch_add(attempts / 1000, Ordering::SeqCst);
    }
    solved
}

/// Logs in again and again until the token admits to nothing more.
async fn spend(mut client: Client, _spender: OwnedSemaphorePermit, came: Arc<Came>) {
    for _ in 0..MOST_LOGINS {
        let said = client.post("/login", "application/x-www-form-urlencoded", "user=ada&password=guess").await;
        match said.map(|said| said.status) {
            Some(200) => came.logins.fetch_add(1, Ordering::SeqCst),
            Some(503) => {
                tokio::time::sleep(PAUSE).await;
                came.overloaded.fetch_add(1, Ordering::SeqCst)
            }
            // Over its budget, or good no longer.
            _ => return,
        };
    }
}

const MOST_SECONDS: u64 = 300;
/// Tokens that are spent at the same time.
const SPENDERS: usize = 64;
/// More than any token admits to.
const MOST_LOGINS: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(50);
