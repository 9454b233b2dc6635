//! `[siteverify]`: responses for forms, and whose servers may ask about them.

use std::path::PathBuf;

use serde::Deserialize;

/// `[siteverify]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteverifyTerms {
    /// The file of the secrets that servers show, one a line. None: there are no responses.
    pub secrets: Option<PathBuf>,
    /// What the client's address, as its server tells it, is held against.
    pub remoteip: RemoteIp,
}

/// What becomes of `remoteip` in a question of siteverify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteIp {
    /// It must be in the network the work was done from: work cannot be done elsewhere and handed over.
    #[default]
    Match,
    /// Nothing: for servers that see a gateway's address and not their client's.
    Ignore,
}
