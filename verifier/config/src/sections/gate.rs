//! `[gate]`: how far the gate is lowered, and what decides about it.

use serde::Deserialize;

use portcullis_admission::Setting;

/// `[gate]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateConfig {
    /// `auto`, or the mode that is forced: `off`, `watch`, `challenge-new`, `challenge-all` or `queue`.
    pub mode: Setting,
    /// A dry run: everything passes, and only the log and the metrics say what would have been asked.
    pub dry_run: bool,
    /// For development: on loopback names over plain HTTP, a cookie without `__Host-` and `Secure`.
    pub insecure_loopback_cookie: bool,
}
