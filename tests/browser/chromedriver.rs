//! The program `chromedriver`, which starts and drives Chromium.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portcullis_tests::processes::Process;

/// A running `chromedriver`. When dropped it is ended, and so is every browser it still has.
pub(crate) struct Chromedriver {
    process: Process,
    url: String,
}

impl Chromedriver {
    /// Starts it on a free port. It and its browsers leave their temporary files in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let (process, output) = Process::start(Command::new("chromedriver").arg("--port=0").env("TMPDIR", folder));
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("chromedriver says its port");
        // Read to its end, so that it never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }

    /// Where it is driven.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let browsers = descendants(self.process.id());
        self.process.kill_9();
        for id in browsers.into_iter().filter_map(|id| i32::try_from(id).ok()) {
            // Ended by itself meanwhile: good.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
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
    // The name, in parentheses, may hold anything; state and parent follow the last one.
    let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    status.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}
