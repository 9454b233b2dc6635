//! The attackers. What they send is bounded in rate, and those who compute are nice: they are not to win by taking the
//! verifier's processor, which in a real attack is its own.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use fantoccini::Client;
use portcullis_tests::processes::{CHROMIUM, Driver, Process, installed};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::site::SCALE;

/// What became of a flood.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flooded {
    /// Requests that were answered.
    pub(crate) answered: u64,
    /// Those of them that were refused, by the gate or by the origin.
    pub(crate) refused: u64,
}

/// A flood by wrk for this many seconds.
pub(crate) fn flood(gate: SocketAddr, seconds: u64) -> JoinHandle<Flooded> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("attack/flood.lua");
    let mut wrk = installed("wrk");
    wrk.args(["--threads", "1", "--connections", CONNECTIONS, "--timeout", "10s", "--duration"]);
    wrk.arg(format!("{seconds}s")).arg("--script").arg(script).arg(format!("http://{gate}/"));
    spawn_blocking(move || {
        let (_wrk, mut output) = Process::start(&mut wrk);
        let mut said = String::new();
        output.read_to_string(&mut said).expect("wrk prints its result");
        let numbers = said.lines().find_map(|line| line.strip_prefix("came "));
        let numbers: Vec<u64> = numbers.into_iter().flat_map(|all| all.split(' ').flat_map(str::parse)).collect();
        let [answered, refused, _] = numbers[..] else { panic!("wrk failed: {said}") };
        Flooded { answered, refused }
    })
}

/// What became of solvers.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Spent {
    /// Challenges solved.
    pub(crate) solved: u64,
    /// Attempts that they took, in thousands.
    pub(crate) attempts: u64,
    /// Logins that the origin answered.
    pub(crate) logins: u64,
    /// Logins whose turn did not come.
    pub(crate) overloaded: u64,
}

/// Native solvers on one core, for this many seconds.
pub(crate) fn solvers(gate: SocketAddr, seconds: u64) -> JoinHandle<Spent> {
    let mut solvers = nice(5, Command::new(env!("CARGO_BIN_EXE_native-solvers")));
    solvers.args([gate.to_string(), seconds.to_string(), (ATTEMPTS_A_SECOND / SCALE).to_string()]);
    solvers.args((1..=NETWORKS_OF_SOLVERS).map(|network| Ipv4Addr::new(127, 9, network, 7).to_string()));
    spawn_blocking(move || {
        let (_solvers, mut output) = Process::start(&mut solvers);
        let mut said = String::new();
        output.read_to_string(&mut said).expect("solvers print their result");
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("solvers failed: {said}"))
    })
}

/// Headless browsers, started ahead of need, that load pages as fast as they can.
pub(crate) struct Browsers {
    browsers: Vec<Client>,
    _driver: Driver,
    _folder: TempDir,
}

/// Browsers that load pages.
pub(crate) struct Loading {
    over: Arc<AtomicBool>,
    loaded: Arc<AtomicU32>,
    tasks: Vec<JoinHandle<()>>,
}

impl Browsers {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let driver = Driver::of_chromium_by(nice(5, Command::new("chromedriver")), folder.path());
        let mut browsers = Vec::new();
        for number in 0..BROWSERS {
            let profile = format!("--user-data-dir={}", folder.path().join(number.to_string()).display());
            let arguments: Vec<_> = CHROMIUM.into_iter().chain([profile.as_str()]).collect();
            // A page counts as soon as it is there: nobody looks at it.
            let wanted = json!({ "pageLoadStrategy": "eager", "goog:chromeOptions": { "args": arguments } });
            browsers.push(driver.browser(wanted).await);
        }
        Self { browsers, _driver: driver, _folder: folder }
    }

    /// They begin.
    pub(crate) fn load(&self, gate: SocketAddr) -> Loading {
        let (over, loaded) = (Arc::new(AtomicBool::new(false)), Arc::<AtomicU32>::default());
        let tasks = self.browsers.iter().map(|browser| {
            let (browser, over, loaded) = (browser.clone(), Arc::clone(&over), Arc::clone(&loaded));
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    // A page that does not come is one that was asked for all the same.
                    let _ = timeout(PAGE, browser.goto(&format!("http://{gate}/login"))).await;
                    loaded.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        Loading { tasks: tasks.collect(), over, loaded }
    }
}

impl Loading {
    /// They stop. How many pages they loaded.
    pub(crate) async fn end(self) -> u32 {
        self.over.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("browsers do not panic");
        }
        self.loaded.load(Ordering::SeqCst)
    }
}

/// A command that leaves the processor to others.
fn nice(by: u32, command: Command) -> Command {
    let mut nice = Command::new("nice");
    nice.arg("-n").arg(by.to_string()).arg(command.get_program()).args(command.get_args());
    nice
}

/// With the pause in the script, four thousand requests a second at most.
const CONNECTIONS: &str = "400";
/// What one core does with vectors of 256 bits.
const ATTEMPTS_A_SECOND: u32 = 30_000_000;
const NETWORKS_OF_SOLVERS: u8 = 4;
const BROWSERS: u32 = 2;
const PAGE: Duration = Duration::from_secs(10);
