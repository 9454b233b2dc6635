//! `[pressure]`: what the site is meant to take, and what visitors may be asked for because of it.

use std::time::Duration;

use portcullis_challenge::Difficulty;
use portcullis_issuer::challenges::ladder::{Ladder, Solver};
use serde::Deserialize;

use crate::values;
use portcullis_admission::pressure::{Objectives, PressureTerms};

/// `[pressure]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PressureConfig {
    /// Requests a second that the origin can take; a form counts as four. `None`: it is learnt under pressure, if we
    /// pass requests on ourselves.
    #[serde(deserialize_with = "values::requests_a_second")]
    pub requests: Option<f64>,
    /// How long 95 % of the origin's answers may take to begin.
    #[serde(deserialize_with = "values::timeout")]
    pub latency: Duration,
    /// The part of requests that the origin may fail to answer.
    #[serde(deserialize_with = "values::errors")]
    pub errors: f64,
    /// The most that level 1 is asked for, in expected attempts; higher levels are asked for a multiple of it.
    #[serde(deserialize_with = "values::difficulty")]
    pub most_difficulty: Difficulty,
    /// In mode `queue`, the part of the origin that is reserved for returning clients.
    #[serde(deserialize_with = "values::reserve")]
    pub reserve: f64,
    /// In mode `queue`, how long a request waits for its turn before it is sent away.
    #[serde(deserialize_with = "values::turn")]
    pub turn: Duration,
}

impl Default for PressureConfig {
    fn default() -> Self {
        Self {
            requests: None,
            latency: Duration::from_secs(1),
            errors: 0.1,
            // On a phone with 4 million attempts a second, 95 of 100 visitors wait for less than 5 seconds.
            most_difficulty: Difficulty::new(15_000_000).unwrap_or(Difficulty::MAX),
            reserve: 0.5,
            // Gateways give a verifier two seconds.
            turn: Duration::from_millis(1500),
        }
    }
}

impl PressureConfig {
    /// The terms for the controller, if a challenge asks for at least `ladder`. If that is more than the most, it is
    /// what everybody is asked for.
    pub fn terms(&self, ladder: &Ladder) -> PressureTerms {
        PressureTerms {
            objectives: Objectives { requests: self.requests, latency: self.latency, errors: self.errors },
            most_bits: (f64::from(self.most_difficulty.attempts()) / f64::from(least(ladder))).log2().max(0.0),
        }
    }
}

fn least(ladder: &Ladder) -> u32 {
    let terms = ladder.terms(Solver::Simd, true);
    Difficulty::of(terms.threshold, terms.shares).map_or(1, Difficulty::attempts)
}
