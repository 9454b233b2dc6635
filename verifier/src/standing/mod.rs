//! Standing tokens, and the key that vouches for them.

pub use portcullis_issuer::tokens::standing::{StandingKey, StandingToken};
pub use portcullis_issuer::tokens::standing_key::{StandingKeyFile, UnusableStandingKey};
