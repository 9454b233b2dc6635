//! Assembles `www/dist`, the flat folder of assets that the verifier embeds.
//!
//! It holds the modules and the style sheet of `www`, the WebAssembly module with its JavaScript side, and each of these
//! compressed with brotli and gzip. Nothing else: what lies in the folder is served.

mod stamp;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::must_succeed;
use crate::progress::step;
use crate::tools;
use crate::workspace::Workspace;

/// What wasm-pack calls its output.
const MODULE: &str = "challenge_wasm";

/// Brings `www/dist` up to date; does nothing when nothing it is made from has changed.
///
/// # Errors
/// When the module does not compile, a tool is missing, or a file cannot be written.
pub(crate) fn assemble(workspace: &Workspace) -> Result<()> {
    if stamp::is_current(workspace)? {
        return Ok(());
    }
    let inputs = stamp::of_inputs(workspace)?;
    step("building the challenge page's assets", "30 seconds", || {
        let log = workspace.fresh_log("assets");
        build_module(workspace, &log)?;
        let assets = collect(workspace)?;
        compress(workspace, &assets, &log)
    })?;
    // The inputs as they were before building: whatever changed meanwhile is built next time.
    stamp::write(workspace, inputs)
}

fn module_folder(workspace: &Workspace) -> PathBuf {
    workspace.scratch().join("wasm")
}

/// Compiles the module, writes its JavaScript side, and optimises it in place.
fn build_module(workspace: &Workspace, log: &Path) -> Result<()> {
    let wasm_opt = tools::wasm_opt(workspace)?;
    let folder = module_folder(workspace);
    let mut build = workspace.command("wasm-pack");
    build.args(["build", "challenge-wasm", "--target", "web", "--release", "--mode", "no-install"]);
    build.args(["--no-opt", "--no-pack", "--out-dir"]).arg(&folder).args(["--", "--locked"]);
    // Flags from the environment would replace those of `.cargo/config.toml`, and with them the vector instructions.
    must_succeed(build.env_remove("RUSTFLAGS"), log)?;
    let module = folder.join(format!("{MODULE}_bg.wasm"));
    // The solver runs twice as fast after this as before. wasm-opt reads in a section of the module which WebAssembly
    // features it uses; nobody reads that section, or who produced the module, after it.
    let mut optimise = workspace.command("node");
    optimise.arg(wasm_opt).args(["-O3", "--strip-producers", "--strip-target-features"]);
    must_succeed(optimise.arg(&module).arg("-o").arg(&module), log)?;
    Ok(())
}

/// Copies the assets into an empty `www/dist`.
fn collect(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let dist = workspace.dist();
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let module = module_folder(workspace);
    let mut sources = page_sources(&workspace.www())?;
    sources.extend([module.join(format!("{MODULE}.js")), module.join(format!("{MODULE}_bg.wasm"))]);
    let place = |source: PathBuf| {
        let asset = dist.join(source.file_name().context("an asset is a file")?);
        fs::copy(&source, &asset).with_context(|| format!("could not copy {}", source.display()))?;
        Ok(asset)
    };
    sources.into_iter().map(place).collect()
}

/// The files of `www` itself that a browser asks for, in the order of their names.
fn page_sources(www: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(www).with_context(|| format!("could not read {}", www.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() && is_page_source(&entry.file_name().to_string_lossy()) {
            sources.push(entry.path());
        }
    }
    sources.sort();
    Ok(sources)
}

fn is_page_source(name: &str) -> bool {
    let served = [".js", ".css", ".svg"].iter().any(|ending| name.ends_with(ending));
    served && !name.contains(".config.") && !name.contains(".test.")
}

fn compress(workspace: &Workspace, assets: &[PathBuf], log: &Path) -> Result<()> {
    let mut node = workspace.command("node");
    must_succeed(node.arg("xtask/src/dist/compress.mjs").args(assets), log)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_asks_for_is_served() {
        assert!(is_page_source("page.js") && is_page_source("page.css") && is_page_source("icon.svg"));
        for name in ["package.json", "eslint.config.js", "page.test.js", "types.d.ts", "README.md"] {
            assert!(!is_page_source(name), "{name}");
        }
    }
}
