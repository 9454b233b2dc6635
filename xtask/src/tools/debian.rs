//! Packages of the distribution, asked of `apt-get`.

use std::env;
use std::process::Command;

use anyhow::{Result, bail};

use super::LOG;
use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;

/// Installs Chromium and its driver unless both are there.
pub(super) fn install_browser(workspace: &Workspace) -> Result<()> {
    if on_path("chromedriver") && (on_path("chromium") || on_path("google-chrome")) {
        return Ok(());
    }
    install(workspace, &["chromium", "chromium-driver"], "the browser the tests drive", "1 minute")
}

/// Installs packages with `apt-get`, as root or through a `sudo` that asks for no password.
///
/// # Errors
/// When neither is possible: the message is the command to run by hand.
pub(super) fn install(workspace: &Workspace, packages: &[&str], why: &str, usually: &str) -> Result<()> {
    let names = packages.join(" ");
    if !on_path("apt-get") {
        bail!("{names} ({why}) must be installed; this system has no apt-get, so please install the equivalents");
    }
    let Some(root) = way_to_root() else {
        bail!(
            "{names} ({why}) must be installed, and this needs root. Run\n\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends {names}\n\n\
             and then the same command again."
        );
    };
    step(&format!("installing {names} from Debian: {why}"), usually, || {
        let apt = |arguments: &[&str]| {
            let mut command = workspace.command(root[0]);
            command.args(&root[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
            must_succeed(&mut command, &workspace.log(LOG))
        };
        apt(&["update"])?;
        apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
    })?;
    Ok(())
}

/// The words to put before a command that needs root, unless there is no way.
fn way_to_root() -> Option<&'static [&'static str]> {
    let ask = |program: &str, arguments: &[&str]| output_of(Command::new(program).args(arguments));
    if ask("id", &["-u"]).as_deref() == Some("0") {
        Some(&["env"])
    } else {
        ask("sudo", &["-n", "true"]).map(|_| ["sudo", "-n", "env"].as_slice())
    }
}

/// Whether PATH leads to a program of this name.
pub(super) fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
