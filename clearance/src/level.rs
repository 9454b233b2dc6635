//! Levels of clearance: how much work a token was earned with.

/// A level of clearance, from 1. A token of a level admits wherever a lower one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

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

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
