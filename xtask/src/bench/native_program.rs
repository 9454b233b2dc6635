//! The program `portcullis`, compiled for this machine's own processor: what an attacker would run.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::must_succeed;
use crate::progress::step;
use crate::workspace::Workspace;

/// Builds it, lets it measure every way it has to search, and gives the file with the figures.
///
/// # Errors
/// When it does not compile or run.
pub(super) fn figures(workspace: &Workspace, quick: bool) -> Result<PathBuf> {
    let log = workspace.fresh_log("native");
    // A folder of its own: programs compiled for this processor must not be mistaken for the others.
    let target = workspace.target.join("native");
    step("building the native solver for this processor", "5 minutes the first time", || {
        let mut cargo = workspace.cargo(&["build", "--locked", "--release", "--bin", "portcullis", "--target-dir"]);
        must_succeed(cargo.arg(&target).env("RUSTFLAGS", "-C target-cpu=native"), &log)
    })?;
    let file = workspace.scratch().join("native.json");
    step("measuring the native solver", "20 seconds", || {
        let mut program = workspace.command(&target.join("release/portcullis").to_string_lossy());
        program.args(["bench", "attacker", "--seconds", if quick { "0.01" } else { "1" }, "--json"]);
        must_succeed(program.arg(&file), &log)
    })?;
    Ok(file)
}
