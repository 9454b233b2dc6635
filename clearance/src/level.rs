//! Levels of clearance: how much work a token was earned with.

use serde::{Deserialize, Serialize};

/// A level of clearance, from 1. A token of a level also admits to what asks for a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

/// A number that no level has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("levels are numbered from {} to {}", Level::FIRST, Level::LAST)]
pub struct LevelError;

impl Level {
    /// The first, which every site has.
    pub const FIRST: Self = Self(1);
    /// The last there can be: a submission is checked against the binding of each.
    pub const LAST: Self = Self(4);

    /// The level of this number, if there can be one.
    pub fn new(number: u8) -> Option<Self> {
        (Self::FIRST.0..=Self::LAST.0).contains(&number).then_some(Self(number))
    }

    /// Its number, as tokens have it.
    pub fn number(self) -> u8 {
        self.0
    }

    /// From the first to this one.
    pub fn up_to(highest: Self) -> impl Iterator<Item = Self> + use<> {
        (Self::FIRST.0..=highest.0).map(Self)
    }

    /// The last of `count` levels; within the bounds of levels.
    #[must_use]
    pub fn last_of(count: usize) -> Self {
        Self((count as u8).clamp(Self::FIRST.0, Self::LAST.0))
    }

    /// Its place in a list of all levels, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0 - 1)
    }
}

impl TryFrom<u8> for Level {
    type Error = LevelError;

    fn try_from(number: u8) -> Result<Self, LevelError> {
        Self::new(number).ok_or(LevelError)
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.number()
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_its_number_wherever_it_is_written() {
        let second = Level::new(2).unwrap();
        assert_eq!(serde_json::to_string(&second).unwrap(), "2");
        assert_eq!(serde_json::from_str::<Level>("2").unwrap(), second);
        for none in ["0", "5", "-1", "256", "1.0", "\"1\""] {
            assert!(serde_json::from_str::<Level>(none).is_err(), "{none}");
        }
        assert_eq!(LevelError.to_string(), "levels are numbered from 1 to 4");
    }
}
