//! Node.js and packages from npm: the optimiser, the type checker, what the JavaScript tests and benchmarks need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::version::{Version, version_of};
use super::{LOG, debian, pinned};
use crate::command::must_succeed;
use crate::progress::step;
use crate::workspace::Workspace;

/// Installs Debian's Node.js and npm unless a recent enough one is there.
pub(super) fn install(workspace: &Workspace) -> Result<()> {
    if is_installed() {
        return Ok(());
    }
    debian::install(workspace, &["nodejs", "npm"], "optimises the WebAssembly, tests the JavaScript", "2 minutes")?;
    if !is_installed() {
        bail!("Node.js {} or newer is needed, with npm; this system's packages are older", pinned::OLDEST_NODE);
    }
    Ok(())
}

fn is_installed() -> bool {
    let recent = version_of(&mut Command::new("node")) >= Some(Version(pinned::OLDEST_NODE, 0, 0));
    recent && version_of(&mut Command::new("npm")).is_some()
}

/// Installs the packages that the `package-lock.json` in a folder names, unless this exact lock was installed before.
/// No script of a package is run.
///
/// # Errors
/// When the lock cannot be read, or npm fails.
pub(crate) fn install_packages(workspace: &Workspace, folder: &Path, what: &str) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let stamp = folder.join("node_modules/.installed-lock");
    let locked = fs::read(&lock).with_context(|| format!("could not read {}", lock.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == locked) {
        return Ok(());
    }
    step(&format!("installing {what} from npm"), "10 seconds", || {
        let mut npm = workspace.command("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        must_succeed(&mut npm, &workspace.log(LOG))
    })?;
    fs::write(stamp, locked)?;
    Ok(())
}

/// The optimiser for WebAssembly, once it is confirmed to be the pinned one.
///
/// # Errors
/// When it is missing or of another version: without it nothing would be optimised.
pub(crate) fn wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    let program = workspace.www().join("node_modules/.bin/wasm-opt");
    match version_of(&mut Command::new(&program)) {
        Some(Version(pinned::WASM_OPT, ..)) => Ok(program),
        Some(other) => bail!("wasm-opt is version {}, not {}: see www/package.json", other.0, pinned::WASM_OPT),
        None => bail!("{} cannot be run: delete www/node_modules and try again", program.display()),
    }
}
