//! The page's script and style sheet: modules joined into one file, and both made small, by esbuild.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::signals::Signals;
use crate::command::must_succeed;
use crate::workspace::Workspace;

/// Joins the modules that `www/main.js` reaches into one classic script, which page and workers load alike.
pub(super) fn script(workspace: &Workspace, signals: &Signals, asset: &Path, log: &Path) -> Result<()> {
    let mut esbuild = esbuild(workspace);
    esbuild.args(["www/main.js", "--bundle", "--format=iife", "--target=es2018"]);
    // As `www/signals/signals.js` names them: they are generated, and not in `www`.
    esbuild.arg(format!("--alias:signals-glue={}", signals.glue.display()));
    esbuild.arg(format!("--alias:signals-module={}", signals.module.display()));
    write(&mut esbuild, asset, log)
}

/// Makes the style sheet small.
pub(super) fn style(workspace: &Workspace, asset: &Path, log: &Path) -> Result<()> {
    let mut esbuild = esbuild(workspace);
    esbuild.args(["www/page.css", "--target=chrome66,firefox60,safari12.1"]);
    write(&mut esbuild, asset, log)
}

/// esbuild with what both have in common.
///
/// Their targets are the oldest browsers the page is written for: Chrome 66, Firefox 60 and Safari 12.1, which is an
/// iPhone of 2013. Newer syntax in the sources is rewritten; newer interfaces are not, so the sources have to do
/// without them. For the script the target is a year of the language, because esbuild treats Safari's early bugs as a
/// lack of the whole syntax. Targets older than the sources' own ES2022 cost little, as long as the sources have no
/// private members.
fn esbuild(workspace: &Workspace) -> Command {
    let mut esbuild = workspace.command(&workspace.www().join("node_modules/.bin/esbuild").to_string_lossy());
    esbuild.args(["--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning", "--color=false"]);
    esbuild
}

/// Lets esbuild write the asset. It says nothing unless something is wrong, and goes on after a warning.
fn write(esbuild: &mut Command, asset: &Path, log: &Path) -> Result<()> {
    esbuild.arg(format!("--outfile={}", asset.display()));
    let said = must_succeed(esbuild, log)?;
    if !said.trim().is_empty() {
        bail!("esbuild warns of something in www:\n{said}");
    }
    Ok(())
}
