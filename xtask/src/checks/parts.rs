//! The parts of `cargo xtask test`: what each runs and needs. Adding a check is adding it here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::bench::Bench;
use super::{deny, docs, rooms};
use crate::bench::quick;
use crate::build::SAME_FEATURES;
use crate::dist::{SOLVERS, signals};
use crate::tools::{Browser, Gateway, Need, WASM_TARGET};
use crate::workspace::Workspace;

/// One part of the checks, in the order of the summary. Those of one [`Lane`] run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// Every file is formatted
    Fmt,
    /// Every crate depends on the rooms that it may, no file on one that depends on it; public types differ in name
    Rooms,
    /// Tests beside the code, and the examples in the documentation
    Unit,
    /// No warning from the compiler or clippy, natively and for WebAssembly
    Clippy,
    /// Links, headings, line length and spelling of the manual; plain phrases everywhere; every item documented
    Docs,
    /// Licences, sources, versions and known vulnerabilities of all dependencies
    Deny,
    /// Known answers: our own regenerated and compared, and those of Project Wycheproof
    Vectors,
    /// The solvers: their bytes, and their tests in headless Chromium and Firefox
    Wasm,
    /// Types and tests of the JavaScript
    Js,
    /// The real program and its router, attacked, without a browser
    Gate,
    /// Attacks in virtual time: who gets in, how long they wait, how fast the gate moves; and the report of it
    Simulation,
    /// The recipes of deploy/, each with the real gateway, verifier and an origin: who is admitted, and how it fails
    Gateways,
    /// A live attack by wrk, native solvers and Chromium on the real program before a small site, while visitors log in
    Attack,
    /// Visits with Chromium, Firefox, WebKitGTK and an old WebKit, from the challenge page to the login
    Browser,
    /// Programs and driven browsers as they come: the signals they raise, and who gets through, as the manual says
    Automation,
    /// The benchmarks, for seconds: they run, and every figure is there
    Bench,
}

/// When a part runs. Two lanes run side by side, so that one has the processor while the other waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Beside [`Lane::Waiting`]: it mostly compiles.
    Compiling,
    /// Beside [`Lane::Compiling`]: it mostly waits for browsers, gateways and clocks.
    Waiting,
    /// After all others, alone: it puts as much load on the machine as that can take.
    Alone,
}

impl Part {
    /// The name on the command line and in the summary.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it checks, in a sentence.
    pub(crate) fn about(self) -> String {
        self.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    /// What must be installed for it.
    pub(crate) fn needs(self) -> &'static [Need] {
        match self {
            Self::Fmt | Self::Rooms => &[],
            Self::Deny => &[Need::DependencyChecks],
            // The verifier embeds the assets, so whatever compiles it needs them.
            Self::Clippy | Self::Unit | Self::Vectors | Self::Simulation => &[Need::Assets],
            Self::Docs => &[Need::Assets, Need::DocsLinters],
            Self::Js => &[Need::Assets, Need::FormLibraries, Need::Automation],
            Self::Gate => &[Need::Assets, Need::FormLibraries],
            Self::Automation => {
                &[Need::Assets, Need::Automation, Need::Browser(Browser::Chromium), Need::Browser(Browser::Firefox)]
            }
            Self::Wasm => {
                &[Need::Assets, Need::WasmTests, Need::Browser(Browser::Chromium), Need::Browser(Browser::Firefox)]
            }
            Self::Gateways => &[
                Need::Assets,
                Need::Browser(Browser::Chromium),
                Need::Gateway(Gateway::Nginx),
                Need::Gateway(Gateway::Apache),
                Need::Gateway(Gateway::HaProxy),
                Need::Gateway(Gateway::Caddy),
                Need::Gateway(Gateway::Envoy),
            ],
            Self::Attack => &[Need::Assets, Need::Browser(Browser::Chromium), Need::LoadGenerator],
            Self::Browser => &[
                Need::Assets,
                Need::Browser(Browser::Chromium),
                Need::Browser(Browser::Firefox),
                Need::Browser(Browser::WebKitGtk),
                Need::Browser(Browser::WpeWebKit),
            ],
            Self::Bench => &[
                Need::Assets,
                Need::Browser(Browser::Chromium),
                Need::Browser(Browser::Firefox),
                Need::LoadGenerator,
                Need::Gateway(Gateway::Nginx),
                Need::Gateway(Gateway::Apache),
                Need::Gateway(Gateway::HaProxy),
                Need::Gateway(Gateway::Caddy),
                Need::Gateway(Gateway::Envoy),
            ],
        }
    }

    /// When it runs.
    pub(crate) fn lane(self) -> Lane {
        match self {
            Self::Wasm | Self::Js | Self::Gate | Self::Gateways | Self::Browser | Self::Automation => Lane::Waiting,
            Self::Attack => Lane::Alone,
            _ => Lane::Compiling,
        }
    }

