//! What a token of a level costs, and what it is worth.

use std::time::Duration;

/// What a token of a level costs, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelTerms {
    /// Its work, as a multiple of level 1's.
    pub difficulty: f64,
    /// How long it is valid. `None`: as long as `clearance.lifetime` says.
    pub lifetime: Option<Duration>,
    /// What it is bound to.
    pub binding: BindingScope,
}

impl Default for LevelTerms {
    fn default() -> Self {
        Self { difficulty: 1.0, lifetime: None, binding: BindingScope::Network }
    }
}

/// Where a token is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindingScope {
    /// In the network where it was earned, as `clearance` defines it.
    #[default]
    Network,
    /// Only at the address where it was earned.
    Address,
}
