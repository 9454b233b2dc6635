//! Visitors, who come one after another whatever happens, each from a network of its own, and log in.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::site::SCALE;
use portcullis_challenge::Challenge;
use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_tests::attacker::{Client, ClientResponse, Submission, shares};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{interval, sleep, timeout};

/// Visitors that keep coming.
pub(crate) struct Visitors {
    gone_home: Arc<AtomicBool>,
    visits: JoinHandle<Vec<Visit>>,
}

/// What became of a visitor.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// When it came.
    pub(crate) at: u64,
    /// Milliseconds until it was logged in; `None` for who was not within [`PATIENCE`].
    pub(crate) wait: Option<u64>,
    /// The attempts that it was asked for, of life; 0 for who was not.
    pub(crate) asked: u32,
    /// The status of each answer, and how many milliseconds after it came; 0 for none.
    pub(crate) said: Vec<(u64, u16)>,
}

impl Visitors {
    /// They begin to come, [`A_SECOND`] each second.
    pub(crate) fn come(gate: SocketAddr, clock: SystemClock) -> Self {
        let gone_home = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&gone_home);
        let visits = tokio::spawn(async move {
            let mut under_way = JoinSet::new();
            let mut arrivals = interval(Duration::from_secs(1) / A_SECOND);
            for number in 0..MOST {
                arrivals.tick().await;
                if over.load(Ordering::SeqCst) {
                    break;
                }
                under_way.spawn(visit(number, gate, clock));
            }
            under_way.join_all().await
        });
        Self { gone_home, visits }
    }

    /// No more come. What became of all, once the last one is logged in or has given up.
    pub(crate) async fn all(self) -> Vec<Visit> {
        self.gone_home.store(true, Ordering::SeqCst);
        self.visits.await.expect("visitors do not panic")
    }
}

async fn visit(number: u32, gate: SocketAddr, clock: SystemClock) -> Visit {
    let at = clock.steady().0;
    let mut visitor = Visitor {
        client: Client::at(network(number), gate),
        attempts_a_second: DEVICES[number as usize % DEVICES.len()] * 1e6 / f64::from(SCALE),
        asked: 0,
        said: Vec::new(),
        at,
        clock,
    };
    let logged_in = timeout(PATIENCE, visitor.log_in()).await;
    Visit { at, wait: logged_in.ok().map(|()| clock.steady().0 - at), asked: visitor.asked, said: visitor.said }
}

struct Visitor {
    client: Client,
    attempts_a_second: f64,
    asked: u32,
    said: Vec<(u64, u16)>,
    at: u64,
    clock: SystemClock,
}

impl Visitor {
    /// Opens the page, and sends the form.
    async fn log_in(&mut self) {
        while !self.step(async |client| client.get("/login").await).await {}
        while !self.step(async |client| client.post("/login", FORM, "user=ada&password=lovelace").await).await {}
    }

    /// A request. Whether the site answered it; where it did not, the visitor has done the work, or waited a little.
    async fn step(&mut self, ask: impl AsyncFn(&mut Client) -> Option<ClientResponse>) -> bool {
        let status = ask(&mut self.client).await.map_or(0, |said| said.status);
        self.said(status);
        match status {
            200 => return true,
            403 => self.work().await,
            // Reloads the page after a while.
            _ => sleep(AGAIN).await,
        }
        false
    }

    /// Solves natively, and lets the time pass that the visitor's own device would need.
    async fn work(&mut self) {
        let begun = self.clock.steady().0;
        let Some(challenge) = self.client.challenge().await else { return sleep(AGAIN).await };
        self.asked = self.asked.max(challenge.fields.difficulty().attempts() * SCALE);
        let Ok((submission, attempts)) = tokio::task::spawn_blocking(move || solve(&challenge)).await else { return };
        let took = Duration::from_millis(self.clock.steady().0 - begun);
        sleep(Duration::from_secs_f64(attempts / self.attempts_a_second).saturating_sub(took)).await;
        let cleared = self.client.redeem(&submission).await;
        self.said(if cleared { 201 } else { 1 });
    }

    fn said(&mut self, status: u16) {
        self.said.push((self.clock.steady().0 - self.at, status));
    }
}

/// A solution, and the attempts that it took.
fn solve(challenge: &Challenge) -> (Submission, f64) {
    let nonces = shares(challenge, usize::from(challenge.fields.shares.count()));
    (Submission::of(challenge, &nonces), nonces.last().map_or(0.0, |last| f64::from(*last)))
}

/// Each visitor's own /24 of loopback.
fn network(number: u32) -> Ipv4Addr {
    Ipv4Addr::from((127 << 24) | ((0x4000 + number) << 8) | 7)
}

/// How long a visitor tries.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
pub(crate) const A_SECOND: u32 = 3;
/// Enough for six minutes.
const MOST: u32 = 1_080;
/// After which it reloads what did not come.
const AGAIN: Duration = Duration::from_secs(2);
/// Million attempts a second of visitors' devices, from an older phone to a new computer: published rates of browsers.
const DEVICES: [f64; 20] = [
    4.0, 16.0, 60.0, 16.0, 16.0, 60.0, 120.0, 4.0, 16.0, 60.0, 16.0, 16.0, 60.0, 16.0, 4.0, 60.0, 16.0, 120.0, 16.0,
    60.0,
];
const FORM: &str = "application/x-www-form-urlencoded";
