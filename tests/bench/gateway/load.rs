//! wrk, which sends requests as fast as they are answered.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use portcullis_tests::processes::installed;
use tempfile::TempDir;

/// Whether a connection serves many requests or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    Kept,
    New,
}

/// What is sent.
pub(crate) struct Load {
    pub(crate) requests: Vec<String>,
    /// Each request is sent once, and then it is over; else they are sent again and again.
    pub(crate) once: bool,
    /// The answers are refusals, as the challenge page is.
    pub(crate) refused: bool,
}

/// What came back.
pub(crate) struct Rate {
    /// How many requests were answered.
    pub(crate) answers: u64,
    /// How many in a second.
    pub(crate) per_s: f64,
}

/// Puts `load` on a server, from another core than the servers', and counts the requests answered.
///
/// # Errors
///
/// When wrk does not run, a connection breaks, or an answer is other than expected.
pub(crate) fn rate(server: SocketAddr, load: &Load, duration: Duration) -> Result<Rate> {
    let folder = TempDir::new()?;
    let (script, requests) = (folder.path().join("load.lua"), folder.path().join("requests"));
    fs::write(&script, SCRIPT)?;
    fs::write(&requests, load.requests.join("\0"))?;
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", CORE]).arg(installed("wrk").get_program());
    // wrk takes whole seconds.
    command.args(["--threads", "1", "--connections", CONNECTIONS]);
    command.arg("--duration").arg(duration.as_secs().max(1).to_string()).arg("--script").arg(&script);
    let output = command.arg(format!("http://{server}")).arg("--").arg(&requests);
    let output = output.args(load.once.then_some("once")).output();
    let output = output.context("could not start wrk")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let came = Came::read(&said).with_context(|| format!("wrk failed: {said}"))?;
    let as_expected = if load.refused { came.refused == came.answers } else { came.refused == 0 };
    if !as_expected || came.broken > 0 || came.answers == 0 {
        bail!("{came:?} of {} different requests: not what is measured", load.requests.len());
    }
    Ok(Rate { answers: came.answers, per_s: came.answers as f64 / (came.microseconds as f64 / 1e6) })
}

/// What the script says.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    answers: u64,
    microseconds: u64,
    refused: u64,
    broken: u64,
}

impl Came {
    fn read(said: &str) -> Option<Self> {
        let numbers = said.lines().find_map(|line| line.strip_prefix("came "))?;
        let numbers: Vec<u64> = numbers.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [answers, microseconds, refused, broken] = numbers[..] else { return None };
        Some(Self { answers, microseconds, refused, broken })
    }
}

const SCRIPT: &str = include_str!("load.lua");
/// Any other than the servers'.
const CORE: &str = "1";
/// As many as one core's wait for one another, without a queue before it.
const CONNECTIONS: &str = "16";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_script_says_is_read() {
        let came = Came { answers: 100, microseconds: 2_000_000, refused: 1, broken: 0 };
        assert_eq!(Came::read("Running 2s test\ncame 100 2000000 1 0\n"), Some(came));
        assert_eq!(Came::read("unable to connect"), None);
    }
}
