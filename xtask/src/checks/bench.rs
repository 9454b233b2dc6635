//! Where one part runs: its log, what its tests counted, and how it ended.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::compiled::{Compiled, Test};
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
    /// The tests that are compiled for all parts together.
    compiled: &'a Compiled<'a>,
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
    pub(super) fn new(
        workspace: &'a Workspace,
        compiled: &'a Compiled<'a>,
        part: &str,
        long: bool,
        missing: Vec<&'a Missing>,
    ) -> Self {
        let log = workspace.fresh_log(part);
        let skipped = |one: &&Missing| format!("{}: skipped, {}", one.need.name(), one.reason);
        let note = missing.iter().map(skipped).collect::<Vec<_>>().join("; ");
        Self { workspace, long, missing, compiled, log, counts: Counts::default(), failures: String::new(), note }
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

    /// Runs `cargo test` on documentation.
    pub(super) fn doc_tests(&mut self) -> Result<()> {
        let mut cargo = self.workspace.cargo(&["test", "--locked", "--no-fail-fast", "--doc"]);
        self.run(cargo.args(SAME_FEATURES))
    }

    /// Runs those of the compiled tests that are wanted, with options of Rust's test harness.
    pub(super) fn tests(&mut self, wanted: impl Fn(&Test) -> bool, options: &[&str]) -> Result<()> {
        for test in self.compiled.tests()?.iter().filter(|test| wanted(test)) {
            let mut command = self.workspace.command(&test.program.to_string_lossy());
            command.current_dir(&test.folder).args(options);
            if self.long {
                command.env("PORTCULLIS_LONG", "1");
            }
            self.run(&mut command)?;
        }
        Ok(())
    }

    /// Runs the tests of a file of their own, which `cargo test --test NAME` would run.
    pub(super) fn test(&mut self, name: &str, options: &[&str]) -> Result<()> {
        self.tests(|test| !test.beside_code && test.name == name, options)
    }
}
