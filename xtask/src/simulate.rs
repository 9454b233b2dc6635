//! `cargo xtask simulate`: builds the simulation and starts it.

use std::path::{self, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::build::{self, Profile};
use crate::command::must_succeed;
use crate::progress::step;
use crate::tools::Need;
use crate::workspace::Workspace;

/// What to simulate, and where to write the results.
#[derive(Args)]
pub(crate) struct Options {
    /// Only this scenario; can be given several times
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// List the scenarios, and what happens in each
    #[arg(long)]
    list: bool,
    /// Print every second of each scenario too: the mode, the strain, who waits, what the site is given
    #[arg(long)]
    seconds: bool,
    /// Write the figures to this file, as JSON: a row for each scenario, null where a figure does not apply
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Redraw docs/attack/*.svg, and write the tables of docs/attack-report.md
    #[arg(long)]
    plots: bool,
    /// Other people, other arrivals, other luck; the manual uses 0
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Simulates, and prints the table.
///
/// # Errors
/// When the simulation does not compile, or fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    // The simulation is built with the verifier, which embeds the assets.
    build::set_up(workspace, &[Need::Assets], Profile::Dev)?;
    step("building the simulation", "2 minutes the first time", || {
        must_succeed(&mut build::dev_build(workspace, &["--bin", PROGRAM]), &workspace.fresh_log(PROGRAM))
    })?;
    let mut program = workspace.built(PROGRAM);
    for name in &options.scenario {
        program.arg("--scenario").arg(name);
    }
    program.args(options.list.then_some("--list")).args(options.seconds.then_some("--seconds"));
    program.arg("--seed").arg(options.seed.to_string());
    if let Some(file) = &options.json {
        // Commands start at the top of the checkout; the path was typed where the caller stands.
        program.arg("--json").arg(path::absolute(file)?);
    }
    if options.plots {
        program.arg("--plots").arg(workspace.root.join("docs"));
    }
    if !program.status().with_context(|| format!("could not start {PROGRAM}"))?.success() {
        bail!("the simulation failed");
    }
    Ok(())
}

const PROGRAM: &str = "simulate";
