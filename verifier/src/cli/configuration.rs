//! The options `--config` and `--set`, which most commands have, and reading what they name.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use portcullis_config::Config;
use portcullis_config::Layers;

/// Where the configuration comes from: flags win over environment, environment over the file.
#[derive(Debug, Args)]
pub(super) struct Configuration {
    /// The configuration, in TOML. By default only environment and flags count; mode, top and --explain read
    /// /etc/portcullis/portcullis.toml if it exists.
    #[arg(long, short, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Set one key, such as `gate.mode=challenge-all` or `log.level=debug`. Can be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

impl Configuration {
    /// Reads and checks it.
    ///
    /// # Errors
    ///
    /// Everything that makes it unusable, with its place and how to put it right.
    pub(super) fn load(&self) -> anyhow::Result<Config> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        Ok(Layers::read(self.config.as_deref(), environment, self.set.clone())?.parse()?)
    }

    /// As [`load`](Self::load), from the place where the manual installs the file if no other is named.
    pub(super) fn load_installed(mut self) -> anyhow::Result<Config> {
        if self.config.is_none() && Path::new(INSTALLED).exists() {
            self.config = Some(INSTALLED.into());
        }
        self.load().context("this command needs the configuration of the running service; name its file with --config")
    }
}

/// Where the manual installs the configuration.
const INSTALLED: &str = "/etc/portcullis/portcullis.toml";
