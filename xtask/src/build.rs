//! `cargo xtask build`: the assets, and the programs that embed or use them.

use std::process::Command;

use anyhow::Result;

use crate::command::must_succeed;
use crate::dist;
use crate::progress::step;
use crate::workspace::Workspace;

/// How the programs are compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Soon there: for the demo and the tests.
    Dev,
    /// Fast when it runs.
    Release,
}

/// Assembles the assets and builds the verifier, and Harbour Post beside it.
///
/// # Errors
/// When something does not compile; the message shows the compiler's.
pub(crate) fn programs(workspace: &Workspace, profile: Profile) -> Result<()> {
    dist::assemble(workspace)?;
    let (name, usually) = match profile {
        Profile::Dev => ("debug", "2 minutes the first time, seconds later"),
        Profile::Release => ("release", "5 minutes the first time"),
    };
    step(&format!("building the programs ({name})"), usually, || {
        must_succeed(&mut cargo_build(workspace, profile), &workspace.fresh_log("programs"))
    })?;
    Ok(())
}

/// The command that builds the programs, once the assets are there.
pub(crate) fn cargo_build(workspace: &Workspace, profile: Profile) -> Command {
    let mut cargo = workspace.cargo(&["build", "--locked", "--bin", "portcullis", "--bin", "demo-login"]);
    cargo.args(SAME_FEATURES);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    cargo
}

/// Selects packages for every build of native code alike. Cargo builds a dependency once for each set of features, and
/// the set follows from the packages selected: selecting the same ones everywhere builds each dependency once.
pub(crate) const SAME_FEATURES: [&str; 11] = [
    "--workspace",
    "--exclude",
    "challenge-wasm",
    "--exclude",
    "signals-wasm",
    "--exclude",
    "sha2-wasm",
    "--exclude",
    "native-bench",
    "--exclude",
    "gateway-bench",
];
