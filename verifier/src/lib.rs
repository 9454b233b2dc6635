//! The Portcullis verifier.
pub mod clock;
mod entropy;
pub mod issue;
pub mod keys;
pub mod network;
pub mod redeem;
pub mod rejection;
pub mod replay;
pub mod token;
