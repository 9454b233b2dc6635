//! How far the gate is lowered.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How far the gate is lowered; each mode asks more than the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything passes: ordinary days cost visitors nothing.
    #[default]
    Off,
    /// Clients of networks that stand out are challenged.
    Watch,
    /// New clients are challenged; returning ones pass.
    ChallengeNew,
    /// Only clients with a clearance token pass.
    #[serde(alias = "challenge")]
    ChallengeAll,
    /// The same, and they take turns, as many as the origin can take.
    Queue,
}

impl Mode {
    /// Every mode, the least first.
    pub const ALL: [Self; 5] = [Self::Off, Self::Watch, Self::ChallengeNew, Self::ChallengeAll, Self::Queue];

    /// Its name in configuration, metrics and the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Watch => "watch",
            Self::ChallengeNew => "challenge-new",
            Self::ChallengeAll => "challenge-all",
            Self::Queue => "queue",
        }
    }

    /// The next mode that asks more; the last one asks no more.
    #[must_use]
    pub fn up(self) -> Self {
        Self::ALL[(self as usize + 1).min(Self::ALL.len() - 1)]
    }

    /// The next mode that asks less.
    #[must_use]
    pub fn down(self) -> Self {
        Self::ALL[(self as usize).saturating_sub(1)]
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the mode comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setting {
    /// From the pressure.
    #[default]
    Auto,
    /// From an operator.
    Forced(Mode),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Forced(mode) => mode.fmt(f),
        }
    }
}

/// There is no mode of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a mode; write \"auto\", \"off\", \"watch\", \"challenge-new\", \"challenge-all\" or \"queue\"")]
pub struct ModeError(String);

impl FromStr for Setting {
    type Err = ModeError;

    /// `challenge` is short for `challenge-all`.
    fn from_str(text: &str) -> Result<Self, ModeError> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let text = if text == "challenge" { "challenge-all" } else { text };
        let named = Mode::ALL.into_iter().find(|mode| mode.name() == text);
        named.map(Self::Forced).ok_or_else(|| ModeError(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Setting {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_by_its_name_and_leads_to_its_neighbours() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(Setting::Forced(mode)));
            assert!(mode.up() >= mode && mode.down() <= mode);
        }
        assert_eq!("challenge".parse(), Ok(Setting::Forced(Mode::ChallengeAll)));
        assert_eq!("auto".parse(), Ok(Setting::Auto));
        assert!("lowered".parse::<Setting>().unwrap_err().to_string().contains("challenge-new"));
    }
}
