//! Where things are in the checkout, and commands that find the project's own tools.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout and the folders around it.
pub(crate) struct Workspace {
    /// Top of the checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Where `cargo install` puts the pinned tools: outside the checkout, so that every checkout shares them.
    pub(crate) tools: PathBuf,
}

impl Workspace {
    /// Reads the surroundings: `CARGO_TARGET_DIR`, `XDG_CACHE_HOME` and `HOME`.
    pub(crate) fn from_environment() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        let cache = env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
            .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
            .unwrap_or_else(|| target.clone());
        Self { root, target, tools: cache.join("portcullis/tools") }
    }

    /// The JavaScript, its packages and the assembled assets.
    pub(crate) fn www(&self) -> PathBuf {
        self.root.join("www")
    }

    /// What the verifier embeds: page, modules and WebAssembly, each with its compressed siblings.
    pub(crate) fn dist(&self) -> PathBuf {
        self.www().join("dist")
    }

    /// What xtask itself leaves behind, apart from `www/dist`. It stays in the checkout wherever cargo builds: the type
    /// checker finds the module's types here, and people find the logs.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.join("target/xtask")
    }

    /// The log of this name.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.scratch().join("logs").join(name).with_extension("log")
    }

    /// The log of this name, emptied.
    pub(crate) fn fresh_log(&self, name: &str) -> PathBuf {
        let log = self.log(name);
        // If there is nothing to remove, that is fine.
        let _ = fs::remove_file(&log);
        log
    }

    /// A program of the workspace, built for development.
    pub(crate) fn built(&self, program: &str) -> Command {
        let mut command = self.command(&self.target.join("debug").join(program).to_string_lossy());
        // Variables meant for another verifier, or for the tests, would configure this one.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PORTCULLIS_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// A command started at the top of the checkout that finds the pinned tools before any others.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.path_with_tools());
        command
    }

    /// `cargo` with its arguments, as [`Workspace::command`].
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }

    fn path_with_tools(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let folders = [self.tools.join("bin")].into_iter().chain(env::split_paths(&rest));
        // A folder with a colon in its name cannot stand in PATH at all: leave PATH as it is then.
        env::join_paths(folders).unwrap_or(rest.clone())
    }
}
