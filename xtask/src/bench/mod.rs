//! `cargo xtask bench`: each benchmark sets up what it needs, and is one variant and one file here.

mod distribution;
mod native;

use anyhow::Result;
use clap::Subcommand;

use crate::workspace::Workspace;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Benchmark {
    /// Every way to search on this machine, compiled for its very processor
    ///
    /// The reference, our search on 1 to 16 lanes, the sha2 crate and PBKDF2, on one core, by criterion: rates, their
    /// ratios, and cycles for each compression. Takes about two minutes; what is compiled lies in target/native.
    #[command(verbatim_doc_comment)]
    Native(native::Options),
    /// How even the time to solve is, simulated and in a browser, held against its law
    ///
    /// Simulates 2 000 solves of 1, 16, 32 and 64 shares with the real search, lets headless Chromium visit the real page
    /// 100 times, and prints medians, tails and how far each is from Gamma(k). Installs what the tests install for
    /// Chromium. Takes about three minutes.
    #[command(verbatim_doc_comment)]
    Distribution(distribution::Options),
}

/// Runs one benchmark.
///
/// # Errors
/// When it could not be set up, or a figure is missing.
pub(crate) fn run(workspace: &Workspace, what: &Benchmark) -> Result<()> {
    match what {
        Benchmark::Native(options) => native::run(workspace, options),
        Benchmark::Distribution(options) => distribution::run(workspace, options),
    }
}
