//! Set-up: installs what a command needs and nothing else. A second run finds everything in place.

mod browsers;
mod cargo_tools;
mod debian;
mod gateways;
mod node;
mod pinned;
mod python;
mod version;

use std::fs;
use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context, Result};

use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;
pub(crate) use browsers::Browser;
pub(crate) use gateways::Gateway;
pub(crate) use node::{install_packages, wasm_opt};
pub(crate) use pinned::WASM_TARGET;

/// The log of packages. What cargo compiles has a log for each tool.
pub(crate) const LOG: &str = "set-up";

/// Something that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// What turns the sources of the challenge page into assets: the WebAssembly target and tools, Node.js, packages.
    Assets,
    /// wasm-pack, which runs tests of WebAssembly in browsers.
    WasmTests,
    /// A browser and its driver.
    Browser(Browser),
    /// A gateway that a recipe is for.
    Gateway(Gateway),
    /// wrk, which puts load on servers.
    LoadGenerator,
    /// cargo-deny.
    DependencyChecks,
    /// Checkers of Markdown: its form, its links, its spelling.
    DocsLinters,
    /// Published server libraries for the services that siteverify stands in for, from npm and PyPI.
    FormLibraries,
    /// Programs that make requests and drive browsers, and a screen for a browser's window that nobody sees.
    Automation,
}

impl Need {
    /// What it is called where people read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Assets => "the tools for the page's assets",
            Self::WasmTests => "wasm-pack",
            Self::Browser(browser) => browser.name(),
            Self::Gateway(gateway) => gateway.name(),
            Self::LoadGenerator => "wrk",
            Self::DependencyChecks => "cargo-deny",
            Self::DocsLinters => "linters for Markdown",
            Self::FormLibraries => "libraries that ask siteverify",
            Self::Automation => "tools that drive browsers",
        }
    }

    /// The word in the names of all tests, and of no others, that are skipped if it cannot be installed.
    pub(crate) fn word_in_tests(self) -> Option<&'static str> {
        match self {
            Self::Browser(browser) => Some(browser.word_in_tests()),
            Self::Gateway(gateway) => Some(gateway.word_in_tests()),
            Self::LoadGenerator => Some("wrk"),
            Self::Assets
            | Self::WasmTests
            | Self::DependencyChecks
            | Self::DocsLinters
            | Self::FormLibraries
            | Self::Automation => None,
        }
    }
}

/// A browser or a gateway that cannot be installed here.
pub(crate) struct Missing {
    /// Which.
    pub(crate) need: Need,
    /// Why, for the summary.
    pub(crate) reason: String,
}

/// Puts everything needed in place. Returns the browsers and gateways that cannot be installed here: their tests are
/// skipped.
///
/// # Errors
/// When something could not be installed; the message says what to do by hand.
pub(crate) fn set_up(workspace: &Workspace, needs: &[Need]) -> Result<Vec<Missing>> {
    let mut tools = Vec::new();
    if needs.contains(&Need::Assets) {
        add_wasm_target(workspace)?;
        tools.push(&pinned::WASM_BINDGEN);
    }
    if needs.contains(&Need::WasmTests) {
        tools.push(&pinned::WASM_PACK);
    }
    if needs.contains(&Need::DependencyChecks) {
        tools.push(&pinned::CARGO_DENY);
    }
    // Packages are fetched while tools are compiled.
    let missing = thread::scope(|scope| {
        let compiling = scope.spawn(|| cargo_tools::install(workspace, &tools));
        let missing = install_packages_for(workspace, needs);
        compiling.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        missing
    })?;
    let firefox = Need::Browser(Browser::Firefox);
    if needs.contains(&firefox) && !missing.iter().any(|one| one.need == firefox) {
        cargo_tools::install(workspace, &[&pinned::GECKODRIVER])?;
    }
    Ok(missing)
}

/// Installs what comes as packages: from Debian, npm and PyPI.
fn install_packages_for(workspace: &Workspace, needs: &[Need]) -> Result<Vec<Missing>> {
    let mut missing = browsers::install(workspace, &Browser::among(needs))?;
    missing.extend(gateways::install(workspace, &Gateway::among(needs))?);
    if needs.contains(&Need::LoadGenerator) && !debian::on_path("wrk") {
        if debian::offers(workspace, &["wrk"]) {
            debian::install(workspace, &["wrk"], "puts load on servers", "10 seconds")?;
        } else {
            let reason = "not offered by this system's packages".to_owned();
            missing.push(Missing { need: Need::LoadGenerator, reason });
        }
    }
    if needs.contains(&Need::Assets) {
        node::install(workspace)?;
        node::install_packages(workspace, &workspace.www(), "the JavaScript tools")?;
    }
    if needs.contains(&Need::DocsLinters) {
        node::install(workspace)?;
        node::install_packages(workspace, &workspace.root.join("tests/docs"), "linters for Markdown")?;
    }
    if needs.contains(&Need::FormLibraries) {
        let folder = workspace.root.join("tests/siteverify");
        node::install(workspace)?;
        node::install_packages(workspace, &folder, "a library that asks siteverify")?;
        python::install_packages(workspace, &folder, "libraries that ask siteverify")?;
    }
    if needs.contains(&Need::Automation) {
        add_automation(workspace)?;
    }
    Ok(missing)
}

/// The tools from npm bring no browsers: they drive those that are there.
fn add_automation(workspace: &Workspace) -> Result<()> {
    let programs = [("curl", "curl"), ("python3", "python3"), ("Xvfb", "xvfb")];
    let packages: Vec<&str> =
        programs.iter().filter(|(program, _)| !debian::on_path(program)).map(|(_, of)| *of).collect();
    if !packages.is_empty() {
        debian::install(workspace, &packages, "make requests, and show windows on a virtual screen", "10 seconds")?;
    }
    node::install(workspace)?;
    node::install_packages(workspace, &workspace.root.join("tests/automation"), "tools that drive browsers")
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
