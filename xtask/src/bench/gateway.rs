//! `cargo xtask bench gateway`: what a gateway's question costs, in process, over loopback, and behind each gateway.

mod figures;
mod table;

use std::env;
use std::fs;
use std::path::{self, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::build::{self, Profile, SAME_FEATURES};
use crate::command::{must_succeed, output_of};
use crate::progress::{say, step};
use crate::tools::{Gateway, Need};
use crate::workspace::Workspace;
use figures::Figures;

/// How long to measure, and where to write it.
#[derive(Args)]
pub(crate) struct Options {
    /// Take a minute instead of ten, with programs built for development: the figures mean nothing, but every one is there
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure these only
    #[arg(long, value_delimiter = ',', default_values = ["in-process", "loopback", "recipes"])]
    only: Vec<Kind>,
    /// Over loopback, measure these rows of the table only
    #[arg(long, value_delimiter = ',', value_name = "ROW")]
    rows: Vec<String>,
    /// Over loopback, also measure this other build of `portcullis`, in turns with the one built here
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
}

/// A kind of measurement.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The verifier's own functions, by criterion
    InProcess,
    /// Requests a second on one core, by wrk, and the CPU each takes, beside nginx and HAProxy
    Loopback,
    /// Each recipe's added latency
    Recipes,
}

/// Measures and prints the tables.
///
/// # Errors
/// When something does not build or run, or a figure is missing.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if let Some(build) = options.against.as_ref().filter(|build| !build.is_file()) {
        bail!("{} is not a program to measure against", build.display());
    }
    let measures = |kind| options.only.contains(&kind);
    let profile = if options.quick { Profile::Dev } else { Profile::Release };
    let missing = build::set_up(workspace, NEEDS, profile)?;
    let is_missing = |need| missing.iter().any(|one| one.need == need);
    build::programs(workspace, profile)?;
    let mut found = Figures::default();
    if measures(Kind::InProcess) {
        found.in_process = in_process(workspace, options.quick)?;
    }
    let without = [Need::LoadGenerator, Need::Gateway(Gateway::Nginx)].into_iter().find(|need| is_missing(*need));
    match without.filter(|_| measures(Kind::Loopback)) {
        Some(need) => say(&format!("nothing is measured over loopback without {}", need.name())),
        None if measures(Kind::Loopback) => {
            let haproxy = !is_missing(Need::Gateway(Gateway::HaProxy));
            found.loopback = loopback(workspace, options, haproxy)?;
        }
        None => {}
    }
    if measures(Kind::Recipes) {
        let here: Vec<_> = Gateway::ALL.into_iter().filter(|gateway| !is_missing(Need::Gateway(*gateway))).collect();
        let absent = missing.iter().filter_map(|missing| missing.need.word_in_tests());
        found.recipes = recipes(workspace, options.quick, &here, &absent.collect::<Vec<_>>())?;
        for one in &missing {
            say(&format!("without {}: {}", one.need.name(), one.reason));
        }
    }
    println!("{}{}", setting(workspace, options), table::of(&found));
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&found.json())? + "\n";
        fs::write(path::absolute(file)?, text).with_context(|| format!("could not write {}", file.display()))?;
    }
    Ok(())
}

/// Lets criterion measure.
fn in_process(workspace: &Workspace, quick: bool) -> Result<Vec<figures::Function>> {
    let found = fresh_folder(workspace, "gateway-functions")?;
    let mut bench = workspace.cargo(&["bench", "--locked", "--bench", "gateway"]);
    bench.args(SAME_FEATURES);
    bench.args(quick.then_some(["--profile", "dev"]).into_iter().flatten());
    bench.env("CRITERION_HOME", &found).args(["--", "--noplot"]).args(if quick { QUICK } else { THOROUGH });
    step("measuring in process", if quick { "" } else { "1 minute, and 5 to compile the first time" }, || {
        must_succeed(&mut bench, &workspace.fresh_log("bench-gateway-in-process"))
    })?;
    figures::functions(&found.join("gateway"))
}

/// Lets wrk put load on the verifier and on those it is measured beside.
fn loopback(workspace: &Workspace, options: &Options, haproxy: bool) -> Result<Vec<figures::Load>> {
    let quick = options.quick;
    let log = workspace.fresh_log("bench-gateway-loopback");
    step("building the program that measures", "3 minutes the first time", || {
        let mut cargo = if quick {
            build::dev_build(workspace, &["--bin", PROGRAM])
        } else {
            workspace.cargo(&[&["build", "--locked", "--release", "--bin", PROGRAM][..], &SAME_FEATURES].concat())
        };
        must_succeed(&mut cargo, &log)
    })?;
    let file = fresh_folder(workspace, "gateway-loopback")?.join("loads.json");
    step("measuring over loopback", if quick { "40 seconds" } else { "6 minutes" }, || {
        let program = workspace.target.join(if quick { "debug" } else { "release" }).join(PROGRAM);
        // Everything it starts stays on this core, except the load.
        let mut command = workspace.command("taskset");
        command.args(["--cpu-list", "0"]).arg(program).arg("--json").arg(&file);
        command.args(quick.then_some("--quick")).args(haproxy.then_some("--haproxy"));
        for row in &options.rows {
            command.arg("--rows").arg(row);
        }
        if let Some(build) = &options.against {
            // Commands start at the top of the checkout; the path was typed where the caller stands.
            command.arg("--against").arg(path::absolute(build)?);
        }
        must_succeed(&mut command, &log)
    })?;
    figures::loads(&file, &options.rows)
}

