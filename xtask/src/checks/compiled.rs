//! The tests of the chosen parts, compiled once for all of them. They are then started without cargo: cargo would make
//! one part wait while another compiles.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::parts::Part;
use crate::build::{self, Profile, SAME_FEATURES};
use crate::command::{must_succeed, output_of_logged};
use crate::progress::step;
use crate::workspace::Workspace;

/// The tests compiled for some parts, when the first of these asks for them.
pub(super) struct Compiled<'a> {
    workspace: &'a Workspace,
    targets: Vec<&'static str>,
    tests: OnceLock<Result<Vec<Test>, String>>,
}

/// A program that runs tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Its target's name.
    pub(super) name: String,
    /// Whether it holds the tests beside the code of a library or a program, instead of those in a file of their own.
    pub(super) beside_code: bool,
    /// The program.
    pub(super) program: PathBuf,
    /// The folder of its package, in which cargo would start it.
    pub(super) folder: PathBuf,
}

impl<'a> Compiled<'a> {
    /// Nothing is compiled yet.
    pub(super) fn new(workspace: &'a Workspace, parts: &[Part]) -> Self {
        let targets = parts.iter().flat_map(|part| part.targets()).copied().collect();
        Self { workspace, targets, tests: OnceLock::new() }
    }

    /// The tests, compiled if they are not yet. Whoever asks meanwhile waits.
    ///
    /// # Errors
    /// When they do not compile: the message shows the compiler's, each time.
    pub(super) fn tests(&self) -> Result<&[Test]> {
        let tests = self.tests.get_or_init(|| {
            let what = "compiling the programs and their tests";
            step(what, "4 minutes the first time, seconds later", || self.compile()).map_err(|error| error.to_string())
        });
        tests.as_deref().map_err(|error| anyhow!("{error}"))
    }

    fn compile(&self) -> Result<Vec<Test>> {
        let log = self.workspace.fresh_log("compile");
        must_succeed(&mut build::the_programs(self.workspace, Profile::Dev), &log)?;
        let mut cargo = self.workspace.cargo(&["test", "--no-run", "--locked"]);
        cargo.args(["--message-format", "json-render-diagnostics"]).args(SAME_FEATURES).args(&self.targets);
        tests_in(&output_of_logged(&mut cargo, &log)?)
    }
}

/// The tests among what cargo says it compiled, one message a line.
fn tests_in(messages: &str) -> Result<Vec<Test>> {
    let messages = messages.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    messages.iter().filter(|message| message["profile"]["test"] == true).filter_map(test_in).collect()
}

fn test_in(artifact: &Value) -> Option<Result<Test>> {
    let program = artifact["executable"].as_str()?.into();
    let read = || {
        let name = artifact["target"]["name"].as_str()?.to_owned();
        let beside_code = artifact["target"]["kind"][0].as_str()? != "test";
        let folder = Path::new(artifact["manifest_path"].as_str()?).parent()?.to_owned();
        Some(Test { name, beside_code, program, folder })
    };
    Some(read().context("cargo names a test in a way that is not known here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_read_from_what_cargo_compiled() {
        let messages = [
            r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"kind":["lib"],"name":"a"},"profile":{"test":false},"executable":null}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"kind":["lib"],"name":"a"},"profile":{"test":true},"executable":"/t/a-1"}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"kind":["bin"],"name":"p"},"profile":{"test":false},"executable":"/t/p"}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/t/Cargo.toml","target":{"kind":["test"],"name":"gate"},"profile":{"test":true},"executable":"/t/gate-2"}"#,
            r#"{"reason":"build-finished","success":true}"#,
        ];
        let test = |name: &str, beside_code, program: &str, folder: &str| Test {
            name: name.into(),
            beside_code,
            program: program.into(),
            folder: folder.into(),
        };
        let expected = [test("a", true, "/t/a-1", "/w/a"), test("gate", false, "/t/gate-2", "/w/t")];
        assert_eq!(tests_in(&messages.join("\n")).unwrap(), expected);
    }
}
