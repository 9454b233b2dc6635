//! Where one part runs: its log, what its tests counted, and how it ended.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::counts::Counts;
use crate::build::SAME_FEATURES;
use crate::command::{run_logged, tail};
use crate::tools::{Browser, Missing, Need};
use crate::workspace::Workspace;

/// Runs a part's commands one after the other and remembers their results.
pub(super) struct Bench<'a> {
    /// The checkout under test.
    pub(super) workspace: &'a Workspace,
    /// Whether the long versions of the tests were asked for.
    pub(super) long: bool,
    /// The browsers and gateways that the part would use and that cannot be installed.
    pub(super) missing: Vec<&'a Missing>,
    /// Everything the commands said.
    pub(super) log: PathBuf,
    /// The tests seen so far.
    pub(super) counts: Counts,
    /// What to show of failures.
    pub(super) failures: String,
    /// What the summary must mention.
    pub(super) note: String,
}

impl<'a> Bench<'a> {
    /// An empty bench for the part of this name, which must do without some browsers or gateways.
    pub(super) fn new(workspace: &'a Workspace, part: &str, long: bool, missing: Vec<&'a Missing>) -> Self {
        let log = workspace.fresh_log(part);
        let skipped = |one: &&Missing| format!("{}: skipped, {}", one.need.name(), one.reason);
        let note = missing.iter().map(skipped).collect::<Vec<_>>().join("; ");
        Self { workspace, long, missing, log, counts: Counts::default(), failures: String::new(), note }
    }

    /// Whether a browser is available.
    pub(super) fn has(&self, browser: Browser) -> bool {
        self.missing.iter().all(|missing| missing.need != Need::Browser(browser))
    }

    /// Runs a command; a failure is remembered, and the part goes on.
    pub(super) fn run(&mut self, command: &mut Command) -> Result<()> {
        let said = run_logged(command, &self.log)?;
        self.counts += Counts::read(&said.text);
        if !said.success {
            let _ = writeln!(self.failures, "{}", tail(&said.text));
        }
        Ok(())
    }

    /// Runs cargo.
    pub(super) fn cargo(&mut self, arguments: &[&str]) -> Result<()> {
        self.run(&mut self.workspace.cargo(arguments))
    }

    /// Runs `cargo test` with a selection of targets.
    pub(super) fn cargo_test(&mut self, targets: &[&str]) -> Result<()> {
        let mut cargo = self.workspace.cargo(&["test", "--locked", "--no-fail-fast"]);
        self.run(cargo.args(SAME_FEATURES).args(targets))
    }
}
