//! `cargo xtask bench`: each benchmark sets up what it needs, and is one variant and one file here.

mod distribution;
mod gateway;
mod native;
mod native_program;
mod peers;
mod solver;

use std::fs;
use std::process::Command;

use anyhow::Result;
use clap::Subcommand;

use crate::workspace::Workspace;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Benchmark {
    /// The page's solvers beside the published ones of other proof-of-work pages, in real browsers
    ///
    /// Installs what the demo needs, the browsers with their drivers, and the other pages' packages from npm, into
    /// tests/bench/solver/node_modules. Measures for about 4 minutes.
    #[command(verbatim_doc_comment)]
    Solver(solver::Options),
    /// Every way to search on this machine, compiled for its own processor
    ///
    /// The reference, our search on 1 to 16 lanes, the sha2 crate and PBKDF2, on one core, by criterion: rates, their
    /// ratios, and cycles for each compression. Takes about two minutes; what is compiled lies in target/native.
    #[command(verbatim_doc_comment)]
    Native(native::Options),
    /// How even the time to solve is, simulated and in a browser, compared with what the mathematics expects
    ///
    /// Simulates 2 000 solves of 1, 16, 32 and 64 shares with the real search, lets headless Chromium visit the real page
    /// 100 times, and prints medians, tails and how far each is from Gamma(k). Installs what the tests install for
    /// Chromium. Takes about three minutes.
    #[command(verbatim_doc_comment)]
    Distribution(distribution::Options),
    /// What a request costs: in process, over loopback beside nginx and HAProxy, and behind each gateway
    ///
    /// Issuing, redeeming and deciding, by criterion; requests a second on one core, by wrk, and the CPU time of each, beside
    /// nginx that answers 204 to the same requests on the same core, and for requests passed on beside nginx and HAProxy as
    /// proxies; and what each recipe adds to the time of a request. Needs two cores. Installs what the tests install for the
    /// gateways, and wrk. Takes about 10 minutes, and as long again to compile the first time.
    #[command(verbatim_doc_comment)]
    Gateway(gateway::Options),
}

/// Runs one benchmark.
///
/// # Errors
/// When it could not be set up, or a figure is missing.
pub(crate) fn run(workspace: &Workspace, what: &Benchmark) -> Result<()> {
    match what {
        Benchmark::Solver(options) => solver::run(workspace, options),
        Benchmark::Native(options) => native::run(workspace, options),
        Benchmark::Distribution(options) => distribution::run(workspace, options),
        Benchmark::Gateway(options) => gateway::run(workspace, options),
    }
}

/// Runs that take seconds and fail when a figure is missing, for the checks. `firefox` says whether there is one.
///
/// # Errors
/// When something does not build.
pub(crate) fn quick(workspace: &Workspace, firefox: bool) -> Result<Vec<Command>> {
    let browsers = if firefox { &["chromium", "firefox"][..] } else { &["chromium"] };
    let mut commands = vec![solver::quick(workspace, browsers)?];
    for benchmark in ["native", "distribution", "gateway"] {
        let mut command = workspace.cargo(&["xtask", "bench"]);
        command.args([benchmark, "--quick"]);
        commands.push(command);
    }
    Ok(commands)
}

/// The processor, as it names itself.
fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    line.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}
