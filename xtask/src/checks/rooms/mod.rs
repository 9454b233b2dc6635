//! The rooms: which crate may depend on which, in which order the modules of the gate stand, no cycle between files, and
//! no two public types with one name.
//!
//! The compiler refuses a cycle of crates, and nothing else. This refuses an arrow that points the wrong way.

mod files;
mod imports;
mod names;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::bench::Bench;
use crate::command::must_succeed;
use crate::workspace::Workspace;

/// Every crate that ships, and the crates of this workspace that it may depend on. docs/architecture.md draws it.
const ROOMS: &[(&str, &[&str])] = &[
    ("portcullis-challenge", &[]),
    ("portcullis-clearance", &[CHALLENGE]),
    ("challenge-wasm", &[CHALLENGE]),
    ("signals-wasm", &[]),
    ("portcullis-files", &[]),
    (ADMISSION, &[CHALLENGE, CLEARANCE]),
    (ISSUER, &[CHALLENGE, CLEARANCE, FILES]),
    (PAGES, &[CHALLENGE, CLEARANCE]),
    (LISTENER, &[CHALLENGE, CLEARANCE]),
    (PROXY, &[CHALLENGE, CLEARANCE, LISTENER]),
    (POLICY, &[CHALLENGE, CLEARANCE, FILES, ADMISSION]),
    (CONFIG, &[CHALLENGE, CLEARANCE, ADMISSION, ISSUER]),
    (BOTS, &[CHALLENGE, CLEARANCE, ADMISSION, POLICY]),
    (GATE, &[CHALLENGE, CLEARANCE, FILES, ADMISSION, ISSUER, PAGES, LISTENER, PROXY, POLICY, CONFIG, BOTS]),
    (ADMIN, &[CHALLENGE, CLEARANCE, FILES, ADMISSION, ISSUER, POLICY, CONFIG, BOTS, GATE]),
    (
        "portcullis",
        &[CHALLENGE, CLEARANCE, FILES, ADMISSION, ISSUER, PAGES, LISTENER, PROXY, POLICY, CONFIG, BOTS, GATE, ADMIN],
    ),
];

const CHALLENGE: &str = "portcullis-challenge";
const CLEARANCE: &str = "portcullis-clearance";
const FILES: &str = "portcullis-files";
const ADMISSION: &str = "portcullis-admission";
const ISSUER: &str = "portcullis-issuer";
const PAGES: &str = "portcullis-pages";
const LISTENER: &str = "portcullis-listener";
const PROXY: &str = "portcullis-proxy";
const POLICY: &str = "portcullis-policy";
const CONFIG: &str = "portcullis-config";
const BOTS: &str = "portcullis-bots";
const GATE: &str = "portcullis-gate";
const ADMIN: &str = "portcullis-admin";

/// The modules of the gate, each of which may use those below it and none above.
const GATE_ORDER: [&str; 13] = [
    "serving",
    "service",
    "passage",
    "reload",
    "background_tasks",
    "verifier",
    "endpoints",
    "responses",
    "redemption",
    "decision",
    "client",
    "observe",
    "verdict",
];

/// Checks all of it, and says how much there was to check.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let crates = crates(bench)?;
    let mut wrong = wrong_dependencies(&crates);
    let (mut files, mut arrows) = (0, 0);
    let mut names = names::Names::default();
    for one in &crates {
        let source = bench.workspace.root.join(&one.source);
        let graph = files::Graph::read(&source)?;
        names.read(&source)?;
        files += graph.files();
        arrows += graph.arrows();
        wrong.extend(graph.cycles().into_iter().map(|cycle| format!("{}: files in a cycle: {cycle}", one.name)));
        if one.name == GATE {
            wrong.extend(graph.against(&GATE_ORDER).into_iter().map(|arrow| format!("{GATE}: upward: {arrow}")));
        }
    }
    wrong.extend(names.shared());
    bench.note = format!("{} crates, {files} files, {arrows} imports between files", crates.len());
    fs::write(&bench.log, format!("{}\n{}\n", bench.note, wrong.join("\n")))?;
    bench.failures.push_str(&wrong.iter().map(|one| format!("{one}\n")).collect::<String>());
    if bench.long { alone(bench) } else { Ok(()) }
}

