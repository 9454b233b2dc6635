//! The demo's private folder: configuration and signing keys, gone when the demo ends.

use std::fs::{self, DirBuilder, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::workspace::Workspace;

/// A folder only this user can enter, removed when dropped.
pub(super) struct Setting {
    folder: TempDir,
    keys: PathBuf,
}

impl Setting {
    /// Makes the folder. With `keep_keys` the keys lie in the target folder instead and stay.
    pub(super) fn create(workspace: &Workspace, keep_keys: bool) -> Result<Self> {
        let owner_alone = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("portcullis-demo-").permissions(owner_alone).tempdir();
        let folder = folder.context("no temporary folder can be made")?;
        let keys = if keep_keys { workspace.scratch().join("demo-keys") } else { folder.path().join("keys") };
        DirBuilder::new().mode(0o700).recursive(true).create(&keys)?;
        Ok(Self { folder, keys })
    }

    /// Writes the configuration: the gate lowered on `address` in front of `origin`.
    pub(super) fn write_config(&self, address: SocketAddr, origin: &str, difficulty: Option<u32>) -> Result<PathBuf> {
        let challenge = difficulty.map(|difficulty| format!("[challenge]\ndifficulty = {difficulty}\n\n"));
        // Few connections are enough, and then no machine's limit on open files is worth a warning.
        let config = format!(
            "listen = \"{address}\"\norigin = \"{origin}\"\n\n\
             [gate]\nmode = \"challenge\"\ninsecure_loopback_cookie = true\n\n\
             {}[clearance]\nkeys = {keys:?}\n\n\
             [limits]\nconnections = 1000\n\n\
             [admin]\nlisten = \"off\"\n\n\
             [log]\nformat = \"json\"\nlevel = \"debug\"\n",
            challenge.unwrap_or_default(),
            keys = self.keys,
        );
        let file = self.folder.path().join("portcullis.toml");
        fs::write(&file, config)?;
        Ok(file)
    }
}
