//! `portcullis bench attacker`

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use portcullis_clearance::clock::SystemClock;

use super::browser::{self, Row};
use super::methods::Method;
use super::report::{Figure, Report};
use crate::cli::output;

#[derive(Debug, Args)]
pub(crate) struct Attacker {
    /// How long to measure each way of searching, on one core and again on all.
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    seconds: Duration,
    /// How many threads to measure with [default: one for each core].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// What `cargo xtask bench solver --json FILE` wrote, on this machine.
    #[arg(long, value_name = "FILE")]
    browser: Option<PathBuf>,
    /// Also write the figures to this file, as JSON in the same form as those of browsers.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(arguments: &Attacker) -> anyhow::Result<()> {
    // Read first: a wrong file is reported at once, not after the measurement.
    let browsers = arguments.browser.as_deref().map(browser::one_worker).transpose()?.unwrap_or_default();
    let clock = SystemClock::start();
    let threads = arguments.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let measured = Method::all().into_iter().map(|method| {
        let rate = |threads| method.rate(threads, arguments.seconds, &clock) / 1e6;
        Figure { method, one: rate(NonZeroUsize::MIN), all: rate(threads) }
    });
    let report = Report { figures: measured.collect(), threads: threads.get(), browsers };
    output::print(&report.to_string())?;
    if let Some(file) = &arguments.json {
        let rows: Vec<Row> = report.rows();
        let text = serde_json::to_string_pretty(&rows)? + "\n";
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.01..=600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "expected seconds, from 0.01 to 600".to_owned())
}

pub(super) const HELP: &str = "\
A program compiled for every processor uses few of this one's vector instructions. For the best this machine can do:
  RUSTFLAGS='-C target-cpu=native' cargo build --release --target-dir target/native
  target/native/release/portcullis bench attacker

For the ratio to a browser on the same machine:
  cargo xtask bench solver --json browser.json
  portcullis bench attacker --browser browser.json";
