//! Remembers what `www/dist` was made from, so that unchanged sources are not built again.
//!
//! Contents are compared, not times: a fresh checkout or a switched branch changes all times and no content.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Everything that the assets depend on.
const INPUTS: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "challenge/Cargo.toml",
    "challenge/src",
    "challenge-wasm/Cargo.toml",
    "challenge-wasm/src",
    "rust-toolchain.toml",
    "signals-wasm/Cargo.toml",
    "signals-wasm/src",
    "www",
    "xtask/src/dist",
];

/// What is in `www` without becoming an asset. What matters about the packages is in their lock file; the HTML and its
/// translations are filled in by the verifier.
const NOT_INPUTS: [&str; 5] = ["dist", "node_modules", "pages", "tests", "translations"];

/// Whether the assets were made from the sources as they are, and have not been touched since.
pub(super) fn is_current(workspace: &Workspace) -> Result<bool> {
    if !workspace.dist().exists() {
        return Ok(false);
    }
    let expected = content(workspace, of_inputs(workspace)?)?;
    Ok(fs::read_to_string(file(workspace)).is_ok_and(|stamp| stamp == expected))
}

/// A fingerprint of the sources.
pub(super) fn of_inputs(workspace: &Workspace) -> Result<u64> {
    let mut files = Vec::new();
    for input in INPUTS {
        add_files(&workspace.root.join(input), &mut files)?;
    }
    fingerprint(files)
}

/// Remembers that the assets as they are were made from sources with this fingerprint.
pub(super) fn write(workspace: &Workspace, inputs: u64) -> Result<()> {
    fs::create_dir_all(workspace.scratch())?;
    Ok(fs::write(file(workspace), content(workspace, inputs)?)?)
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.scratch().join("dist.stamp")
}

fn content(workspace: &Workspace, inputs: u64) -> Result<String> {
    let mut assets = Vec::new();
    add_files(&workspace.dist(), &mut assets)?;
    Ok(format!("{inputs:016x} {:016x}\n", fingerprint(assets)?))
}

/// Adds the files at and below `path`, except where there are none that the assets are made from.
fn add_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("could not read {}", path.display()))? {
        let entry = entry?;
        if !NOT_INPUTS.iter().any(|name| entry.file_name() == *name) {
            add_files(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// A fingerprint of names and contents, only for noticing changes: nobody gains by forging it.
fn fingerprint(mut files: Vec<PathBuf>) -> Result<u64> {
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(&file).with_context(|| format!("could not read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_follows_names_and_contents_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, content: &str| {
            let file = folder.path().join(name);
            fs::write(&file, content).unwrap();
            fingerprint(vec![file]).unwrap()
        };
        let first = of("a", "1");
        assert_ne!(first, of("a", "2"));
        assert_ne!(first, of("b", "1"));
        assert_eq!(first, of("a", "1"));
    }

    #[test]
    fn sources_below_www_are_inputs_and_installed_packages_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let www = folder.path();
        let files = ["main.js", "solver/methods/plain.js", "node_modules/typescript/tsc.js", "tests/plain.test.js"];
        for file in files.map(|file| www.join(file)) {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let mut inputs = Vec::new();
        add_files(www, &mut inputs).unwrap();
        inputs.sort();
        assert_eq!(inputs, [www.join("main.js"), www.join("solver/methods/plain.js")]);
    }
}
