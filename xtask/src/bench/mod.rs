//! `cargo xtask bench`: each benchmark sets up what it needs, and is one variant and one file here.

mod native_program;
mod peers;
mod solver;

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
}

/// Runs one benchmark.
///
/// # Errors
/// When it could not be set up, or a figure is missing.
pub(crate) fn run(workspace: &Workspace, what: &Benchmark) -> Result<()> {
    match what {
        Benchmark::Solver(options) => solver::run(workspace, options),
    }
}

/// Runs that take seconds and fail when a figure is missing, for the checks. `firefox` tells whether there is one.
///
/// # Errors
/// When something does not build.
pub(crate) fn quick(workspace: &Workspace, firefox: bool) -> Result<Vec<Command>> {
    let browsers = if firefox { &["chromium", "firefox"][..] } else { &["chromium"] };
    Ok(vec![solver::quick(workspace, browsers)?])
}
