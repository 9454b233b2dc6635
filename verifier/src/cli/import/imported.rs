//! What every import makes, and the options that say where it goes.

use std::path::PathBuf;

use clap::Args;

/// Where the policy goes.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// Write the policy to this file, not to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite the file if it exists.
    #[arg(long, requires = "output")]
    pub(super) force: bool,
}

/// A policy that was made, and what was left out of it.
pub(super) struct Imported {
    /// The policy, in TOML.
    pub(super) text: String,
    /// What could not be carried over, one a line.
    pub(super) missed: Vec<String>,
    /// Where it decides differently.
    pub(super) notes: Vec<String>,
}
