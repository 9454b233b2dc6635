//! The dependencies: licences, sources and versions from the lock file alone, advisories from a database.

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::Command;

use anyhow::Result;

use super::bench::Bench;
use crate::command::run_logged;

/// Names a local git copy of the advisory database, for machines that cannot reach the real one.
const LOCAL_DATABASE: &str = "PORTCULLIS_ADVISORY_DB";

/// Where cargo-deny fetches the database from.
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// Runs cargo-deny. Advisories are skipped when the database cannot be had, which says nothing about the project: the
/// summary says so.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let local = env::var_os(LOCAL_DATABASE);
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

/// Lets git take the database from a local copy, when there is one: cargo-deny itself always asks for the real one.
fn fetch_from(cargo: &mut Command, local: Option<&OsStr>) {
    if let Some(folder) = local {
        let key: OsString = [OsStr::new("url."), folder, OsStr::new(".insteadOf")].into_iter().collect();
        cargo.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", key).env("GIT_CONFIG_VALUE_0", DATABASE);
    }
}
