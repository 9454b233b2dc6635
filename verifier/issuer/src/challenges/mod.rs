//! Challenges: the keys that sign them, and the work they ask for.

pub mod issue;
pub mod ladder;
