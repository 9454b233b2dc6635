//! Levels of clearance: what a token of each costs, and what it is worth.

use std::time::Duration;

/// A level of clearance, from 1. A token of a level admits wherever a lower one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// The first, which every site has.
    pub const FIRST: Self = Self(1);
    /// The last there can be: a submission is held against the binding of each.
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

    /// The last of so many.
    pub(super) fn last_of(count: usize) -> Self {
        Self((count as u8).clamp(Self::FIRST.0, Self::LAST.0))
    }

    /// Its place in a list of all.
    pub(super) fn index(self) -> usize {
        usize::from(self.0 - 1)
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a token of a level costs, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelTerms {
    /// Its work, as a multiple of level 1's.
    pub difficulty: f64,
    /// How long it is good. `None`: as long as `clearance.lifetime` says.
    pub lifetime: Option<Duration>,
    /// What it is bound to.
    pub binding: Binding,
}

impl Default for LevelTerms {
    fn default() -> Self {
        Self { difficulty: 1.0, lifetime: None, binding: Binding::Network }
    }
}

/// Where a token is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// In the network it was earned in, as `clearance` has it.
    #[default]
    Network,
    /// From the very address it was earned at.
    Address,
}