/// Compiles every crate by itself: beside others, it can use features that only those ask for.
fn alone(bench: &mut Bench<'_>) -> Result<()> {
    for (name, _) in ROOMS.iter().filter(|(name, _)| !name.ends_with("-wasm")) {
        let provider = (*name == CLEARANCE).then_some(["--features", "aws-lc-rs"]);
        let mut cargo = bench.workspace.cargo(&["check", "--locked", "--package", name]);
        bench.run(cargo.args(provider.into_iter().flatten()))?;
    }
    Ok(())
}

/// A crate that ships.
struct Crate {
    name: String,
    /// The folder of its sources, below the workspace.
    source: String,
    /// The crates of this workspace that it depends on.
    dependencies: Vec<String>,
}

fn crates(bench: &mut Bench<'_>) -> Result<Vec<Crate>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        manifest_path: String,
        dependencies: Vec<Dependency>,
    }
    #[derive(Deserialize)]
    struct Dependency {
        name: String,
        kind: Option<String>,
        path: Option<String>,
    }
    let mut cargo = bench.workspace.cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked"]);
    let metadata: Metadata = serde_json::from_str(&must_succeed(&mut cargo, &bench.log)?)?;
    let ships = |package: &Package| is_below_rooms(bench.workspace, &package.manifest_path);
    let crates = metadata.packages.into_iter().filter(ships).map(|package| {
        let own = |one: &Dependency| one.path.is_some() && one.kind.is_none();
        let folder = package.manifest_path.trim_end_matches("Cargo.toml");
        let folder = folder.strip_prefix(&*bench.workspace.root.to_string_lossy()).context("a crate elsewhere")?;
        Ok(Crate {
            source: format!("{}src", folder.trim_start_matches('/')),
            dependencies: package.dependencies.into_iter().filter(own).map(|one| one.name).collect(),
            name: package.name,
        })
    });
    crates.collect()
}

/// What is neither a test nor a tool of the developers.
fn is_below_rooms(workspace: &Workspace, manifest: &str) -> bool {
    !["tests", "xtask"].iter().any(|folder| manifest.starts_with(&*workspace.root.join(folder).to_string_lossy()))
}

fn wrong_dependencies(crates: &[Crate]) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for one in crates {
        let Some(allowed) = allowed.get(one.name.as_str()) else {
            wrong.push(format!("{} is not in the table of rooms (xtask/src/checks/rooms/mod.rs)", one.name));
            continue;
        };
        let not_allowed = one.dependencies.iter().filter(|other| !allowed.contains(&other.as_str()));
        wrong.extend(not_allowed.map(|other| format!("{} must not depend on {other}", one.name)));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, dependencies: &[&str]) -> Crate {
        let dependencies = dependencies.iter().map(ToString::to_string).collect();
        Crate { name: name.to_owned(), source: String::new(), dependencies }
    }

    #[test]
    fn an_arrow_that_points_up_is_refused() {
        assert!(wrong_dependencies(&[one(POLICY, &[ADMISSION, CLEARANCE])]).is_empty());
        assert_eq!(
            wrong_dependencies(&[one(ADMISSION, &[POLICY])]),
            ["portcullis-admission must not depend on portcullis-policy"]
        );
        assert!(wrong_dependencies(&[one("portcullis-attic", &[])])[0].contains("not in the table"));
    }

    #[test]
    fn every_room_depends_on_rooms_of_the_table_that_stand_before_it() {
        for (index, (name, allowed)) in ROOMS.iter().enumerate() {
            let before: Vec<_> = ROOMS[..index].iter().map(|(name, _)| *name).collect();
            assert!(allowed.iter().all(|other| before.contains(other)), "{name}");
        }
    }
}
