//! How long solving takes, and the law it follows.
//!
//! The attempts until a share are geometrically distributed, which is nearly exponential; until *k* shares their sum is
//! Gamma(k). [`Erlang`] is that law, [`simulated`] counts the attempts of the real search, and a [`Sample`] is compared
//! with the law by the test of Kolmogorov and Smirnov.

mod law;
mod sample;
mod simulation;

pub use law::Erlang;
pub use sample::Sample;
pub use simulation::simulated;
