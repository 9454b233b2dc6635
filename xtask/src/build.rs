//! `cargo xtask build`: the assets, and the programs that embed or use them.

use std::panic::resume_unwind;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::command::{must_succeed, run_logged};
use crate::dist;
use crate::progress::step;
use crate::tools::{self, Missing, Need};
use crate::workspace::Workspace;

/// How the programs are compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Soon there, without the commands that a demo does not use.
    Demo,
    /// For development, with the dependencies that the tests use.
    Dev,
    /// Fast when it runs.
    Release,
}

/// Installs what is needed and assembles the assets, side by side: each by itself would leave half of the processor idle.
/// Where there were no assets yet, the programs are compiled meanwhile: most of what they are made of needs none. Gives
/// the browsers and gateways that cannot be had here.
///
/// # Errors
/// When something cannot be installed, or the assets cannot be made.
pub(crate) fn set_up(workspace: &Workspace, needs: &[Need], profile: Profile) -> Result<Vec<Missing>> {
    workspace.fresh_log(tools::LOG);
    let (assets, others): (Vec<_>, Vec<_>) = needs.iter().partition(|need| **need == Need::Assets);
    thread::scope(|scope| {
        let others = scope.spawn(|| tools::set_up(workspace, &others));
        if !assets.is_empty() {
            if !workspace.dist().exists() {
                // Whatever goes wrong here goes wrong again when the programs are built, and is reported then.
                scope.spawn(|| {
                    run_logged(&mut the_programs(workspace, profile), &workspace.fresh_log("programs-ahead"))
                });
            }
            tools::set_up(workspace, &[Need::Assets])?;
            dist::assemble(workspace)?;
        }
        others.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Builds the verifier, and Harbour Post beside it, once the assets are there.
///
/// # Errors
/// When something does not compile; the message shows the compiler's.
pub(crate) fn programs(workspace: &Workspace, profile: Profile) -> Result<()> {
    let (name, usually) = match profile {
        Profile::Demo | Profile::Dev => ("debug", "seconds, or 2 minutes the first time"),
        Profile::Release => ("release", "seconds, or 5 minutes the first time"),
    };
    step(&format!("building the programs ({name})"), usually, || {
        must_succeed(&mut the_programs(workspace, profile), &workspace.fresh_log("programs"))
    })?;
    Ok(())
}

/// The command that builds the programs, once the assets are there. Without the assets it compiles too, but the verifier
/// then refuses to start.
pub(crate) fn the_programs(workspace: &Workspace, profile: Profile) -> Command {
    let programs = ["--bin", "portcullis", "--bin", "demo-login"];
    match profile {
        Profile::Demo => {
            let mut cargo = workspace.cargo(&["build", "--locked", "--no-default-features"]);
            cargo.args(["--package", "portcullis", "--package", "demo-login"]).args(programs);
            for package in OPTIMISED_FOR_TESTS {
                cargo.arg("--config").arg(format!("profile.dev.package.{package}.opt-level=0"));
            }
            cargo
        }
        Profile::Dev => dev_build(workspace, &programs),
        Profile::Release => {
            let mut cargo = workspace.cargo(&["build", "--locked", "--release"]);
            cargo.args(SAME_FEATURES).args(programs);
            cargo
        }
    }
}

/// The command that compiles programs for development with the dependencies of the tests.
pub(crate) fn dev_build(workspace: &Workspace, targets: &[&str]) -> Command {
    let mut cargo = workspace.cargo(&["build", "--locked"]);
    cargo.args(SAME_FEATURES).args(targets).args(LIKE_TESTS);
    cargo
}

/// Selects packages for every build of native code alike. Cargo builds a dependency once for each set of features, and
/// the set follows from the packages selected: selecting the same ones everywhere builds each dependency once.
pub(crate) const SAME_FEATURES: [&str; 7] =
    ["--workspace", "--exclude", "challenge-wasm", "--exclude", "signals-wasm", "--exclude", "sha2-wasm"];

/// What `Cargo.toml` has optimised for the sake of tests alone.
const OPTIMISED_FOR_TESTS: [&str; 5] = ["cel", "antlr4rust", "portcullis-policy", "regex-automata", "regex-syntax"];

/// Tests have dependencies of their own, which ask for more features of shared ones, and cargo counts them only when a
/// test is among what it builds. So one is, the smallest.
const LIKE_TESTS: [&str; 2] = ["--test", "attacks"];
