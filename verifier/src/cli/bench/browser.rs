//! What browsers reached, as `cargo xtask bench solver --json` wrote it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

/// One figure.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Row {
    /// Which solver.
    pub(super) solver: String,
    /// In which browser; `native` for none.
    pub(super) browser: String,
    /// How many workers or threads, together.
    pub(super) workers: usize,
    /// Millions of attempts a second; of compressions, for PBKDF2.
    pub(super) mhs: f64,
}

/// The challenge page's own solver on one worker, in each browser of the file.
pub(super) fn one_worker(file: &Path) -> anyhow::Result<Vec<Row>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let rows: Vec<Row> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not what `cargo xtask bench solver --json FILE` writes", file.display()))?;
    let ours: Vec<_> =
        rows.into_iter().filter(|row| row.solver == SOLVER && row.workers == 1 && row.mhs > 0.0).collect();
    if ours.is_empty() {
        bail!("{} has no figure of {SOLVER} with one worker", file.display());
    }
    Ok(ours)
}

const SOLVER: &str = "portcullis-simd";
