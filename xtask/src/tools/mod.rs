//! Set-up: installs what a command needs and nothing else. A second run finds everything in place.

mod cargo_tools;
mod debian;
mod node;
mod pinned;
mod version;

use std::fs;

use anyhow::{Context, Result};

use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;
pub(crate) use node::wasm_opt;
pub(crate) use pinned::WASM_TARGET;

/// The log of everything installed.
const LOG: &str = "set-up";

/// Something a command cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// What turns the sources of the challenge page into assets: the WebAssembly target and tools, Node.js, packages.
    Assets,
    /// Chromium and its driver.
    Browser,
    /// cargo-deny.
    DependencyChecks,
}

/// Puts everything needed in place.
///
/// # Errors
/// When something could not be installed; the message says what to do by hand.
pub(crate) fn set_up(workspace: &Workspace, needs: &[Need]) -> Result<()> {
    workspace.fresh_log(LOG);
    let mut cargo_tools = Vec::new();
    if needs.contains(&Need::Assets) {
        add_wasm_target(workspace)?;
        cargo_tools.extend([&pinned::WASM_BINDGEN, &pinned::WASM_PACK]);
    }
    if needs.contains(&Need::DependencyChecks) {
        cargo_tools.push(&pinned::CARGO_DENY);
    }
    cargo_tools::install(workspace, &cargo_tools)?;
    if needs.contains(&Need::Assets) {
        node::install(workspace)?;
        node::install_packages(workspace)?;
    }
    if needs.contains(&Need::Browser) {
        debian::install_browser(workspace)?;
    }
    Ok(())
}

fn add_wasm_target(workspace: &Workspace) -> Result<()> {
    let mut ask = workspace.command("rustc");
    ask.args(["--print", "target-libdir", "--target", pinned::WASM_TARGET]);
    let folder = output_of(&mut ask).context("rustc cannot be run: install Rust from https://rustup.rs")?;
    if fs::exists(folder)? {
        return Ok(());
    }
    step(&format!("adding the Rust target {}", pinned::WASM_TARGET), "5 seconds", || {
        let mut add = workspace.command("rustup");
        must_succeed(add.args(["target", "add", pinned::WASM_TARGET]), &workspace.log(LOG))
            .context("Rust from a distribution cannot add targets: install it from https://rustup.rs")?;
        Ok(())
    })
}
