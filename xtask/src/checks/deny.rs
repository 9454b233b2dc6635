//! The dependencies: licences, sources and versions from the lock file, advisories from a database.

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::Command;

use anyhow::{Result, bail};

use super::bench::Bench;
use crate::command::{must_succeed, run_logged};

/// Names a local git copy of the advisory database, for machines that cannot reach the real one.
const LOCAL_DATABASE: &str = "PORTCULLIS_ADVISORY_DB";

/// Where cargo-deny fetches the database from.
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// Runs cargo-deny. Advisories are skipped if the database is not available, which says nothing about the project: the
/// summary says so.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let local = env::var_os(LOCAL_DATABASE);
    no_c_in_clearance(bench)?;
    bench.cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"])?;
    let mut fetch = bench.workspace.cargo(&["deny", "fetch", "db"]);
    fetch_from(&mut fetch, local.as_deref());
    if run_logged(&mut fetch, &bench.log)?.success {
        let mut check = bench.workspace.cargo(&["deny", "--locked", "check", "advisories"]);
        fetch_from(&mut check, local.as_deref());
        return bench.run(&mut check);
    }
    bench.counts.skipped += 1;
    bench.note = format!("advisories: skipped, database could not be reached ({LOCAL_DATABASE} may name a copy)");
    Ok(())
}

/// What services use to admit clients in their own process has a form without C.
fn no_c_in_clearance(bench: &mut Bench<'_>) -> Result<()> {
    let package = ["--package", "portcullis-clearance", "--features", "rust-crypto,axum"];
    let mut tree = bench.workspace.cargo(&["tree", "--locked", "--edges", "normal,build", "--prefix", "none"]);
    let crates = must_succeed(tree.args(package), &bench.log)?;
    let is_c = |name: &str| ["cc", "cmake", "bindgen"].contains(&name) || name.ends_with("-sys");
    let found = crates.lines().filter_map(|line| line.split(' ').next()).find(|name| is_c(name));
    found.map_or(Ok(()), |name| bail!("portcullis-clearance with rust-crypto needs {name}, which compiles C"))
}

/// Lets git take the database from a local copy, if there is one: cargo-deny itself always asks for the real one.
fn fetch_from(cargo: &mut Command, local: Option<&OsStr>) {
    if let Some(folder) = local {
        let key: OsString = [OsStr::new("url."), folder, OsStr::new(".insteadOf")].into_iter().collect();
        cargo.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", key).env("GIT_CONFIG_VALUE_0", DATABASE);
    }
}
