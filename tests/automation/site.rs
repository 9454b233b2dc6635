//! Harbour Post behind the lowered gate, with a policy that weighs every signal.

use std::fs;

use portcullis_policy::Signal;
use portcullis_tests::processes::{LogLines, Origin, Settings, Verifier};
use tempfile::TempDir;

use crate::seen::BY_CHANCE;

/// A site for one client.
pub(crate) struct Site {
    _origin: Origin,
    pub(crate) verifier: Verifier,
    /// For whatever the client leaves behind.
    pub(crate) folder: TempDir,
}

impl Site {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("policy.toml");
        fs::write(&file, policy()).expect("the temporary folder can be written to");
        let origin = Origin::start();
        let settings = Settings::in_front_of(origin.url()).difficulty(WORK).set("policy.file", &format!("{file:?}"));
        Self { _origin: origin, verifier: Verifier::start(settings).await, folder }
    }

    /// The address of the guarded page.
    pub(crate) fn page(&self) -> String {
        self.verifier.url("/login")
    }

    /// The address of the site.
    pub(crate) fn home(&self) -> String {
        self.verifier.url("")
    }

    pub(crate) fn log(&self) -> &LogLines {
        self.verifier.log()
    }
}

/// Each signal weighs five, and two are asked for more. One that comes by chance weighs nothing.
fn policy() -> String {
    let rule = |signal: Signal| {
        let name = signal.name();
        format!("[[rule]]\nname = \"{name}\"\naction = \"weigh\"\nweight = 5\nsignal = [\"{name}\"]\n")
    };
    let weighed = Signal::ALL.into_iter().filter(|signal| signal.name() != BY_CHANCE);
    let rules: String = weighed.map(rule).collect();
    format!(
        "[[level]]\nlevel = 2\ndifficulty = {MORE}.0\n[[threshold]]\nweight = 10\naction = \"challenge\"\nlevel = 2\n{rules}"
    )
}

/// Attempts: as a site asks for by default.
pub(crate) const WORK: u32 = 1_500_000;
/// What level 2 asks for, as a multiple of that.
pub(crate) const MORE: u32 = 4;
