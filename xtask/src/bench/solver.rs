//! `cargo xtask bench solver`: sets up browsers and competitors, then runs the program that measures.

use std::path::{self, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::peers;
use crate::build::SAME_FEATURES;
use crate::command::must_succeed;
use crate::dist;
use crate::progress::step;
use crate::tools::{self, Need};
use crate::workspace::Workspace;

/// What to measure, and where to write it.
#[derive(Args)]
pub(crate) struct Options {
    /// Take seconds instead of minutes: the figures mean nothing, but every one is there
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw a bar chart into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Measure in these browsers only
    #[arg(long, value_delimiter = ',', default_values = ["chromium", "firefox"])]
    browser: Vec<Browser>,
}

/// A browser that can be measured in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Browser {
    Chromium,
    Firefox,
}

/// Measures and prints the table.
///
/// # Errors
/// When something could not be set up, or a figure is missing.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::set_up(workspace, &[Need::Assets, Need::Browser])?;
    dist::assemble(workspace)?;
    peers::install(workspace)?;
    peers::build_sha2(workspace)?;
    step("building the program that measures", "1 minute the first time", || {
        let mut cargo = workspace.cargo(&["build", "--locked", "--bin", PROGRAM]);
        must_succeed(cargo.args(SAME_FEATURES), &workspace.fresh_log(PROGRAM))
    })?;
    let status = program(workspace, options)?.status().with_context(|| format!("could not start {PROGRAM}"))?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// The program of the tests that drives the browsers.
const PROGRAM: &str = "bench-solver";

fn program(workspace: &Workspace, options: &Options) -> Result<Command> {
    let mut program = workspace.built(PROGRAM);
    program.args(options.quick.then_some("--quick"));
    for (option, file) in [("--json", &options.json), ("--svg", &options.svg)] {
        if let Some(file) = file {
            // Commands start at the top of the checkout; the path was typed where the caller stands.
            program.arg(option).arg(path::absolute(file)?);
        }
    }
    let named = options.browser.iter().filter_map(ValueEnum::to_possible_value);
    let browsers: Vec<_> = named.map(|browser| browser.get_name().to_owned()).collect();
    program.arg("--browser").arg(browsers.join(","));
    Ok(program)
}