/// Lets the tests of the recipes measure; `absent` are words in the names of those that cannot be installed.
fn recipes(workspace: &Workspace, quick: bool, here: &[Gateway], absent: &[&str]) -> Result<Vec<figures::Latency>> {
    let found = fresh_folder(workspace, "gateway-latencies")?;
    step(
        "measuring behind each gateway",
        if quick { "" } else { "2 minutes, and 3 to compile the first time" },
        || {
            let mut cargo = workspace.cargo(&["test", "--locked", "--test", "gateways"]);
            cargo.args(SAME_FEATURES).args((!quick).then_some("--release"));
            // One after another, or they would wait for each other.
            cargo.args(["--", "added_latency::", "--test-threads", "1"]);
            cargo.args(absent.iter().flat_map(|word| ["--skip", word]));
            cargo.env("PORTCULLIS_LATENCIES", &found).env("PORTCULLIS_ROUNDS", if quick { "50" } else { "5000" });
            must_succeed(&mut cargo, &workspace.fresh_log("bench-gateway-recipes"))
        },
    )?;
    figures::latencies(&found, &here.iter().map(|gateway| gateway.word_in_tests()).collect::<Vec<_>>())
}

/// An empty folder: figures of an earlier run must not be taken for those of this one.
fn fresh_folder(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let folder = workspace.scratch().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What a reader has to know beside the figures.
fn setting(workspace: &Workspace, options: &Options) -> String {
    let said = |program: &str, argument: &str, line: fn(&str) -> Option<String>| {
        // nginx and wrk print their version on standard error.
        let script = format!("PATH=$PATH:/usr/sbin; {program} {argument} 2>&1 || true");
        output_of(workspace.command("sh").args(["-c", &script])).and_then(|text| line(&text)).unwrap_or_default()
    };
    let wrk = |text: &str| text.lines().next().map(|line| line.split(" [").next().unwrap_or(line).to_owned());
    let versions: Vec<_> = [
        said("nginx", "-v", |text| text.lines().next()?.split_once('/').map(|(_, version)| format!("nginx {version}"))),
        said("wrk", "-v", wrk),
        said("haproxy", "-v", |text| text.lines().next().and_then(|line| line.split('-').next()).map(str::to_owned)),
        said("apache2", "-v", |text| text.lines().next().and_then(|line| line.split(": ").nth(1)).map(str::to_owned)),
        said("caddy", "version", |text| text.lines().next().map(|version| format!("Caddy {version}"))),
        said("envoy", "--version", |text| text.split('/').nth(1).map(|version| format!("Envoy {version}"))),
    ]
    .into_iter()
    .filter(|version| !version.is_empty() && !version.contains("not found"))
    .collect();
    let compiler = output_of(workspace.command("rustc").arg("--version")).unwrap_or_default();
    let build = if options.quick { "built for development" } else { "built for release" };
    let against = options.against.as_ref().map_or(String::new(), |other| {
        // Commands start at the top of the checkout; the path was typed where the caller stands.
        let file = path::absolute(other).unwrap_or_else(|_| other.clone());
        let version =
            said(&format!("'{}'", file.display()), "--version", |text| text.lines().next().map(str::to_owned));
        format!("           the other build: {version}, {}\n", other.display())
    });
    let typed: Vec<_> = env::args().skip(1).collect();
    format!(
        "machine    {}\nprograms   portcullis {}, {build} by {compiler}\n           {}\n{against}command    cargo xtask {}\n",
        super::machine(),
        env!("CARGO_PKG_VERSION"),
        versions.join(", "),
        typed.join(" "),
    )
}

const NEEDS: &[Need] = &[
    Need::Assets,
    Need::LoadGenerator,
    Need::Gateway(Gateway::Nginx),
    Need::Gateway(Gateway::Apache),
    Need::Gateway(Gateway::HaProxy),
    Need::Gateway(Gateway::Caddy),
    Need::Gateway(Gateway::Envoy),
];
/// The program of the tests that puts load on servers.
const PROGRAM: &str = "bench-gateway";
const QUICK: [&str; 6] = ["--warm-up-time", "0.05", "--measurement-time", "0.1", "--sample-size", "10"];
const THOROUGH: [&str; 6] = ["--warm-up-time", "1", "--measurement-time", "4", "--sample-size", "50"];
