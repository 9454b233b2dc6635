//! What our solvers are measured beside: the packages of other projects, and the `sha2` crate compiled for browsers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::must_succeed;
use crate::dist;
use crate::progress::step;
use crate::tools;
use crate::workspace::Workspace;

/// Installs the packages that `tests/bench/solver/package-lock.json` names, unless this exact lock was installed
/// before. Nothing in them is run here: they are files for the browser.
pub(super) fn install(workspace: &Workspace) -> Result<()> {
    tools::install_packages(workspace, &folder(workspace), "the solvers of other pages")
}

/// Compiles `tests/bench/solver/sha2-wasm` as our own solver is compiled, into `target/xtask/sha2-wasm`.
pub(super) fn build_sha2(workspace: &Workspace) -> Result<()> {
    let wasm_opt = tools::wasm_opt(workspace)?;
    let log = workspace.fresh_log("sha2-wasm");
    step("building the sha2 crate for browsers", "20 seconds the first time", || {
        let built = workspace.scratch().join("sha2-wasm");
        let module = dist::with_bindings(workspace, "sha2-wasm", "-C target-feature=+simd128", "web", &built, &log)?;
        optimise(workspace, &wasm_opt, &module, &log)
    })
}

fn optimise(workspace: &Workspace, wasm_opt: &Path, module: &Path, log: &Path) -> Result<()> {
    let mut optimise = workspace.command("node");
    must_succeed(optimise.arg(wasm_opt).arg("-O3").arg(module).arg("-o").arg(module), log)?;
    fs::metadata(module).with_context(|| format!("{} was not built", module.display()))?;
    Ok(())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/bench/solver")
}
