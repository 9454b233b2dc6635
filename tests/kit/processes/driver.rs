//! The programs that start and drive browsers: one for each kind of browser, all speaking WebDriver.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{ClaimedPort, PATIENCE, Process, eventually};

/// A running driver. When dropped it is ended, and so is every browser it still has.
#[derive(Debug)]
pub struct Driver {
    process: Process,
    address: SocketAddr,
    /// The one that it was told.
    _port: Option<ClaimedPort>,
}

impl Driver {
    /// Starts a driver that chooses a free port itself, and says so after `announcement`. ChromeDriver ends now and
    /// then because its port is taken in one of the two families of addresses; it is then started again.
    ///
    /// # Panics
    ///
    /// When it does not say so in a few tries.
    pub fn that_says_its_port(command: &mut Command, announcement: &str) -> Self {
        let started = (0..TRIES).find_map(|_| Self::says_its_port(command, announcement));
        started.unwrap_or_else(|| panic!("{command:?} does not say its port"))
    }

    fn says_its_port(command: &mut Command, announcement: &str) -> Option<Self> {
        let (process, output) = Process::start(command);
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once(announcement)?;
            port.trim_end_matches('.').parse::<u16>().ok()
        })?;
        // Read to its end, so that it never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        Some(Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), _port: None })
    }

    /// Starts a driver that must be told its port.
    ///
    /// # Panics
    ///
    /// When it does not listen there.
    pub async fn that_is_told_its_port(command: &mut Command) -> Self {
        let port = ClaimedPort::claim();
        let address = port.address();
        let (process, output) = Process::start(command.arg(format!("--port={}", address.port())));
        thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).for_each(drop));
        eventually("the driver listens", PATIENCE, async || TcpStream::connect(address).await.ok()).await;
        Self { process, address, _port: Some(port) }
    }

    /// Starts the driver of Chromium. It and its browsers leave their temporary files in `folder`.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn of_chromium(folder: &Path) -> Self {
        Self::of_chromium_by(Command::new("chromedriver"), folder)
    }

    /// As [`of_chromium`](Self::of_chromium), with a `command` that begins the driver's in its own way, as `nice` does.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn of_chromium_by(mut command: Command, folder: &Path) -> Self {
        command.arg("--port=0").env("TMPDIR", folder);
        Self::that_says_its_port(&mut command, "ChromeDriver was started successfully on port ")
    }

    /// Starts a browser with these capabilities.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn browser(&self, wanted: Value) -> Client {
        let wanted: Capabilities = serde_json::from_value(wanted).expect("capabilities are an object");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let url = format!("http://{}", self.address);
        let started = timeout(START_LIMIT, builder.capabilities(wanted).connect(&url)).await;
        started.expect("the browser starts in time").expect("the driver starts the browser")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let browsers = descendants(self.process.id());
        self.process.kill_9();
        for id in browsers.iter().filter_map(|id| i32::try_from(*id).ok()) {
            // Ended by itself meanwhile: good.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
        // Their folder goes next: nobody may write there any more.
        for _ in 0..MAX_LOOKS {
            if !browsers.iter().any(|id| runs(*id)) {
                break;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The processes a process has started, and those they have.
fn descendants(id: u32) -> Vec<u32> {
    let everyone: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let id = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Some((id, parent(id)?))
        })
        .collect();
    let mut found = vec![id];
    let mut next = 0;
    while next < found.len() {
        let of = found[next];
        found.extend(everyone.iter().filter(|(_, parent)| *parent == of).map(|(id, _)| id));
        next += 1;
    }
    found.split_off(1)
}

fn parent(id: u32) -> Option<u32> {
    status(id)?.1.parse().ok()
}

/// Whether a process still does anything; one that has ended and whose parent has not waited for it does not.
fn runs(id: u32) -> bool {
    status(id).is_some_and(|(state, _)| state != "Z")
}

/// State and parent of a process.
fn status(id: u32) -> Option<(String, String)> {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may hold anything; state and parent follow the last one.
    let mut fields = status.rsplit_once(')')?.1.split_ascii_whitespace().map(str::to_owned);
    fields.next().zip(fields.next())
}

/// How Chromium is started: headless; without a sandbox, which containers rarely allow; without anything that asks the
/// network.
pub const CHROMIUM: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
/// Some start in a second, some in ten while the machine is busy; one that lacks a screen never does.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often a driver is started if it finds its port taken.
const TRIES: usize = 5;
/// The pause between looks at processes that were killed.
const PAUSE: Duration = Duration::from_millis(10);
/// They take a few milliseconds each to free their memory.
const MAX_LOOKS: u32 = 500;
