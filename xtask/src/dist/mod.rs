//! Assembles `www/dist`, the flat folder of assets that the verifier embeds.
//!
//! It holds one script, one style sheet, the icon, the two solvers, and each of these compressed with brotli and gzip.
//! Nothing else: what lies in the folder is served.

mod bundle;
pub(crate) mod signals;
mod solvers;
mod stamp;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::must_succeed;
use crate::progress::step;
use crate::workspace::Workspace;
use signals::Signals;
pub(crate) use solvers::SOLVERS;
pub(crate) use wasm::with_bindings;

/// Brings `www/dist` up to date; does nothing when nothing it is made from has changed.
///
/// # Errors
/// When a solver does not compile, a tool is missing, or a file cannot be written.
pub(crate) fn assemble(workspace: &Workspace) -> Result<()> {
    if stamp::is_current(workspace)? {
        return Ok(());
    }
    let inputs = stamp::of_inputs(workspace)?;
    step("building the challenge page's assets", "30 seconds", || {
        let log = workspace.fresh_log("assets");
        let assets = fill(workspace, &log)?;
        compress(workspace, &assets, &log)
    })?;
    // The inputs as they were before building: whatever changed meanwhile is built next time.
    stamp::write(workspace, inputs)
}

/// Puts the assets into an empty `www/dist`.
fn fill(workspace: &Workspace, log: &Path) -> Result<Vec<PathBuf>> {
    let dist = workspace.dist();
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let asset = |name: &str| dist.join(name);
    let (script, style, icon) = (asset("portcullis.js"), asset("page.css"), asset("icon.svg"));
    bundle::script(workspace, &Signals::build(workspace, log)?, &script, log)?;
    bundle::style(workspace, &style, log)?;
    fs::copy(workspace.www().join("icon.svg"), &icon).context("could not copy www/icon.svg")?;
    let mut assets = vec![script, style, icon];
    for solver in &SOLVERS {
        let module = asset(&solver.file_name());
        solver.build(workspace, &module, log)?;
        assets.push(module);
    }
    Ok(assets)
}

fn compress(workspace: &Workspace, assets: &[PathBuf], log: &Path) -> Result<()> {
    let mut node = workspace.command("node");
    must_succeed(node.arg("xtask/src/dist/compress.mjs").args(assets), log)?;
    Ok(())
}
