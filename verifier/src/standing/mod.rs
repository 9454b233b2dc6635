//! Standing tokens, and the key that vouches for them.

mod key;
mod token;

pub use key::{StandingKeyFile, UnusableStandingKey};
pub(crate) use token::ROTATION;
pub use token::{StandingKey, StandingToken};
