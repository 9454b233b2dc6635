//! `[replay]`, `[timeouts]` and `[limits]`: how many things there may be, and how long they may take.

use std::time::Duration;

use portcullis_clearance::verify::DEFAULT_CACHED;
use portcullis_issuer::stores::replay_store::{BYTES_PER_RECORD, DEFAULT_MEMORY};
use serde::Deserialize;

use crate::values;

/// `[replay]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplayConfig {
    /// The most redeemed solutions remembered at once. If it is full, the answer is 503; none is forgotten early.
    #[serde(deserialize_with = "values::capacity")]
    pub capacity: usize,
}

impl Default for ReplayConfig {
    fn default() -> Self {
        Self { capacity: DEFAULT_MEMORY / BYTES_PER_RECORD }
    }
}

/// `[timeouts]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeoutsConfig {
    /// For a client to send a request's head.
    #[serde(deserialize_with = "values::timeout")]
    pub request_head: Duration,
    /// Between two pieces of a body, either way.
    #[serde(deserialize_with = "values::timeout")]
    pub body_idle: Duration,
    /// To connect to the origin.
    #[serde(deserialize_with = "values::timeout")]
    pub origin_connect: Duration,
    /// For the origin to begin its response.
    #[serde(deserialize_with = "values::timeout")]
    pub origin_response: Duration,
    /// For requests in flight when the verifier is told to stop.
    #[serde(deserialize_with = "values::timeout")]
    pub shutdown: Duration,
}

impl Default for TimeoutsConfig {
    fn default() -> Self {
        Self {
            request_head: Duration::from_secs(10),
            body_idle: Duration::from_secs(60),
            origin_connect: Duration::from_secs(5),
            origin_response: Duration::from_secs(60),
            shutdown: Duration::from_secs(30),
        }
    }
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Client connections at once; more wait to be accepted.
    #[serde(deserialize_with = "values::capacity")]
    pub connections: usize,
    /// Verified tokens remembered, at about 500 bytes each, so that a token costs its signature once.
    #[serde(deserialize_with = "values::capacity")]
    pub cached_tokens: usize,
    /// Budgets in use at once, at about 40 bytes each. If it is full, tokens not counted yet get 429, except on rules
    /// that fail open.
    #[serde(deserialize_with = "values::capacity")]
    pub budgets: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { connections: 10_000, cached_tokens: DEFAULT_CACHED, budgets: 1_000_000 }
    }
}
