//! `[standing]`: the token of returning visitors.

use std::time::Duration;

use serde::Deserialize;

use crate::values;
use portcullis_admission::{Allowance, Budget};

/// `[standing]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StandingConfig {
    /// Whether visitors get standing tokens, and whether tokens they have count.
    pub enabled: bool,
    /// How long a token is valid, from one day to 90.
    #[serde(deserialize_with = "values::standing_lifetime")]
    pub lifetime: Duration,
    /// How long before the gate was lowered its client must have been known, at most a day.
    #[serde(deserialize_with = "values::age")]
    pub age: Duration,
    /// How many requests a token admits at once.
    #[serde(deserialize_with = "values::requests")]
    pub requests: u32,
    /// The time after which it admits one more.
    #[serde(deserialize_with = "values::refill")]
    pub refill: Duration,
    /// How many tokens a network gets at once, and in an hour.
    #[serde(deserialize_with = "values::per_network")]
    pub per_network: u32,
}

impl StandingConfig {
    /// What a token admits.
    pub fn budget(&self) -> Budget {
        Budget::of_a_standing_token(Allowance { requests: self.requests, refill: self.refill })
    }
}

impl Default for StandingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            // A visitor who comes once a month is recognised.
            lifetime: Duration::from_secs(30 * 24 * 3600),
            // Tokens that an attacker fetches just before the attack are worth nothing.
            age: Duration::from_secs(3600),
            // A login and what follows it, at a reader's pace; a program wants more.
            requests: 60,
            refill: Duration::from_secs(10),
            // An office in the morning, or a carrier's shared address.
            per_network: 60,
        }
    }
}
