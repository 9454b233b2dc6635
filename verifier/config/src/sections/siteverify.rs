//! `[siteverify]`: responses for forms, and the servers that may ask about them.

use std::path::PathBuf;

use serde::Deserialize;

/// `[siteverify]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteverifyConfig {
    /// The file of the secrets that servers show, one a line. None: there are no responses.
    pub secrets: Option<PathBuf>,
    /// What the client's address, as its server states it, is compared with.
    pub remoteip: RemoteIp,
}

/// How `remoteip` in a question of siteverify is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteIp {
    /// It must be in the network from which the work was done: work cannot be done elsewhere and handed over.
    #[default]
    Match,
    /// It is ignored: for servers that see a gateway's address and not their client's.
    Ignore,
}
