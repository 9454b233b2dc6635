//! `cargo xtask bench solver`: sets up browsers and competitors, then runs the program that measures.

use std::env;
use std::path::{self, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::{native_program, peers};
use crate::build::{self, Profile};
use crate::command::must_succeed;
use crate::progress::step;
use crate::tools::{Browser, Need};
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
    browser: Vec<Measured>,
    /// Also compile the native solver for this very processor, and set it beside the page's: what an attacker gains
    #[arg(long)]
    native: bool,
    /// Also measure this build of Cap's solver: its repository may hold a newer one than npm
    #[arg(long, value_name = "FILE")]
    cap_wasm: Option<PathBuf>,
}

/// A browser that can be measured in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measured {
    Chromium,
    Firefox,
}

impl Measured {
    fn need(self) -> Need {
        Need::Browser(match self {
            Self::Chromium => Browser::Chromium,
            Self::Firefox => Browser::Firefox,
        })
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Measures and prints the table.
///
/// # Errors
/// When something could not be set up, or a figure is missing.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let needs = options.browser.iter().map(|browser| browser.need()).chain([Need::Assets]).collect::<Vec<_>>();
    if let Some(missing) = build::set_up(workspace, &needs, Profile::Dev)?.first() {
        bail!("{} cannot be had here: {}. Leave it out with --browser", missing.need.name(), missing.reason);
    }
    let mut program = prepared(workspace)?;
    let browsers: Vec<_> = options.browser.iter().map(|browser| browser.name()).collect();
    program.arg("--browser").arg(browsers.join(",")).args(options.quick.then_some("--quick"));
    let typed: Vec<_> = env::args().skip(1).collect();
    program.arg("--command").arg(format!("cargo xtask {}", typed.join(" ")));
    let native = if options.native { Some(native_program::figures(workspace, options.quick)?) } else { None };
    let files =
        [("--json", &options.json), ("--svg", &options.svg), ("--cap-wasm", &options.cap_wasm), ("--native", &native)];
    for (option, file) in files {
        if let Some(file) = file {
            // Commands start at the top of the checkout; the path was typed where the caller stands.
            program.arg(option).arg(path::absolute(file)?);
        }
    }
    let status = program.status().with_context(|| format!("could not start {PROGRAM}"))?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// A run that takes seconds, for the checks, which have set up assets and browsers before. It fails when a figure is
/// missing.
///
/// # Errors
/// When something does not build.
pub(super) fn quick(workspace: &Workspace, browsers: &[&str]) -> Result<Command> {
    let mut program = prepared(workspace)?;
    program.args(["--quick", "--browser"]).arg(browsers.join(","));
    Ok(program)
}

/// The program that measures, once everything it measures is there.
fn prepared(workspace: &Workspace) -> Result<Command> {
    peers::install(workspace)?;
    peers::build_sha2(workspace)?;
    step("building the program that measures", "1 minute the first time", || {
        must_succeed(&mut build::dev_build(workspace, &["--bin", PROGRAM]), &workspace.fresh_log(PROGRAM))
    })?;
    Ok(workspace.built(PROGRAM))
}

/// The program of the tests that drives the browsers.
const PROGRAM: &str = "bench-solver";
