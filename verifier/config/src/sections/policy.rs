//! `[policy]`: what each request is asked for.

use std::path::PathBuf;

/// `[policy]`
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// The file of the rules. None: the default policy, which is right for a site with a login page.
    pub file: Option<PathBuf>,
}
