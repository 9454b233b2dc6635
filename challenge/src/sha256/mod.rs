//! One SHA-256 compression of an attempt, written once over a lane type.
//!
//! `kernel` is the algorithm; `lanes` says what it needs of a lane and is the one place that chooses the lane type.

mod kernel;
mod lanes;

pub(crate) use kernel::Midstate;
pub use lanes::LANES;
pub(crate) use lanes::{Chosen, Lane};
