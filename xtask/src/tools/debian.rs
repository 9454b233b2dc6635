//! Packages of the distribution, installed by `apt-get`.

use std::env;
use std::process::Command;

use anyhow::{Result, bail};

use super::LOG;
use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;

/// Installs packages with `apt-get`, as root or through a `sudo` that needs no password.
///
/// # Errors
/// When neither is possible: the message is the command to run by hand.
pub(super) fn install(workspace: &Workspace, packages: &[&str], why: &str, usually: &str) -> Result<()> {
    install_without_daemons(workspace, packages, &[], why, usually)
}

/// The same for packages that would start `services`: they are started neither now nor at the next boot. A service that
/// was there before is left as it is.
///
/// # Errors
/// As [`install`].
pub(super) fn install_without_daemons(
    workspace: &Workspace,
    packages: &[&str],
    services: &[&str],
    why: &str,
    usually: &str,
) -> Result<()> {
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
        apt_get(workspace, root, &["update"])?;
        let quiet = if services.is_empty() {
            Vec::new()
        } else {
            [&["sh", "-c", WITHOUT_DAEMONS, "sh"], services, &["--"]].concat()
        };
        let before = [root, &quiet].concat();
        apt_get(workspace, &before, &[&["install", "--yes", "--no-install-recommends"], packages].concat())
    })?;
    Ok(())
}

/// Whether the distribution has all these packages, according to its lists, which are updated first if possible.
pub(super) fn offers(workspace: &Workspace, packages: &[&str]) -> bool {
    let simulate = ["install", "--simulate", "--no-install-recommends"];
    let can = || output_of(workspace.command("apt-get").args(simulate).args(packages)).is_some();
    // In a fresh container the lists are empty.
    let refresh = || way_to_root().is_some_and(|root| apt_get(workspace, root, &["update"]).is_ok());
    on_path("apt-get") && (can() || (refresh() && can()))
}

fn apt_get(workspace: &Workspace, root: &[&str], arguments: &[&str]) -> Result<String> {
    let mut command = workspace.command(root[0]);
    command.args(&root[1..]).args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--option", WAIT_FOR_OTHERS]);
    must_succeed(command.args(arguments), &workspace.log(LOG))
}

/// The words to put before a command that needs root; `None` if nothing would work.
fn way_to_root() -> Option<&'static [&'static str]> {
    let ask = |program: &str, arguments: &[&str]| output_of(Command::new(program).args(arguments));
    if ask("id", &["-u"]).as_deref() == Some("0") {
        Some(&["env"])
    } else {
        ask("sudo", &["-n", "true"]).map(|_| ["sudo", "-n", "env"].as_slice())
    }
}

/// Whether PATH leads to a program of this name, or it is one of those that Debian lets only root find.
pub(super) fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| folder.join(program).is_file())
}

/// Takes the services and the command that installs.
const WITHOUT_DAEMONS: &str = include_str!("without_daemons.sh");

/// Seconds that another installation may hold the lock for.
const WAIT_FOR_OTHERS: &str = "DPkg::Lock::Timeout=300";
