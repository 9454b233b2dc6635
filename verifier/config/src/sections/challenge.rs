//! `[challenge]`: the least that a challenge asks for.

use std::time::Duration;

use portcullis_challenge::{Difficulty, DifficultyError, Lifetime, ShareCount};
use portcullis_issuer::challenges::ladder::{Ladder, WorkFractions};
use serde::Deserialize;

/// `[challenge]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "RawChallengeConfig")]
pub struct ChallengeConfig(pub Ladder);

impl Default for ChallengeConfig {
    fn default() -> Self {
        // Constants within their ranges; a test parses them.
        Self::try_from(RawChallengeConfig::default()).expect("the default terms are in range")
    }
}

/// `[challenge]` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawChallengeConfig {
    difficulty: u32,
    shares: u8,
    lifetime: String,
    scalar_fraction: f64,
    pbkdf2_fraction: f64,
    javascript_fraction: f64,
}

impl Default for RawChallengeConfig {
    fn default() -> Self {
        // On an older phone (4 MH/s) 95 of 100 visitors wait for less than half a second; pressure raises it. A minute
        // to redeem: enough for slow devices and interrupted visitors, and little to hoard.
        let fractions = WorkFractions::default();
        Self {
            difficulty: 1_500_000,
            shares: ShareCount::default().count(),
            lifetime: "60s".to_owned(),
            scalar_fraction: fractions.scalar,
            pbkdf2_fraction: fractions.pbkdf2,
            javascript_fraction: fractions.js,
        }
    }
}

impl TryFrom<RawChallengeConfig> for ChallengeConfig {
    type Error = String;

    fn try_from(raw: RawChallengeConfig) -> Result<Self, String> {
        let shares = ShareCount::new(raw.shares).ok_or_else(|| {
            format!("shares = {} means no or too much work; write 1 to 64 (32 is the default)", raw.shares)
        })?;
        let difficulty = Difficulty::new(raw.difficulty).ok_or_else(|| {
            format!(
                "difficulty = {} is out of range; write the expected attempts, at most 2^30 (1500000 is the default)",
                raw.difficulty
            )
        })?;
        let lifetime = humantime::parse_duration(&raw.lifetime)
            .ok()
            .filter(|lifetime| *lifetime >= Duration::from_secs(5))
            .and_then(|lifetime| Lifetime::from_millis(u32::try_from(lifetime.as_millis()).ok()?))
            .ok_or_else(|| {
                format!(
                    "lifetime = {:?} is out of range; write \"5s\" to \"5m\" (\"60s\" is the default)",
                    raw.lifetime
                )
            })?;
        let fractions = WorkFractions {
            scalar: fraction("scalar_fraction", raw.scalar_fraction)?,
            pbkdf2: fraction("pbkdf2_fraction", raw.pbkdf2_fraction)?,
            js: fraction("javascript_fraction", raw.javascript_fraction)?,
        };
        let ladder = Ladder::new(difficulty, shares, lifetime, fractions).ok_or_else(|| {
            format!(
                "difficulty = {} with shares = {}: {DifficultyError}; raise the difficulty",
                raw.difficulty, raw.shares
            )
        })?;
        Ok(Self(ladder))
    }
}

/// A fraction of the work: more than nothing, and not more than the whole.
fn fraction(key: &str, value: f64) -> Result<f64, String> {
    if (0.01..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(format!("{key} = {value} is out of range; write 0.01 to 1.0, a part of the work of current browsers"))
}
