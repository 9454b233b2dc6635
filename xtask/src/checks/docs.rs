//! The documentation: Markdown, by the linters and the lists in `tests/docs`, and the code's, by `cargo doc`.

use anyhow::{Context, Result};

use super::bench::Bench;
use crate::build::SAME_FEATURES;
use crate::command::output_of;
use crate::workspace::Workspace;

/// Runs the tests of the checks, then the checks of every page, then rustdoc.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    markdown(bench)?;
    for packages in [&SAME_FEATURES[..], &["--package", "challenge-wasm", "--package", "signals-wasm"]] {
        let mut cargo = bench.workspace.cargo(&["doc", "--no-deps", "--document-private-items", "--locked"]);
        bench.run(cargo.args(packages).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(())
}

fn markdown(bench: &mut Bench<'_>) -> Result<()> {
    let workspace = bench.workspace;
    let tsc = workspace.www().join("node_modules/typescript/bin/tsc");
    bench.run(workspace.command("node").arg(tsc).args(["--project", FOLDER]))?;
    bench.run(workspace.command("node").args(["--test", &format!("{FOLDER}/docs.test.js")]))?;

    let pages = files(workspace, &["*.md"])?;
    let tool = |name: &str| format!("{FOLDER}/node_modules/.bin/{name}");
    let mut lint = workspace.command("node");
    lint.arg(tool("markdownlint-cli2")).args(["--config", &format!("{FOLDER}/.markdownlint-cli2.jsonc")]);
    // A colon says that what follows is the name of one file, and no pattern.
    bench.run(lint.args(pages.iter().map(|page| format!(":{page}"))))?;
    let mut spell = workspace.command("node");
    spell.arg(tool("cspell")).args(["lint", "--no-progress", "--config", &format!("{FOLDER}/cspell.json")]);
    bench.run(spell.args(&pages))?;
    let sources = files(workspace, &SOURCES)?;
    bench.run(workspace.command("node").arg(format!("{FOLDER}/phrases.js")).args(pages.iter().chain(&sources)))
}

/// Files that git does not ignore, new ones too, apart from the list of phrases and its tests.
fn files(workspace: &Workspace, patterns: &[&str]) -> Result<Vec<String>> {
    let mut list = workspace.command("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]).args(patterns);
    let files = output_of(&mut list).context("git cannot list the files: is this a checkout?")?;
    // One that was deleted is listed until that is committed.
    let is_there = |file: &&str| workspace.root.join(file).exists() && !file.starts_with(FOLDER);
    Ok(files.lines().filter(is_there).map(str::to_owned).collect())
}

/// What else people read: comments, messages, help and pages.
const SOURCES: [&str; 7] = ["*.rs", "*.js", "*.mjs", "*.css", "*.html", "*.toml", "*.trycmd"];

/// Where the linters, their settings and their tests are.
const FOLDER: &str = "tests/docs";
