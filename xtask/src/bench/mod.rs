//! `cargo xtask bench`: each benchmark sets up what it needs, and is one variant and one file here.

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
}

/// Runs one benchmark.
///
/// # Errors
/// When it could not be set up, or a figure is missing.
pub(crate) fn run(workspace: &Workspace, what: &Benchmark) -> Result<()> {
    match what {
        Benchmark::Native(options) => native::run(workspace, options),
    }
}
