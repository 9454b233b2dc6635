//! The protected site, and the verifier in front of it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{ChildStdout, Command};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_tests::processes::{Process, Settings, Verifier};
use serde::Deserialize;

/// Both, running.
pub(crate) struct Site {
    pub(crate) verifier: Verifier,
    seconds: Arc<Mutex<Vec<Second>>>,
    clock: SystemClock,
    _origin: Process,
}

/// A second of the origin.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Second {
    /// When it ended, in milliseconds of the site's clock.
    #[serde(default)]
    pub(crate) at: u64,
    pub(crate) pages: u32,
    pub(crate) logins: u32,
    /// Answered 503 at once.
    pub(crate) refused: u32,
    /// Milliseconds that the slowest answer took.
    pub(crate) slowest: u64,
}

impl Second {
    /// Whether it answers as it is meant to: within a second, and everybody.
    pub(crate) fn is_well(&self) -> bool {
        self.refused == 0 && self.slowest <= 1000
    }
}

impl Site {
    /// Starts both, with the gate in a mode, and the least work as it is by default.
    pub(crate) async fn start(mode: &str, clock: SystemClock) -> Self {
        let (origin, output) = Process::start(&mut Command::new(env!("CARGO_BIN_EXE_bounded-origin")));
        let mut lines = BufReader::new(output);
        let mut url = String::new();
        lines.read_line(&mut url).expect("the origin says its address");
        let seconds = Arc::default();
        follow(lines, Arc::clone(&seconds), clock);
        let settings = Settings::in_front_of(url.trim())
            .for_people()
            .set("gate.mode", &format!("{mode:?}"))
            .difficulty(DIFFICULTY / SCALE)
            .set("pressure.most_difficulty", &(MOST_DIFFICULTY / SCALE).to_string())
            .set("client_ip.trusted_proxies", "[\"127.0.0.1\"]")
            .set("log.level", "\"info\"");
        Self { verifier: Verifier::start(settings).await, seconds, clock, _origin: origin }
    }

    /// Where clients connect.
    pub(crate) fn gate(&self) -> SocketAddr {
        self.verifier.address()
    }

    /// The clock that all times are by.
    pub(crate) fn now(&self) -> u64 {
        self.clock.steady().0
    }

    /// The origin's seconds that ended between two times.
    pub(crate) fn seconds(&self, from: u64, to: u64) -> Vec<Second> {
        let seconds = self.seconds.lock();
        seconds.iter().filter(|second| (from..to).contains(&second.at)).copied().collect()
    }

    /// For how long the verifier has kept a processor busy.
    pub(crate) fn busy(&mut self) -> Duration {
        self.verifier.process().busy()
    }
}

/// Reads what the origin says of each second, to its end.
fn follow(lines: BufReader<ChildStdout>, seconds: Arc<Mutex<Vec<Second>>>, clock: SystemClock) {
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            let second = serde_json::from_str::<Second>(&line).expect("the origin says what happened");
            let second = Second { at: clock.steady().0, ..second };
            seconds.lock().push(second);
        }
    });
}

/// All work, and every device that does it, is this many times smaller than in life: the visitors' waits are the same,
/// and two cores suffice for all of them. Only browsers are not scaled.
pub(crate) const SCALE: u32 = 100;
/// As by default.
const DIFFICULTY: u32 = 1_500_000;
const MOST_DIFFICULTY: u32 = 15_000_000;
