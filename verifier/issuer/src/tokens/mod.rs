//! Tokens: what a client gets for its work, and what a browser gets while the gate is up.

pub mod clearance;
pub mod response;
pub mod standing;
pub mod standing_key;