    /// What `cargo test` must compile for it.
    pub(super) fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Unit => &["--lib", "--bins", "--test", "cli"],
            Self::Vectors => &["--test", "known_answers"],
            Self::Wasm => &["--test", "artefacts"],
            Self::Gate => &["--test", "gate"],
            Self::Simulation => &["--test", "gates"],
            Self::Gateways => &["--test", "gateways"],
            Self::Attack => &["--test", "attack"],
            Self::Browser => &["--test", "browser"],
            Self::Automation => &["--test", "automation"],
            Self::Fmt | Self::Rooms | Self::Clippy | Self::Docs | Self::Deny | Self::Js | Self::Bench => &[],
        }
    }

    /// Whether it counts tests, and so fails when there was none.
    pub(crate) fn counts_tests(self) -> bool {
        !matches!(self, Self::Fmt | Self::Rooms | Self::Clippy | Self::Deny)
    }

    /// Runs it. Failures are recorded on the bench.
    ///
    /// # Errors
    /// When something could not even be started.
    pub(super) fn run(self, bench: &mut Bench<'_>) -> Result<()> {
        match self {
            Self::Rooms => rooms::run(bench),
            Self::Fmt => bench.cargo(&["fmt", "--all", "--check"]),
            Self::Clippy => clippy(bench),
            Self::Docs => docs::run(bench),
            Self::Deny => deny::run(bench),
            Self::Unit => {
                bench.tests(|test| test.beside_code, &[])?;
                bench.test("cli", &[])?;
                bench.doc_tests()
            }
            Self::Vectors => vectors(bench),
            Self::Wasm => wasm(bench),
            Self::Js => js(bench),
            Self::Gate => bench.test("gate", &[]),
            Self::Simulation => bench.test("gates", &[]),
            Self::Gateways => with_what_is_here(bench, "gateways", &[]),
            Self::Attack => with_what_is_here(bench, "attack", &["--show-output"]),
            Self::Browser => with_what_is_here(bench, "browser", &[]),
            Self::Automation => with_what_is_here(bench, "automation", &[]),
            Self::Bench => benchmarks(bench),
        }
    }
}

fn clippy(bench: &mut Bench<'_>) -> Result<()> {
    let mut native = bench.workspace.cargo(&["clippy", "--all-targets", "--locked"]);
    bench.run(native.args(SAME_FEATURES).args(["--", "-D", "warnings"]))?;
    let clippy_of = |workspace: &Workspace, package: &str| {
        let mut cargo = workspace.cargo(&["clippy", "--package", package, "--target", WASM_TARGET]);
        cargo.args(["--all-targets", "--locked", "--", "-D", "warnings"]);
        cargo
    };
    for solver in &SOLVERS {
        bench.run(solver.compile(&mut clippy_of(bench.workspace, "challenge-wasm")))?;
    }
    for package in ["signals-wasm", "sha2-wasm"] {
        bench.run(signals::compile(&mut clippy_of(bench.workspace, package)))?;
    }
    Ok(())
}

/// Our own vectors, and published ones: through each of the implementations that verify signatures, and with both there.
fn vectors(bench: &mut Bench<'_>) -> Result<()> {
    bench.test("known_answers", &[])?;
    for implementations in ["aws-lc-rs", "rust-crypto", "aws-lc-rs,rust-crypto"] {
        let package = ["--package", "portcullis-clearance", "--features", implementations];
        bench.cargo(
            &[&["test", "--locked"], &package[..], &["--test", "wycheproof", "--test", "no_default"]].concat(),
        )?;
    }
    Ok(())
}

fn wasm(bench: &mut Bench<'_>) -> Result<()> {
    let firefox = bench.has(Browser::Firefox).then_some("--firefox");
    bench.counts.skipped += u32::from(firefox.is_none());
    // Browsers leave files behind when they are ended. In a folder of the system's: the path of a socket has to be short.
    let left = tempfile::tempdir()?;
    let test_of = |workspace: &Workspace, package: &str| {
        let mut test = workspace.command("wasm-pack");
        test.args(["test", "--headless", "--chrome", "--release", "--mode", "no-install"]).args(firefox);
        // The folder, then what cargo is to be told; after a `--` it would go to the tests.
        test.args([package, "--locked"]);
        // On a busy machine a browser may need longer than the usual 20 seconds.
        test.env("WASM_BINDGEN_TEST_TIMEOUT", "180").env("TMPDIR", left.path());
        test
    };
    let solvers = SOLVERS
        .iter()
        .try_for_each(|solver| bench.run(solver.compile(&mut test_of(bench.workspace, "challenge-wasm"))));
    let tested = solvers.and_then(|()| bench.run(signals::compile(&mut test_of(bench.workspace, "signals-wasm"))));
    left.close()?;
    tested?;
    // Last: what it needs is being compiled meanwhile.
    bench.test("artefacts", &[])
}

fn js(bench: &mut Bench<'_>) -> Result<()> {
    let www = bench.workspace.www();
    let vectors = bench.workspace.root.join("tests/js");
    let tests_own =
        ["tests/bench/solver", "tests/siteverify", "tests/automation"].map(|folder| bench.workspace.root.join(folder));
    for folder in [&www, &vectors].into_iter().chain(&tests_own) {
        let mut tsc = bench.workspace.command("node");
        bench.run(tsc.arg(www.join("node_modules/typescript/bin/tsc")).arg("--project").arg(folder))?;
    }
    let mut tests = test_files(&www.join("tests"))?;
    tests.extend(test_files(&vectors)?);
    // Files are named one by one: a folder means different things to different versions of Node.js.
    bench.run(bench.workspace.command("node").arg("--test").args(tests))
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.js"));
    files.sort();
    Ok(files)
}

fn benchmarks(bench: &mut Bench<'_>) -> Result<()> {
    bench.cargo(&["test", "--locked", "--package", "sha2-wasm", "--lib"])?;
    for mut benchmark in quick(bench.workspace, bench.has(Browser::Firefox))? {
        bench.run(&mut benchmark)?;
    }
    Ok(())
}

/// Runs tests without those of a browser or gateway that cannot be had.
fn with_what_is_here(bench: &mut Bench<'_>, tests: &str, options: &[&str]) -> Result<()> {
    let words: Vec<_> = bench.missing.iter().filter_map(|missing| missing.need.word_in_tests()).collect();
    let skipped = words.iter().flat_map(|word| ["--skip", word]);
    bench.test(tests, &options.iter().copied().chain(skipped).collect::<Vec<_>>())
}
