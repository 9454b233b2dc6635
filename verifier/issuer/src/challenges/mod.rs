//! Challenges: the keys that vouch for them, and the work they ask for.

pub mod issue;
pub mod ladder;
