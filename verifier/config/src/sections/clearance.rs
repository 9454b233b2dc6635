//! `[clearance]`: what a solved challenge earns.

use std::path::PathBuf;
use std::time::Duration;

use portcullis_clearance::keys::Algorithm;
use portcullis_clearance::network::PrefixLengths;
use serde::Deserialize;

use crate::values;
use portcullis_admission::{Allowance, Budget};

/// `[clearance]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClearanceConfig {
    /// How long a token is valid, from one minute to 24 hours.
    #[serde(deserialize_with = "values::token_lifetime")]
    pub lifetime: Duration,
    /// The folder of the signature keys.
    pub keys: PathBuf,
    /// What new keys sign with. A change takes effect as a rotation does.
    pub algorithm: Algorithm,
    /// How old the newest key gets before the next one is made.
    #[serde(deserialize_with = "values::rotation")]
    pub rotate_every: Duration,
    /// This installation's name in tokens.
    pub issuer: String,
    /// The work of a top-up, as a fraction of a challenge's, and the fraction of its budget that a token gets back for
    /// it.
    #[serde(deserialize_with = "values::top_up_fraction")]
    pub top_up_fraction: f64,
    /// How often a token can be topped up.
    pub top_ups: u8,
    /// How many requests a token admits at once, if no rule says otherwise.
    #[serde(deserialize_with = "values::requests")]
    pub requests: u32,
    /// How often it admits one more.
    #[serde(deserialize_with = "values::refill")]
    pub refill: Duration,
    /// Leading bits of an IPv4 address a token is bound to.
    #[serde(deserialize_with = "values::prefix_v4")]
    pub network_prefix_v4: u8,
    /// Leading bits of an IPv6 address a token is bound to.
    #[serde(deserialize_with = "values::prefix_v6")]
    pub network_prefix_v6: u8,
}

impl ClearanceConfig {
    /// What a token is bound to.
    pub fn prefix_lengths(&self) -> PrefixLengths {
        PrefixLengths { v4: self.network_prefix_v4, v6: self.network_prefix_v6 }
    }

    /// What a token admits of everything that has no budget by rule.
    pub fn budget(&self) -> Budget {
        Budget::of_a_token(Allowance { requests: self.requests, refill: self.refill })
    }
}

impl Default for ClearanceConfig {
    fn default() -> Self {
        let lengths = PrefixLengths::default();
        Self {
            // A login and what follows it, without being worth stealing.
            lifetime: Duration::from_secs(15 * 60),
            keys: "/var/lib/portcullis/keys".into(),
            algorithm: Algorithm::default(),
            // Often enough that rotation is routine.
            rotate_every: Duration::from_secs(30 * 24 * 60 * 60),
            issuer: "portcullis".to_owned(),
            top_up_fraction: 0.125,
            // By then a token has cost the same again.
            top_ups: 8,
            // Pages with everything on them, as fast as anybody reads.
            requests: 600,
            refill: Duration::from_secs(1),
            network_prefix_v4: lengths.v4,
            network_prefix_v6: lengths.v6,
        }
    }
}
