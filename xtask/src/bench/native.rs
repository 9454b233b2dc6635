//! `cargo xtask bench native`: this machine's rates of searching, by criterion, compiled for its own processor.

mod figures;

use std::fs;
use std::path::{self, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;

/// How long to measure, and where to write it.
#[derive(Args)]
pub(crate) struct Options {
    /// Take seconds instead of minutes: the figures mean nothing, but every one is there
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Measures and prints the table.
///
/// # Errors
/// When the benchmark does not compile or run, or a figure is missing.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    // A folder of its own: programs compiled for this processor must not be mistaken for the others.
    let target = workspace.target.join("native");
    let found = target.join("figures");
    if found.exists() {
        fs::remove_dir_all(&found).with_context(|| format!("could not remove {}", found.display()))?;
    }
    let mut bench =
        workspace.cargo(&["bench", "--locked", "--package", "native-bench", "--bench", "native", "--target-dir"]);
    bench.arg(&target).env("RUSTFLAGS", FOR_THIS_PROCESSOR).env("CRITERION_HOME", &found);
    bench.args(["--", "--noplot"]).args(if options.quick { QUICK } else { THOROUGH });
    step("measuring", if options.quick { "" } else { "1 minute, and another to compile the first time" }, || {
        must_succeed(&mut bench, &workspace.fresh_log("bench-native"))
    })?;
    let rows = figures::read(&found.join("native"))?;
    println!("{}{}", setting(workspace, options), figures::table(&rows));
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&figures::json(&rows))? + "\n";
        fs::write(path::absolute(file)?, text).with_context(|| format!("could not write {}", file.display()))?;
    }
    Ok(())
}

/// What a reader has to know beside the figures.
fn setting(workspace: &Workspace, options: &Options) -> String {
    let compiler = output_of(workspace.command("rustc").arg("--version")).unwrap_or_default();
    let mut print = workspace.command("rustc");
    let target = output_of(print.args(["--print", "cfg", "-C", "target-cpu=native"])).unwrap_or_default();
    let has = |name: &&&str| target.lines().any(|line| line == format!("target_feature=\"{name}\""));
    let extensions = EXTENSIONS.iter().filter(has).copied().collect::<Vec<_>>().join(", ");
    let quick = if options.quick { " --quick" } else { "" };
    format!(
        "machine    {}\ncompiler   {compiler}, {FOR_THIS_PROCESSOR} ({extensions})\nprogram    portcullis {}\ncommand    cargo xtask bench native{quick}\n",
        super::machine(),
        env!("CARGO_PKG_VERSION"),
    )
}

const FOR_THIS_PROCESSOR: &str = "-C target-cpu=native";
/// Those that make a difference to the rates.
const EXTENSIONS: [&str; 6] = ["avx512f", "avx2", "sse2", "sha", "neon", "sha2"];
const QUICK: [&str; 6] = ["--warm-up-time", "0.05", "--measurement-time", "0.1", "--sample-size", "10"];
const THOROUGH: [&str; 6] = ["--warm-up-time", "1", "--measurement-time", "4", "--sample-size", "50"];
