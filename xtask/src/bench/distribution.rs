//! `cargo xtask bench distribution`: lets a browser visit, then runs the program that simulates and compares.

use std::fs;
use std::path::{self, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::build::{self, Profile, SAME_FEATURES};
use crate::command::must_succeed;
use crate::progress::step;
use crate::tools::{Browser, Need};
use crate::workspace::Workspace;

/// How much to measure, and where to write it.
#[derive(Args)]
pub(crate) struct Options {
    /// Take a fraction of the time: the figures mean little, but every one is there
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the distribution into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Measures and prints the table.
///
/// # Errors
/// When something could not be set up, a visit fails, or a figure is missing.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let missing = build::set_up(workspace, &[Need::Assets, Need::Browser(Browser::Chromium)], Profile::Dev)?;
    if let Some(missing) = missing.first() {
        bail!("{} cannot be had here: {}", missing.need.name(), missing.reason);
    }
    build::programs(workspace, Profile::Dev)?;
    let log = workspace.fresh_log("bench-distribution");
    step("building the programs that measure", "2 minutes the first time", || {
        must_succeed(&mut build::dev_build(workspace, &["--bin", PROGRAM]), &log)?;
        let mut cargo = workspace.cargo(&["test", "--locked", "--no-run", "--test", "browser"]);
        must_succeed(cargo.args(SAME_FEATURES), &log)
    })?;
    let times = workspace.scratch().join("solve-times.json");
    let visits = if options.quick { "5" } else { "100" };
    step(&format!("visiting {visits} times"), if options.quick { "" } else { "2 minutes" }, || {
        // Times of an earlier run must not be taken for those of this one.
        let _ = fs::remove_file(&times);
        let mut cargo = workspace.cargo(&["test", "--locked", "--test", "browser"]);
        cargo.args(SAME_FEATURES).args(["--", "--ignored", "--exact", VISITS]);
        must_succeed(cargo.env("PORTCULLIS_VISITS", visits).env("PORTCULLIS_SOLVE_TIMES", &times), &log)
    })?;
    let mut program = workspace.built(PROGRAM);
    program.arg("--real").arg(&times).args(options.quick.then_some("--quick"));
    for (option, file) in [("--json", &options.json), ("--svg", &options.svg)] {
        if let Some(file) = file {
            // Commands start at the top of the checkout; the path was typed where the caller stands.
            program.arg(option).arg(path::absolute(file)?);
        }
    }
    if !program.status().with_context(|| format!("could not start {PROGRAM}"))?.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// The program of the tests that simulates and compares.
const PROGRAM: &str = "bench-distribution";
/// The browser's story that only visits.
const VISITS: &str = "stories::solve_times::strangers_come_one_after_another";
